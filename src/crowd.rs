//! From many opinions on a clip to one label: aggregation.
//!
//! [`aggregate`] takes opinions and a [`Method`] and returns a [`Consensus`]: a label with class probabilities for each
//! clip, what the method thinks of each annotator, and how the fit went where there was one.

mod dawid_skene;
mod majority;
mod method;
mod quality;
mod subsample;
mod ties;
mod votes;

#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;

pub use dawid_skene::DawidSkene;
pub use majority::Majority;
pub use method::Method;
pub use quality::{Before, Look, Quality, Reason, Screening, Standing, VERSION as QUALITY_VERSION};
pub use subsample::{VERSION as SUBSAMPLE_VERSION, subsample};
pub use ties::Ties;

use crate::label::Opinion;

/// Opinions and the sizes their indices count in.
///
/// An annotator who judged one clip twice counts twice.
#[derive(Debug, Clone, Copy)]
pub struct Opinions<'a> {
    /// The opinions, in the order of their table (which matters to [`Ties::First`] only).
    pub opinions: &'a [Opinion],
    /// The number of clips; [`Opinion::clip`] lies below it. Clips may have no opinion.
    pub clips: usize,
    /// The number of annotators; [`Opinion::annotator`] lies below it. 0 where all are anonymous.
    pub annotators: usize,
    /// The number of classes; [`Opinion::class`] lies below it.
    pub classes: usize,
    /// The known answer of each clip, where there is one; `None` where no answers are known.
    pub known: Option<&'a [Option<u16>]>,
}

/// What the opinions on one clip amount to.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipLabel {
    /// The class; `None` where there is no opinion, or where a tie was left open by [`Ties::Abstain`].
    pub label: Option<usize>,
    /// The probability of each class, summing to 1; the shares of the votes for [`Majority`], the posterior for
    /// [`DawidSkene`]. All NaN where there is no opinion.
    pub probabilities: Vec<f64>,
    /// How many opinions there are, votes counted.
    pub opinions: f64,
    /// The share of the opinions that equal the label. Where a tie was left open, the largest share that one of the
    /// tied classes has. NaN where there is no opinion.
    pub agreement: f64,
}

/// What a method makes of one annotator.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotatorSummary {
    /// How many opinions the annotator gave, votes counted.
    pub opinions: f64,
    /// One number between 0 and 1, larger is better. For [`Majority`]: **agreement, not accuracy**, the share of the
    /// annotator's opinions (on clips with a label) that equal the label; since the annotator's own vote is part of
    /// the label, the figure flatters. For [`DawidSkene`]: the estimated probability of being right about a clip drawn
    /// from the estimated class prior. `None` without opinions to go by.
    pub skill: Option<f64>,
    /// Rows are the true class as the method sees it (the label, or the latent class), columns the class given; rows
    /// sum to 1. With [`Majority`] a row is all NaN where the annotator judged no clip of that label. `None` without
    /// opinions to go by.
    pub confusion: Option<Vec<Vec<f64>>>,
}

/// How an iterative fit went.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Iterations done.
    pub iterations: u32,
    /// Whether the tolerance was reached before the iterations ran out.
    pub converged: bool,
    /// The quantity the iterations climb, natural logarithm, one entry an iteration: the log-likelihood of all
    /// opinions plus, where counts are smoothed, the log-density (up to a constant) of the Dirichlet prior that
    /// smoothing amounts to.
    pub log_likelihood: Vec<f64>,
    /// The estimated probability of each class before any opinion is seen.
    pub prior: Vec<f64>,
}

/// The outcome of an aggregation.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// One entry a clip.
    pub labels: Vec<ClipLabel>,
    /// One entry an annotator; empty where all opinions are anonymous.
    pub annotators: Vec<AnnotatorSummary>,
    /// The fit, for methods that have one.
    pub fit: Option<Fit>,
}

/// Why an aggregation has no outcome.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CrowdError {
    /// The method weighs annotators and was given opinions nobody signed.
    #[error(
        "{method} weighs annotators against each other, but {anonymous} of {opinions} opinions have no annotator: \
         name the table's annotator column, declare who made the table with `raters = [\"…\"]`, or use majority, \
         which needs no annotators"
    )]
    Anonymous {
        /// The method's name.
        method: &'static str,
        /// Opinions without annotator.
        anonymous: usize,
        /// All opinions.
        opinions: usize,
    },
    /// An index of an opinion lies outside its table.
    #[error("opinion {position} names {noun} {index}, but there are only {len}: number {noun}s from 0")]
    OutOfRange {
        /// Position of the opinion in the slice.
        position: usize,
        /// `clip`, `annotator` or `class`.
        noun: &'static str,
        /// The offending index.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// A vote count that counts nothing.
    #[error("opinion {position} stands for {votes} votes: give a finite number that is not negative")]
    Votes {
        /// Position of the opinion in the slice.
        position: usize,
        /// The offending count.
        votes: f64,
    },
    /// Votes that can't be drawn from.
    #[error("opinion {position} stands for {votes} votes, which can't be drawn from: give a whole number")]
    Fraction {
        /// Position of the opinion in the slice.
        position: usize,
        /// The offending count.
        votes: f64,
    },
    /// A parameter outside its domain.
    #[error("{parameter} = {value} is out of range: give {allowed}")]
    Parameter {
        /// The parameter's name in the experiment file.
        parameter: &'static str,
        /// The offending value.
        value: f64,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// The cancel flag was raised.
    #[error("aggregation was cancelled")]
    Cancelled,
}

/// Aggregates `opinions` to one label a clip.
///
/// Deterministic: the same opinions in the same order give the same bytes, whatever the number of threads. An opinion
/// with 0 votes is no opinion. `cancel` is looked at once an iteration.
///
/// # Errors
/// An index out of range, a negative or non-finite vote count, a parameter out of range, anonymous opinions for a
/// method that weighs annotators, or the cancel flag.
pub fn aggregate(method: &Method, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
    check(&opinions)?;
    match method {
        Method::Majority(majority) => majority.aggregate(opinions, cancel),
        Method::DawidSkene(dawid_skene) => dawid_skene.aggregate(opinions, cancel),
    }
}

/// Holds every opinion against the sizes.
fn check(opinions: &Opinions<'_>) -> Result<(), CrowdError> {
    for (position, opinion) in opinions.opinions.iter().enumerate() {
        let annotator = opinion.annotator.map(|annotator| ("annotator", annotator as usize, opinions.annotators));
        let clip = ("clip", opinion.clip as usize, opinions.clips);
        let class = ("class", usize::from(opinion.class), opinions.classes);
        for (noun, index, len) in [clip, class].into_iter().chain(annotator) {
            if index >= len {
                return Err(CrowdError::OutOfRange { position, noun, index, len });
            }
        }
        if !opinion.votes.is_finite() || opinion.votes < 0.0 {
            return Err(CrowdError::Votes { position, votes: opinion.votes });
        }
    }
    Ok(())
}

impl ClipLabel {
    /// The label of a clip nobody judged.
    fn without_opinions(classes: usize) -> Self {
        Self { label: None, probabilities: vec![f64::NAN; classes], opinions: 0.0, agreement: f64::NAN }
    }
}
