//! What a report is handed: every number and sentence it prints, as plain data.
//!
//! Nothing here is computed by the report. A number that has no value is `NaN` and is printed as a dash with its
//! reason; in JSON it is `null`.

use serde::{Deserialize, Deserializer, Serialize};

mod chain;
mod cohort;
mod contrast;
mod cost;
mod count_agreement;
mod decoding;
mod evaluation;
mod provenance;
mod training;
mod viewer;

pub use chain::{Chain, Subject};
pub use cohort::{Agreement, Annotator, Excluded, Exclusion, Flow, FlowStep, LabelSet};
pub use contrast::{Contrast, Direction, Goal, Power, Published, Reason, Verdict};
pub use cost::{Cost, Costs};
pub use count_agreement::{CountAgreement, CountPoint};
pub use decoding::{DecodedClip, Decoding, Sheet};
pub use evaluation::{
    AgainstPeople, Confusion, Evaluation, EvaluationKind, Group, PrPoint, ReliabilityBin, RocPoint, Score,
    SharedRaters, Subgroup, Summary,
};
pub use provenance::{Provenance, Read, Recipe, Stage, Task};
pub use training::{Curve, CurvePoint, Training};
pub use viewer::{Overlay, Role, Said, Source, ViewedClip, Viewer};

/// Everything one report says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Content {
    /// The experiment's title: the question in a line.
    pub title: String,
    /// Where the data come from, in a sentence; may be empty.
    pub data: String,
    /// Sentences that every report of the experiment must print.
    pub caveats: Vec<String>,
    /// What to write beside the page; `html` is always written.
    pub formats: Vec<Format>,
    /// The one contrast declared before the data were seen.
    pub primary: Option<Contrast>,
    /// The others, in the order in which they are tested.
    pub secondary: Vec<Contrast>,
    /// What was scored against what.
    pub evaluations: Vec<Evaluation>,
    /// Who entered, who left and why: one flow an evaluation, or a single one.
    pub flows: Vec<Flow>,
    /// Labels by class, one entry a label source.
    pub labels: Vec<LabelSet>,
    /// Everyone who gave opinions.
    pub annotators: Vec<Annotator>,
    /// How well they agree.
    pub agreement: Vec<Agreement>,
    /// How the trainings went.
    pub training: Training,
    /// What decoding made of the clips.
    pub decoding: Decoding,
    /// Clips that are worth a look.
    pub viewer: Viewer,
    /// Clips that could not be used.
    pub excluded: Vec<Excluded>,
    /// The methods paragraph, as sentences.
    pub methods: Vec<String>,
    /// Papers and standards whose conventions the metrics follow.
    pub citations: Vec<String>,
    /// From what, and by what, every number was made.
    pub provenance: Provenance,
    /// Where each number comes from; a subject has one chain at most.
    pub chains: Vec<Chain>,
}

/// A form in which a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The page, its tables as CSV, its figures as SVG, its numbers as JSON.
    Html,
    /// Besides, every table as a LaTeX `tabular` and every number as a macro.
    Latex,
    /// Besides, the report typeset, and every figure, as PDF; in builds with the feature `pdf`.
    Pdf,
}

/// Reads `null` as `NaN`, the counterpart of how JSON writes a number without a value.
fn nan_from_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
