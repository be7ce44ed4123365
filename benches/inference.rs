//! Whether intervals hold the truth as often as they say, and whether the test of non-inferiority errs as often as it may.
//!
//! `cargo bench --bench inference [-- COHORTS] [REPLICATES]` simulates COHORTS cohorts a line (40,000) and draws REPLICATES
//! bootstrap replicates each (999). A cohort is of so many patients with 1 to 12 clips, in five folds; scores are normal, with
//! an effect of the patient that all their clips share, and two arms share half of what is left:
//!
//! ```text
//!   score = 1.6 (baseline) or 1.3 (candidate) · positive + 0.7 · patient + noise;   40 % of the clips are positive
//! ```
//!
//! The truth is the mean over four times as many cohorts of the same size. The test is made exactly at the margin: the
//! margin is minus the true difference, so whatever it shows is an error. What is undefined counts as not covered, and as
//! not shown.

use crowdline::{
    metric::{
        Case, Draws, Estimate, Metric, Problem, difference, estimate,
        inference::{Limits, Method},
    },
    random::stream,
};
use rand::RngExt;
use rayon::prelude::*;

const METRICS: [Metric; 2] = [Metric::Accuracy, Metric::Auroc];
const METHODS: [Method; 3] = [Method::Percentile, Method::Expanded, Method::Bca];
const PROBLEM: Problem<'static> = Problem { classes: 2, positive: Some(&[false, true]) };
const ALPHA: f64 = 0.025;
const FOLDS: u32 = 5;
/// By how much positive clips score higher: baseline and candidate.
const SHIFTS: [f64; 2] = [1.6, 1.3];
/// The spread between patients, of a standard deviation of 1 within one.
const BETWEEN: f64 = 0.7;

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let cohorts = numbers.first().copied().unwrap_or(40_000);
    let replicates = numbers.get(1).copied().unwrap_or(999);
    println!("{cohorts} cohorts a line, {replicates} replicates; shares ± the standard error of the simulation");
    println!("metric    patients  method      95 % interval holds the truth   shown at the margin, one-sided .025");
    for patients in [20, 40, 100] {
        lines(patients, cohorts, replicates);
    }
}

fn lines(patients: usize, cohorts: usize, replicates: usize) {
    let none = Draws::new(patients, 1, 0, 0);
    let values: Vec<[[f64; 2]; 2]> = (cohorts..5 * cohorts)
        .into_par_iter()
        .map(|number| {
            arms(patients, number).map(|cases| {
                let found = estimate(&METRICS, &PROBLEM, &[cases], &none);
                [0, 1].map(|metric: usize| found[metric].value.unwrap_or(f64::NAN))
            })
        })
        .collect();
    // [metric]: the baseline's value, and the difference.
    let truth = [0, 1].map(|metric: usize| {
        let defined: Vec<[f64; 2]> = values
            .iter()
            .map(|arms| [arms[0][metric], arms[1][metric]])
            .filter(|v| !v[0].is_nan() && !v[1].is_nan())
            .collect();
        let mean = |of: &dyn Fn(&[f64; 2]) -> f64| defined.iter().map(of).sum::<f64>() / defined.len() as f64;
        (mean(&|arms| arms[0]), mean(&|arms| arms[1] - arms[0]))
    });
    // [metric][method]: covered, shown.
    let found: Vec<[[[bool; 2]; 3]; 2]> = (0..cohorts)
        .into_par_iter()
        .map(|number| {
            let draws = Draws::new(patients, 1, replicates, number as u64);
            let [baseline, candidate] =
                arms(patients, number).map(|cases| estimate(&METRICS, &PROBLEM, &[cases], &draws));
            [0, 1].map(|metric: usize| {
                let (value, true_difference) = truth[metric];
                METHODS.map(|method| {
                    let between = |estimate: &Estimate| Limits::new(method, estimate).ok().map(|l| l.between(ALPHA));
                    let alone = between(&baseline[metric]);
                    let paired = between(&difference(&candidate[metric], &baseline[metric]));
                    [
                        alone.is_some_and(|interval| interval.low <= value && value <= interval.high),
                        paired.is_some_and(|interval| interval.low > true_difference),
                    ]
                })
            })
        })
        .collect();
    for (m, metric) in METRICS.iter().enumerate() {
        for (at, method) in METHODS.iter().enumerate() {
            let share = |what: usize| {
                let share = found.iter().filter(|one| one[m][at][what]).count() as f64 / cohorts as f64;
                format!("{share:.4} ± {:.4}", (share * (1.0 - share) / cohorts as f64).sqrt())
            };
            let (name, method) = (metric.name(), method.name());
            println!("{name:<9} {patients:>8}  {method:<10}  {:<30}  {}", share(0), share(1));
        }
    }
}

/// Baseline and candidate of one cohort.
fn arms(patients: usize, number: usize) -> [Vec<Case>; 2] {
    let mut stream = stream(2026, "cohort", &[patients as u64, number as u64]);
    let half = 0.5_f64.sqrt();
    let mut arms = [Vec::new(), Vec::new()];
    for patient in 0..patients as u32 {
        let shared = normal(&mut stream);
        let effects = [0, 1].map(|_| BETWEEN * half * (shared + normal(&mut stream)));
        for _ in 0..stream.random_range(1..=12_u64) {
            let positive = stream.random::<f64>() < 0.4;
            let noise = normal(&mut stream);
            for (at, cases) in arms.iter_mut().enumerate() {
                let shift = if positive { SHIFTS[at] } else { 0.0 };
                let score = shift + effects[at] + half * (noise + normal(&mut stream));
                cases.push(Case {
                    patient,
                    stratum: patient % FOLDS,
                    reference: u16::from(positive),
                    predicted: u16::from(score > SHIFTS[at] / 2.0),
                    score,
                });
            }
        }
    }
    arms
}

/// A standard normal number, by Box & Muller.
fn normal(stream: &mut impl RngExt) -> f64 {
    let (one, other): (f64, f64) = (1.0 - stream.random::<f64>(), stream.random());
    (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}
