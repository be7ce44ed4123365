//! Where a number comes from.

use serde::{Deserialize, Serialize};

/// What some numbers are about, by its place in the [`Content`](super::Content).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A contrast: 0 is the primary one where there is one, the others follow.
    Contrast(usize),
    /// A group of an evaluation.
    Group {
        /// The evaluation.
        evaluation: usize,
        /// The group in it.
        group: usize,
    },
    /// An evaluation as a whole: what is told of several groups together.
    Evaluation(usize),
    /// A flow.
    Flow(usize),
    /// The labels, annotators and agreement of one label source, by its name.
    Labels(String),
    /// A training.
    Training(usize),
}

/// Where the numbers on one subject come from: which task's files hold them, and all that these rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// What the numbers are about.
    pub subject: Subject,
    /// Address of the task whose files hold the numbers, or what they are computed from.
    pub task: String,
    /// Those files, by their path in the task's folder.
    pub files: Vec<String>,
    /// What is to be known of all these numbers, as name and text: what is scored against what, what is resampled.
    pub facts: Vec<(String, String)>,
    /// Metrics among the numbers: name and version, and the formula in words.
    pub metrics: Vec<(String, String)>,
    /// Addresses of the tasks that the numbers rest on, in the order in which data flow; `task` is among them.
    pub tasks: Vec<String>,
    /// Addresses of tasks that only had a say in which clips are counted: what else was scored beside them, and what
    /// that rests on. None of them is among `tasks`.
    pub beside: Vec<String>,
}
