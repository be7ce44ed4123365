//! A job: everything a task needs to run, here or in another process: its recipe and where each digest lies.

use std::{borrow::Cow, collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    recipe::{Digest, Key, Recipe},
    table::{Mapping, Wanted},
};

/// A task ready to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its address.
    pub address: String,
    /// Its coordinates.
    pub coordinates: Vec<(String, String)>,
    /// What is asked for.
    pub recipe: Recipe,
    /// Parameters that say how it runs and not what comes out.
    pub placement: serde_json::Value,
    /// The key of the recipe.
    pub key: Key,
    /// Where each input lies, by port, in the order of the recipe.
    pub inputs: BTreeMap<String, Vec<Located>>,
    /// What it reads, port by port in the order of their names, each port's in the order of the recipe.
    pub reads: Vec<Read>,
    /// For kinds that tell history: what is known of every task upstream, in order.
    pub history: Vec<Past>,
}

impl Job {
    /// What is known of it once it has run.
    pub fn past(self, output: Digest, environment: BTreeMap<String, String>) -> Past {
        let Self { address, coordinates, recipe, reads, key, .. } = self;
        Past { address, coordinates, recipe, reads, key, output, environment }
    }
}

/// One thing a task reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The port; of a port that takes things by name, port and name with a dot between.
    pub port: String,
    /// The address of the task it comes from; `None` for a file of the user's.
    pub from: Option<String>,
    /// Digest of what is read: of a tree, or of the columns of a table and the files they name.
    pub content: Digest,
}

/// Where an input lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Located {
    /// An artifact in the store.
    Tree {
        /// Digest of its tree.
        digest: Digest,
        /// The stage that made it.
        stage: String,
        /// The coordinates of the task that made it.
        coordinates: Vec<(String, String)>,
    },
    /// A table.
    Table(TableInput),
    /// Files handed over as they are.
    Handed(Handed),
}

/// A file, a folder, or an artifact or part of one, that a program is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// The name it is given under: the name in the experiment, with the ending of a file.
    pub name: String,
    /// Where it lies; an artifact's path is empty where all of it is meant.
    pub place: Place,
    /// Digest of the content.
    pub content: Digest,
}

/// A table that was taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableInput {
    /// Digest of the file's bytes.
    pub content: Digest,
    /// Where it lies.
    pub place: Place,
    /// How the experiment names it.
    pub shown: String,
    /// How it is read.
    pub mapping: Mapping,
    /// The columns that are read.
    pub wanted: Vec<Wanted>,
    /// Digests of the files its rows name; `None` for a file that is missing.
    pub files: Vec<Option<Digest>>,
}

/// Where a table lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// A file of the user's.
    File(PathBuf),
    /// A file of an artifact.
    Artifact {
        /// Digest of the tree.
        tree: Digest,
        /// Path in the tree.
        path: Cow<'static, str>,
    },
}

/// A task upstream, for kinds that tell how their inputs came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// Its address.
    pub address: String,
    /// Its coordinates.
    pub coordinates: Vec<(String, String)>,
    /// What was asked for.
    pub recipe: Recipe,
    /// What it read.
    pub reads: Vec<Read>,
    /// The key of the recipe.
    pub key: Key,
    /// Digest of its output.
    pub output: Digest,
    /// Where it was made.
    pub environment: BTreeMap<String, String>,
}

impl Past {
    /// The name of its stage.
    pub fn stage(&self) -> &str {
        stage(&self.address)
    }
}

/// The name of a task's stage: its address without the coordinates.
pub fn stage(address: &str) -> &str {
    address.split('[').next().unwrap_or(address)
}
