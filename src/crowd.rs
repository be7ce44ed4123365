//! From many opinions to one label a clip: one file a method.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{EnumAccess as _, MapAccess, VariantAccess as _, Visitor, value::MapAccessDeserializer},
};

use crate::label::Opinion;

mod dawid_skene;
mod majority;
mod ties;

pub use dawid_skene::DawidSkene;
pub use majority::Majority;
pub use ties::Ties;

/// How opinions become a label. In a file a bare name stands for all defaults.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The class most opinions name.
    Majority(Majority),
    /// Annotators' confusion matrices and labels, estimated together.
    DawidSkene(DawidSkene),
}

impl Method {
    /// All names.
    pub const NAMES: &'static [&'static str] = &["majority", "dawid-skene"];

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Majority(_) => "majority",
            Self::DawidSkene(_) => "dawid-skene",
        }
    }

    /// Raised when the same opinions give another result.
    pub fn version(&self) -> u32 {
        match self {
            Self::Majority(_) => Majority::VERSION,
            Self::DawidSkene(_) => DawidSkene::VERSION,
        }
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(variant_identifier, rename_all = "kebab-case")]
        enum Name {
            Majority,
            DawidSkene,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Method;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a method or a table such as { majority = { ties = \"ordinal-low\" } }")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Method, E> {
                match name {
                    "majority" => Ok(Method::Majority(Majority::default())),
                    "dawid-skene" => Ok(Method::DawidSkene(DawidSkene::default())),
                    _ => Err(E::unknown_variant(name, Method::NAMES)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Method, A::Error> {
                let (name, content) = MapAccessDeserializer::new(map).variant::<Name>()?;
                match name {
                    Name::Majority => content.newtype_variant().map(Method::Majority),
                    Name::DawidSkene => content.newtype_variant().map(Method::DawidSkene),
                }
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Opinions and what their indices are below.
#[derive(Debug, Clone, Copy)]
pub struct Opinions<'a> {
    /// The opinions, in table order.
    pub opinions: &'a [Opinion],
    /// Number of clips.
    pub clips: usize,
    /// Number of annotators.
    pub annotators: usize,
    /// Number of classes, ordered by severity.
    pub classes: usize,
}

/// The label of one clip.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipLabel {
    /// The class; `None` where there is no opinion, or a tie that is abstained on.
    pub label: Option<usize>,
    /// One probability a class; all equal where there is no opinion.
    pub probabilities: Vec<f64>,
    /// How many opinions.
    pub opinions: f64,
    /// Share of the opinions that equal the label; for an abstention the largest share of a class.
    pub agreement: f64,
}

/// What is estimated of an annotator.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotatorSummary {
    /// How many opinions.
    pub opinions: f64,
    /// For majority the share of the opinions that equal the label (agreement, not accuracy); for Dawid–Skene the
    /// probability of naming the true class, the classes weighing as they occur.
    pub skill: Option<f64>,
    /// Rows: true (or majority) class; columns: given class; rows sum to 1. A class never met has an empty row of zeros.
    pub confusion: Option<Vec<Vec<f64>>>,
}

/// How an iterative method went.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Iterations done.
    pub iterations: u32,
    /// Whether the change fell below the tolerance.
    pub converged: bool,
    /// Log-likelihood (nats) after each iteration.
    pub log_likelihood: Vec<f64>,
    /// Estimated share of each class.
    pub prior: Vec<f64>,
}

/// What aggregation makes of opinions.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// One label a clip.
    pub labels: Vec<ClipLabel>,
    /// One summary an annotator.
    pub annotators: Vec<AnnotatorSummary>,
    /// For iterative methods.
    pub fit: Option<Fit>,
}

/// Why opinions could not be aggregated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CrowdError {
    /// Dawid–Skene needs to know who said what.
    #[error(
        "{0} opinions have no annotator, and dawid-skene estimates each annotator's errors; name the column of the annotator, or use majority"
    )]
    Anonymous(usize),
    /// There is nothing to aggregate.
    #[error("there are no opinions")]
    NoOpinions,
    /// A parameter can't be.
    #[error("`{field}` is {value}: {remedy}")]
    Setting {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What to give instead.
        remedy: &'static str,
    },
    /// The run was stopped.
    #[error("stopped")]
    Cancelled,
}

/// Aggregates opinions.
///
/// # Errors
/// No opinions, opinions without an author where the method needs one, parameters that can't be.
pub fn aggregate(method: &Method, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
    if opinions.opinions.is_empty() {
        return Err(CrowdError::NoOpinions);
    }
    if cancel.load(Ordering::Relaxed) {
        return Err(CrowdError::Cancelled);
    }
    match method {
        Method::Majority(majority) => Ok(majority.aggregate(opinions)),
        Method::DawidSkene(dawid_skene) => dawid_skene.aggregate(opinions, cancel),
    }
}

/// Votes by clip and class, `[clip][class]` in one vector.
fn votes(opinions: Opinions<'_>) -> Vec<f64> {
    let mut votes = vec![0.0; opinions.clips * opinions.classes];
    for opinion in opinions.opinions {
        votes[opinion.clip as usize * opinions.classes + usize::from(opinion.class)] += opinion.votes;
    }
    votes
}

/// Each clip's shares of votes; equal shares where there are none.
fn shares(votes: &[f64], classes: usize) -> Vec<f64> {
    votes
        .chunks(classes)
        .flat_map(|votes| {
            let sum: f64 = votes.iter().sum();
            votes.iter().map(move |n| if sum > 0.0 { n / sum } else { 1.0 / classes as f64 })
        })
        .collect()
}

/// For each clip the class that was given first among those in `among`.
fn first_given(opinions: Opinions<'_>, among: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let mut first = vec![None; opinions.clips];
    for opinion in opinions.opinions {
        let (clip, class) = (opinion.clip as usize, usize::from(opinion.class));
        if opinion.votes > 0.0 && first[clip].is_none() && among(clip, class) {
            first[clip] = Some(class);
        }
    }
    first
}

/// Labels from probabilities and votes, ties decided by `ties`.
fn labels(opinions: Opinions<'_>, votes: &[f64], probabilities: &[f64], ties: Ties) -> Vec<ClipLabel> {
    let classes = opinions.classes;
    let tied = |clip: usize| ties::highest(&probabilities[clip * classes..][..classes]);
    let first = if ties == Ties::First {
        let all: Vec<Vec<usize>> = (0..opinions.clips).map(tied).collect();
        first_given(opinions, |clip, class| all[clip].contains(&class))
    } else {
        Vec::new()
    };
    (0..opinions.clips)
        .map(|clip| {
            let of = &votes[clip * classes..][..classes];
            let sum: f64 = of.iter().sum();
            let label = (sum > 0.0).then(|| ties.choose(&tied(clip), first.get(clip).copied().flatten())).flatten();
            let agreeing = label.map_or_else(|| of.iter().copied().fold(0.0, f64::max), |label| of[label]);
            ClipLabel {
                label,
                probabilities: probabilities[clip * classes..][..classes].to_vec(),
                opinions: sum,
                agreement: if sum > 0.0 { agreeing / sum } else { 0.0 },
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
