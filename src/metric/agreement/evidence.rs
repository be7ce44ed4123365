//! Counts by resampled unit, so that a draw is a weighted sum.

use std::collections::HashMap;

/// A table of numbers for each unit, of which those that are not 0 are kept. Units with the same table share it: a crowd
/// leaves few ways in which a clip can be judged, and many clips.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    cells: usize,
    /// For each unit that has a table: the unit, and which table.
    units: Vec<(u32, u32)>,
    /// Where the tables begin and end among `numbers`, one more than there are tables.
    ends: Vec<usize>,
    /// Cell and amount, sorted by cell, table after table.
    numbers: Vec<(u32, f64)>,
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
        let mut evidence = Self { cells, ends: vec![0], ..Self::default() };
        let mut known: HashMap<Vec<(u32, u64)>, u32> = HashMap::new();
        for table in entries.chunk_by(|one, other| one.unit == other.unit) {
            let key = table.iter().map(|entry| (entry.cell, entry.amount.to_bits())).collect();
            let at = *known.entry(key).or_insert_with(|| {
                evidence.numbers.extend(table.iter().map(|entry| (entry.cell, entry.amount)));
                evidence.ends.push(evidence.numbers.len());
                evidence.ends.len() as u32 - 2
            });
            evidence.units.push((table[0].unit, at));
        }
        evidence
    }

    /// The sum of the tables, each as often as `times` says of its unit.
    pub(super) fn sum(&self, times: impl Fn(u32) -> u32) -> Vec<f64> {
        let mut of_tables = vec![0; self.ends.len() - 1];
        for (unit, table) in &self.units {
            of_tables[*table as usize] += times(*unit);
        }
        let mut cells = vec![0.0; self.cells];
        for (range, times) in self.ends.windows(2).zip(of_tables) {
            for (cell, amount) in &self.numbers[range[0]..range[1]] {
                cells[*cell as usize] += f64::from(times) * amount;
            }
        }
        cells
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
