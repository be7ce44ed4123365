//! Annotators of known skill and the opinions they give on whole clips.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::anatomy::{between, pick};
use super::{Panel, PhantomError, distribution, within};
use crate::random::stream;

/// How much less likely an error becomes with each further step of severity.
const STEP: f64 = 0.2;

/// One annotator and how they err.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotator {
    /// Prefix and number from 1, padded to the width of the last: `crowd-07`, `e1`.
    pub id: String,
    /// Row: true class, column: given class; rows add up to 1.
    pub confusion: Vec<Vec<f64>>,
}

/// One opinion: indices of clip and annotator, and the class given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpinionRow {
    /// Index into the truths.
    pub clip: usize,
    /// Index of the annotator.
    pub annotator: usize,
    /// The class given.
    pub class: usize,
}

/// Opinions on given labels from annotators who all share one confusion matrix: label noise of a known kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Noise {
    /// Annotators, at least 1.
    pub annotators: u32,
    /// How many of them judge each clip, 1 to `annotators`.
    pub opinions_per_clip: u32,
    /// Row: true class, column: given class; rows add up to 1.
    pub confusion: Vec<Vec<f64>>,
}

impl Default for Noise {
    /// 20 annotators, one opinion for each clip; `confusion` is empty and has to be given.
    fn default() -> Self {
        Self { annotators: 20, opinions_per_clip: 1, confusion: Vec::new() }
    }
}

impl Noise {
    /// Checks the parameters for an experiment of `classes` classes.
    ///
    /// # Errors
    /// [`PhantomError`] where a count is out of range or the matrix is not `classes` distributions over `classes`.
    pub fn check(&self, classes: usize) -> Result<(), PhantomError> {
        let count = f64::from(self.annotators);
        within("annotators", count, 1.0, 10_000.0)?;
        within("opinions_per_clip", f64::from(self.opinions_per_clip), 1.0, count)?;
        if self.confusion.len() != classes {
            let found = self.confusion.len();
            return Err(PhantomError::Length { field: "confusion".to_owned(), found, expected: classes });
        }
        let mut rows = self.confusion.iter().enumerate();
        rows.try_for_each(|(class, row)| distribution(&format!("confusion[{class}]"), row, classes))
    }
}

/// Draws a group's annotators and their opinions on clips whose true classes are `truths` (each below `classes`).
/// Opinions are ordered by clip, then annotator. The same seed and prefix give the same annotators in [`drawings`].
///
/// # Panics
/// Panics where a truth is not below `classes`.
///
/// [`drawings`]: super::drawings
pub fn opinions(
    panel: &Panel,
    prefix: &str,
    truths: &[usize],
    classes: usize,
    seed: u64,
) -> (Vec<Annotator>, Vec<OpinionRow>) {
    let people = annotators(panel, prefix, classes, seed);
    let mut rows = Vec::new();
    for (clip, &truth) in truths.iter().enumerate() {
        for annotator in judges(people.len(), panel.opinions_per_clip, prefix, seed, clip) {
            let rng = &mut stream(seed, &format!("phantom opinion {prefix}"), &[clip as u64, annotator as u64]);
            rows.push(OpinionRow { clip, annotator, class: pick(rng, &people[annotator].confusion[truth]) });
        }
    }
    (people, rows)
}

/// Draws opinions on clips whose true classes are `truths`, ordered by clip, then annotator. `noise` is expected to pass
/// [`Noise::check`].
///
/// # Panics
/// Panics where the confusion matrix has no row for a truth.
pub fn noisy_opinions(noise: &Noise, truths: &[usize], seed: u64) -> Vec<OpinionRow> {
    let mut rows = Vec::new();
    for (clip, &truth) in truths.iter().enumerate() {
        for annotator in judges(noise.annotators as usize, noise.opinions_per_clip, "noise", seed, clip) {
            let rng = &mut stream(seed, "phantom noise", &[clip as u64, annotator as u64]);
            rows.push(OpinionRow { clip, annotator, class: pick(rng, &noise.confusion[truth]) });
        }
    }
    rows
}

/// The group's annotators.
pub(super) fn annotators(panel: &Panel, prefix: &str, classes: usize, seed: u64) -> Vec<Annotator> {
    let count = panel.annotators as usize;
    let digits = count.to_string().len();
    let guessing = libm::round(panel.guessers * count as f64) as usize;
    let guessers = choose(count, guessing, &mut stream(seed, &format!("phantom guessers {prefix}"), &[]));
    (0..count)
        .map(|number| {
            let rng = &mut stream(seed, &format!("phantom annotator {prefix}"), &[number as u64]);
            let confusion = (0..classes)
                .map(|truth| {
                    let right = between(rng, panel.skill[0], panel.skill[1]);
                    if guessers.contains(&number) {
                        vec![1.0 / classes as f64; classes]
                    } else {
                        row(truth, right, classes)
                    }
                })
                .collect();
            Annotator { id: format!("{prefix}{:0digits$}", number + 1), confusion }
        })
        .collect()
}

/// A row of a confusion matrix: `right` on the diagonal, the rest shared out so that nearer severities get more.
fn row(truth: usize, right: f64, classes: usize) -> Vec<f64> {
    if classes == 1 {
        return vec![1.0];
    }
    let mut weights: Vec<f64> = (0..classes).map(|given| libm::pow(STEP, truth.abs_diff(given) as f64)).collect();
    weights[truth] = 0.0;
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight *= (1.0 - right) / total);
    weights[truth] = right;
    weights
}

/// Who judges a clip, in order.
pub(super) fn judges(count: usize, wanted: u32, prefix: &str, seed: u64, clip: usize) -> Vec<usize> {
    choose(count, wanted as usize, &mut stream(seed, &format!("phantom judges {prefix}"), &[clip as u64]))
}

/// `wanted` of `0..count` without repetition, in ascending order (the first steps of a Fisher–Yates shuffle).
fn choose(count: usize, wanted: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).collect();
    let wanted = wanted.min(count);
    for place in 0..wanted {
        let other = rng.random_range(place as u64..count as u64) as usize;
        all.swap(place, other);
    }
    all.truncate(wanted);
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::{Noise, OpinionRow, noisy_opinions, opinions};
    use crate::phantom::Panel;

    /// Checks how often each class was given for each truth against `wanted`, within four standard errors.
    fn assert_follows(rows: &[OpinionRow], truths: &[usize], wanted: &[Vec<f64>]) {
        for (truth, expected) in wanted.iter().enumerate() {
            let given: Vec<usize> = rows.iter().filter(|row| truths[row.clip] == truth).map(|row| row.class).collect();
            let n = given.len() as f64;
            assert!(n > 500.0);
            for (class, &p) in expected.iter().enumerate() {
                let share = given.iter().filter(|&&c| c == class).count() as f64 / n;
                let error = (p * (1.0 - p) / n).sqrt();
                assert!((share - p).abs() <= 4.0 * error, "{truth} → {class}: {share}, wanted {p}");
            }
        }
    }

    fn truths(count: usize) -> Vec<usize> {
        (0..count).map(|clip| clip % 3).collect()
    }

    #[test]
    fn each_annotator_errs_as_their_matrix_says() {
        let panel = Panel { annotators: 5, opinions_per_clip: 5, skill: [0.6, 0.9], guessers: 0.2 };
        let truths = truths(6000);
        let (people, rows) = opinions(&panel, "e", &truths, 3, 9);
        assert_eq!(rows.len(), 5 * truths.len());
        for (number, person) in people.iter().enumerate() {
            let own: Vec<OpinionRow> = rows.iter().filter(|row| row.annotator == number).copied().collect();
            assert_follows(&own, &truths, &person.confusion);
        }
        let guessing = people.iter().filter(|person| person.confusion[0][0] < 0.4).count();
        assert_eq!(guessing, 1, "one in five guesses");
        for person in people.iter().filter(|person| person.confusion[0][0] > 0.4) {
            for (truth, row) in person.confusion.iter().enumerate() {
                assert!((0.6..=0.9).contains(&row[truth]));
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
            let (near, far) = (person.confusion[0][1], person.confusion[0][2]);
            assert!((near / far - 5.0).abs() < 1e-9, "errors fall off by five per step");
        }
    }

    #[test]
    fn each_clip_is_judged_by_as_many_different_people_as_asked_for() {
        let truths = truths(600);
        let (people, rows) = opinions(&Panel::default(), "crowd-", &truths, 3, 1);
        assert_eq!((people[6].id.as_str(), people[23].id.as_str()), ("crowd-07", "crowd-24"));
        let mut load = vec![0_u32; people.len()];
        for (clip, of_clip) in rows.chunks_exact(7).enumerate() {
            assert!(of_clip.iter().all(|row| row.clip == clip));
            assert!(of_clip.windows(2).all(|pair| pair[0].annotator < pair[1].annotator));
            of_clip.iter().for_each(|row| load[row.annotator] += 1);
        }
        // Each judges 7/24 of 600 clips: 175, standard deviation 11.1.
        assert!(load.iter().all(|&count| (130..=220).contains(&count)), "{load:?}");
        assert_eq!(opinions(&Panel::default(), "crowd-", &truths, 3, 1).1, rows);
        assert_ne!(opinions(&Panel::default(), "crowd-", &truths, 3, 2).1, rows);
    }

    #[test]
    fn label_noise_follows_its_matrix() {
        let confusion = vec![vec![0.7, 0.2, 0.1], vec![0.0, 1.0, 0.0], vec![0.05, 0.45, 0.5]];
        let noise = Noise { opinions_per_clip: 2, confusion: confusion.clone(), ..Noise::default() };
        noise.check(3).unwrap();
        let truths = truths(9000);
        let rows = noisy_opinions(&noise, &truths, 4);
        assert_eq!(rows.len(), 18_000);
        assert_follows(&rows, &truths, &confusion);
    }

    #[test]
    fn a_matrix_that_is_none_is_refused() {
        let says = |confusion: Vec<Vec<f64>>| {
            Noise { confusion, ..Noise::default() }.check(2).map_err(|error| error.to_string())
        };
        assert_eq!(says(vec![]), Err("confusion has 0 entries; give 2, one for each class".to_owned()));
        assert!(says(vec![vec![1.0, 0.0], vec![1.0]]).unwrap_err().starts_with("confusion[1] has 1 entries"));
        assert!(says(vec![vec![0.9, 0.2], vec![0.5, 0.5]]).unwrap_err().contains("confusion[0] adds up to 1.1"));
        assert!(says(vec![vec![1.5, -0.5], vec![0.5, 0.5]]).unwrap_err().contains("confusion[0][0] is 1.5"));
        assert!(says(vec![vec![f64::NAN, 0.5], vec![0.5, 0.5]]).is_err());
        assert_eq!(says(vec![vec![0.1 + 0.2, 0.7], vec![0.5, 0.5]]), Ok(()));
    }
}
