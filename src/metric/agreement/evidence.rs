//! Counts by resampled unit, so that a draw is a weighted sum.

use hashbrown::HashMap;

use crate::metric::bootstrap::{self, Alike};

/// How many single units can be drawn while one binomial number is.
const BINOMIAL: usize = 16;

/// A table of numbers for each unit, of which those that are not 0 are kept. Units with the same table share it: a crowd
/// leaves few ways in which a clip can be judged, and many clips.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    cells: usize,
    /// For each unit that has a table: the unit, and which table.
    units: Vec<(u32, u32)>,
    /// How many units have each table.
    counts: Vec<u32>,
    /// Where the tables begin and end among `numbers`, one more than there are tables.
    ends: Vec<usize>,
    /// Cell and amount, sorted by cell, table after table.
    numbers: Vec<(u32, f64)>,
    /// Which table has these cells and amounts.
    known: HashMap<Vec<(u32, u64)>, u32>,
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
        let mut evidence = Self::empty(cells);
        for table in entries.chunk_by(|one, other| one.unit == other.unit) {
            evidence.add(table[0].unit, table.iter().map(|entry| (entry.cell, entry.amount)).collect());
        }
        evidence
    }

    /// Without any unit, in tables of `cells` numbers.
    pub(super) fn empty(cells: usize) -> Self {
        Self { cells, ends: vec![0], ..Self::default() }
    }

    /// Adds a unit with its table, cell by cell in order, and says which table that is; none where it is empty.
    pub(super) fn add(&mut self, unit: u32, table: Vec<(u32, f64)>) -> Option<u32> {
        if table.is_empty() {
            return None;
        }
        let Self { known, numbers, ends, counts, .. } = self;
        let key = table.iter().map(|(cell, amount)| (*cell, amount.to_bits())).collect();
        let at = *known.entry(key).or_insert_with(|| {
            numbers.extend(table);
            ends.push(numbers.len());
            counts.push(0);
            ends.len() as u32 - 2
        });
        self.add_alike(unit, at);
        Some(at)
    }

    /// Adds a unit that has a table which is there.
    pub(super) fn add_alike(&mut self, unit: u32, table: u32) {
        self.counts[table as usize] += 1;
        self.units.push((unit, table));
    }

    /// Whether so many units come in few sorts, that is, whether it is less work to draw the number of each sort.
    pub(super) fn is_of_few(&self, units: usize) -> bool {
        self.work() <= units
    }

    /// What it costs to draw the number of each sort, where a single unit costs 1.
    pub(super) fn work(&self) -> usize {
        BINOMIAL * self.counts.len()
    }

    /// How many units of the same size would tell as much, the size of one being the sum of its table.
    pub(super) fn effective_units(&self) -> f64 {
        let size = |range: &[usize]| self.numbers[range[0]..range[1]].iter().map(|(_, amount)| amount).sum::<f64>();
        let sizes = self.ends.windows(2).map(size).zip(&self.counts);
        bootstrap::effective_patients(sizes.flat_map(|(size, count)| std::iter::repeat_n(size, *count as usize)))
    }

    /// How often each table counts, where units count as often as `of` says.
    pub(super) fn times(&self, of: impl Fn(u32) -> u32) -> Vec<u32> {
        let mut times = vec![0; self.counts.len()];
        self.units.iter().for_each(|(unit, table)| times[*table as usize] += of(*unit));
        times
    }

    /// Resamplings of `units` units: how often each table counts.
    pub(super) fn resampled(&self, units: usize) -> Alike {
        Alike::new(&self.counts, units)
    }

    /// The sum of the tables, each as often as `times` says.
    pub(super) fn sum(&self, times: &[u32]) -> Vec<f64> {
        let mut cells = vec![0.0; self.cells];
        for (range, times) in self.ends.windows(2).zip(times) {
            for (cell, amount) in &self.numbers[range[0]..range[1]] {
                cells[*cell as usize] += f64::from(*times) * amount;
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
