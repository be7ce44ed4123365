//! The paired permutation test whose unit is the patient: who was judged by which arm is exchanged, patient by patient.
//!
//! Under the hypothesis that it does not matter which arm judged a patient, exchanging the two arms' judgements of all
//! cases of a patient changes nothing but chance (Good, *Permutation, Parametric and Bootstrap Tests of Hypotheses*, 2005,
//! chapter 3; for areas Venkatraman & Begg, Biometrika 1996;83:835-848). A difference that changes its sign when all
//! patients are exchanged, and whose terms each hang on one patient, or on two, is a sum of one number a patient, which
//! keeps its sign or turns it: so is the difference of two accuracies, and (see [`area_blocks`]) of two AUROCs.

use rand::RngExt as _;
use rayon::prelude::*;

use super::super::Case;
use super::area::{Unit, standing, strata};
use crate::random;

/// Up to so many patients who tell the arms apart all exchanges are tried.
const EXACT: usize = 14;
/// Exchanges that are drawn where all are too many.
const DRAWN: usize = 9_999;

/// Exchanges drawn once, for every test over the same patients.
#[derive(Debug, Clone)]
pub struct Flips {
    patients: usize,
    /// One row of bits an exchange.
    drawn: Vec<Vec<u64>>,
}

/// A difference and how often chance gives one as large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Permuted {
    /// The sum over patients.
    pub difference: f64,
    /// The two-sided p-value.
    pub p: f64,
    /// The exchanges it is from, the one that was found among them.
    pub exchanges: usize,
}

impl Flips {
    /// Exchanges of `patients` patients; number *r* depends on `seed` and *r* alone.
    pub fn new(patients: usize, seed: u64) -> Self {
        let row = |exchange: usize| {
            let mut stream = random::stream(seed, "exchange", &[exchange as u64]);
            (0..patients.div_ceil(64)).map(|_| stream.random::<u64>()).collect()
        };
        let drawn = if patients <= EXACT { Vec::new() } else { (0..DRAWN).into_par_iter().map(row).collect() };
        Self { patients, drawn }
    }

    /// The number of patients.
    pub(super) fn patients(&self) -> usize {
        self.patients
    }

    /// The test of a difference that is the sum of `blocks`, one a patient. All exchanges where few patients tell the arms
    /// apart, else those drawn and the one that was found (Phipson & Smyth, Statistical Applications in Genetics and
    /// Molecular Biology 2010;9:39). `None` where no patient tells them apart.
    ///
    /// # Panics
    /// Panics where there are not as many blocks as patients.
    pub fn test(&self, blocks: &[f64]) -> Option<Permuted> {
        assert_eq!(blocks.len(), self.patients, "one block a patient");
        let apart: Vec<f64> = blocks.iter().copied().filter(|block| *block != 0.0).collect();
        if apart.is_empty() {
            return None;
        }
        let difference: f64 = blocks.iter().sum();
        // Sums of the same blocks in another order are equal but for rounding.
        let least = difference.abs() - 1e-12 * apart.iter().map(|block| block.abs()).sum::<f64>();
        let (as_large, exchanges) = if apart.len() <= EXACT {
            let sum = |exchange: u64| flipped(&apart, |at| exchange >> at & 1 == 1);
            let all = 1_u64 << apart.len();
            ((0..all).filter(|exchange| sum(*exchange).abs() >= least).count(), all as usize)
        } else {
            let sum = |bits: &Vec<u64>| flipped(blocks, |at| bits[at / 64] >> (at % 64) & 1 == 1);
            (self.drawn.par_iter().filter(|bits| sum(bits).abs() >= least).count() + 1, DRAWN + 1)
        };
        Some(Permuted { difference, p: as_large as f64 / exchanges as f64, exchanges })
    }
}

fn flipped(blocks: &[f64], turned: impl Fn(usize) -> bool) -> f64 {
    blocks.iter().enumerate().map(|(at, block)| if turned(at) { -block } else { *block }).sum()
}

/// What each of `patients` patients adds to the difference of two accuracies, candidate less baseline, each the mean over
/// its training seeds.
///
/// # Panics
/// Panics where a seed has no cases, or other cases than the first.
pub fn accuracy_blocks(candidate: &[Vec<Case>], baseline: &[Vec<Case>], patients: usize) -> Vec<f64> {
    let mut blocks = vec![0.0; patients];
    for (arm, sign) in [(candidate, 1.0), (baseline, -1.0)] {
        for cases in arm {
            let share = sign / (arm.len() * cases.len()) as f64;
            for case in cases.iter().filter(|case| case.predicted == case.reference) {
                blocks[case.patient as usize] += share;
            }
        }
    }
    // What rounding leaves of equal sums is no difference.
    blocks.iter_mut().filter(|block| block.abs() < 1e-12).for_each(|block| *block = 0.0);
    blocks
}

/// What each patient adds to the difference of two AUROCs when judgements are exchanged: seed by seed in order, the mean
/// over them, pairs within a stratum. `None` where the arms have different numbers of seeds or different strata, so that
/// nothing can be exchanged, a case has no score, or no stratum has both sides.
///
/// Arms score on scales of their own, so the ranks within arm and stratum are exchanged. With `s` = ±1 for a patient's
/// judgements as they are or exchanged, a pair of a positive case of patient *p* and a negative one of *q* adds
/// ψ(s_p, s_q) − ψ(−s_p, −s_q): what the candidate's place gets of it less what the baseline's gets. A function of two signs
/// is c₀ + c₁ s_p + c₂ s_q + c₃ s_p s_q, of which only 2 c₁ s_p + 2 c₂ s_q is left: one term a patient.
///
/// # Panics
/// Panics where a case's class has no flag in `positive`, or its patient is not below `patients`.
pub fn area_blocks(
    candidate: &[Vec<Case>],
    baseline: &[Vec<Case>],
    positive: &[bool],
    patients: usize,
) -> Option<Vec<f64>> {
    let mut blocks = vec![0.0; patients];
    if candidate.len() != baseline.len() {
        return None;
    }
    for arms in candidate.iter().zip(baseline) {
        let [one, other] = [arms.0, arms.1];
        let same = one.iter().zip(other).all(|(a, b)| a.stratum == b.stratum);
        if !same || one.iter().chain(other).any(|case| case.score.is_nan()) {
            return None;
        }
        let strata = strata(one, positive, Unit::Patient);
        let pairs: usize = strata.iter().map(|(positives, negatives)| positives.len() * negatives.len()).sum();
        if pairs == 0 {
            return None;
        }
        let share = 0.5 / (pairs * candidate.len()) as f64;
        for (positives, negatives) in strata {
            let ranked = |cases: &[Case]| -> [Vec<f64>; 2] {
                let score = |at: &usize| cases[*at].score;
                let all: Vec<f64> = positives.iter().chain(&negatives).map(score).collect();
                let ranks = standing(&all, &all);
                let (highs, lows) = ranks.split_at(positives.len());
                [highs.to_vec(), lows.to_vec()]
            };
            let ([high, low], [high_other, low_other]) = (ranked(one), ranked(other));
            for (side, own, from, against) in [
                (&positives, &high, &high_other, [&low, &low_other]),
                (&negatives, &low, &low_other, [&high, &high_other]),
            ] {
                // Standing lower is what speaks for an arm where the case is negative.
                let sign = if std::ptr::eq(side, &positives) { share } else { -share };
                for others in against {
                    let (with, without) = (standing(own, others), standing(from, others));
                    for ((at, with), without) in side.iter().zip(with).zip(without) {
                        blocks[one[*at].patient as usize] += sign * (with - without);
                    }
                }
            }
        }
    }
    blocks.iter_mut().filter(|block| block.abs() < 1e-12).for_each(|block| *block = 0.0);
    Some(blocks)
}
