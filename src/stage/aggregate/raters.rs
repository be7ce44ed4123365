//! Who made the labels.

use super::{opinions::Taken, parameters::Parameters, screen::Screened};
use crate::{artifact::labels::Rater, crowd::AnnotatorSummary};

/// Who made the labels, sorted by id; opinions without an author are one row, unless `raters` says whose they are.
pub(super) fn raters(
    taken: &Taken,
    screened: &Screened,
    summaries: Vec<AnnotatorSummary>,
    parameters: &Parameters,
) -> Vec<Rater> {
    let group = || parameters.rater_group.clone();
    let mut raters: Vec<Rater> = taken
        .annotators
        .iter()
        .zip(summaries)
        .enumerate()
        .map(|(at, (id, summary))| {
            let standing = screened.standings.get(at);
            Rater {
                annotator: Some(id.to_owned()),
                group: group(),
                opinions: screened.given[at],
                // A sum of nothing is -0.
                counted: summary.opinions + 0.0,
                skill: summary.skill,
                known_seen: standing.map(|standing| standing.known_seen),
                known_accuracy: standing.and_then(|standing| standing.known_accuracy),
                confusion: summary.confusion,
            }
        })
        .collect();
    raters.sort_by(|a, b| a.annotator.cmp(&b.annotator));
    if screened.anonymous > 0.0 {
        let counted = taken.opinions.iter().filter(|o| o.annotator.is_none()).fold(0.0, |sum, o| sum + o.votes);
        let one = |annotator: Option<String>| Rater {
            annotator,
            group: group(),
            opinions: screened.anonymous,
            counted,
            skill: None,
            known_seen: None,
            known_accuracy: None,
            confusion: None,
        };
        if parameters.raters.is_empty() {
            raters.push(one(None));
        } else {
            raters.extend(parameters.raters.iter().map(|id| one(Some(id.clone()))));
        }
    }
    raters
}
