//! Classes ordered by severity: Raykar, Yu, Zhao, Valadez, Florin, Bogoni & Moy (2010), "Learning from crowds", Journal
//! of Machine Learning Research 11, 1297–1322, section on ordinal labels, after Frank & Hall (2001), "A simple approach
//! to ordinal classification", ECML, LNCS 2167, 145–156.
//!
//! K ordered classes are K − 1 questions, "is it at least this severe?". Each question has a latent answer a clip and a
//! sensitivity and a specificity an annotator, fitted as in Dawid & Skene; the probability of a class is the difference
//! between two neighbouring answers. An annotator then has 2(K − 1) numbers in place of K(K − 1), and calling a
//! confluent clip discrete is less of an error than calling it none. With two classes this is Dawid–Skene.
//!
//! The questions are fitted apart, so a clip's answers may contradict each other ("at least 2" more probable than "at
//! least 1"): they are then pooled by isotonic regression (pool adjacent violators), the nearest answers in squares that
//! don't.

use std::sync::atomic::AtomicBool;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::check::{not_negative, signed};
use super::dawid_skene::step;
use super::iterate::Until;
use super::latent::{CLIPS_AT_ONCE, Latent};
use super::votes::Grouped;
use super::{Aggregate, Consensus, CrowdError, Objective, Opinions, Ties};

/// One sensitivity and one specificity an annotator and threshold between neighbouring classes, fitted together with
/// the labels. Classes are ordered by severity. Every opinion needs an annotator; an opinion of *n* votes counts as *n*
/// opinions.
///
/// [`Fit::history`](super::Fit::history) is the sum over the thresholds. The prior, and the confusion each annotator is
/// given, are what the probabilities of the classes amount to: shares, and expected counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ordinal {
    /// The most iterations (an expectation and a maximisation step each); at least 1.
    pub max_iterations: u32,
    /// The fit has converged when [`Fit::history`](super::Fit::history), divided by the number of opinions, changes by
    /// less than this from one iteration to the next. With 0 all iterations are done.
    pub tolerance: f64,
    /// Added to each count behind a sensitivity or specificity.
    pub smoothing: f64,
    /// Which class wins where probabilities tie.
    pub ties: Ties,
}

impl Default for Ordinal {
    fn default() -> Self {
        Self { max_iterations: 1000, tolerance: 1e-7, smoothing: 0.01, ties: Ties::default() }
    }
}

impl Aggregate for Ordinal {
    fn version(&self) -> u32 {
        1
    }

    fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        signed("ordinal", &opinions)?;
        not_negative(&[("smoothing", self.smoothing)])?;
        let until = Until { max_iterations: self.max_iterations, tolerance: self.tolerance, cancel };
        until.check()?;
        let grouped = opinions.grouped();
        let Grouped { by_clip, by_annotator } = &*grouped;

        let cuts = 1..opinions.classes.max(1) as u16;
        let mut thresholds: Vec<Latent<'_>> =
            cuts.map(|cut| Latent::new(by_clip, by_annotator, 2, Some(cut))).collect();
        let mut latent = Latent::new(by_clip, by_annotator, opinions.classes, None);
        let course = until
            .climb(latent.opinions, || thresholds.iter_mut().map(|threshold| step(threshold, self.smoothing)).sum())?;

        let k = opinions.classes;
        let posterior = latent.posterior.par_chunks_mut(k.max(1)).with_min_len(CLIPS_AT_ONCE);
        posterior.enumerate().filter(|(clip, _)| !by_clip.row(*clip).is_empty()).for_each(|(clip, classes)| {
            let mut at_least: Vec<f64> = thresholds.iter().map(|threshold| threshold.posterior[clip * 2 + 1]).collect();
            pool(&mut at_least);
            differences(&at_least, classes);
        });
        drop(thresholds);
        latent.estimate_prior();
        latent.maximise(|_, mut annotator| {
            annotator.confusion.fill(self.smoothing);
            annotator.count();
            annotator.normalise();
            0.0
        });
        let (labels, annotators) = (latent.labels(self.ties), latent.annotators());
        Ok(Consensus { labels, annotators, fit: Some(course.fit(Objective::LogLikelihood, latent.prior)) })
    }
}

/// The probability of each class from those of being at least the second, the third, …; the first is certain.
fn differences(at_least: &[f64], classes: &mut [f64]) {
    let mut above = 1.0;
    for (class, probability) in classes.iter_mut().enumerate() {
        let next = at_least.get(class).copied().unwrap_or(0.0);
        *probability = above - next;
        above = next;
    }
}

/// The non-increasing sequence nearest in squares: neighbours that rise are replaced by their mean, until none does.
fn pool(sequence: &mut [f64]) {
    // Blocks of equal value: their mean, and how many they are.
    let mut blocks: Vec<(f64, usize)> = Vec::with_capacity(sequence.len());
    for &value in sequence.iter() {
        let (mut mean, mut count) = (value, 1);
        while let Some(&(before, many)) = blocks.last().filter(|(before, _)| *before < mean) {
            mean = (mean * count as f64 + before * many as f64) / (count + many) as f64;
            count += many;
            blocks.pop();
        }
        blocks.push((mean, count));
    }
    let pooled = blocks.into_iter().flat_map(|(mean, count)| std::iter::repeat_n(mean, count));
    sequence.iter_mut().zip(pooled).for_each(|(value, mean)| *value = mean);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sklearn.isotonic.isotonic_regression([.9, .2, .4, .3, .35], increasing=False)`.
    #[test]
    fn rising_neighbours_are_pooled() {
        let mut sequence = [0.9, 0.2, 0.4, 0.3, 0.35];
        pool(&mut sequence);
        for (found, expected) in sequence.iter().zip([0.9, 0.3125, 0.3125, 0.3125, 0.3125]) {
            assert!((found - expected).abs() < 1e-15, "{sequence:?}");
        }
        let mut falling = [0.9, 0.5, 0.1];
        pool(&mut falling);
        assert_eq!(falling, [0.9, 0.5, 0.1]);
    }

    #[test]
    fn classes_are_differences_of_answers() {
        let mut classes = [0.0; 3];
        differences(&[0.75, 0.25], &mut classes);
        assert_eq!(classes, [0.25, 0.5, 0.25]);
        let mut one = [0.0];
        differences(&[], &mut one);
        assert_eq!(one, [1.0]);
    }
}
