//! KOS: Karger, Oh & Shah (2011), "Iterative learning for reliable crowdsourcing systems", NIPS 24, 1953–1961, and
//! (2014), "Budget-optimal task allocation for reliable crowdsourcing systems", Operations Research 62(1), 1–24.
//!
//! Clips and annotators send each other messages along opinions: a clip tells an annotator what the others think, an
//! annotator tells a clip how far to believe them. It is a power iteration that never echoes an opinion to whoever
//! gave it. Made for many clips with as many opinions each, spread at random.

use std::sync::atomic::AtomicBool;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::check::signed;
use super::iterate::Until;
use super::outcome::{classes_of, hold_against, label_each};
use super::votes::Grouped;
use super::{Aggregate, ClipLabel, Consensus, CrowdError, Objective, Opinions, Ties};
use crate::label::OpinionColumns;
use crate::narrow::Narrow;
use crate::random::stream;

/// Messages between clips and annotators, for two classes. Every opinion needs an annotator; an opinion of *n* votes
/// counts as *n* opinions with the same message.
///
/// Probabilities are shares of the sums of the messages' absolute values: of a weight, not of being right; where all
/// messages to a clip are 0, each vote counts the same. Skill and confusion compare an annotator's opinions with the
/// labels. Nothing is climbed: [`Fit::history`](super::Fit::history) holds the largest change of a message, scaled so
/// that their mean square is 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kos {
    /// The most iterations; at least 1.
    pub max_iterations: u32,
    /// The messages have settled when none changes by this much.
    pub tolerance: f64,
    /// What the first messages are drawn from.
    pub seed: u64,
    /// Which class wins where a clip's messages cancel out.
    pub ties: Ties,
}

impl Default for Kos {
    fn default() -> Self {
        Self { max_iterations: 1000, tolerance: 1e-6, seed: 0, ties: Ties::default() }
    }
}

impl Aggregate for Kos {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        let mut normal = Normal { stream: stream(self.seed, "kos", &[]), spare: None };
        let start = (0..opinions.opinions.len()).map(|_| 1.0 + normal.draw()).collect();
        self.from(start, opinions, cancel)
    }
}

impl Kos {
    /// From these first messages of annotators to clips, one an opinion.
    pub(super) fn from(
        &self,
        start: Vec<f64>,
        opinions: Opinions<'_>,
        cancel: &AtomicBool,
    ) -> Result<Consensus, CrowdError> {
        signed("kos", &opinions)?;
        if opinions.classes != 2 {
            return Err(CrowdError::NotBinary { method: "kos", classes: opinions.classes });
        }
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;

        let mut messages = start;
        let mut next = vec![0.0; messages.len()];
        let mut of_clips = vec![0.0; opinions.clips];
        let mut of_annotators = vec![0.0; opinions.annotators];
        scale(&mut messages);
        let course = until.settle(|| {
            next.copy_from_slice(&messages);
            pass(opinions.opinions, &mut next, &mut of_clips, opinions.opinions.clips(), 0);
            pass(opinions.opinions, &mut next, &mut of_annotators, opinions.opinions.annotators_from_1(), 1);
            scale(&mut next);
            let changes = messages.iter().zip(&next).map(|(before, after)| (after - before).abs());
            let largest = changes.fold(0.0, f64::max);
            std::mem::swap(&mut messages, &mut next);
            largest
        })?;

        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;
        let mut weights = vec![[0.0; 2]; opinions.clips];
        for (opinion, message) in opinions.opinions.iter().zip(&messages) {
            // A message below 0 speaks for the other class.
            let class = usize::from(opinion.class) ^ usize::from(*message < 0.0);
            weights[opinion.clip as usize][class] += opinion.votes * message.abs();
        }
        let labels = label_each(by_clip, |clip, votes| {
            if votes.is_empty() {
                return ClipLabel::without_opinions(2);
            }
            let mut shares = weights[clip].to_vec();
            let sum = shares[0] + shares[1];
            if sum > 0.0 {
                shares.iter_mut().for_each(|share| *share /= sum);
            } else {
                votes.shares_into(&mut shares);
            }
            ClipLabel::most_probable(votes, shares, self.ties)
        });
        let annotators = hold_against(by_annotator, &classes_of(&labels), 2);
        Ok(Consensus { labels, annotators, fit: Some(course.fit(Objective::Change, Vec::new())) })
    }
}

/// Replaces each message by the sum of the others that reach the same place, an opinion for class 1 counting +1 and one
/// for class 0 −1. `places` count from `from`.
fn pass(opinions: &OpinionColumns, messages: &mut [f64], sums: &mut [f64], places: &Narrow, from: u32) {
    let place = |at: u32| (at - from) as usize;
    let sign = |class: u16| if class == 1 { 1.0 } else { -1.0 };
    sums.fill(0.0);
    for ((opinion, at), message) in opinions.iter().zip(places.all().iter()).zip(messages.iter()) {
        sums[place(at)] += opinion.votes * sign(opinion.class) * message;
    }
    for ((opinion, at), message) in opinions.iter().zip(places.all().iter()).zip(messages) {
        *message = if opinion.votes > 0.0 { sums[place(at)] - sign(opinion.class) * *message } else { 0.0 };
    }
}

/// Scales messages to a mean square of 1: only their ratios matter, and they would grow beyond all numbers.
fn scale(messages: &mut [f64]) {
    let largest = messages.iter().fold(0.0, |largest: f64, message| largest.max(message.abs()));
    if largest > 0.0 {
        let squares: f64 = messages.iter().map(|message| (message / largest) * (message / largest)).sum();
        let by = largest * libm::sqrt(squares / messages.len() as f64);
        messages.iter_mut().for_each(|message| *message /= by);
    }
}

/// Standard normal numbers, by Marsaglia's polar method.
struct Normal {
    stream: rand_chacha::ChaCha8Rng,
    spare: Option<f64>,
}

impl Normal {
    fn draw(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let mut side = || 2.0 * self.stream.random::<f64>() - 1.0;
            let (x, y) = (side(), side());
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = libm::sqrt(-2.0 * libm::log(square) / square);
                self.spare = Some(y * factor);
                return x * factor;
            }
        }
    }
}
