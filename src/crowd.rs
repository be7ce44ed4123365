//! From many opinions on a clip to one label: aggregation.
//!
//! [`aggregate`] takes opinions and a [`Method`] and returns a [`Consensus`]: a label with class probabilities for each
//! clip, what the method thinks of each annotator, and how the fit went where there was one.
//!
//! [`drawn`] does the same for what annotators draw on frames: lines, origins and masks.

mod check;
mod dawid_skene;
mod dirichlet;
pub mod drawn;
mod glad;
mod gold_majority;
mod ibcc;
mod iterate;
mod kos;
mod latent;
mod mace;
mod majority;
mod method;
mod mmsr;
mod one_coin;
mod ordinal;
mod outcome;
mod quality;
mod subsample;
mod ties;
mod votes;
mod weighted_majority;
mod zero_based_skill;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;

pub use dawid_skene::DawidSkene;
pub use glad::{Glad, Normal};
pub use gold_majority::GoldMajority;
pub use ibcc::Ibcc;
pub use kos::Kos;
pub use mace::{Beta, Inference, Mace};
pub use majority::Majority;
pub use method::Method;
pub use mmsr::Mmsr;
pub use one_coin::OneCoin;
pub use ordinal::Ordinal;
pub use quality::{Before, Look, Quality, Reason, Screening, Standing, VERSION as QUALITY_VERSION};
pub use subsample::{VERSION as SUBSAMPLE_VERSION, subsample};
pub use ties::Ties;
pub use votes::Grouped;
pub use weighted_majority::WeightedMajority;
pub use zero_based_skill::ZeroBasedSkill;

use crate::label::OpinionColumns;

/// Opinions and the sizes their indices count in.
///
/// An annotator who judged one clip twice counts twice.
#[derive(Debug, Clone, Copy)]
pub struct Opinions<'a> {
    /// The opinions, in the order of their table (which matters to [`Ties::First`] only).
    pub opinions: &'a OpinionColumns,
    /// The number of clips; each opinion's clip lies below it. Clips may have no opinion.
    pub clips: usize,
    /// The number of annotators; each opinion's annotator lies below it. 0 where all are anonymous.
    pub annotators: usize,
    /// The number of classes; each opinion's class lies below it.
    pub classes: usize,
    /// These opinions by clip and by annotator, where somebody has grouped them already.
    pub grouped: Option<&'a Grouped>,
    /// The answers known beforehand, one entry a clip, `None` where unknown; `None` where no answer is known at all.
    /// [`GoldMajority`] uses them and nothing else does.
    pub known: Option<&'a [Option<u16>]>,
}

/// What the opinions on one clip amount to.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipLabel {
    /// The class; `None` where there is no opinion, or where a tie was left open by [`Ties::Abstain`].
    pub label: Option<usize>,
    /// The probability of each class, summing to 1: the posterior for methods with a model of how opinions come
    /// about ([`DawidSkene`], [`OneCoin`], [`Ibcc`], [`Glad`], [`Mace`], [`Mmsr`], [`Ordinal`]); shares of the votes
    /// for [`Majority`], and of the weights behind them for [`WeightedMajority`], [`ZeroBasedSkill`],
    /// [`GoldMajority`] and [`Kos`], which are no probabilities of being right. All NaN where there is no opinion.
    pub probabilities: Vec<f64>,
    /// How many opinions there are, votes counted.
    pub opinions: f64,
    /// The share of the opinions that equal the label. Where a tie was left open, the largest share that one of the
    /// tied classes has. NaN where there is no opinion.
    pub agreement: f64,
    /// How hard the clip is, for [`Glad`].
    pub difficulty: Option<f64>,
}

/// What a method makes of one annotator.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotatorSummary {
    /// How many opinions the annotator gave, votes counted.
    pub opinions: f64,
    /// One number between 0 and 1, larger is better; each method's page says which. For [`Majority`], [`Kos`],
    /// [`ZeroBasedSkill`] and [`WeightedMajority`]: **agreement, not accuracy**, a share of the annotator's opinions
    /// that equal the label; since the annotator's own vote is part of the label, the figure flatters. For
    /// [`GoldMajority`]: accuracy on known answers. For [`DawidSkene`], [`OneCoin`], [`Ibcc`] and [`Ordinal`]: the
    /// estimated probability of being right about a clip drawn from the estimated class prior; for [`Mmsr`] about any
    /// clip, for [`Glad`] about a clip of mean difficulty. For [`Mace`]: the competence, the probability of not
    /// spamming. `None` without opinions to go by.
    pub skill: Option<f64>,
    /// Rows are the true class as the method sees it (the label, or the latent class), columns the class given; rows
    /// sum to 1. With methods that compare with labels ([`Majority`] and those that weigh votes) a row is all NaN where
    /// the annotator judged no clip of that label. `None` without opinions to go by.
    pub confusion: Option<Vec<Vec<f64>>>,
}

/// How an iterative fit went.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Iterations done.
    pub iterations: u32,
    /// Whether the tolerance was reached before the iterations ran out.
    pub converged: bool,
    /// What `history` holds.
    pub objective: Objective,
    /// One entry an iteration.
    pub history: Vec<f64>,
    /// The estimated probability of each class before any opinion is seen; empty for methods without one.
    pub prior: Vec<f64>,
}

/// What an iterative fit watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Climbed: the natural logarithm of the likelihood of all opinions plus, where the method has a prior on its
    /// parameters (smoothing is one), the log-density of that prior up to a constant.
    LogLikelihood,
    /// Climbed: the evidence lower bound of a variational fit, natural logarithm.
    LowerBound,
    /// Brought down to 0: the change of the method's weights from one iteration to the next. Such a method climbs
    /// nothing.
    Change,
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
        /// Position of the opinion.
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
        /// Position of the opinion.
        position: usize,
        /// The offending count.
        votes: f64,
    },
    /// Known answers that are not one a clip.
    #[error("there are {known} known answers for {clips} clips: give one entry a clip, empty where unknown")]
    KnownLength {
        /// Entries given.
        known: usize,
        /// Clips.
        clips: usize,
    },
    /// A known answer outside the classes.
    #[error("the known answer of clip {clip} is class {class}, but there are only {classes}: number classes from 0")]
    KnownClass {
        /// The clip.
        clip: usize,
        /// The offending class.
        class: usize,
        /// How many there are.
        classes: usize,
    },
    /// The method learns from known answers and nobody judged a clip that has one.
    #[error(
        "gold-majority weighs annotators by known answers, but no opinion is on a clip with one: give known answers for \
         clips that annotators judged, or use weighted-majority, which needs none"
    )]
    NoAnswers,
    /// The method is for two classes.
    #[error(
        "{method} is for two classes and there are {classes}: map the labels to two classes, or use one-coin or \
         dawid-skene, which take any number"
    )]
    NotBinary {
        /// The method's name.
        method: &'static str,
        /// How many classes there are.
        classes: usize,
    },
    /// The method compares every annotator with every other and there are too many.
    #[error(
        "{method} compares each annotator with each other and takes {most} at most, but there are {annotators}: use \
         one-coin, which estimates the same skills without comparing pairs, or leave out annotators with few opinions"
    )]
    TooManyAnnotators {
        /// The method's name.
        method: &'static str,
        /// Annotators with opinions.
        annotators: usize,
        /// How many it takes.
        most: usize,
    },
    /// Votes that can't be drawn from.
    #[error("opinion {position} stands for {votes} votes, which can't be drawn from: give a whole number")]
    Fraction {
        /// Position of the opinion.
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

/// What a method of aggregation offers the table of methods.
trait Aggregate {
    /// The version of the method's behaviour; it rises whenever output for the same input changes.
    fn version(&self) -> u32;

    /// See [`aggregate`]; the indices of the opinions are in range.
    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError>;
}

/// Aggregates `opinions` to one label a clip.
///
/// Deterministic: the same opinions in the same order give the same bytes, whatever the number of threads. An opinion
/// with 0 votes is no opinion. `cancel` is looked at once an iteration. Methods that draw numbers draw them from their own
/// `seed`.
///
/// # Errors
/// An index out of range, a negative or non-finite vote count, a parameter out of range, anonymous opinions for a
/// method that weighs annotators, opinions the method is not made for (their classes, annotators or known answers), or
/// the cancel flag.
pub fn aggregate(method: &Method, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
    check::in_range(&opinions)?;
    method.aggregate(opinions, cancel)
}
