//! What a metric's file says about it.

use super::frames::Share;
use super::prepared::Evidence;

/// What a metric's file says about it.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) version: u32,
    pub(super) needs_positive: bool,
    pub(super) needs_scores: bool,
    /// Whether it needs the probability of every class.
    pub(super) needs_probabilities: bool,
    pub(super) value: fn(&Evidence<'_>) -> Option<f64>,
    /// Of a metric of frames: what each frame adds.
    pub(super) frames: Option<Share>,
    pub(super) smaller_is_better: bool,
    /// What it should be, where neither more nor less of it is better.
    pub(super) target: Option<f64>,
    /// Its mean over predictions that know nothing of the clips, whatever they are; of metrics that compare clips of one fold
    /// only, since across folds predictions know what the other folds held.
    pub(super) chance: Option<f64>,
    /// Why it has no value, where it has none.
    pub(super) undefined: &'static str,
    /// Empty for a pure number.
    pub(super) unit: &'static str,
}

impl Entry {
    /// What most metrics are: the first version of a metric of clips that needs classes only and of which more is better.
    pub(super) const fn new(name: &'static str, title: &'static str, value: fn(&Evidence<'_>) -> Option<f64>) -> Self {
        Self {
            name,
            title,
            version: 1,
            needs_positive: false,
            needs_scores: false,
            needs_probabilities: false,
            value,
            frames: None,
            smaller_is_better: false,
            target: None,
            chance: None,
            undefined: "not defined on these clips",
            unit: "",
        }
    }
}
