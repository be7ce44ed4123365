//! Screening on small crowds whose verdicts can be followed by hand, and on the defaults' edges.

use super::super::{CrowdError, Opinions};
use super::{Before, Look, Quality, Reason};
use crate::{
    label::{Opinion, OpinionColumns},
    texts::Texts,
};

const NONE: Option<u16> = None;

fn names(stem: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{stem}{index}")).collect()
}

fn given(by: u32, clip: u32, class: u16) -> Opinion {
    Opinion { clip, annotator: Some(by), class, votes: 1.0 }
}

/// One annotator's opinions on clips 0, 1, 2, … in this order; the verdicts.
fn verdicts(quality: &Quality, classes: &[u16], known: &[Option<u16>]) -> Vec<Option<Reason>> {
    let opinions: Vec<Opinion> = classes.iter().zip(0..).map(|(class, clip)| given(0, clip, *class)).collect();
    screen(quality, &opinions, known, 1).unwrap().verdicts
}

fn screen(
    quality: &Quality,
    opinions: &[Opinion],
    known: &[Option<u16>],
    annotators: usize,
) -> Result<super::Screening, CrowdError> {
    let opinions = &opinions.iter().copied().collect::<OpinionColumns>();
    let all = Opinions { opinions, clips: known.len(), annotators, classes: 3, grouped: None, known: Some(known) };
    quality.screen(&all, &names("class", 3), &names("a", annotators).iter().map(String::as_str).collect::<Texts>())
}

fn quality() -> Quality {
    Quality { window: 2, minimum_accuracy: 0.5, minimum_known: 1, minimum_opinions: 0, ..Quality::default() }
}

const COUNTS: Option<Reason> = None;
const FEW: Option<Reason> = Some(Reason::FewKnown);
const WRONG: Option<Reason> = Some(Reason::Inaccurate);

#[test]
fn an_opinion_is_judged_by_the_last_known_answers_before_it() {
    // Answers are 0; the annotator is right, wrong, wrong, and right again, with an unknown clip after each.
    let known = [Some(0), NONE, Some(0), NONE, Some(0), NONE, Some(0), NONE];
    let given = [0, 2, 1, 2, 1, 2, 0, 2];
    let expected = [FEW, COUNTS, COUNTS, COUNTS, COUNTS, WRONG, WRONG, COUNTS];
    assert_eq!(verdicts(&quality(), &given, &known), expected);
    // A longer memory: 1/1, 1/2, 1/3, 2/4.
    let longer = Quality { window: 50, ..quality() };
    assert_eq!(verdicts(&longer, &given, &known), [FEW, COUNTS, COUNTS, COUNTS, COUNTS, WRONG, WRONG, COUNTS]);
    let shorter = Quality { window: 1, ..quality() };
    assert_eq!(verdicts(&shorter, &given, &known), [FEW, COUNTS, COUNTS, WRONG, WRONG, WRONG, WRONG, COUNTS]);
}

#[test]
fn looking_at_all_gives_an_annotator_one_verdict() {
    let known = [NONE, Some(0), Some(0), NONE];
    let all = Quality { look: Look::All, ..quality() };
    assert_eq!(verdicts(&all, &[1, 0, 1, 1], &known), [COUNTS; 4]);
    assert_eq!(verdicts(&Quality { minimum_accuracy: 0.51, ..all.clone() }, &[1, 0, 1, 1], &known), [WRONG; 4]);
    assert_eq!(verdicts(&Quality { minimum_known: 3, ..all }, &[1, 0, 1, 1], &known), [FEW; 4]);
}

#[test]
fn what_comes_before_enough_known_answers_is_declared() {
    let known = [NONE, Some(0), NONE, Some(0), NONE];
    let given = [1, 1, 1, 1, 1];
    let two = Quality { minimum_known: 2, ..quality() };
    assert_eq!(verdicts(&two, &given, &known), [FEW, FEW, FEW, FEW, WRONG]);
    let include = Quality { before: Before::Include, ..two };
    assert_eq!(verdicts(&include, &given, &known), [COUNTS, COUNTS, COUNTS, COUNTS, WRONG]);
    // Without a minimum there is still no accuracy of nothing.
    assert_eq!(verdicts(&Quality { minimum_known: 0, ..quality() }, &given, &known)[0], FEW);
}

#[test]
fn balance_and_weights_are_those_of_the_answers_classes() {
    // Four right on class 0, one wrong on class 2: accuracy 4/5, balanced (1 + 0) / 2.
    let known = [Some(0), Some(0), Some(0), Some(0), Some(2), NONE];
    let given = [0, 0, 0, 0, 0, 1];
    let last = |quality: &Quality| verdicts(quality, &given, &known)[5];
    let plain = Quality { window: 50, minimum_accuracy: 0.8, ..quality() };
    assert_eq!(last(&plain), COUNTS);
    assert_eq!(last(&Quality { balanced: true, minimum_accuracy: 0.5, ..plain.clone() }), COUNTS);
    assert_eq!(last(&Quality { balanced: true, minimum_accuracy: 0.51, ..plain.clone() }), WRONG);
    let weighing = |class: &str, weight: f64| [(class.to_owned(), weight)].into_iter().collect();
    // A miss of class 2 weighs four times: 4 / 8.
    assert_eq!(last(&Quality { class_weights: weighing("class2", 4.0), ..plain.clone() }), WRONG);
    assert_eq!(last(&Quality { class_weights: weighing("class2", 0.0), minimum_accuracy: 1.0, ..plain }), COUNTS);
}

#[test]
fn annotators_are_left_out_by_name_and_by_number_of_opinions() {
    let known = [Some(0), NONE, NONE];
    let opinions = [given(0, 0, 0), given(1, 0, 0), given(0, 1, 0), given(1, 1, 0), given(1, 2, 0), given(2, 0, 0)];
    let quality = Quality { minimum_opinions: 2, exclude: vec!["a1".to_owned()], ..quality() };
    let screening = screen(&quality, &opinions, &known, 3).unwrap();
    let (excluded, few) = (Some(Reason::Excluded), Some(Reason::FewOpinions));
    assert_eq!(screening.verdicts, [FEW, excluded, COUNTS, excluded, excluded, few]);
    let counted: Vec<f64> = screening.annotators.iter().map(|standing| standing.counted).collect();
    assert_eq!(counted, [1.0, 0.0, 0.0]);
    assert!(screening.annotators.iter().all(|s| (s.known_seen, s.known_accuracy) == (1, Some(1.0))));
}

#[test]
fn without_a_threshold_known_answers_are_not_looked_at() {
    let quality = Quality { minimum_accuracy: 0.0, ..quality() };
    assert!(!quality.needs_known());
    assert_eq!(verdicts(&quality, &[1, 1], &[Some(0), NONE]), [COUNTS; 2]);
}

#[test]
fn a_threshold_is_met_to_the_last_bit_but_one() {
    // Seven of ten, each weighing 0.1: the sums differ from 0.7 and 1 in their last bits.
    let known: Vec<Option<u16>> = (0..10).map(|_| Some(0)).chain([NONE]).collect();
    let given: Vec<u16> = (0..11).map(|clip| u16::from(clip < 3)).collect();
    let tenth = [("class0".to_owned(), 0.1)].into_iter().collect();
    let quality = Quality { window: 50, minimum_accuracy: 0.7, class_weights: tenth, ..quality() };
    assert_eq!(verdicts(&quality, &given, &known)[10], COUNTS);
}

#[test]
fn opinions_nobody_signed_can_not_be_screened() {
    let opinions = [Opinion { clip: 0, annotator: None, class: 0, votes: 1.0 }];
    let error = screen(&quality(), &opinions, &[NONE], 0).unwrap_err();
    assert!(error.to_string().starts_with("quality control weighs annotators"), "{error}");
}

#[test]
fn numbers_that_make_no_sense_are_refused_where_they_stand() {
    for (text, said) in [
        ("minimum_accuracy = nan", "NaN is no accuracy"),
        ("minimum_accuracy = 1.2", "1.2 is no accuracy: give a number from 0 to 1"),
        ("minimum_accuracy = -0.1", "-0.1 is no accuracy"),
        ("window = 0", "a window of 0 known answers"),
        ("class_weights = { none = -1.0 }", "class `none` weighs -1"),
        ("class_weights = { none = nan }", "class `none` weighs NaN"),
        ("look = 'future'", "unknown variant `future`"),
        ("minimum = 3", "unknown field `minimum`"),
    ] {
        let error = toml::from_str::<Quality>(text).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("line 1"), "{text}: {error}");
    }
    assert_eq!(toml::from_str::<Quality>("").unwrap(), Quality::default());
}
