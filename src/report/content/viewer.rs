//! Clips that are worth a look: their frames, and what is said of them.

use serde::{Deserialize, Serialize};

/// The clips, and who says something of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Viewer {
    /// Who says something, in the order in which it is shown.
    pub sources: Vec<Source>,
    /// The clips, those for the same reason together, the most telling first.
    pub clips: Vec<ViewedClip>,
    /// Sentences, such as how many frames of a clip were left out to keep the page small.
    pub notes: Vec<String>,
    /// How a report without frames gets them; nothing where it has them.
    pub missing: Option<String>,
}

/// Who says something of a clip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name, such as `crowd`.
    pub name: String,
    /// What it is in the comparison.
    pub role: Role,
}

/// What a source is in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// What others are scored against.
    Reference,
    /// People's labels or drawings.
    People,
    /// A model.
    Model,
}

/// A clip to look at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ViewedClip {
    /// The clip.
    pub clip: String,
    /// Why it is among them: the heading it stands under.
    pub why: String,
    /// How much so, in words.
    pub how_much: String,
    /// What is said of it as a whole.
    pub said: Vec<Said>,
    /// Its frames side by side, as one JPEG.
    pub jpeg: Vec<u8>,
    /// Width and height of one frame of that picture in pixels.
    pub size: [u32; 2],
    /// The number in the source of each frame, from 0; nothing for a black frame after the end of a short clip.
    pub frames: Vec<Option<u64>>,
    /// What is drawn over the frames.
    pub drawn: Vec<Overlay>,
}

/// What a source says of a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Which of the sources.
    pub source: usize,
    /// The label.
    pub label: String,
    /// Probability of each class, where there are any.
    pub probabilities: Vec<(String, f64)>,
}

/// What a source draws over the frames of a clip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// Which of the sources.
    pub source: usize,
    /// SVG path data, in pixels of the picture of all frames.
    pub path: String,
    /// Whether it is an area, and not lines.
    pub filled: bool,
    /// The first of the frames that it draws on, from 0.
    pub first: usize,
}
