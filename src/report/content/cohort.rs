//! Patients, clips, labels and annotators.

use serde::{Deserialize, Serialize};

/// A flow of clips from enrolment to analysis, as CONSORT draws it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flow {
    /// What it leads to; may be empty where there is only one flow.
    pub title: String,
    /// Its boxes, in order.
    pub steps: Vec<FlowStep>,
}

/// One box of a flow, and who left after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowStep {
    /// What the box holds, such as `Clips decoded`.
    pub title: String,
    /// Patients, where known.
    pub patients: Option<u64>,
    /// Clips.
    pub clips: u64,
    /// Who did not go on to the next box.
    pub excluded: Vec<Exclusion>,
}

/// Clips that left a flow for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exclusion {
    /// Why.
    pub reason: String,
    /// Clips.
    pub clips: u64,
    /// Patients who left with their last clip, where known.
    pub patients: Option<u64>,
}

/// The labels of one source, by class.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSet {
    /// The source, such as `crowd`.
    pub name: String,
    /// Class names and clips so labelled, least severe first.
    pub classes: Vec<(String, u64)>,
    /// Clips without a label.
    pub unlabelled: u64,
    /// Opinions the labels were made from, where known.
    pub opinions: Option<u64>,
    /// Annotators who gave them, where known.
    pub annotators: Option<u64>,
    /// Mean share of a clip's opinions that agree with its label, where known.
    pub agreement: Option<f64>,
}

/// One annotator of one label source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Annotator {
    /// The id.
    pub annotator: String,
    /// The label source or rater group, such as `crowd`.
    pub group: String,
    /// Opinions given.
    pub opinions: u64,
    /// Skill as the aggregation estimates it, where it does.
    pub skill: Option<f64>,
    /// Share of the opinions that agree with the label, where known.
    pub agreement: Option<f64>,
}

/// A coefficient of agreement between the annotators of one label source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agreement {
    /// The label source, such as `panel`.
    pub labels: String,
    /// The coefficient in print, such as `Fleiss' kappa`.
    pub coefficient: String,
    /// Whose: all annotators, two of them, or one and the others.
    pub between: String,
    /// Whether it is that of two.
    pub is_pair: bool,
    /// Its value, where it is defined.
    pub value: Option<f64>,
    /// The limits of its interval, where there is one.
    pub interval: Option<(f64, f64)>,
    /// The interval's level.
    pub level: f64,
    /// The clips it rests on.
    pub clips: u64,
    /// The opinions on these; of drawings the comparisons, one a frame and two annotators.
    pub opinions: u64,
    /// Whether drawings are compared.
    pub of_drawings: bool,
    /// What the interval resamples, `patient` or `clip`, and how many there are.
    pub units: (String, u64),
}

/// A clip that could not be used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Excluded {
    /// The clip's id.
    pub clip: String,
    /// Why.
    pub reason: String,
}
