//! Parameters of `[aggregate.NAME]`, and what reads well but can't be.

use serde::{Deserialize, Serialize};

use super::{family, method::Method};
use crate::{
    crowd::{
        Quality,
        drawn::{Unit, Unviewed},
    },
    name::{nearest, quoted},
    plan::{Problem, Surroundings},
};

/// Parameters of `[aggregate.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// How opinions become a label, or drawings become one.
    pub(super) method: Method,
    /// What the coordinates of drawings count.
    pub(super) drawn_unit: Option<Unit>,
    /// Who is taken to have looked at what, without a table of that.
    pub(super) unviewed: Option<Unviewed>,
    /// Whether the probabilities of pixels are kept beside masks.
    #[serde(default = "yes")]
    pub(super) probabilities: bool,
    /// Only the opinions of these annotators.
    pub(super) annotators: Option<Vec<String>>,
    /// Who made a table that doesn't say.
    #[serde(default)]
    pub(super) raters: Vec<String>,
    /// The group the annotators' ids are unique in; the same id in two groups is two people.
    #[serde(default)]
    pub(super) rater_group: String,
    /// The fold whose clips are kept out; needs `split`.
    pub(super) fold: Option<u32>,
    /// What to do with opinions on clips that `clips` doesn't have.
    #[serde(default)]
    pub(super) unknown_clips: UnknownClips,
    /// What to do when an annotator judged a clip more than once.
    #[serde(default)]
    pub(super) duplicates: Duplicates,
    /// Whose opinions count.
    pub(super) quality: Option<Quality>,
    /// The label of a clip with a known answer.
    #[serde(default)]
    pub(super) known: Known,
    /// So many opinions on each clip, drawn from those that count.
    pub(super) opinions_per_item: Option<u32>,
    /// The seed of that draw.
    #[serde(default)]
    pub(super) opinions_seed: u64,
    /// A clip with fewer opinions that count gets no label.
    #[serde(default)]
    pub(super) minimum_reads: u32,
    /// How agreement is told.
    #[serde(default)]
    pub(super) agreement: Intervals,
}

/// What to do with opinions on clips that the clip table doesn't have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UnknownClips {
    /// Stop.
    #[default]
    Error,
    /// Leave them out, and count them.
    Drop,
}

/// What to do when an annotator judged a clip more than once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Duplicates {
    /// Stop.
    #[default]
    Error,
    /// The first opinion counts.
    First,
    /// The last opinion counts.
    Last,
    /// Together they count as one opinion, which is divided where they differ.
    Mean,
    /// Each counts.
    All,
}

/// The label of a clip with a known answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Known {
    /// None: such clips measure annotators, and are not among the labels.
    #[default]
    Omit,
    /// What the opinions amount to, as for every other clip.
    Opinions,
    /// The answer.
    Answer,
}

/// How intervals of agreement are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Intervals {
    /// Bootstrap draws; 0 for no intervals.
    pub(super) replicates: usize,
    /// The seed of the draws.
    pub(super) seed: u64,
    /// Level of the two-sided intervals.
    pub(super) level: f64,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { replicates: 1000, seed: 0, level: 0.95 }
    }
}

fn yes() -> bool {
    true
}

impl Parameters {
    /// What reads well but can't be.
    pub(super) fn problems(&self, around: &Surroundings<'_>) -> Vec<Problem> {
        let mut problems = family::problems(self, around.connected);
        let connected = |port: &str| around.connected.contains(&port);
        if self.fold.is_some() && !connected("split") {
            let help = "add `split = \"@…\"`, the stage that says which clips are in the fold";
            problems.push(Problem::new("fold", "`fold` means nothing without a split", help));
        }
        if self.annotators.as_ref().is_some_and(Vec::is_empty) {
            let message = "`annotators` is an empty list, which leaves no opinion";
            problems.push(Problem::new("annotators", message, "name annotators, or leave the field out for all"));
        }
        if let Some(quality) = &self.quality {
            if quality.needs_known() && !connected("known_answers") {
                let message = "`quality` holds annotators against known answers, and there are none";
                let help = "add `known_answers = \"…\"`, a table of clip and label, or set `minimum_accuracy = 0`";
                problems.push(Problem::new("quality", message, help));
            }
            for class in quality.class_weights.keys().filter(|class| around.classes.index(class).is_none()) {
                let near = nearest(class, around.classes.names().iter().map(String::as_str));
                let help = near.map_or_else(
                    || format!("the classes are {}", quoted(around.classes.names())),
                    |near| format!("did you mean `{near}`?"),
                );
                problems.push(Problem::new("quality", format!("`{class}` in `class_weights` is not a class"), help));
            }
        }
        if self.known != Known::Omit && !connected("known_answers") {
            let message = "`known` says what becomes of clips with a known answer, and there are none";
            let help = "add `known_answers = \"…\"`, a table of clip and label, or take `known` out";
            problems.push(Problem::new("known", message, help));
        }
        if self.duplicates == Duplicates::Mean && self.opinions_per_item.is_some() {
            let message = "`opinions_per_item` draws whole opinions, and `duplicates = \"mean\"` divides them";
            problems.push(Problem::new("duplicates", message, "take \"first\" or \"last\""));
        }
        if self.opinions_per_item == Some(0) {
            let message = "`opinions_per_item` is 0, which leaves no opinion";
            problems.push(Problem::new(
                "opinions_per_item",
                message,
                "give at least 1, or leave the field out for all",
            ));
        }
        if (1..100).contains(&self.agreement.replicates) {
            let message = format!("{} bootstrap draws give no interval", self.agreement.replicates);
            problems.push(Problem::new("agreement", message, "give at least 100, or 0 for no intervals"));
        }
        if !(0.5..1.0).contains(&self.agreement.level) {
            let message = format!("`level` is {}, which is no level of an interval", self.agreement.level);
            problems.push(Problem::new("agreement", message, "give a number such as 0.95"));
        }
        problems
    }
}
