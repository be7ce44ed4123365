//! What must hold of every draw, and how often each opinion is drawn.

use super::super::CrowdError;
use super::subsample;
use crate::{
    label::{Opinion, OpinionColumns},
    texts::Texts,
};

fn names(stem: &str, count: u32) -> Texts {
    let names: Vec<String> = (0..count).map(|index| format!("{stem}{index}")).collect();
    names.iter().map(String::as_str).collect()
}

/// Seven annotators on each of 40 clips.
fn crowd() -> Vec<Opinion> {
    let one = |at: u32| Opinion { clip: at / 7, annotator: Some(at % 7), class: (at * 5 % 3) as u16, votes: 1.0 };
    (0..280).map(one).collect()
}

fn columns(opinions: &[Opinion]) -> OpinionColumns {
    opinions.iter().copied().collect()
}

fn draw(opinions: &[Opinion], per_item: u32, seed: u64) -> Vec<f64> {
    subsample(&columns(opinions), &names("c", 40), &names("a", 7), per_item, seed).unwrap()
}

#[test]
fn draws_are_nested_and_of_the_size_asked_for() {
    let opinions = crowd();
    let mut larger = draw(&opinions, 9, 3);
    assert_eq!(larger, vec![1.0; 280], "a clip with fewer keeps all");
    for per_item in (1..7).rev() {
        let drawn = draw(&opinions, per_item, 3);
        assert!(drawn.chunks(7).all(|on_clip| on_clip.iter().sum::<f64>() == f64::from(per_item)));
        assert!(drawn.iter().zip(&larger).all(|(small, large)| small <= large), "{per_item}");
        larger = drawn;
    }
    assert_ne!(draw(&opinions, 3, 3), draw(&opinions, 3, 4));
}

#[test]
fn neither_order_nor_numbering_nor_other_clips_matter() {
    let opinions = crowd();
    let drawn = draw(&opinions, 3, 1);
    let backwards: Vec<Opinion> = opinions.iter().rev().copied().collect();
    let mut again = draw(&backwards, 3, 1);
    again.reverse();
    assert_eq!(again, drawn);
    // Only clip 5, under another number, its annotators numbered otherwise.
    let annotators = names("a", 7);
    let others: Texts = (0..7).rev().map(|at| &annotators[at]).collect();
    let alone: Vec<Opinion> = opinions[35..42]
        .iter()
        .map(|opinion| Opinion { clip: 0, annotator: opinion.annotator.map(|id| 6 - id), ..*opinion })
        .collect();
    let alone = subsample(&columns(&alone), &Texts::from_iter(["c5"]), &others, 3, 1).unwrap();
    assert_eq!(alone, drawn[35..42]);
}

#[test]
fn votes_are_that_many_opinions() {
    let vote = |class: u16, votes: f64| Opinion { clip: 0, annotator: None, class, votes };
    let table = [vote(0, 5.0), vote(1, 3.0), vote(2, 0.0)];
    let singly: Vec<Opinion> = [0, 0, 0, 0, 0, 1, 1, 1].map(|class| vote(class, 1.0)).to_vec();
    for (seed, per_item) in [(0, 4), (1, 4), (2, 1), (3, 7)] {
        let drawn = draw(&table, per_item, seed);
        let one_by_one = draw(&singly, per_item, seed);
        assert_eq!(drawn[0], one_by_one[..5].iter().sum::<f64>());
        assert_eq!(drawn[1], one_by_one[5..].iter().sum::<f64>());
        assert_eq!(drawn[2], 0.0);
    }
    let halves = subsample(&columns(&[vote(0, 2.5)]), &names("c", 1), &Texts::default(), 1, 0).unwrap_err();
    assert_eq!(halves, CrowdError::Fraction { position: 0, votes: 2.5 });
}

#[test]
fn every_opinion_is_drawn_equally_often() {
    let opinions = &crowd()[..7];
    let mut times = [0.0; 7];
    for seed in 0..7000 {
        times.iter_mut().zip(draw(opinions, 2, seed)).for_each(|(times, drawn)| *times += drawn);
    }
    // 2000 expected, with a standard deviation of 38.
    assert!(times.iter().all(|times| (times - 2000.0).abs() < 190.0), "{times:?}");
}
