//! M-MSR: Ma & Olshevsky (2020), "Adversarial crowdsourcing through robust rank-one matrix completion", NeurIPS 33,
//! 21841–21852.
//!
//! Under the one-coin model, how often two annotators agree is, shifted and scaled, the product of their skills: the
//! matrix of agreements has rank one off its diagonal. Its factors are found row by row as means of ratios from which
//! the most extreme ones are left out (matrix mean-subsequence-reduced), so that a few annotators who conspire change
//! little. No label takes part. Labels then come of votes weighed by the log-odds of the skills, which under the model
//! is the most probable class.

use std::sync::atomic::AtomicBool;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::check::{not_cancelled, signed};
use super::iterate::Until;
use super::latent::softmax;
use super::outcome::label_each;
use super::votes::{Grouped, Row, Votes};
use super::{Aggregate, AnnotatorSummary, ClipLabel, Consensus, CrowdError, Objective, Opinions, Ties};

/// One skill an annotator, from how often each two agree. Every opinion needs an annotator; an opinion of *n* votes
/// counts as *n* opinions. At most 8192 annotators: all pairs of them are held in memory.
///
/// Probabilities are posteriors under the estimated skills and equally probable classes; where nobody who judged a clip
/// can be told from chance (they share no clip with others, say), the shares of the votes. The skill is the
/// probability of being right about any clip. Nothing is climbed: [`Fit::history`](super::Fit::history) holds the
/// Frobenius norm of the change of the rank-one matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mmsr {
    /// The most iterations; at least 1.
    pub max_iterations: u32,
    /// The factors have settled when the change falls below this.
    pub tolerance: f64,
    /// How many of the largest and of the smallest ratios are left out of each mean, at most; by default one less than
    /// half the number of others that the annotator with the fewest shares a clip with.
    pub trim: Option<u32>,
    /// Which class wins where probabilities tie.
    pub ties: Ties,
}

/// The most annotators: two matrices of this side are a gibibyte.
const MOST_ANNOTATORS: usize = 8192;

/// The search for signs ends after so many steps, or when no side changes by more than this, of 1.
const STEPS: usize = 10_000;
const SETTLED: f64 = 1e-10;

impl Default for Mmsr {
    fn default() -> Self {
        Self { max_iterations: 10_000, tolerance: 1e-10, trim: None, ties: Ties::default() }
    }
}

impl Aggregate for Mmsr {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        self.from(&vec![1.0; opinions.annotators], opinions, cancel)
    }
}

impl Mmsr {
    /// From both factors equal to `start`, one number above 0 an annotator.
    pub(super) fn from(
        &self,
        start: &[f64],
        opinions: Opinions<'_>,
        cancel: &AtomicBool,
    ) -> Result<Consensus, CrowdError> {
        signed("mmsr", &opinions)?;
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;
        let active: Vec<usize> =
            (0..by_annotator.len()).filter(|annotator| !by_annotator.row(*annotator).is_empty()).collect();
        if active.len() > MOST_ANNOTATORS {
            let annotators = active.len();
            return Err(CrowdError::TooManyAnnotators { method: "mmsr", annotators, most: MOST_ANNOTATORS });
        }

        let k = opinions.classes;
        let judged = by_clip.rows().filter(|votes| !votes.is_empty()).count();
        let agreements = Agreements::count(by_clip, &active, by_annotator.len(), k, cancel)?;
        let mut factors: [Vec<f64>; 2] = [(); 2].map(|()| active.iter().map(|&at| start[at]).collect());
        let trim = self.trim.map_or_else(|| (agreements.fewest() / 2).saturating_sub(1), |trim| trim as usize);
        let least = 1.0 / libm::sqrt(judged.max(1) as f64);
        let course = until.settle(|| agreements.improve(&mut factors, trim, least))?;

        let [left, right] = &factors;
        let balance = libm::sqrt(norm(left) / norm(right));
        let signs = agreements.signs();
        let mut skills = vec![None; by_annotator.len()];
        let mut weights = vec![0.0; by_annotator.len()];
        for (at, &annotator) in active.iter().enumerate() {
            let factor = if balance.is_finite() && balance > 0.0 { signs[at] * left[at] / balance } else { 0.0 };
            (skills[annotator], weights[annotator]) = skill_and_weight(factor, k, least);
        }

        let labels = label_each(by_clip, |_, votes| self.label(votes, &weights, k));
        let annotators = by_annotator.rows().zip(skills).map(|(votes, skill)| summarise(votes, skill, k)).collect();
        Ok(Consensus { labels, annotators, fit: Some(course.fit(Objective::Change, Vec::new())) })
    }

    fn label(&self, votes: Row<'_>, weights: &[f64], k: usize) -> ClipLabel {
        if votes.is_empty() {
            return ClipLabel::without_opinions(k);
        }
        let mut scores = vec![0.0; k];
        let mut informed = false;
        for vote in votes.iter() {
            let weight = weights[vote.other as usize];
            scores[usize::from(vote.class)] += vote.votes * weight;
            informed |= weight != 0.0;
        }
        if informed {
            softmax(&mut scores);
        } else {
            votes.shares_into(&mut scores);
        }
        ClipLabel::most_probable(votes, scores, self.ties)
    }
}

/// The probability of being right that a factor stands for, kept off its ends by what so many clips can tell, and its
/// log-odds against any one other class.
fn skill_and_weight(factor: f64, k: usize, least: f64) -> (Option<f64>, f64) {
    if k < 2 {
        return (Some(1.0), 0.0);
    }
    let (classes, others) = (k as f64, (k - 1) as f64);
    let factor = factor.min(1.0 - least).max(least - 1.0 / others);
    let skill = (factor * others + 1.0) / classes;
    // Exactly chance weighs exactly nothing.
    let weight = if factor == 0.0 { 0.0 } else { libm::log(skill * others / (1.0 - skill)) };
    (Some(skill), weight)
}

fn summarise(votes: Row<'_>, skill: Option<f64>, k: usize) -> AnnotatorSummary {
    let Some(skill) = skill else { return AnnotatorSummary::unknown(0.0) };
    let other = (1.0 - skill) / k.saturating_sub(1).max(1) as f64;
    let row = |truth: usize| (0..k).map(|given| if given == truth { skill } else { other }).collect();
    AnnotatorSummary { opinions: votes.total(), skill: Some(skill), confusion: Some((0..k).map(row).collect()) }
}

/// How often each two annotators agree beyond chance, from −1 / (classes − 1) to 1; NaN where they share no clip.
struct Agreements {
    annotators: usize,
    /// `[annotator][annotator]`, symmetric.
    excess: Vec<f64>,
}

impl Agreements {
    fn count(
        by_clip: &Votes,
        active: &[usize],
        annotators: usize,
        classes: usize,
        cancel: &AtomicBool,
    ) -> Result<Self, CrowdError> {
        let n = active.len();
        let mut place = vec![0; annotators];
        active.iter().enumerate().for_each(|(at, &annotator)| place[annotator] = at);
        let (mut agreeing, mut shared) = (vec![0.0; n * n], vec![0.0; n * n]);
        for (clip, votes) in by_clip.rows().enumerate() {
            if clip % 4096 == 0 {
                not_cancelled(cancel)?;
            }
            for (at, one) in votes.iter().enumerate() {
                let row = place[one.other as usize] * n;
                for other in votes.iter().skip(at + 1) {
                    let cell = row + place[other.other as usize];
                    let pairs = one.votes * other.votes;
                    shared[cell] += pairs;
                    agreeing[cell] += if one.class == other.class { pairs } else { 0.0 };
                }
            }
        }
        let by_chance = 1.0 / classes.saturating_sub(1).max(1) as f64;
        let mut excess = agreeing;
        for one in 0..n {
            excess[one * n + one] = f64::NAN;
            for other in 0..one {
                let (here, there) = (one * n + other, other * n + one);
                // 0 / 0 is the NaN of two who share no clip.
                let share = (excess[here] + excess[there]) / (shared[here] + shared[there]);
                let beyond = share * (1.0 + by_chance) - by_chance;
                (excess[here], excess[there]) = (beyond, beyond);
            }
        }
        Ok(Self { annotators: n, excess })
    }

    /// The excess of one annotator with each other that they share a clip with.
    fn of(&self, annotator: usize) -> impl Iterator<Item = (usize, f64)> {
        let row = &self.excess[annotator * self.annotators..][..self.annotators];
        row.iter().copied().enumerate().filter(|(_, excess)| !excess.is_nan())
    }

    /// With how many others the annotator with the fewest shares a clip.
    fn fewest(&self) -> usize {
        (0..self.annotators).map(|annotator| self.of(annotator).count()).min().unwrap_or(0)
    }

    /// Improves one factor after the other. Returns the Frobenius norm of the change of their product.
    fn improve(&self, factors: &mut [Vec<f64>; 2], trim: usize, least: f64) -> f64 {
        let before = factors.clone();
        let [left, right] = factors;
        self.improve_one(right, left, trim, least);
        self.improve_one(left, right, trim, least);
        // l rᵀ − l₀ r₀ᵀ = (l − l₀) rᵀ + l₀ (r − r₀)ᵀ, which cancels nothing.
        let change = |after: &[f64], before: &[f64]| -> Vec<f64> {
            after.iter().zip(before).map(|(after, before)| after - before).collect()
        };
        let (of_left, of_right) = (change(left, &before[0]), change(right, &before[1]));
        let square = dot(&of_left, &of_left) * dot(right, right)
            + dot(&before[0], &before[0]) * dot(&of_right, &of_right)
            + 2.0 * dot(&of_left, &before[0]) * dot(right, &of_right);
        libm::sqrt(square.max(0.0))
    }

    fn improve_one(&self, factor: &mut [f64], other: &[f64], trim: usize, least: f64) {
        factor.par_iter_mut().enumerate().for_each_init(Vec::new, |ratios, (annotator, value)| {
            // A factor of 0 makes no ratio.
            let rated = self.of(annotator).filter(|(at, _)| other[*at] > 0.0);
            ratios.clear();
            ratios.extend(rated.map(|(at, excess)| excess.abs() / other[at]));
            ratios.sort_unstable_by(f64::total_cmp);
            *value = match trimmed(ratios, trim, *value) {
                [] => *value,
                // A factor must not vanish because its only ratio does.
                [0.0] => least,
                kept => kept.iter().sum::<f64>() / kept.len() as f64,
            };
        });
    }

    /// The sign of each annotator's skill, 1, −1, or 0 for those who share no clip with others.
    ///
    /// As the authors do: two who agree less than by chance are joined by an edge, two who agree more by a path of two,
    /// over a place of their own. Were there no contradiction, the graph would have two sides; the eigenvector of its
    /// random walk with the eigenvalue nearest −1 says which side is whose. Found by power iteration on what is left
    /// when the walk is taken away. Most annotators are taken to be better than chance.
    fn signs(&self) -> Vec<f64> {
        let n = self.annotators;
        let edges = |at: usize| self.of(at).filter(|(_, excess)| *excess != 0.0);
        let degrees: Vec<f64> = (0..n).map(|at| edges(at).count() as f64).collect();
        let mut sides = vec![1.0; n];
        let mut next = sides.clone();
        // `[annotator][annotator]`, symmetric: the places between two who agree.
        let mut between = vec![-1.0; n * n];
        for _ in 0..STEPS {
            let rows = between.par_chunks_mut(n.max(1)).zip(next.par_iter_mut()).enumerate();
            rows.for_each(|(at, (between, side))| {
                let mut around = 0.0;
                for (other, excess) in edges(at) {
                    if excess > 0.0 {
                        let before = between[other];
                        around += before;
                        between[other] = 0.5 * (before - 0.5 * (sides[at] + sides[other]));
                    } else {
                        around += sides[other];
                    }
                }
                *side = if degrees[at] > 0.0 { 0.5 * (sides[at] - around / degrees[at]) } else { 0.0 };
            });
            let largest = next.iter().fold(0.0, |largest: f64, side| largest.max(side.abs()));
            if largest == 0.0 {
                break;
            }
            next.iter_mut().for_each(|side| *side /= largest);
            between.par_iter_mut().for_each(|place| *place /= largest);
            let change = sides.iter().zip(&next).map(|(before, after)| (before - after).abs()).fold(0.0, f64::max);
            std::mem::swap(&mut sides, &mut next);
            if change < SETTLED {
                break;
            }
        }
        let signs: Vec<f64> = sides.iter().zip(&degrees).map(|(side, degree)| sign(*side) * degree.min(1.0)).collect();
        let most = if signs.iter().sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
        signs.into_iter().map(|sign| most * sign).collect()
    }
}

/// Of sorted values, those left after taking away the `most` smallest and the `most` largest, or only those that lie
/// beyond `centre` where there are fewer of them.
fn trimmed(sorted: &[f64], most: usize, centre: f64) -> &[f64] {
    let below = sorted.partition_point(|value| *value < centre).min(most);
    let kept = &sorted[below..];
    let above = (kept.len() - kept.partition_point(|value| *value <= centre)).min(most);
    &kept[..kept.len() - above]
}

fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        0.0
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn norm(vector: &[f64]) -> f64 {
    libm::sqrt(dot(vector, vector))
}
