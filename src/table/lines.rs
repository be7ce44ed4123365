//! Where the rows of a table stand in its file.

/// The line of each row, from 1. Rows mostly stand one below the other, so only where they don't is anything written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// Rows from which on each stands one line below the one before: the first of them, and its line.
    runs: Vec<(u32, u32)>,
    rows: usize,
}

impl Lines {
    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Adds a row.
    pub(super) fn push(&mut self, line: u64) {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.run(line);
        self.rows += 1;
    }

    /// Adds rows that were counted from below line `begin`.
    pub(super) fn append(&mut self, other: &Self, begin: u64) {
        let begin = u32::try_from(begin).unwrap_or(u32::MAX);
        let ends = other.runs.iter().skip(1).map(|(row, _)| *row as usize).chain([other.rows]);
        for ((row, line), end) in other.runs.iter().zip(ends) {
            self.run(begin.saturating_add(*line));
            self.rows += end - *row as usize;
        }
    }

    /// Begins a run at the next row, unless it goes on with the one before.
    fn run(&mut self, line: u32) {
        let row = u32::try_from(self.rows).unwrap_or(u32::MAX);
        let expected = self.runs.last().map(|(first, at)| at.saturating_add(row - first));
        if expected != Some(line) {
            self.runs.push((row, line));
        }
    }

    /// The line of a row.
    ///
    /// # Panics
    /// Panics where there is no such row.
    pub(super) fn get(&self, row: usize) -> u64 {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        let (first, line) = self.runs[self.runs.partition_point(|(first, _)| *first as usize <= row) - 1];
        u64::from(line) + (row as u64 - u64::from(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_whether_or_not_rows_follow_each_other() {
        let lines = [2, 3, 4, 7, 7, 7, 8, 12, 13];
        let mut all = Lines::default();
        lines.iter().for_each(|line| all.push(*line));
        assert_eq!(Vec::from_iter((0..9).map(|row| all.get(row))), lines);
        assert_eq!(all.runs.len(), 5, "{:?}", all.runs);
        for cut in 0..=9 {
            let mut parts = [Lines::default(), Lines::default()];
            lines[..cut].iter().for_each(|line| parts[0].push(*line));
            lines[cut..].iter().for_each(|line| parts[1].push(*line - 1));
            let mut sum = Lines::default();
            sum.append(&parts[0], 0);
            sum.append(&parts[1], 1);
            assert_eq!((sum.len(), &sum), (9, &all));
        }
    }
}
