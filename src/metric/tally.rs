//! Cases counted by reference and prediction.

use super::Case;

/// A weighted confusion matrix: how much weight each pair of reference and predicted class has.
#[derive(Debug)]
pub(super) struct Tally {
    classes: usize,
    cells: Vec<f64>,
}

impl Tally {
    /// A matrix that is there, row by row.
    pub(super) fn of_cells(classes: usize, cells: Vec<f64>) -> Self {
        Self { classes, cells }
    }

    /// The number of classes.
    pub(super) fn classes(&self) -> usize {
        self.classes
    }

    /// The weight of the cases of class `reference` predicted as class `predicted`.
    pub(super) fn cell(&self, reference: usize, predicted: usize) -> f64 {
        self.cells[reference * self.classes + predicted]
    }

    /// The weight of the cases of class `class`.
    pub(super) fn referenced(&self, class: usize) -> f64 {
        (0..self.classes).map(|predicted| self.cell(class, predicted)).sum()
    }

    /// The weight of the cases predicted as class `class`.
    pub(super) fn predicted(&self, class: usize) -> f64 {
        (0..self.classes).map(|reference| self.cell(reference, class)).sum()
    }

    /// F1 of a class; `None` where it has no weight in the reference and is not predicted.
    pub(super) fn f1(&self, class: usize) -> Option<f64> {
        // F1 = 2 TP / (2 TP + FP + FN), and the denominator is the row and the column of the class together.
        share(2.0 * self.cell(class, class), self.referenced(class) + self.predicted(class))
    }

    /// The weight of all cases.
    pub(super) fn total(&self) -> f64 {
        self.cells.iter().sum()
    }
}

/// The cases of each unit, counted once by reference and prediction: a draw of units is then a sum over units.
#[derive(Debug)]
pub(super) struct UnitTallies {
    classes: usize,
    /// A unit, a cell of the matrix, and how many cases of the unit are there.
    counts: Vec<(u32, u32, f64)>,
}

impl UnitTallies {
    pub(super) fn new(cases: &[Case], unit_of: &[u32], classes: usize) -> Self {
        let cell = |case: &Case| u32::from(case.reference) * classes as u32 + u32::from(case.predicted);
        let mut places: Vec<(u32, u32)> = unit_of.iter().copied().zip(cases.iter().map(cell)).collect();
        places.sort_unstable();
        let count = |same: &[(u32, u32)]| (same[0].0, same[0].1, same.len() as f64);
        Self { classes, counts: places.chunk_by(|a, b| a == b).map(count).collect() }
    }

    /// The matrix where unit *i* weighs `weights[i]`.
    pub(super) fn weighed(&self, weights: &[f64]) -> Tally {
        let mut cells = vec![0.0; self.classes * self.classes];
        for (unit, cell, count) in &self.counts {
            cells[*cell as usize] += weights[*unit as usize] * count;
        }
        Tally::of_cells(self.classes, cells)
    }
}

/// The mean; `None` of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    share(sum, count)
}

/// The share `part / whole`, `None` where the whole is nothing.
pub(super) fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// How much weight the positive (or negative) classes have as one side.
pub(super) struct Side {
    /// The weight of the cases whose reference is on this side.
    pub(super) referenced: f64,
    /// The weight of the cases predicted on this side.
    pub(super) predicted: f64,
    /// The weight of the cases that are both, not necessarily of one class.
    pub(super) agreed: f64,
}

impl Side {
    /// The classes whose flag in `positive` is `side`, together.
    pub(super) fn of(tally: &Tally, positive: &[bool], side: bool) -> Self {
        let classes = || (0..tally.classes()).filter(|&class| positive[class] == side);
        let agreed_of = |reference| classes().map(|predicted| tally.cell(reference, predicted)).sum::<f64>();
        Self {
            referenced: classes().map(|class| tally.referenced(class)).sum(),
            predicted: classes().map(|class| tally.predicted(class)).sum(),
            agreed: classes().map(agreed_of).sum(),
        }
    }
}

/// The confusion matrix: the number of cases by reference class (rows) and predicted class (columns).
///
/// # Panics
/// Panics where a case's class is not below `classes`.
pub fn confusion(cases: &[Case], classes: usize) -> Vec<Vec<u64>> {
    let mut counts = vec![vec![0; classes]; classes];
    for case in cases {
        counts[usize::from(case.reference)][usize::from(case.predicted)] += 1;
    }
    counts
}
