//! Intervals and tests as published studies give them, and beside them those whose unit is the patient.

use rayon::prelude::*;

use crate::{
    artifact::scores::Told,
    metric::{
        Case, Problem,
        inference::{self, Flips, Unit},
    },
};

/// Up to so many groups each is tested against each; of more, each against the first.
const EACH_WITH_EACH: usize = 12;

/// The intervals of every group, then the tests of every pair, the earlier of the two as the baseline. `arms` holds each
/// group's cases for each training seed.
pub(super) fn of(arms: &[Vec<Vec<Case>>], problem: Problem<'_>, patients: usize, level: f64, seed: u64) -> Vec<Told> {
    let singles = arms.iter().enumerate().flat_map(|(candidate, arm)| {
        inference::intervals(arm, &problem, level).into_iter().map(move |told| row(candidate, None, &told))
    });
    let flips = Flips::new(patients, seed);
    let baselines = if arms.len() > EACH_WITH_EACH { 1 } else { arms.len() };
    let pairs: Vec<(usize, usize)> =
        (0..baselines).flat_map(|b| (b + 1..arms.len()).map(move |candidate| (candidate, b))).collect();
    let tests: Vec<Vec<Told>> = pairs
        .par_iter()
        .map(|&(candidate, b)| {
            let tests = inference::paired(&arms[candidate], &arms[b], &problem, &flips, level);
            tests.iter().map(|told| row(candidate, Some(b), told)).collect()
        })
        .collect();
    singles.chain(tests.into_iter().flatten()).collect()
}

fn row(candidate: usize, baseline: Option<usize>, told: &inference::Told) -> Told {
    let unit = match told.unit {
        Unit::Patient => "patients",
        Unit::Case => "clips",
    };
    Told {
        candidate,
        baseline,
        metric: told.metric.name().to_owned(),
        method: told.method.to_owned(),
        unit: unit.to_owned(),
        value: told.value,
        low: told.limits.map(|(low, _)| low),
        high: told.limits.map(|(_, high)| high),
        statistic: told.statistic,
        p: told.p,
        reason: told.reason.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arms of four patients with two clips each, arm *i* wrong about clip *i* and no other.
    fn arms(count: usize) -> Vec<Vec<Vec<Case>>> {
        let case = |clip: usize, arm: usize| Case {
            patient: clip as u32 / 2,
            stratum: 0,
            reference: (clip % 2) as u16,
            predicted: ((clip + usize::from(clip == arm % 8)) % 2) as u16,
            score: f64::NAN,
        };
        (0..count).map(|arm| vec![(0..8).map(|clip| case(clip, arm)).collect()]).collect()
    }

    fn baselines(count: usize) -> Vec<usize> {
        let told = of(&arms(count), Problem { classes: 2, positive: None }, 4, 0.95, 1);
        told.iter().filter(|told| told.method == "mcnemar-exact").filter_map(|told| told.baseline).collect()
    }

    #[test]
    fn each_is_tested_against_each_up_to_a_dozen_and_against_the_first_beyond() {
        assert_eq!(baselines(3), [0, 0, 1]);
        assert_eq!(baselines(12).len(), 66);
        assert_eq!(baselines(13), [0; 12]);
        assert!(baselines(1).is_empty());
    }
}
