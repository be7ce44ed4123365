//! Agreement between annotators, with intervals from a bootstrap over patients.
//!
//! Three questions are answered. How well do all annotators agree (Fleiss' kappa, Krippendorff's alpha, Gwet's AC1 and AC2)?
//! How well do two of them (Cohen's kappas)? And how well does one agree with the majority of the others, which is the figure
//! that a crowd or a model must be held against, because it is what one more annotator of the same kind would reach.

mod coefficient;
mod evidence;
mod many;
mod pairs;
mod ratio;

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::bootstrap::{self, Alike, Draws};
use super::inference::expanded;
use super::interval::Interval;
use crate::label::OpinionColumns;

pub use coefficient::Coefficient;
use evidence::Evidence;
pub use ratio::{Part, ratio};

/// Annotators are compared one by one only where there are no more than this many: pairs grow with their square.
pub const MOST_COMPARED: usize = 20;

/// Draws times what is drawn in each may not exceed this; beyond it there are fewer draws.
const WORK: usize = 20_000_000;

/// Fewer draws than this make no interval.
const FEWEST_DRAWS: usize = 200;

/// Opinions and the sizes their indices count in.
///
/// An opinion of several votes is that many opinions. Of an annotator who judged one clip more than once the first opinion is
/// compared with others; all count where it matters not whose they are. Opinions nobody signed are taken for those of different people.
#[derive(Debug, Clone, Copy)]
pub struct Ratings<'a> {
    /// The opinions.
    pub opinions: &'a OpinionColumns,
    /// The number of annotators.
    pub annotators: usize,
    /// The number of classes, ordered by severity.
    pub classes: usize,
    /// For each clip the unit that is resampled: its patient, or the clip itself.
    pub unit_of: &'a [u32],
    /// The number of units.
    pub units: usize,
}

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// Bootstrap draws; 0 for no intervals.
    pub replicates: usize,
    /// The seed of the draws.
    pub seed: u64,
    /// Level of the two-sided expanded intervals.
    pub level: f64,
}

impl Resampling {
    /// How many draws there are over so many units: fewer than asked for where units are many, or none.
    fn affordable(&self, units: usize) -> usize {
        let affordable = self.replicates.min(WORK / units.max(1));
        if affordable < FEWEST_DRAWS.min(self.replicates) { 0 } else { affordable }
    }

    /// The draws over so many units: fewer than asked for where units are many, or none.
    pub fn draws(&self, units: usize) -> Draws {
        Draws::new(units, 1, self.affordable(units), self.seed)
    }
}

/// Whose agreement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// That of all annotators.
    All,
    /// That of two annotators.
    Pair(u32, u32),
    /// That of one annotator with the majority of the others. Classes that tie share the clip equally.
    Others(u32),
}

/// One coefficient.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// Which.
    pub coefficient: Coefficient,
    /// Whose.
    pub between: Between,
    /// Its value; `None` where it is not defined, such as a kappa of annotators who use one class only.
    pub value: Option<f64>,
    /// Its interval; `None` without draws, or where it is undefined in more than half of them.
    pub interval: Option<Interval>,
    /// The clips it rests on: those with opinions that can be compared.
    pub clips: usize,
    /// The opinions on these clips that are compared.
    pub opinions: f64,
    /// How many bootstrap draws the interval comes from.
    pub draws: usize,
}

/// What is compared: a table of counts by unit, and what can be read from it.
struct Question {
    between: Between,
    coefficients: &'static [Coefficient],
    evidence: Evidence,
    clips: usize,
    opinions: f64,
}

/// The agreement of annotators: of all, of every pair, and of each with the others, in this order. Pairs and others are left
/// out for more than [`MOST_COMPARED`] annotators, and whatever has no clip to compare. Where units are many there are fewer
/// draws than asked for, or none ([`Agreement::draws`]). The result does not depend on the number of threads.
///
/// # Panics
/// Panics where an index of an opinion or a unit lies outside its table.
pub fn agreement(ratings: &Ratings<'_>, resampling: &Resampling) -> Vec<Agreement> {
    let mut questions = Vec::from_iter(many::question(ratings));
    let compared = (2..=MOST_COMPARED).contains(&ratings.annotators);
    let draw = match &questions[..] {
        [question] if !compared && question.evidence.is_of_few(ratings.units) => {
            Draw::Alike(resampling.affordable(question.evidence.work()))
        }
        _ => Draw::Units(resampling.affordable(ratings.units)),
    };
    if compared {
        // Without draws nobody asks whose an opinion's clip is.
        let together = if draw.count() == 0 { vec![0; ratings.unit_of.len()] } else { Vec::new() };
        let unit_of = if draw.count() == 0 { together.as_slice() } else { ratings.unit_of };
        let ratings = &Ratings { unit_of, ..*ratings };
        let given = pairs::Given::new(ratings);
        questions.extend(given.pairs());
        questions.extend(given.others());
    }
    let alike = questions.iter().filter(|_| matches!(draw, Draw::Alike(_)));
    let alike: Vec<Alike> = alike.map(|question| question.evidence.resampled(ratings.units)).collect();
    // Draw by draw and not question by question, so that no draw need be kept: of many clips that is the larger half.
    let drawn: Vec<Vec<f64>> = (0..draw.count())
        .into_par_iter()
        .map(|replicate| {
            let values = |question: &Question, times: &[u32]| question.values(ratings.classes, times);
            let values: Vec<Option<f64>> = match draw {
                Draw::Alike(_) => {
                    let mut stream = bootstrap::stream(resampling.seed, replicate);
                    let drawn = alike.iter().map(|alike| alike.draw(&mut stream));
                    questions.iter().zip(drawn).flat_map(|(question, times)| values(question, &times)).collect()
                }
                Draw::Units(_) => {
                    let units = bootstrap::patients(ratings.units, resampling.seed, replicate);
                    let times = |question: &Question| question.evidence.times(|unit| units[unit as usize]);
                    questions.iter().flat_map(|question| values(question, &times(question))).collect()
                }
            };
            values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect()
        })
        .collect();
    let mut at = 0;
    let mut answers = Vec::new();
    for question in &questions {
        let values = question.values(ratings.classes, &question.evidence.times(|_| 1));
        let effective = question.evidence.effective_units();
        for (coefficient, value) in question.coefficients.iter().zip(values) {
            let replicates: Vec<f64> = drawn.iter().map(|values| values[at]).collect();
            answers.push(Agreement {
                coefficient: *coefficient,
                between: question.between,
                value,
                interval: expanded(value, replicates, effective, resampling.level),
                clips: question.clips,
                opinions: question.opinions,
                draws: draw.count(),
            });
            at += 1;
        }
    }
    answers
}

/// How units are resampled, and how often.
#[derive(Debug, Clone, Copy)]
enum Draw {
    /// One by one, for all questions together.
    Units(usize),
    /// For the one question there is: how many of each sort of units that are alike to it. The same distribution in less
    /// work, where there are few sorts.
    Alike(usize),
}

impl Draw {
    fn count(self) -> usize {
        let (Draw::Units(count) | Draw::Alike(count)) = self;
        count
    }
}

impl Question {
    /// Its coefficients, where each table of the evidence counts as often as `times` says.
    fn values(&self, classes: usize, times: &[u32]) -> Vec<Option<f64>> {
        let cells = self.evidence.sum(times);
        self.coefficients.iter().map(|coefficient| coefficient.value(&cells, classes)).collect()
    }
}
