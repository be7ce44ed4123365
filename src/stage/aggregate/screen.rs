//! Which of the opinions count: quality control, then a draw of so many a clip.

use std::collections::BTreeMap;

use super::{known::Answers, opinions::Taken, parameters::Parameters};
use crate::{
    crowd::{self, Opinions, Standing},
    stage::StageError,
};

/// What screening found.
#[derive(Debug, Default)]
pub(super) struct Screened {
    /// The answer of every clip that was taken, where it is known; empty without known answers.
    pub(super) known: Vec<Option<u16>>,
    /// How every annotator that was taken stands; empty without quality control.
    pub(super) standings: Vec<Standing>,
    /// How many opinions each annotator gave, before any was left out.
    pub(super) given: Vec<f64>,
    /// How many opinions nobody signed, before any was left out.
    pub(super) anonymous: f64,
    /// Clips with fewer opinions than were to be drawn.
    pub(super) short: usize,
}

/// Leaves out the opinions that don't count, and counts them.
pub(super) fn screen(
    taken: &mut Taken,
    answers: Option<&Answers>,
    classes: &[String],
    parameters: &Parameters,
    file: &str,
) -> Result<Screened, StageError> {
    // Nobody comes first.
    let mut given = vec![0.0; taken.annotators.len() + 1];
    let by = taken.opinions.annotators_from_1().all().iter();
    match taken.opinions.votes() {
        None => by.for_each(|by| given[by as usize] += 1.0),
        Some(votes) => by.zip(votes).for_each(|(by, votes)| given[by as usize] += votes),
    }
    let anonymous = given.remove(0);
    let mut screened = Screened { given, anonymous, ..Screened::default() };
    if let Some(answers) = answers {
        screened.known = taken.clips.iter().map(|clip| answers.get(clip).copied()).collect();
    }
    let told = |error: crowd::CrowdError| StageError::Input(format!("{file}: {error}"));
    if let Some(quality) = &parameters.quality {
        let opinions = Opinions {
            opinions: &taken.opinions,
            clips: taken.clips.len(),
            annotators: taken.annotators.len(),
            classes: classes.len(),
            grouped: None,
            known: answers.map(|_| screened.known.as_slice()),
        };
        let screening = quality.screen(&opinions, classes, &taken.annotators).map_err(told)?;
        let mut reasons: BTreeMap<crowd::Reason, f64> = BTreeMap::new();
        for (opinion, reason) in taken.opinions.iter().zip(&screening.verdicts) {
            if let Some(reason) = reason {
                *reasons.entry(*reason).or_default() += opinion.votes;
            }
        }
        let mut verdicts = screening.verdicts.iter();
        taken.opinions.retain(|_| verdicts.next().is_some_and(Option::is_none));
        taken.grouped = None;
        taken.excluded.extend(reasons.into_iter().map(|(reason, count)| (reason.text().to_owned(), count)));
        screened.standings = screening.annotators;
        if taken.opinions.is_empty() {
            let why: Vec<String> = taken.excluded.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
            return Err(StageError::Input(format!(
                "{file}: quality control leaves no opinion ({}); lower its thresholds, or set `before = \"include\"`",
                why.join(", ")
            )));
        }
    }
    if let Some(per_item) = parameters.opinions_per_item {
        let Taken { opinions, clips, annotators, .. } = &*taken;
        let left = crowd::subsample(opinions, clips, annotators, per_item, parameters.opinions_seed).map_err(told)?;
        let drawn: f64 = left.iter().sum();
        let before = opinions.total();
        let mut reads = vec![0.0; clips.len()];
        opinions.iter().zip(&left).for_each(|(opinion, votes)| reads[opinion.clip as usize] += votes);
        screened.short = reads.iter().filter(|reads| **reads < f64::from(per_item)).count();
        taken.opinions.keep_votes(left);
        taken.grouped = None;
        taken.excluded.push((NOT_DRAWN.to_owned(), before - drawn));
    }
    Ok(screened)
}

/// What is said of opinions that a draw did not choose.
pub(super) const NOT_DRAWN: &str = "not among those drawn (`opinions_per_item`)";
