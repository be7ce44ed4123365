//! From what, and by what, the numbers were made.

use serde::{Deserialize, Serialize};

/// The tasks and their recipes. Holds no times, hosts or paths of a machine, nor whether a task was
/// taken from the cache.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provenance {
    /// Program and version.
    pub program: String,
    /// The stages that the tasks belong to, in the same order.
    pub stages: Vec<Stage>,
    /// Every task, in the order in which data flow.
    pub tasks: Vec<Task>,
    /// What was asked of each.
    pub recipes: Vec<Recipe>,
    /// Sentences, such as that two arms were made in different environments.
    pub notices: Vec<String>,
}

/// One stage of the experiment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its tasks.
    pub tasks: u64,
    /// The stages it reads.
    pub reads: Vec<String>,
}

/// One task of the experiment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Task {
    /// Stage and coordinates, such as `train.classifier[arm=same,fold=0]`.
    pub address: String,
    /// The stage's kind.
    pub kind: String,
    /// Method and its version, such as `dawid-skene 1`; may be empty.
    pub method: String,
    /// The key.
    pub key: String,
    /// The output's digest.
    pub output: String,
    /// Kernel family, device, codec, program version.
    pub environment: String,
    /// What it read.
    pub reads: Vec<Read>,
}

/// One thing a task read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Read {
    /// The field of the experiment that names it.
    pub port: String,
    /// Address of the task it comes from; `None` for a file of the user's.
    pub from: Option<String>,
    /// Digest of what was read.
    pub content: String,
}

/// What was asked of one task, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// The task's address.
    pub address: String,
    /// TOML or JSON.
    pub text: String,
}
