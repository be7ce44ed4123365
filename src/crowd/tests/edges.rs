//! Small and awkward crowds, for every method.

use std::sync::atomic::AtomicBool;

use super::{close, opinion, run, small};
use crate::crowd::{
    Consensus, CrowdError, Glad, GoldMajority, Ibcc, Inference, Kos, Mace, Method, Mmsr, OneCoin, Opinions, Ordinal,
    Ties, WeightedMajority, ZeroBasedSkill, aggregate,
};
use crate::label::{Opinion, OpinionColumns};

/// Every method with its defaults, and what has a second way with that.
fn methods() -> Vec<Method> {
    let names = Method::NAMES.iter().map(|name| serde_json::from_value((*name).into()).unwrap());
    names.chain([Method::Mace(Mace { inference: Inference::Em, ..Mace::default() })]).collect()
}

/// Aggregates with known answers all 0, which only one method reads.
fn try_with(method: &Method, opinions: &[Opinion], sizes: [usize; 3]) -> Result<Consensus, CrowdError> {
    let [clips, annotators, classes] = sizes;
    let known = vec![(classes > 0).then_some(0); clips];
    let opinions = &opinions.iter().copied().collect::<OpinionColumns>();
    let opinions = Opinions { opinions, clips, annotators, classes, grouped: None, known: Some(&known) };
    aggregate(method, opinions, &AtomicBool::new(false))
}

/// Runs every method that takes so many classes and looks for numbers that are none.
fn for_each(opinions: &[Opinion], sizes: [usize; 3], check: impl Fn(&str, &Consensus)) {
    for method in methods() {
        let consensus = match try_with(&method, opinions, sizes) {
            Err(CrowdError::NotBinary { .. }) if sizes[2] != 2 && method.name() == "kos" => continue,
            Err(CrowdError::NoAnswers) if method.name() == "gold-majority" => continue,
            other => other.unwrap(),
        };
        sound(method.name(), &consensus, sizes);
        check(method.name(), &consensus);
    }
}

fn sound(name: &str, consensus: &Consensus, [clips, annotators, classes]: [usize; 3]) {
    assert_eq!((consensus.labels.len(), consensus.annotators.len()), (clips, annotators), "{name}");
    for label in &consensus.labels {
        if label.opinions == 0.0 {
            assert!(label.label.is_none() && label.agreement.is_nan(), "{name}: {label:?}");
            assert!(label.probabilities.iter().all(|probability| probability.is_nan()), "{name}: {label:?}");
        } else {
            assert!(close(label.probabilities.iter().sum(), 1.0, 1e-12), "{name}: {label:?}");
            assert!(label.probabilities.iter().all(|p| (0.0..=1.0).contains(p)), "{name}: {label:?}");
            assert!((0.0..=1.0).contains(&label.agreement), "{name}: {label:?}");
        }
        assert_eq!(label.probabilities.len(), classes, "{name}");
    }
    for annotator in &consensus.annotators {
        if annotator.opinions == 0.0 {
            assert!(annotator.skill.is_none() && annotator.confusion.is_none(), "{name}: {annotator:?}");
        }
        assert!(annotator.skill.is_none_or(|skill| (0.0..=1.0).contains(&skill)), "{name}: {annotator:?}");
        for row in annotator.confusion.iter().flatten() {
            let (sum, undefined) = (row.iter().sum::<f64>(), row.iter().all(|cell| cell.is_nan()));
            assert!(undefined || close(sum, 1.0, 1e-12), "{name}: {annotator:?}");
        }
    }
    if let Some(fit) = &consensus.fit {
        assert!(fit.history.iter().all(|entry| entry.is_finite()), "{name}: {:?}", fit.history);
        assert_eq!(fit.history.len(), fit.iterations as usize, "{name}");
        assert!(fit.prior.iter().all(|probability| probability.is_finite()), "{name}");
    }
}

#[test]
fn two_who_disagree_are_a_tie_for_those_who_weigh_them_alike() {
    let opinions = [opinion(0, 0, 0), opinion(0, 1, 1)];
    for_each(&opinions, [1, 2, 2], |name, consensus| {
        let label = &consensus.labels[0];
        // The known answer says who is right; a random start may have a favourite.
        let expected = match name {
            "gold-majority" => [1.0, 0.0],
            "mace" | "kos" => return,
            // The majority's tie goes to the first, who is then the one that agrees.
            "weighted-majority" | "zero-based-skill" => [1.0, 0.0],
            _ => [0.5, 0.5],
        };
        let found = &label.probabilities;
        assert!(close(found[0], expected[0], 1e-9) && close(found[1], expected[1], 1e-9), "{name}: {label:?}");
        assert_eq!((label.label, label.opinions, label.agreement), (Some(0), 2.0, 0.5), "{name}");
    });
    for method in [
        Method::WeightedMajority(WeightedMajority { ties: Ties::Abstain }),
        Method::ZeroBasedSkill(ZeroBasedSkill { ties: Ties::Abstain, ..ZeroBasedSkill::default() }),
        Method::OneCoin(OneCoin { ties: Ties::Abstain, ..OneCoin::default() }),
        Method::Glad(Glad { ties: Ties::Abstain, ..Glad::default() }),
        Method::Mmsr(Mmsr { ties: Ties::Abstain, ..Mmsr::default() }),
        Method::Ordinal(Ordinal { ties: Ties::Abstain, ..Ordinal::default() }),
        Method::Ibcc(Ibcc { ties: Ties::Abstain, ..Ibcc::default() }),
    ] {
        let label = &run(&method, &opinions, [1, 2, 2]).unwrap().labels[0];
        assert_eq!((label.label, label.agreement), (None, 0.5), "{method:?}");
    }
}

#[test]
fn all_who_agree_are_believed() {
    let opinions: Vec<Opinion> = (0..40).map(|i| opinion(i / 4, i % 4, (i / 4 % 2) as u16)).collect();
    for_each(&opinions, [10, 4, 2], |name, consensus| {
        for (clip, label) in consensus.labels.iter().enumerate() {
            assert_eq!((label.label, label.agreement), (Some(clip % 2), 1.0), "{name}");
            assert!(label.probabilities[clip % 2] > 0.9, "{name}: {label:?}");
        }
        let best = if name == "gold-majority" { 0.5 } else { 0.74 };
        assert!(consensus.annotators.iter().all(|annotator| annotator.skill.unwrap() >= best), "{name}: {consensus:?}");
    });
}

#[test]
fn one_annotator_is_taken_at_their_word() {
    let opinions = [opinion(0, 0, 1), opinion(1, 0, 0), opinion(2, 0, 1)];
    for_each(&opinions, [3, 1, 2], |name, consensus| {
        // With one opinion a clip, an estimated prior and an estimated annotator explain each other.
        if matches!(name, "dawid-skene" | "one-coin" | "ordinal") {
            return;
        }
        let labels: Vec<_> = consensus.labels.iter().map(|label| label.label).collect();
        assert_eq!(labels, [Some(1), Some(0), Some(1)], "{name}");
    });
}

#[test]
fn one_clip_one_class_no_opinions_and_none_to_speak_of() {
    for_each(&[opinion(0, 0, 2), opinion(0, 1, 2), opinion(0, 2, 1)], [1, 3, 3], |name, consensus| {
        // The known answer says all are wrong: then each vote counts the same.
        assert_eq!(consensus.labels[0].label, Some(2), "{name}");
    });
    for_each(&[opinion(0, 0, 0), opinion(0, 1, 0), opinion(1, 1, 0)], [2, 2, 1], |name, consensus| {
        assert!(consensus.labels.iter().all(|label| label.probabilities == [1.0]), "{name}");
        assert!(consensus.annotators.iter().all(|annotator| annotator.skill.unwrap() > 0.999), "{name}: {consensus:?}");
    });
    let mute = [Opinion { votes: 0.0, ..opinion(0, 0, 1) }];
    for opinions in [&[][..], &mute] {
        for_each(opinions, [2, 1, 2], |name, consensus| {
            assert!(consensus.labels.iter().all(|label| label.label.is_none()), "{name}");
        });
    }
    for_each(&[], [0, 0, 0], |name, consensus| assert!(consensus.labels.is_empty(), "{name}"));
}

#[test]
fn those_without_an_opinion_change_nothing() {
    let absent = |opinions: &[Opinion]| -> Vec<Opinion> {
        opinions.iter().map(|opinion| Opinion { annotator: opinion.annotator.map(|at| at * 2), ..*opinion }).collect()
    };
    for method in methods().into_iter().filter(|method| !matches!(method.name(), "kos" | "mace")) {
        let all = try_with(&method, &small(), [7, 3, 3]).unwrap();
        let with_absent = try_with(&method, &absent(&small()), [7, 6, 3]).unwrap();
        sound(method.name(), &with_absent, [7, 6, 3]);
        for (one, other) in all.labels.iter().zip(&with_absent.labels).take(6) {
            assert_eq!(one, other, "{}", method.name());
        }
        assert_eq!(with_absent.annotators[1].skill, None);
        assert_eq!(with_absent.annotators[4].skill, all.annotators[2].skill, "{}", method.name());
    }
}

#[test]
fn a_count_of_votes_is_as_many_opinions_for_every_method() {
    let mut repeated = small();
    repeated[11].votes = 1.0;
    repeated.push(repeated[11]);
    for method in methods().into_iter().filter(|method| method.name() != "kos") {
        let counted = try_with(&method, &small(), [7, 3, 3]).unwrap();
        let repeated = try_with(&method, &repeated, [7, 3, 3]).unwrap();
        for (left, right) in counted.labels.iter().zip(&repeated.labels).take(6) {
            let pairs = left.probabilities.iter().zip(&right.probabilities);
            assert!(pairs.into_iter().all(|(left, right)| close(*left, *right, 1e-9)), "{}", method.name());
        }
    }
}

/// Annotators 0 and 1 are right on both known clips, 2 on one, 3 judged none: it weighs 5 / 6.
#[test]
fn known_answers_weigh_annotators() {
    let opinions = [
        opinion(0, 0, 1),
        opinion(0, 1, 1),
        opinion(0, 2, 1),
        opinion(1, 0, 0),
        opinion(1, 1, 0),
        opinion(1, 2, 1),
        opinion(2, 3, 0),
        opinion(2, 2, 1),
    ];
    let method = Method::GoldMajority(GoldMajority::default());
    let with = |known: Option<&[Option<u16>]>| {
        let opinions = Opinions {
            opinions: &opinions.iter().copied().collect(),
            clips: 3,
            annotators: 4,
            classes: 2,
            grouped: None,
            known,
        };
        aggregate(&method, opinions, &AtomicBool::new(false))
    };
    let consensus = with(Some(&[Some(1), Some(0), None])).unwrap();
    let skills: Vec<_> = consensus.annotators.iter().map(|annotator| annotator.skill).collect();
    assert_eq!(skills, [Some(1.0), Some(1.0), Some(0.5), None]);
    assert!(close(consensus.labels[2].probabilities[0], 0.625, 1e-15), "{:?}", consensus.labels[2]);
    assert!(close(consensus.labels[1].probabilities[0], 0.8, 1e-15), "{:?}", consensus.labels[1]);

    for known in [None, Some(&[None, None, None][..])] {
        let text = with(known).unwrap_err().to_string();
        assert!(text.contains("no opinion is on a clip with one") && text.contains("weighted-majority"), "{text}");
    }
    let text = with(Some(&[Some(1)])).unwrap_err().to_string();
    assert!(text.contains("1 known answers for 3 clips"), "{text}");
    let text = with(Some(&[None, None, Some(2)])).unwrap_err().to_string();
    assert!(text.contains("clip 2 is class 2, but there are only 2"), "{text}");
}

#[test]
fn anonymous_opinions_are_for_majority_alone() {
    let anonymous = [Opinion { annotator: None, ..opinion(0, 0, 1) }, opinion(0, 0, 1)];
    for method in methods() {
        let outcome = try_with(&method, &anonymous, [1, 1, 2]);
        match method.name() {
            "majority" => assert_eq!(outcome.unwrap().labels[0].label, Some(1)),
            name => assert!(outcome.unwrap_err().to_string().starts_with(&format!("{name} weighs annotators"))),
        }
    }
}

#[test]
fn what_a_method_is_not_made_for_is_said() {
    let text = run(&Method::Kos(Kos::default()), &small(), [7, 3, 3]).unwrap_err().to_string();
    assert!(text.contains("kos is for two classes and there are 3: map the labels"), "{text}");
    let many: Vec<Opinion> = (0..8193).map(|annotator| opinion(0, annotator, 0)).collect();
    let text = run(&Method::Mmsr(Mmsr::default()), &many, [1, 8193, 2]).unwrap_err().to_string();
    assert!(text.contains("takes 8192 at most, but there are 8193: use one-coin"), "{text}");

    let message = |method: &Method| run(method, &small(), [7, 3, 3]).unwrap_err().to_string();
    let text = message(&Method::Ibcc(Ibcc { right: 0.0, ..Ibcc::default() }));
    assert!(text.contains("right = 0 is out of range: give a finite number above 0"), "{text}");
    let text = message(&Method::Mace(Mace { restarts: 0, ..Mace::default() }));
    assert!(text.contains("restarts = 0 is out of range: give 1 or more"), "{text}");
    let text = message(&Method::ZeroBasedSkill(ZeroBasedSkill { step: 1.5, ..ZeroBasedSkill::default() }));
    assert!(text.contains("step = 1.5 is out of range"), "{text}");
    for method in methods().into_iter().filter(|method| method.name() != "kos") {
        let opinions = small();
        let known = [Some(0); 7];
        let opinions = Opinions {
            opinions: &opinions.iter().copied().collect(),
            clips: 7,
            annotators: 3,
            classes: 3,
            grouped: None,
            known: Some(&known),
        };
        assert_eq!(aggregate(&method, opinions, &AtomicBool::new(true)), Err(CrowdError::Cancelled), "{method:?}");
    }
}

#[test]
fn threads_change_no_bit_of_any_method_and_seeds_are_kept() {
    let opinions: Vec<Opinion> =
        (0..20_000_u32).map(|i| opinion(i % 3000, i * 7 % 31, (i * i % 11 * (i % 5) % 2) as u16)).collect();
    for method in methods() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| try_with(&method, &opinions, [3000, 31, 2]).unwrap())
        };
        assert_eq!(with(1), with(3), "{}", method.name());
    }
}

#[test]
fn with_two_classes_ordinal_is_dawid_skene() {
    let opinions: Vec<Opinion> = small().into_iter().map(|o| Opinion { class: o.class.min(1), ..o }).collect();
    let ordinal = run(&Method::Ordinal(Ordinal::default()), &opinions, [7, 3, 2]).unwrap();
    let dawid_skene = run(&serde_json::from_value("dawid-skene".into()).unwrap(), &opinions, [7, 3, 2]).unwrap();
    assert_eq!(ordinal.fit.unwrap().history, dawid_skene.fit.unwrap().history);
    for (one, other) in ordinal.labels.iter().zip(&dawid_skene.labels).take(6) {
        assert!(close(one.probabilities[1], other.probabilities[1], 1e-15), "{one:?} {other:?}");
    }
}
