//! Fixed cases, their figures computed elsewhere.

use std::sync::atomic::AtomicBool;

mod crowd_kit;
mod data;
mod edges;
mod glad;
mod independent;
mod published;

use super::{Consensus, CrowdError, DawidSkene, Majority, Method, Opinions, Ties, aggregate};
use crate::label::{Opinion, OpinionColumns};

fn opinion(clip: u32, annotator: u32, class: u16) -> Opinion {
    Opinion { clip, annotator: Some(annotator), class, votes: 1.0 }
}

fn run(method: &Method, opinions: &[Opinion], sizes: [usize; 3]) -> Result<Consensus, CrowdError> {
    let [clips, annotators, classes] = sizes;
    let opinions = &opinions.iter().copied().collect::<OpinionColumns>();
    aggregate(
        method,
        Opinions { opinions, clips, annotators, classes, grouped: None, known: None },
        &AtomicBool::new(false),
    )
}

fn majority(ties: Ties) -> Method {
    Method::Majority(Majority { ties })
}

fn close(left: f64, right: f64, tolerance: f64) -> bool {
    (left - right).abs() <= tolerance
}

#[test]
fn majority_counts_votes_and_keeps_to_its_rule_for_ties() {
    let vote = |clip, class, votes| Opinion { clip, annotator: None, class, votes };
    let opinions =
        [vote(0, 2, 1.0), vote(0, 0, 3.0), vote(0, 2, 1.0), vote(1, 2, 2.0), vote(1, 1, 2.0), vote(1, 0, 1.0)];
    let labels = |ties| run(&majority(ties), &opinions, [3, 0, 3]).unwrap().labels;

    let low = labels(Ties::OrdinalLow);
    assert_eq!((low[0].label, low[0].agreement, low[0].opinions), (Some(0), 0.6, 5.0));
    assert_eq!(low[0].probabilities, [0.6, 0.0, 0.4]);
    assert_eq!(low[1].label, Some(1));
    assert_eq!(labels(Ties::OrdinalHigh)[1].label, Some(2));
    assert_eq!(labels(Ties::First)[1].label, Some(2));
    let open = &labels(Ties::Abstain)[1];
    assert_eq!((open.label, open.agreement), (None, 0.4));

    let unseen = &low[2];
    assert_eq!((unseen.label, unseen.opinions), (None, 0.0));
    assert!(unseen.agreement.is_nan() && unseen.probabilities.iter().all(|probability| probability.is_nan()));
}

#[test]
fn majority_skill_is_agreement_with_the_label() {
    // Clip 0 → class 0 (2 of 3), clip 1 → class 1 (3 of 3), clip 2 is an open tie and says nothing about anybody.
    let opinions = [
        opinion(0, 0, 0),
        opinion(0, 1, 0),
        opinion(0, 2, 1),
        opinion(1, 0, 1),
        opinion(1, 1, 1),
        opinion(1, 2, 1),
        opinion(2, 0, 0),
        opinion(2, 2, 1),
    ];
    let consensus = run(&majority(Ties::Abstain), &opinions, [3, 4, 2]).unwrap();
    let skills: Vec<_> = consensus.annotators.iter().map(|annotator| annotator.skill).collect();
    assert_eq!(skills, [Some(1.0), Some(1.0), Some(0.5), None]);
    assert_eq!(consensus.annotators[2].confusion, Some(vec![vec![0.0, 1.0], vec![0.0, 1.0]]));
    assert_eq!(consensus.annotators[2].opinions, 3.0);
    assert_eq!((consensus.annotators[3].opinions, &consensus.annotators[3].confusion), (0.0, &None));
}

/// Seven clips, three annotators, three classes; clip 6 has no opinion, annotator 2 judged clip 3 with two votes.
fn small() -> Vec<Opinion> {
    let rows = [
        (0, 0, 0),
        (0, 1, 0),
        (0, 2, 1),
        (1, 0, 1),
        (1, 1, 1),
        (1, 2, 1),
        (2, 0, 2),
        (2, 1, 1),
        (2, 2, 2),
        (3, 0, 0),
        (3, 1, 0),
        (3, 2, 0),
        (4, 0, 2),
        (4, 1, 2),
        (5, 0, 1),
        (5, 2, 2),
        (5, 1, 0),
    ];
    let mut opinions: Vec<Opinion> =
        rows.iter().map(|&(clip, annotator, class)| opinion(clip, annotator, class)).collect();
    opinions[11].votes = 2.0;
    opinions
}

/// The expected figures come from numpy and scipy: `N[i, j, g]` the votes, `T = N.sum(1)` normalised, then 12 times
/// `p = T[:6].mean(0)`, `th = einsum('it,ijg->jtg', T, N) + 0.01` normalised over `g`,
/// `lj = log(p) + einsum('ijg,jtg->it', N, log(th))`, `ev = logsumexp(lj, 1)`, `T = exp(lj - ev)`;
/// the quantity climbed is `ev[:6].sum() + 0.01 * log(th).sum()`.
#[test]
fn dawid_skene_agrees_with_an_independent_implementation() {
    let method = Method::DawidSkene(DawidSkene { max_iterations: 12, tolerance: 0.0, ..DawidSkene::default() });
    let consensus = run(&method, &small(), [7, 3, 3]).unwrap();
    let expected = [
        [9.940_048_481_601_781e-1, 5.994_411_972_986_123e-3, 7.398_668_358_559_289e-7],
        [3.340_353_971_517_593e-5, 9.998_664_348_440_1e-1, 1.001_616_162_746_624_1e-4],
        [1.691_375_130_299_906_5e-7, 3.388_528_620_856_932e-3, 9.966_113_022_416_3e-1],
        [9.999_997_757_952_741e-1, 2.188_113_097_367_327_6e-7, 5.393_416_039_909_136e-9],
        [4.990_106_454_399_711e-5, 6.643_117_068_075_266e-5, 9.998_836_677_647_753e-1],
        [6.689_892_286_594_966e-5, 9.998_329_361_369_193e-1, 1.001_649_402_147_232e-4],
    ];
    for (label, row) in consensus.labels.iter().zip(&expected) {
        for (found, expected) in label.probabilities.iter().zip(row) {
            assert!(close(*found, *expected, 1e-12), "{found} is not {expected}");
        }
    }
    let labels: Vec<_> = consensus.labels.iter().map(|label| label.label).collect();
    assert_eq!(labels, [Some(0), Some(1), Some(2), Some(0), Some(2), Some(1), None]);
    assert!(close(consensus.labels[0].agreement, 2.0 / 3.0, 1e-15));
    assert_eq!(consensus.labels[3].opinions, 4.0);

    let fit = consensus.fit.unwrap();
    assert_eq!((fit.iterations, fit.converged), (12, false));
    assert!(close(fit.history[0], -15.144_696_781_667_882, 1e-11));
    assert!(close(fit.history[11], -13.582_323_519_527_883, 1e-11));
    let prior = [0.332_357_463_534_474_43, 0.334_859_845_296_180_24, 0.332_782_691_169_345_3];
    assert!(fit.prior.iter().zip(prior).all(|(found, expected)| close(*found, expected, 1e-12)), "{:?}", fit.prior);

    let skills = [0.988_536_656_299_484_6, 0.661_273_637_120_819_2, 0.713_999_719_908_165_9];
    for (annotator, skill) in consensus.annotators.iter().zip(skills) {
        assert!(close(annotator.skill.unwrap(), skill, 1e-12));
    }
    let confusion = consensus.annotators[1].confusion.as_ref().unwrap();
    assert!(close(confusion[1][0], 0.498_165_050_932_105_7, 1e-12), "rows are the true class: {confusion:?}");
    assert!(close(confusion[0][1], 0.004_956_944_092_234_36, 1e-12));
}

#[test]
fn the_fit_climbs_and_stops() {
    let fit = run(&Method::DawidSkene(DawidSkene::default()), &small(), [7, 3, 3]).unwrap().fit.unwrap();
    assert!(fit.converged && fit.iterations > 2);
    assert!(fit.history.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12), "{:?}", fit.history);
}

#[test]
fn a_count_of_votes_equals_as_many_opinions() {
    let mut repeated = small();
    repeated[11].votes = 1.0;
    repeated.insert(12, repeated[11]);
    let method = Method::DawidSkene(DawidSkene::default());
    let counted = run(&method, &small(), [7, 3, 3]).unwrap();
    let repeated = run(&method, &repeated, [7, 3, 3]).unwrap();
    for (left, right) in counted.labels.iter().zip(&repeated.labels).take(6) {
        let pairs = left.probabilities.iter().zip(&right.probabilities);
        assert!(pairs.into_iter().all(|(left, right)| close(*left, *right, 1e-12)));
    }
}

#[test]
fn without_smoothing_nothing_becomes_undefined() {
    let method = Method::DawidSkene(DawidSkene { smoothing: 0.0, ..DawidSkene::default() });
    let consensus = run(&method, &small(), [7, 3, 4]).unwrap();
    for label in &consensus.labels[..6] {
        assert!(close(label.probabilities.iter().sum(), 1.0, 1e-12), "{label:?}");
    }
    let empty = run(&method, &[], [2, 1, 3]).unwrap();
    assert_eq!(empty.labels[1].label, None);
    assert!(empty.fit.unwrap().prior.iter().all(|&probability| close(probability, 1.0 / 3.0, 1e-15)));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let opinions: Vec<Opinion> =
        (0..20_000_u32).map(|i| opinion(i % 3000, i * 7 % 31, (i * i % 11 * (i % 5) % 3) as u16)).collect();
    let method = Method::DawidSkene(DawidSkene { max_iterations: 20, ..DawidSkene::default() });
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&method, &opinions, [3000, 31, 3]).unwrap())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_is_wrong_is_named_with_its_remedy() {
    let dawid_skene = |parameters: DawidSkene| Method::DawidSkene(parameters);
    let message = |method: &Method, opinions: &[Opinion]| run(method, opinions, [2, 2, 2]).unwrap_err().to_string();

    let anonymous = [opinion(0, 0, 0), Opinion { annotator: None, ..opinion(1, 0, 0) }];
    let text = message(&dawid_skene(DawidSkene::default()), &anonymous);
    assert!(text.contains("1 of 2 opinions have no annotator") && text.contains("raters = "), "{text}");
    assert!(run(&majority(Ties::First), &anonymous, [2, 2, 2]).is_ok());

    let text = message(&majority(Ties::First), &[opinion(0, 0, 0), opinion(0, 5, 0)]);
    assert!(text.contains("opinion 1 names annotator 5, but there are only 2"), "{text}");
    let text = message(&majority(Ties::First), &[Opinion { votes: -1.0, ..opinion(0, 0, 0) }]);
    assert!(text.contains("stands for -1 votes"), "{text}");
    let text = message(&dawid_skene(DawidSkene { smoothing: -0.5, ..DawidSkene::default() }), &[]);
    assert!(text.contains("smoothing = -0.5 is out of range"), "{text}");

    let cancelled = aggregate(
        &dawid_skene(DawidSkene::default()),
        Opinions {
            opinions: &small().into_iter().collect(),
            clips: 7,
            annotators: 3,
            classes: 3,
            grouped: None,
            known: None,
        },
        &AtomicBool::new(true),
    );
    assert_eq!(cancelled, Err(CrowdError::Cancelled));
}
