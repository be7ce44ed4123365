//! The bootstrap over patients, with training seeds crossed.

use rand::RngExt;
use rayon::prelude::*;

use super::binomial::Binomial;
use super::prepared::Prepared;
use super::{Case, Metric, Problem};
use crate::random;

/// The draws of every replicate, shared by all arms so that their replicates are paired.
///
/// A replicate draws as many patients as there are, with replacement, and independently of that as many training seeds as
/// there are, with replacement: the two are crossed, because every seed's model scores every patient (the "pigeonhole"
/// bootstrap of Owen, Annals of Applied Statistics 2007;1:386-411). With one seed only patients vary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draws {
    patients: usize,
    seeds: usize,
    replicates: Vec<Draw>,
}

/// How often each patient and each training seed was drawn in one replicate.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draw {
    patients: Vec<u32>,
    seeds: Vec<u32>,
}

impl Draws {
    /// Draws `replicates` replicates over `patients` patients and `seeds` training seeds. Replicate *r* depends on `seed`
    /// and *r* alone, and its patients do not depend on the number of training seeds.
    pub fn new(patients: usize, seeds: usize, replicates: usize, seed: u64) -> Self {
        let draw = |replicate: usize| {
            let mut stream = stream(seed, replicate);
            let patients = with_replacement(patients, &mut stream);
            Draw { patients, seeds: with_replacement(seeds, &mut stream) }
        };
        Self { patients, seeds, replicates: (0..replicates).into_par_iter().map(draw).collect() }
    }

    /// How often each patient was drawn, replicate by replicate.
    pub(super) fn patients(&self) -> impl Iterator<Item = &[u32]> {
        self.replicates.iter().map(|draw| draw.patients.as_slice())
    }

    /// How often each patient and each seed was drawn, replicate by replicate.
    pub(super) fn each(&self) -> impl Iterator<Item = (&[u32], &[u32])> {
        self.replicates.iter().map(|draw| (draw.patients.as_slice(), draw.seeds.as_slice()))
    }

    /// The number of patients drawn from.
    pub fn number_of_patients(&self) -> usize {
        self.patients
    }

    /// The number of training seeds drawn from.
    pub(super) fn seeds(&self) -> usize {
        self.seeds
    }

    /// The number of replicates.
    pub fn len(&self) -> usize {
        self.replicates.len()
    }

    /// Whether there is no replicate.
    pub fn is_empty(&self) -> bool {
        self.replicates.is_empty()
    }
}

/// How often each patient is drawn in replicate number `replicate` of [`Draws::new`], without the others.
pub(super) fn patients(patients: usize, seed: u64, replicate: usize) -> Vec<u32> {
    with_replacement(patients, &mut stream(seed, replicate))
}

/// Draws of units, with replacement among as many, of which many are of the same sort: how often units of each sort are drawn
/// (a multinomial draw, as one binomial after the other).
#[derive(Debug)]
pub(super) struct Alike {
    units: usize,
    /// For each sort how many of those that are left are of it.
    sorts: Vec<Binomial>,
}

impl Alike {
    /// Among `units` units, `counts` of each sort; units of no sort are not told.
    pub(super) fn new(counts: &[u32], units: usize) -> Self {
        let mut among = units as f64;
        let sort = |count: &u32| {
            let share = (f64::from(*count) / among).min(1.0);
            among -= f64::from(*count);
            Binomial::new(share)
        };
        Self { units, sorts: counts.iter().map(sort).collect() }
    }

    /// How often units of each sort are drawn.
    pub(super) fn draw(&self, stream: &mut impl RngExt) -> Vec<u32> {
        let mut left = self.units as u64;
        let draw = |sort: &Binomial| {
            let drawn = sort.draw(left, stream);
            left -= drawn;
            drawn as u32
        };
        self.sorts.iter().map(draw).collect()
    }
}

/// What replicate number `replicate` draws from.
pub(super) fn stream(seed: u64, replicate: usize) -> impl RngExt {
    random::stream(seed, "bootstrap", &[replicate as u64])
}

fn with_replacement(count: usize, stream: &mut impl RngExt) -> Vec<u32> {
    let mut drawn = vec![0; count];
    for _ in 0..count {
        drawn[stream.random_range(0..count as u64) as usize] += 1;
    }
    drawn
}

/// A metric's value and its bootstrap replicates.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The mean over training seeds; `None` where the metric is undefined for one of them.
    pub value: Option<f64>,
    /// The value in each replicate, in the order of the draws; NaN where it is undefined for a seed that was drawn.
    pub replicates: Vec<f64>,
    /// The value without each patient in turn; NaN where it is undefined.
    pub jackknife: Vec<f64>,
    /// How many patients of the same size would tell as much, see [`effective_patients`].
    pub effective_patients: f64,
}

/// How many units of the same size have the spread that units of these sizes have: (Σ m)² / Σ m² (Kish, *Survey Sampling*,
/// 1965, section 11.7), which is their number where all have one size, and less where a few are large. 0 without any.
pub(super) fn effective_patients(sizes: impl Iterator<Item = f64>) -> f64 {
    let (sum, squares) = sizes.fold((0.0, 0.0), |(sum, squares), size| (sum + size, squares + size * size));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// The same, given the patient of each case.
pub(super) fn effective_patients_of(cases: impl Iterator<Item = usize>) -> f64 {
    let mut sizes: Vec<f64> = Vec::new();
    for patient in cases {
        sizes.resize(sizes.len().max(patient + 1), 0.0);
        sizes[patient] += 1.0;
    }
    effective_patients(sizes.into_iter())
}

/// Estimates each metric for one arm, given its cases for each training seed. The result does not depend on the number of
/// threads.
///
/// # Panics
/// Panics where `by_seed` has another number of seeds than `draws`, a case's patient is not below the number of patients
/// of `draws`, or [`Prepared::new`] panics.
pub fn estimate(metrics: &[Metric], problem: &Problem<'_>, by_seed: &[Vec<Case>], draws: &Draws) -> Vec<Estimate> {
    let prepared: Vec<Prepared<'_>> =
        by_seed.iter().map(|cases| Prepared::by_patient(*problem, cases, draws.patients)).collect();
    estimate_prepared(metrics, &prepared, draws)
}

/// Estimates each metric for one arm, given its cases by patient for each training seed, as [`estimate`] does.
///
/// # Panics
/// Panics where there is another number of seeds, or of patients, than in `draws`.
pub fn estimate_prepared(metrics: &[Metric], prepared: &[Prepared<'_>], draws: &Draws) -> Vec<Estimate> {
    assert_eq!(prepared.len(), draws.seeds, "one case list for each training seed of the draws");
    assert!(prepared.iter().all(|cases| cases.units() == draws.patients), "the patients of the draws");
    let once = Draw { patients: vec![1; draws.patients], seeds: vec![1; draws.seeds] };
    let values = over_seeds(metrics, prepared, &once);
    let replicates: Vec<Vec<Option<f64>>> =
        draws.replicates.par_iter().map(|draw| over_seeds(metrics, prepared, draw)).collect();
    let without = |patient: usize| {
        let mut others = once.clone();
        others.patients[patient] = 0;
        over_seeds(metrics, prepared, &others)
    };
    let jackknife: Vec<Vec<Option<f64>>> = (0..draws.patients).into_par_iter().map(without).collect();
    let effective_patients = effective_patients_of(prepared.iter().flat_map(Prepared::unit_of_each_case));
    let of = |all: &[Vec<Option<f64>>], metric: usize| {
        all.iter().map(|values| values[metric].unwrap_or(f64::NAN)).collect::<Vec<f64>>()
    };
    values
        .into_iter()
        .enumerate()
        .map(|(metric, value)| Estimate {
            value,
            replicates: of(&replicates, metric),
            jackknife: of(&jackknife, metric),
            effective_patients,
        })
        .collect()
}

/// The mean of each metric over the drawn seeds, patients weighing as often as they were drawn.
fn over_seeds(metrics: &[Metric], prepared: &[Prepared<'_>], draw: &Draw) -> Vec<Option<f64>> {
    let mut sums = vec![Some(0.0); metrics.len()];
    let mut drawn = 0.0;
    let weights: Vec<f64> = draw.patients.iter().map(|&times| f64::from(times)).collect();
    for (prepared, &times) in prepared.iter().zip(&draw.seeds) {
        if times == 0 {
            continue;
        }
        let times = f64::from(times);
        drawn += times;
        for (sum, value) in sums.iter_mut().zip(prepared.values(metrics, &weights)) {
            *sum = sum.zip(value).map(|(sum, value)| sum + times * value);
        }
    }
    sums.into_iter().map(|sum| sum.filter(|_| drawn > 0.0).map(|sum| sum / drawn)).collect()
}
