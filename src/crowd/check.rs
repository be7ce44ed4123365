//! What methods ask of their parameters and opinions before they start.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{CrowdError, Opinions};
use crate::label::Opinion;

/// Refuses opinions nobody signed.
pub(super) fn signed(method: &'static str, opinions: &Opinions<'_>) -> Result<(), CrowdError> {
    let anonymous = opinions.opinions.anonymous();
    if anonymous > 0 {
        return Err(CrowdError::Anonymous { method, anonymous, opinions: opinions.opinions.len() });
    }
    Ok(())
}

/// Refuses parameters that are no finite numbers.
pub(super) fn finite(parameters: &[(&'static str, f64)]) -> Result<(), CrowdError> {
    refuse(parameters.iter().find(|(_, value)| !value.is_finite()), "a finite number")
}

/// Refuses negative and non-finite parameters.
pub(super) fn not_negative(parameters: &[(&'static str, f64)]) -> Result<(), CrowdError> {
    let wrong = parameters.iter().find(|(_, value)| !value.is_finite() || *value < 0.0);
    refuse(wrong, "a finite number that is not negative")
}

/// Refuses parameters of 0 and below, and non-finite ones.
pub(super) fn positive(parameters: &[(&'static str, f64)]) -> Result<(), CrowdError> {
    let wrong = parameters.iter().find(|(_, value)| !value.is_finite() || *value <= 0.0);
    refuse(wrong, "a finite number above 0")
}

/// Refuses counts of 0.
pub(super) fn one_or_more(parameter: &'static str, count: u32) -> Result<(), CrowdError> {
    refuse((count == 0).then_some(&(parameter, 0.0)), "1 or more")
}

fn refuse(wrong: Option<&(&'static str, f64)>, allowed: &'static str) -> Result<(), CrowdError> {
    wrong.map_or(Ok(()), |&(parameter, value)| Err(CrowdError::Parameter { parameter, value, allowed }))
}

/// Holds every opinion, and every known answer, against the sizes.
pub(super) fn in_range(opinions: &Opinions<'_>) -> Result<(), CrowdError> {
    let all = opinions.opinions;
    let fits = |opinion: Opinion| {
        let annotator = opinion.annotator.map_or(0, |annotator| annotator as usize + 1);
        (opinion.clip as usize) < opinions.clips
            && usize::from(opinion.class) < opinions.classes
            && annotator <= opinions.annotators
            && opinion.votes.is_finite()
            && opinion.votes >= 0.0
    };
    // Which does not is looked for where one does not, which is hardly ever.
    let below = |most: u32, bound: usize| all.is_empty() || (most as usize) < bound;
    let well = below(all.clips().all().most(), opinions.clips)
        && below(all.classes().all().most(), opinions.classes)
        && below(all.annotators_from_1().all().most(), opinions.annotators + 1)
        && all.votes().is_none_or(|votes| votes.iter().all(|votes| votes.is_finite() && *votes >= 0.0));
    if well {
        return known_in_range(opinions);
    }
    if let Some((position, opinion)) = all.iter().enumerate().find(|(_, opinion)| !fits(*opinion)) {
        let annotator = opinion.annotator.map(|annotator| ("annotator", annotator as usize, opinions.annotators));
        let clip = ("clip", opinion.clip as usize, opinions.clips);
        let class = ("class", usize::from(opinion.class), opinions.classes);
        for (noun, index, len) in [clip, class].into_iter().chain(annotator) {
            if index >= len {
                return Err(CrowdError::OutOfRange { position, noun, index, len });
            }
        }
        return Err(CrowdError::Votes { position, votes: opinion.votes });
    }
    known_in_range(opinions)
}

/// Holds every known answer against the sizes.
fn known_in_range(opinions: &Opinions<'_>) -> Result<(), CrowdError> {
    let Some(known) = opinions.known else { return Ok(()) };
    if known.len() != opinions.clips {
        return Err(CrowdError::KnownLength { known: known.len(), clips: opinions.clips });
    }
    let classes = opinions.classes;
    let answers = known.iter().enumerate().filter_map(|(clip, class)| Some((clip, usize::from((*class)?))));
    let beyond = answers.into_iter().find(|(_, class)| *class >= classes);
    beyond.map_or(Ok(()), |(clip, class)| Err(CrowdError::KnownClass { clip, class, classes }))
}

/// Gives up where the cancel flag was raised.
pub(super) fn not_cancelled(cancel: &AtomicBool) -> Result<(), CrowdError> {
    if cancel.load(Ordering::Relaxed) { Err(CrowdError::Cancelled) } else { Ok(()) }
}
