//! `Scores`: metrics with intervals, and everything a report needs to tell of them.
//!
//! People read `scores.csv`, `paired.csv`, `published.csv`, `roc.csv`, `roc_band.csv`, `pr.csv`, `reliability.csv`, `confusion.csv`,
//! `flow.csv`, `predictions.csv`, `summary.csv` and `against_people.csv`;
//! programs read the same from `evaluation.json`, the bootstrap's draws from `replicates.npy` and the values without each
//! patient in turn from `jackknife.npy` (f64, one row for each row of `scores.csv`), so that any difference and any
//! interval can be formed again from the same draws.

use serde::{Deserialize, Serialize};

use super::{ArtifactError, Folder};

/// An evaluation: what was scored against what, and the results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// `labels` (people against people) or `models`.
    pub subject: String,
    /// The reference's stage.
    pub reference: String,
    /// For models: `out-of-fold` or `test`.
    pub on: Option<String>,
    /// Class names, least severe first.
    pub classes: Vec<String>,
    /// The positive classes, where declared.
    pub positive: Vec<String>,
    /// Names of the metrics, in order.
    pub metrics: Vec<String>,
    /// What was scored, in order.
    pub groups: Vec<Group>,
    /// Means over tasks of one stage.
    pub summaries: Vec<Summary>,
    /// Label sources against single known people, clip by clip.
    pub against_people: Vec<AgainstPeople>,
    /// Intervals of single groups and tests of two as published studies give them, and those over patients beside them.
    pub published: Vec<Told>,
    /// Counts from the clip table down to what was scored.
    pub flow: Vec<Step>,
    /// Number of bootstrap draws.
    pub replicates: usize,
    /// Level of the two-sided intervals.
    pub level: f64,
    /// How the intervals are read off the draws, `percentile` for instance.
    pub interval: String,
    /// Patients and clips that every number rests on.
    pub patients: usize,
    /// Clips that every number rests on.
    pub clips: usize,
    /// Clips of each class in the reference.
    pub balance: Vec<usize>,
    /// Whether the reference's raters are known.
    pub reference_raters_known: bool,
    /// The same scores on parts of the clips.
    #[serde(default)]
    pub subgroups: Vec<Subgroup>,
}

/// The clips that have one value in one column of the clip table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subgroup {
    /// The column.
    pub column: String,
    /// The value; empty for clips without one.
    pub value: String,
    /// How many patients' clips are scored.
    pub patients: usize,
    /// How many clips are scored.
    pub clips: usize,
    /// The scores of each of the evaluation's groups.
    pub groups: Vec<Vec<Score>>,
}

impl Subgroup {
    /// Column and value, `site=A` for instance.
    pub fn name(&self) -> String {
        format!("{}={}", self.column, self.value)
    }
}

/// One thing that was scored: a label source, or the models of one arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The stage.
    pub source: String,
    /// Its coordinates, without fold and seed.
    pub coordinates: Vec<(String, String)>,
    /// The seeds that were averaged over.
    pub seeds: Vec<String>,
    /// One score a metric.
    pub scores: Vec<Score>,
    /// Rows: reference; columns: predicted. Summed over seeds.
    pub confusion: Vec<Vec<u64>>,
    /// False-positive and true-positive rate, from (0,0) to (1,1), pooled over folds and seeds.
    pub roc: Vec<(f64, f64)>,
    /// Recall and precision, from the highest score downward, pooled over folds and seeds.
    #[serde(default)]
    pub pr: Vec<(f64, f64)>,
    /// What was predicted against what was observed, bin by bin, pooled over folds and seeds.
    #[serde(default)]
    pub reliability: Vec<Bin>,
    /// The curve at rising false positive rates with the interval of its sensitivity: rate, sensitivity, low, high.
    #[serde(default)]
    pub roc_band: Vec<(f64, f64, f64, f64)>,
    /// Of frames: how far its counts lie from the reference's.
    #[serde(default)]
    pub counts: Option<CountAgreement>,
    /// Annotators who made both this and the reference.
    pub shared_raters: Vec<String>,
    /// Whether it is known who made the labels.
    pub raters_known: bool,
    /// Clips with a reference label that it does not judge.
    pub clips_missing: usize,
    /// Frames on which only one side has pixels, which have no distance; summed over seeds.
    #[serde(default)]
    pub frames_one_sided: usize,
}

/// The clips whose probability of the positive side lies in one of ten bins of one width.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Their mean probability.
    pub predicted: f64,
    /// The share of them that is positive.
    pub observed: f64,
    /// How many they are, summed over seeds.
    pub clips: u64,
}

/// Differences of counts on frames, candidate minus reference; the counts of each frame are in `frames.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountAgreement {
    /// What is counted: `lines`, or `origins` where there are no lines.
    pub what: String,
    /// The mean difference.
    pub difference: f64,
    /// The 95 % limits of agreement.
    pub limits: Option<(f64, f64)>,
    /// Variances of the differences between patients and within a patient.
    pub variances: Option<(f64, f64)>,
    /// Patients.
    pub patients: usize,
    /// Frames, summed over seeds.
    pub frames: usize,
    /// Mean of the two counts, their difference, and how many frames have both.
    pub points: Vec<(f64, i64, usize)>,
}

/// One metric of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The metric's name.
    pub metric: String,
    /// The value; `None` where undefined.
    pub value: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Bootstrap standard error.
    pub standard_error: Option<f64>,
    /// How many patients of the same size would tell as much; what `expanded` limits count.
    pub effective_patients: f64,
    /// Draws in which the metric was undefined.
    pub undefined: usize,
    /// Why there is no interval.
    pub reason: Option<String>,
    /// Accuracy only: the value if every clip the candidate does not judge counted as wrong, and as right.
    pub worst_to_best: Option<(f64, f64)>,
}

/// Mean over the tasks of one stage, such as six single experts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The stage.
    pub source: String,
    /// The metric's name.
    pub metric: String,
    /// Mean over tasks.
    pub mean: f64,
    /// Standard error of the mean: standard deviation (n − 1) over √n.
    pub sem: f64,
    /// Number of tasks.
    pub n: usize,
}

/// A label source against several people who each judged every clip: whether it is right against the share of them who
/// are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgainstPeople {
    /// Which of the evaluation's groups.
    pub candidate: usize,
    /// The people's stage.
    pub people: String,
    /// How many they are.
    pub n: usize,
    /// The share of clips the candidate is right about.
    pub right: f64,
    /// The mean over clips of the share of people who are right.
    pub people_right: f64,
    /// The mean difference.
    pub difference: f64,
    /// Lower end of its interval over patients.
    pub low: Option<f64>,
    /// Upper end of its interval over patients.
    pub high: Option<f64>,
    /// The paired t-test over clips as if they were independent; `None` where the differences don't vary.
    pub test: Option<TTest>,
}

/// What one method tells of a group, or of a group against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Which of the evaluation's groups.
    pub candidate: usize,
    /// The group it is held against; `None` for an interval of one group.
    pub baseline: Option<usize>,
    /// The metric's name.
    pub metric: String,
    /// The method, such as `delong`.
    pub method: String,
    /// What it takes as independent: `patients` or `clips`.
    pub unit: String,
    /// The value, or the difference.
    pub value: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// The test's statistic.
    pub statistic: Option<f64>,
    /// The two-sided p-value.
    pub p: Option<f64>,
    /// Why something is missing.
    pub reason: Option<String>,
}

/// A t-test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TTest {
    /// The statistic.
    pub t: f64,
    /// Its degrees of freedom.
    pub degrees: usize,
    /// The two-sided p-value.
    pub p: f64,
}

/// A step of the flow of patients and clips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is left here.
    pub title: String,
    /// Patients left.
    pub patients: usize,
    /// Clips left.
    pub clips: usize,
    /// What was left out on the way here: reason, clips, patients.
    pub excluded: Vec<(String, usize, usize)>,
}

impl Group {
    /// Stage and coordinates, as an address.
    pub fn name(&self) -> String {
        if self.coordinates.is_empty() {
            return self.source.clone();
        }
        let pairs: Vec<String> = self.coordinates.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("{}[{}]", self.source, pairs.join(","))
    }

    /// The value of a coordinate.
    pub fn coordinate(&self, key: &str) -> Option<&str> {
        self.coordinates.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// Reads an evaluation.
///
/// # Errors
/// An artifact that can't be read.
pub fn read(folder: &dyn Folder) -> Result<Evaluation, ArtifactError> {
    let path = "evaluation.json";
    serde_json::from_str(&folder.text(path)?)
        .map_err(|error| ArtifactError::Malformed { path: path.to_owned(), message: error.to_string() })
}

/// The bootstrap's draws.
pub const REPLICATES: &str = "replicates.npy";
/// The values without each patient in turn.
pub const JACKKNIFE: &str = "jackknife.npy";

/// Reads [`REPLICATES`] or [`JACKKNIFE`]: one row for each group and metric, in order.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_rows(folder: &dyn Folder, path: &str) -> Result<Vec<Vec<f64>>, ArtifactError> {
    use ndarray_npy::ReadNpyExt as _;
    let blob = folder.open(path)?;
    let draws = ndarray::Array2::<f64>::read_npy(&blob[..])
        .map_err(|error| ArtifactError::Malformed { path: path.to_owned(), message: error.to_string() })?;
    Ok(draws.rows().into_iter().map(|row| row.to_vec()).collect())
}

/// The bytes of [`REPLICATES`] or [`JACKKNIFE`].
pub fn write_rows(draws: &[Vec<f64>]) -> Vec<u8> {
    use ndarray_npy::WriteNpyExt as _;
    let columns = draws.first().map_or(0, Vec::len);
    let flat: Vec<f64> = draws.iter().flatten().copied().collect();
    let array = ndarray::Array2::from_shape_vec((draws.len(), columns), flat).expect("rows of one length");
    let mut bytes = std::io::Cursor::new(Vec::new());
    array.write_npy(&mut bytes).expect("writing to memory does not fail");
    bytes.into_inner()
}
