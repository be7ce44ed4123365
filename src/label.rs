//! The domain's nouns: classes ordered by severity, opinions, labels.

use serde::{Deserialize, Serialize};

/// The classes of an experiment, ordered by severity (least severe first).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Classes(Vec<String>);

impl Classes {
    /// Takes class names in order of severity. Names are expected to be distinct.
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// The number of classes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no class at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The index of a class by name, `None` where it is not among the classes.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|class| class == name)
    }

    /// The name of class `index`.
    ///
    /// # Panics
    /// Panics where `index` is not below [`Classes::len`].
    pub fn name(&self, index: usize) -> &str {
        &self.0[index]
    }

    /// The names, least severe first.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// One annotator's judgement of one clip. Clips and annotators are indices into the tables the caller keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opinion {
    /// Index of the clip.
    pub clip: u32,
    /// Index of the annotator; `None` where the table does not say who it was.
    pub annotator: Option<u32>,
    /// Index of the class, as in [`Classes`].
    pub class: u16,
    /// How many equal opinions this one stands for (vote counts); 1 for a single opinion.
    pub votes: f64,
}
