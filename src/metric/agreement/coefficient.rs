//! Coefficients of agreement, read from summed counts.

use super::many::{Layout, quadratic};
use crate::metric::{kappa::kappa, tally::Tally};

/// A coefficient of agreement; 1 is perfect, and of all but the shares 0 is what chance would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coefficient {
    /// The share of the clips two annotators give the same class.
    Percent,
    /// Cohen's kappa (Educational and Psychological Measurement 1960;20:37-46).
    Cohen,
    /// Cohen's kappa, disagreements weighing by the distance of the classes.
    LinearKappa,
    /// Cohen's kappa, disagreements weighing by the squared distance of the classes.
    QuadraticKappa,
    /// The mean over clips of the share of pairs of opinions that agree.
    PercentOfPairs,
    /// Fleiss' kappa (Psychological Bulletin 1971;76:378-382); clips may have different numbers of opinions, as in Gwet's
    /// Handbook of Inter-Rater Reliability (4th edition 2014, chapter 5).
    Fleiss,
    /// Krippendorff's alpha (Content Analysis, 2004, chapter 11), all classes being equally far apart.
    AlphaNominal,
    /// Krippendorff's alpha for ordered classes.
    AlphaOrdinal,
    /// Krippendorff's alpha for classes that are equally spaced grades.
    AlphaInterval,
    /// Gwet's AC1 (British Journal of Mathematical and Statistical Psychology 2008;61:29-48).
    Ac1,
    /// Gwet's AC2: as AC1, disagreements weighing by the squared distance of the classes.
    Ac2,
}

impl Coefficient {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Percent | Self::PercentOfPairs => "percent-agreement",
            Self::Cohen => "cohen-kappa",
            Self::LinearKappa => "linear-kappa",
            Self::QuadraticKappa => "quadratic-kappa",
            Self::Fleiss => "fleiss-kappa",
            Self::AlphaNominal => "alpha-nominal",
            Self::AlphaOrdinal => "alpha-ordinal",
            Self::AlphaInterval => "alpha-interval",
            Self::Ac1 => "gwet-ac1",
            Self::Ac2 => "gwet-ac2",
        }
    }

    /// Every coefficient.
    pub const ALL: [Self; 11] = [
        Self::Percent,
        Self::Cohen,
        Self::LinearKappa,
        Self::QuadraticKappa,
        Self::PercentOfPairs,
        Self::Fleiss,
        Self::AlphaNominal,
        Self::AlphaOrdinal,
        Self::AlphaInterval,
        Self::Ac1,
        Self::Ac2,
    ];

    /// The name in print.
    pub fn title(self) -> &'static str {
        match self {
            Self::Percent | Self::PercentOfPairs => "Percent agreement",
            Self::Cohen => "Cohen's kappa",
            Self::LinearKappa => "Linear-weighted kappa",
            Self::QuadraticKappa => "Quadratic-weighted kappa",
            Self::Fleiss => "Fleiss' kappa",
            Self::AlphaNominal => "Krippendorff's alpha, nominal",
            Self::AlphaOrdinal => "Krippendorff's alpha, ordinal",
            Self::AlphaInterval => "Krippendorff's alpha, interval",
            Self::Ac1 => "Gwet's AC1",
            Self::Ac2 => "Gwet's AC2",
        }
    }

    /// Its value: of a cross table for the first four, of a [`Layout`] for the others.
    pub(super) fn value(self, cells: &[f64], classes: usize) -> Option<f64> {
        let table = || Tally::of_cells(classes, cells.to_vec());
        let layout = Layout::of(classes);
        let by_clip = |cell: usize| ratio(cells[cell], cells[layout.paired()]);
        match self {
            Self::Percent => ratio((0..classes).map(|class| cells[class * classes + class]).sum(), cells.iter().sum()),
            Self::Cohen => kappa(&table(), |distance| if distance == 0.0 { 0.0 } else { 1.0 }),
            Self::LinearKappa => kappa(&table(), |distance| distance),
            Self::QuadraticKappa => kappa(&table(), |distance| distance * distance),
            Self::PercentOfPairs => by_clip(layout.agreeing()),
            Self::Fleiss => beyond_chance(by_clip(layout.agreeing())?, sum(cells, classes, |share| share * share)?),
            Self::AlphaNominal => alpha(cells, classes, |_, one, other| if one == other { 0.0 } else { 1.0 }),
            Self::AlphaInterval => {
                alpha(cells, classes, |_, one, other| (one.abs_diff(other) as f64) * (one.abs_diff(other) as f64))
            }
            Self::AlphaOrdinal => alpha(cells, classes, |given, one, other| {
                let (low, high) = (one.min(other), one.max(other));
                let ranks = given[low..=high].iter().sum::<f64>() - (given[low] + given[high]) / 2.0;
                ranks * ranks
            }),
            Self::Ac1 => beyond_chance(by_clip(layout.agreeing())?, by_gwet(cells, classes, classes as f64)?),
            Self::Ac2 => {
                let weights = (0..classes * classes).map(|at| quadratic(at / classes, at % classes, classes)).sum();
                beyond_chance(by_clip(layout.nearly_agreeing())?, by_gwet(cells, classes, weights)?)
            }
        }
    }
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn beyond_chance(observed: f64, expected: f64) -> Option<f64> {
    ratio(observed - expected, 1.0 - expected)
}

/// The sum over classes of what `of` makes of the mean share of opinions that a class has.
fn sum(cells: &[f64], classes: usize, of: impl Fn(f64) -> f64) -> Option<f64> {
    let layout = Layout::of(classes);
    let shares: Option<Vec<f64>> =
        (0..classes).map(|class| ratio(cells[layout.share(class)], cells[layout.judged()])).collect();
    Some(shares?.into_iter().map(of).sum())
}

/// Gwet's agreement by chance, for weights of that sum.
fn by_gwet(cells: &[f64], classes: usize, weights: f64) -> Option<f64> {
    let spread = sum(cells, classes, |share| share * (1.0 - share))?;
    ratio(weights * spread, (classes * classes.saturating_sub(1)) as f64)
}

/// One minus observed over expected disagreement, `distance` being handed how often each class was given.
fn alpha(cells: &[f64], classes: usize, distance: impl Fn(&[f64], usize, usize) -> f64) -> Option<f64> {
    let layout = Layout::of(classes);
    let coincidence = |one: usize, other: usize| cells[layout.coincidence(one, other)];
    let given: Vec<f64> = (0..classes).map(|one| (0..classes).map(|other| coincidence(one, other)).sum()).collect();
    let total: f64 = given.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for one in 0..classes {
        for other in 0..classes {
            let distance = distance(&given, one, other);
            observed += distance * coincidence(one, other);
            expected += distance * given[one] * given[other];
        }
    }
    ratio(observed * (total - 1.0), expected).map(|disagreement| 1.0 - disagreement)
}
