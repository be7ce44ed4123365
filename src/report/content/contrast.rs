//! A comparison of two arms and what came of it.

use serde::{Deserialize, Serialize};

use super::nan_from_null;

/// One declared comparison: candidate minus baseline, in one metric, against one margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contrast {
    /// Its name in the experiment, such as `primary`.
    pub name: String,
    /// The coordinate whose values are compared, such as `arm`.
    pub along: String,
    /// The value under test, such as `same`.
    pub candidate: String,
    /// The value it is tested against, such as `expert`.
    pub baseline: String,
    /// The metric's name, such as `auroc`.
    pub metric: String,
    /// The metric as people write it, such as `AUROC`.
    pub title: String,
    /// Which way the metric improves.
    pub direction: Direction,
    /// How much worse the candidate may be, as a positive number in the metric's unit.
    pub margin: f64,
    /// One-sided error probability of the test.
    pub alpha: f64,
    /// Candidate minus baseline.
    #[serde(deserialize_with = "nan_from_null")]
    pub difference: f64,
    /// Lower end of the two-sided interval.
    #[serde(deserialize_with = "nan_from_null")]
    pub low: f64,
    /// Upper end of the two-sided interval.
    #[serde(deserialize_with = "nan_from_null")]
    pub high: f64,
    /// Level of the two-sided interval, such as 0.95.
    pub level: f64,
    /// One-sided bound of the difference at `1 - alpha`, on the side where the candidate is worse: the lower bound
    /// where higher is better, else the upper.
    #[serde(deserialize_with = "nan_from_null")]
    pub bound: f64,
    /// Patients in both arms.
    pub patients: u64,
    /// Clips in both arms.
    pub clips: u64,
    /// Seeds an arm; 0 where nothing was trained.
    pub seeds: u64,
    /// What was resampled, such as `patients, seeds crossed; 2,000 bootstrap samples`.
    pub resampled: String,
    /// The test, such as `one-sided percentile bootstrap`.
    pub test: String,
    /// What may be said.
    pub verdict: Verdict,
    /// Why no more may be said.
    pub reasons: Vec<Reason>,
    /// Sentences that stand beside this contrast's numbers, such as that an arm shares raters with its reference.
    pub notices: Vec<String>,
}

impl Default for Contrast {
    fn default() -> Self {
        Self {
            name: String::new(),
            along: String::new(),
            candidate: String::new(),
            baseline: String::new(),
            metric: String::new(),
            title: String::new(),
            direction: Direction::Higher,
            margin: 0.0,
            alpha: 0.025,
            difference: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            level: 0.95,
            bound: f64::NAN,
            patients: 0,
            clips: 0,
            seeds: 0,
            resampled: String::new(),
            test: String::new(),
            verdict: Verdict::Inconclusive,
            reasons: Vec::new(),
            notices: Vec::new(),
        }
    }
}

/// Which values of a metric are better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Higher is better, as for AUROC.
    #[default]
    Higher,
    /// Lower is better, as for a squared error.
    Lower,
}

/// What a contrast allows one to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The candidate is better.
    Superior,
    /// The candidate is worse by less than the margin.
    NonInferior,
    /// The candidate is worse by more than the margin.
    Inferior,
    /// None of these can be said.
    Inconclusive,
    /// A contrast before it in the order failed, so it was not tested.
    NotTested,
}

/// Why a contrast is inconclusive or was not tested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The declared floor was not met: two bad models are not inferior to each other.
    Floor {
        /// Whose value it is, such as `arm expert`.
        group: String,
        /// The metric as people write it.
        title: String,
        /// What was measured.
        #[serde(deserialize_with = "nan_from_null")]
        value: f64,
        /// What was declared as needed.
        declared: f64,
    },
    /// A control trained on shuffled labels did better or worse than chance.
    Control {
        /// Whose value it is, such as `arm shuffled`.
        group: String,
        /// The metric as people write it.
        title: String,
        /// What was measured.
        #[serde(deserialize_with = "nan_from_null")]
        value: f64,
        /// Lower end of its interval.
        #[serde(deserialize_with = "nan_from_null")]
        low: f64,
        /// Upper end of its interval.
        #[serde(deserialize_with = "nan_from_null")]
        high: f64,
        /// The value of chance, which the interval should hold; 0.5 for AUROC.
        chance: f64,
    },
    /// The one-sided bound lies beyond the margin.
    Bound,
    /// An earlier contrast in the order was not shown.
    Order {
        /// Its name.
        after: String,
    },
    /// Anything else, as a sentence.
    Other(String),
}
