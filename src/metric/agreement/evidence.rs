//! Counts by resampled unit, so that a draw is a weighted sum.

/// A table of numbers for each unit, of which those that are not 0 are kept.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    cells: usize,
    /// Sorted by unit and cell, each pair once.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    unit: u32,
    cell: u32,
    amount: f64,
}

impl Evidence {
    /// Tables of `cells` numbers from single contributions: unit, cell, amount.
    pub(super) fn new(cells: usize, contributions: impl IntoIterator<Item = (u32, usize, f64)>) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        // Merged now and then, so that memory goes with the units and not with the contributions.
        let mut room = 1 << 16;
        for (unit, cell, amount) in contributions {
            if amount != 0.0 {
                if entries.len() == room {
                    merge(&mut entries);
                    room = room.max(2 * entries.len());
                }
                entries.push(Entry { unit, cell: cell as u32, amount });
            }
        }
        merge(&mut entries);
        Self { cells, entries }
    }

    /// The sum of the tables, each as often as `times` says of its unit.
    pub(super) fn sum(&self, times: impl Fn(u32) -> u32) -> Vec<f64> {
        let mut cells = vec![0.0; self.cells];
        self.sum_into(times, &mut cells);
        cells
    }

    /// As [`Evidence::sum`], into numbers that are there.
    pub(super) fn sum_into(&self, times: impl Fn(u32) -> u32, cells: &mut [f64]) {
        cells.fill(0.0);
        for entry in &self.entries {
            cells[entry.cell as usize] += f64::from(times(entry.unit)) * entry.amount;
        }
    }
}

/// Sorts entries and adds up those of the same place.
fn merge(entries: &mut Vec<Entry>) {
    entries.sort_by_key(|entry| (entry.unit, entry.cell));
    entries.dedup_by(|later, kept| {
        let same = (later.unit, later.cell) == (kept.unit, kept.cell);
        if same {
            kept.amount += later.amount;
        }
        same
    });
}
