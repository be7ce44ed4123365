//! Which clips are worth a look: where models or people and the reference disagree most, where probabilities are least
//! certain, and some on which all agree.

use std::collections::BTreeSet;

/// Clips on a page, at most, by what they are chosen for: disagreement of models, of people, doubt, agreement.
const WANTED: [usize; 4] = [18, 16, 10, 6];

/// What is known of a clip when it comes to choosing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub(super) clip: String,
    /// How far models are from the reference, 0 to 1 or a count; nothing where none said anything.
    pub(super) models: Option<f64>,
    /// How far people are from the reference.
    pub(super) people: Option<f64>,
    /// How uncertain it is.
    pub(super) doubt: Option<f64>,
}

/// Why a clip was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Models,
    People,
    Doubt,
    Agreement,
}

/// The clips to show, by place, with why and how much so; each once, for the first reason that holds. Equal ones are taken
/// in the order of their names.
pub(super) fn choose(all: &[Measured]) -> Vec<(usize, Why, f64)> {
    let whys = [Why::Models, Why::People, Why::Doubt, Why::Agreement];
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut chosen = Vec::new();
    for (why, wanted) in whys.into_iter().zip(WANTED) {
        let mut ranked: Vec<(f64, usize)> = all
            .iter()
            .enumerate()
            .filter(|(at, _)| !taken.contains(at))
            .filter_map(|(at, clip)| Some((measure(clip, why)?, at)))
            .filter(|(much, _)| much.is_finite() && (why == Why::Agreement || *much > 0.0))
            .collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| {
            let by = if why == Why::Agreement { a.0.total_cmp(&b.0) } else { b.0.total_cmp(&a.0) };
            by.then_with(|| all[a.1].clip.cmp(&all[b.1].clip))
        };
        ranked.sort_by(order);
        for (much, at) in ranked.into_iter().take(wanted) {
            taken.insert(at);
            chosen.push((at, why, much));
        }
    }
    chosen
}

fn measure(clip: &Measured, why: Why) -> Option<f64> {
    match why {
        Why::Models => clip.models,
        Why::People => clip.people,
        Why::Doubt => clip.doubt,
        Why::Agreement => [clip.models, clip.people].into_iter().flatten().reduce(f64::max),
    }
}

/// The entropy of probabilities over that of knowing nothing: 0 where one class is certain, 1 where all are as likely.
pub(super) fn doubt(probabilities: &[f64]) -> f64 {
    if probabilities.len() < 2 {
        return 0.0;
    }
    let entropy: f64 = probabilities.iter().filter(|p| **p > 0.0).map(|p| -p * libm::log(*p)).sum();
    entropy / libm::log(probabilities.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(clip: &str, models: f64, people: f64, doubt: f64) -> Measured {
        Measured { clip: clip.to_owned(), models: Some(models), people: Some(people), doubt: Some(doubt) }
    }

    #[test]
    fn each_reason_takes_its_own_and_no_clip_is_shown_twice() {
        let mut all: Vec<Measured> = (0..100).map(|at| measured(&format!("c{at:03}"), 0.0, 0.0, 0.0)).collect();
        for (at, clip) in all.iter_mut().take(40).enumerate() {
            clip.models = Some(1.0 - at as f64 / 100.0);
        }
        all[50].people = Some(0.9);
        all[0].people = Some(0.8);
        all[60].doubt = Some(0.5);
        all[61].people = Some(f64::NAN);
        let chosen = choose(&all);
        let of = |wanted: Why| -> Vec<usize> {
            chosen.iter().filter(|(_, why, _)| *why == wanted).map(|(at, _, _)| *at).collect()
        };
        assert_eq!(of(Why::Models), (0..18).collect::<Vec<_>>(), "the largest first");
        assert_eq!(of(Why::People), [50], "what is shown already is not shown again");
        assert_eq!(of(Why::Doubt), [60]);
        assert_eq!(of(Why::Agreement), [40, 41, 42, 43, 44, 45], "in the order of names");
        assert!(chosen.len() <= 50);
        assert!(choose(&[]).is_empty());
    }

    /// scipy 1.17.1: stats.entropy([.5, .3, .2], base=3)
    #[test]
    fn doubt_is_entropy_as_a_share() {
        assert!((doubt(&[0.5, 0.3, 0.2]) - 0.937_230_563_216_129_5).abs() < 1e-12, "{}", doubt(&[0.5, 0.3, 0.2]));
        assert_eq!(doubt(&[1.0, 0.0, 0.0]), 0.0);
        assert!((doubt(&[0.25; 4]) - 1.0).abs() < 1e-15);
    }
}
