//! Counts by resampled unit, so that a draw is a weighted sum.

use hashbrown::HashMap;
use rand::RngExt;

use crate::metric::bootstrap;

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
        let tables = entries.chunk_by(|one, other| one.unit == other.unit);
        Self::of_units(
            cells,
            tables.map(|table| (table[0].unit, table.iter().map(|entry| (entry.cell, entry.amount)).collect())),
        )
    }

    /// From the table of each unit, cell by cell in order.
    pub(super) fn of_units(cells: usize, tables: impl IntoIterator<Item = (u32, Vec<(u32, f64)>)>) -> Self {
        let mut evidence = Self { cells, ends: vec![0], ..Self::default() };
        let mut known: HashMap<Vec<(u32, u64)>, u32> = HashMap::new();
        for (unit, table) in tables.into_iter().filter(|(_, table)| !table.is_empty()) {
            let key = table.iter().map(|(cell, amount)| (*cell, amount.to_bits())).collect();
            let at = *known.entry(key).or_insert_with(|| {
                evidence.numbers.extend(table);
                evidence.ends.push(evidence.numbers.len());
                evidence.counts.push(0);
                evidence.ends.len() as u32 - 2
            });
            evidence.counts[at as usize] += 1;
            evidence.units.push((unit, at));
        }
        evidence
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

    /// How often each table counts in a resampling of `units` units.
    pub(super) fn draw(&self, units: usize, mut stream: impl RngExt) -> Vec<u32> {
        bootstrap::alike(&self.counts, units, &mut stream)
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
