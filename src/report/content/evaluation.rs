//! Scores of candidates against a reference.

use serde::{Deserialize, Serialize};

use super::{Costs, CountAgreement, Published, nan_from_null};

/// One evaluation: every candidate against one reference, on the same clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evaluation {
    /// Its name in the experiment.
    pub name: String,
    /// Whether people or models are scored.
    pub kind: EvaluationKind,
    /// What they are scored against.
    pub reference: String,
    /// Which predictions: `out-of-fold` or `test`; `None` for people.
    pub on: Option<String>,
    /// The classes that count as positive where a metric needs two; may be empty.
    pub positive: Vec<String>,
    /// What was resampled, such as `patients, seeds crossed; 2,000 bootstrap samples`.
    pub resampled: String,
    /// The test or the interval's method, such as `percentile bootstrap`.
    pub test: String,
    /// Level of the intervals, such as 0.95.
    pub level: f64,
    /// Candidates that share raters with the reference.
    pub shared_raters: Vec<SharedRaters>,
    /// Sentences printed with the evaluation, such as how often the test part was looked at.
    pub notes: Vec<String>,
    /// The candidates.
    pub groups: Vec<Group>,
    /// Means over several candidates, such as over six experts.
    pub summaries: Vec<Summary>,
    /// Label sources against several people, clip by clip.
    pub against_people: Vec<AgainstPeople>,
    /// What the labels behind the candidates took.
    pub costs: Option<Costs>,
    /// The groups' scores on parts of the clips, by column and value.
    pub subgroups: Vec<Subgroup>,
    /// Intervals of candidates as published studies give them, each with the candidate's label.
    pub published: Vec<(String, Published)>,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: EvaluationKind::Labels,
            reference: String::new(),
            on: None,
            positive: Vec::new(),
            resampled: String::new(),
            test: String::new(),
            level: 0.95,
            shared_raters: Vec::new(),
            notes: Vec::new(),
            groups: Vec::new(),
            summaries: Vec::new(),
            against_people: Vec::new(),
            costs: None,
            subgroups: Vec::new(),
            published: Vec::new(),
        }
    }
}

/// The scores on the clips that have one value in one column of the clip table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subgroup {
    /// The column, such as `site`.
    pub column: String,
    /// The value; empty for clips without one.
    pub value: String,
    /// Patients whose clips are scored.
    pub patients: u64,
    /// Clips that are scored.
    pub clips: u64,
    /// The scores of each of the evaluation's groups, in their order.
    pub scores: Vec<Vec<Score>>,
}

/// What is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvaluationKind {
    /// People's labels.
    Labels,
    /// Models' predictions.
    Models,
}

/// Tells beside a candidate's numbers that its raters are also its judges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SharedRaters {
    /// A group's label, or the value of one of its coordinates.
    pub candidate: String,
    /// What is printed.
    pub sentence: String,
}

/// One candidate: a label source, an annotator, or the models of one arm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// How it is called in tables and figures.
    pub label: String,
    /// Its coordinates, as name and value, in order.
    pub coordinates: Vec<(String, String)>,
    /// Trainings it stands for; 0 where nothing was trained.
    pub seeds: u64,
    /// Its scores.
    pub scores: Vec<Score>,
    /// Reference against candidate, class by class.
    pub confusion: Option<Confusion>,
    /// Points of its receiver operating characteristic; empty where there is none.
    pub roc: Vec<RocPoint>,
    /// Points of its precision-recall curve, from the highest score downward; empty where there is none.
    pub pr: Vec<PrPoint>,
    /// What was predicted against what was observed, bin by bin; empty where there is no probability.
    pub reliability: Vec<ReliabilityBin>,
    /// Its counts on frames against the reference's; `None` where nothing is counted.
    pub counts: Option<CountAgreement>,
    /// A sentence printed beside its numbers.
    pub note: Option<String>,
}

/// One metric of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Score {
    /// The metric's name, such as `auroc`.
    pub metric: String,
    /// The metric as people write it, such as `AUROC`.
    pub title: String,
    /// The unit, such as `mm`; empty for a pure number.
    pub unit: String,
    /// The value.
    #[serde(deserialize_with = "nan_from_null")]
    pub value: f64,
    /// Lower end of its interval.
    #[serde(deserialize_with = "nan_from_null")]
    pub low: f64,
    /// Upper end of its interval.
    #[serde(deserialize_with = "nan_from_null")]
    pub high: f64,
    /// Standard error of the mean, where given.
    pub sem: Option<f64>,
    /// Patients it is over.
    pub patients: u64,
    /// Clips it is over.
    pub clips: u64,
    /// The value if every clip without a label went against the candidate, and if every one went for it.
    pub worst_to_best: Option<(f64, f64)>,
    /// Why a value or an interval is missing.
    pub reason: Option<String>,
}

impl Default for Score {
    fn default() -> Self {
        Self {
            metric: String::new(),
            title: String::new(),
            unit: String::new(),
            value: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            sem: None,
            patients: 0,
            clips: 0,
            worst_to_best: None,
            reason: None,
        }
    }
}

/// A square table of counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Confusion {
    /// Class names, least severe first.
    pub classes: Vec<String>,
    /// `counts[r][c]`: clips of reference class `r` that the candidate put in class `c`. Fractions are allowed, for
    /// counts averaged over seeds.
    pub counts: Vec<Vec<f64>>,
}

/// One point of a receiver operating characteristic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RocPoint {
    /// 1 − specificity, in [0, 1].
    pub false_positive_rate: f64,
    /// Sensitivity, in [0, 1].
    pub true_positive_rate: f64,
    /// Interval of the sensitivity at this false positive rate, where given.
    pub interval: Option<(f64, f64)>,
}

/// One point of a precision-recall curve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrPoint {
    /// Sensitivity, in [0, 1].
    pub recall: f64,
    /// Positive predictive value, in [0, 1].
    pub precision: f64,
}

/// The clips whose probability of the positive side lies in one bin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReliabilityBin {
    /// Their mean probability, in [0, 1].
    pub predicted: f64,
    /// The share of them that is positive, in [0, 1].
    pub observed: f64,
    /// How many they are, summed over seeds.
    pub clips: u64,
}

/// A mean over several candidates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Summary {
    /// What it is a mean of, such as `expert: mean of 6`.
    pub label: String,
    /// The metric as people write it.
    pub metric: String,
    /// The mean.
    #[serde(deserialize_with = "nan_from_null")]
    pub mean: f64,
    /// Its standard error.
    #[serde(deserialize_with = "nan_from_null")]
    pub sem: f64,
    /// How many values it is over.
    pub n: u64,
}

impl Default for Summary {
    fn default() -> Self {
        Self { label: String::new(), metric: String::new(), mean: f64::NAN, sem: f64::NAN, n: 0 }
    }
}

/// A label source against several people who each judged every clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgainstPeople {
    /// The label of the source's group.
    pub candidate: String,
    /// Who the people are, such as `expert: 6`.
    pub people: String,
    /// The share of clips the candidate is right about.
    #[serde(deserialize_with = "nan_from_null")]
    pub right: f64,
    /// The mean over clips of the share of people who are right.
    #[serde(deserialize_with = "nan_from_null")]
    pub people_right: f64,
    /// The mean difference.
    #[serde(deserialize_with = "nan_from_null")]
    pub difference: f64,
    /// Lower end of its interval over patients.
    #[serde(deserialize_with = "nan_from_null")]
    pub low: f64,
    /// Upper end of its interval over patients.
    #[serde(deserialize_with = "nan_from_null")]
    pub high: f64,
    /// Statistic, degrees of freedom and two-sided p-value of the paired t-test over clips.
    pub t_test: Option<(f64, u64, f64)>,
    /// Patients it is over.
    pub patients: u64,
    /// Clips it is over.
    pub clips: u64,
}

impl Default for AgainstPeople {
    fn default() -> Self {
        Self {
            candidate: String::new(),
            people: String::new(),
            right: f64::NAN,
            people_right: f64::NAN,
            difference: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            t_test: None,
            patients: 0,
            clips: 0,
        }
    }
}
