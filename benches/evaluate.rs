//! Seconds of a bootstrap over patients, against the same loop in scikit-learn, round by round.
//!
//! `cargo bench --bench evaluate [-- ROUNDS]`; the peer runs where `CROWDLINE_PEER_PYTHON` names a Python with scikit-learn, else
//! only the own figures are printed. 2,000 draws of 483 patients with 4,030 clips of three classes in five folds, every metric of
//! clips that scikit-learn has. The peer makes fewer draws and its time is scaled to as many, which leaves its imports
//! and preparations out; its AUROC and average precision are over all folds at once, which is less work. A figure is the
//! median of the rounds, each in a process of its own.

use std::{process::Command, time::Instant};

use crowdline::metric::{Case, Draws, Metric, Prepared, Problem, estimate_prepared};

const CLIPS: u64 = 4030;
const PATIENTS: u64 = 483;
const REPLICATES: usize = 2000;

/// What the peer makes no value of.
const OWN: [Metric; 3] = [Metric::Ece, Metric::CalibrationSlope, Metric::CalibrationIntercept];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [kind, threads] = &words[..] {
        println!("{}", seconds(kind, threads.parse().expect("a number of threads")));
        return;
    }
    let rounds = words.first().and_then(|word| word.parse().ok()).unwrap_or(3);
    let python = std::env::var("CROWDLINE_PEER_PYTHON").ok();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/evaluate.py");
    let own = std::env::current_exe().expect("this program");
    let (mut ours, mut theirs) = ([const { Vec::new() }; 3], Vec::new());
    let kinds = [("shared", "1"), ("shared", "2"), ("own", "1")];
    for _ in 0..rounds {
        for (figures, (kind, threads)) in ours.iter_mut().zip(kinds) {
            figures.push(figure(Command::new(&own).args([kind, threads])));
        }
        theirs.extend(python.iter().map(|python| figure(Command::new(python).arg(script))));
    }
    let other = (!theirs.is_empty()).then(|| median(&mut theirs));
    if let Some(other) = other {
        println!("scikit-learn, {REPLICATES} draws (scaled from fewer)              {other:>8.3} s");
    }
    for (figures, (kind, threads)) in ours.iter_mut().zip(kinds) {
        let seconds = median(figures);
        let what = if kind == "own" { "calibration, which it has not" } else { "the same metrics" };
        print!("{what:<30} {threads} thread(s)  {seconds:>8.3} s");
        match other {
            Some(other) if kind != "own" => println!("   1/{:.0}", other / seconds),
            _ => println!(),
        }
    }
}

/// Seconds that a process prints.
fn figure(command: &mut Command) -> f64 {
    let output = command.output().expect("a process");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.trim().parse();
    number.unwrap_or_else(|_| panic!("{command:?} said `{text}` {}", String::from_utf8_lossy(&output.stderr)))
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A number from 0 to 1 that depends on two others; `evaluate.py` makes the same.
fn made(clip: u64, of: u64) -> f64 {
    let mixed = (clip * 2_654_435_761 + of * 40_503_001 + 12_345) % (1 << 32);
    (mixed * 2_246_822_519 % (1 << 32)) as f64 / (1_u64 << 32) as f64
}

fn seconds(kind: &str, threads: usize) -> f64 {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    let mut probabilities = Vec::new();
    let cases: Vec<Case> = (0..CLIPS)
        .map(|clip| {
            let reference = (3.0 * made(clip, 0)) as u16;
            let raw =
                [0, 1, 2].map(|class| made(clip, 1 + u64::from(class)) + if class == reference { 0.4 } else { 0.1 });
            let sum: f64 = raw.iter().sum();
            let row = raw.map(|raw| raw / sum);
            let predicted = if row[0] >= row[1] && row[0] >= row[2] {
                0
            } else if row[1] >= row[2] {
                1
            } else {
                2
            };
            probabilities.extend(row);
            let patient = (clip % PATIENTS) as u32;
            Case { patient, stratum: patient % 5, reference, predicted, score: row[1] + row[2] }
        })
        .collect();
    let problem = Problem { classes: 3, positive: Some(&[false, true, true]) };
    let is_own = |metric: &Metric| OWN.contains(metric);
    let metrics: Vec<Metric> =
        Metric::OF_CLIPS.into_iter().filter(|metric| is_own(metric) == (kind == "own")).collect();
    pool.install(|| {
        let start = Instant::now();
        let draws = Draws::new(PATIENTS as usize, 1, REPLICATES, 7);
        let prepared = [Prepared::by_patient(problem, &cases, PATIENTS as usize).with_probabilities(&probabilities)];
        let estimates = estimate_prepared(&metrics, &prepared, &draws);
        let seconds = start.elapsed().as_secs_f64();
        assert!(estimates.iter().all(|estimate| estimate.value.is_some()), "every metric has a value");
        seconds
    })
}
