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
    /// What is to be shown.
    pub goal: Goal,
    /// How much worse the candidate may be, as a positive number in the metric's unit; for equivalence, either of the two.
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
    /// One-sided p-value of what is to be shown; for equivalence the larger of the two tests'.
    #[serde(deserialize_with = "nan_from_null")]
    pub p: f64,
    /// That of a secondary contrast, adjusted for the number of secondary contrasts by Holm's method.
    pub p_holm: Option<f64>,
    /// What the study could show, and what would be needed; `None` where there is no margin or no spread.
    pub power: Option<Power>,
    /// Tests of the same two arms as published studies give them, and those over patients beside them.
    pub published: Vec<Published>,
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
            goal: Goal::NonInferiority,
            margin: 0.0,
            alpha: 0.025,
            difference: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            level: 0.95,
            bound: f64::NAN,
            p: f64::NAN,
            p_holm: None,
            power: None,
            published: Vec::new(),
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

/// What a contrast is to show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// That the candidate is not worse by the margin.
    #[default]
    NonInferiority,
    /// That neither is worse by the margin.
    Equivalence,
}

/// What a study of so many patients could show if the arms did not differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// The probability that it shows what is to be shown.
    pub power: f64,
    /// The probability that `patients` would give.
    pub wanted: f64,
    /// The patients that would be needed; `None` where they are beyond counting.
    pub patients: Option<u64>,
}

/// One test of two arms, or an interval of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Published {
    /// The metric's name.
    pub metric: String,
    /// The metric as people write it.
    pub title: String,
    /// The method's name, such as `delong`.
    pub method: String,
    /// The method as people write it.
    pub method_title: String,
    /// What it takes as independent: `patients` or `clips`.
    pub unit: String,
    /// The difference, or the value of one arm.
    #[serde(deserialize_with = "nan_from_null")]
    pub value: f64,
    /// Lower end of the interval.
    #[serde(deserialize_with = "nan_from_null")]
    pub low: f64,
    /// Upper end of the interval.
    #[serde(deserialize_with = "nan_from_null")]
    pub high: f64,
    /// The test's statistic.
    #[serde(deserialize_with = "nan_from_null")]
    pub statistic: f64,
    /// The two-sided p-value.
    #[serde(deserialize_with = "nan_from_null")]
    pub p: f64,
    /// Why something is missing.
    pub reason: Option<String>,
}

impl Default for Published {
    fn default() -> Self {
        Self {
            metric: String::new(),
            title: String::new(),
            method: String::new(),
            method_title: String::new(),
            unit: String::new(),
            value: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            statistic: f64::NAN,
            p: f64::NAN,
            reason: None,
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
    /// Neither is worse by the margin.
    Equivalent,
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
