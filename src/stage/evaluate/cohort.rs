//! The clips that every number rests on, and how they were arrived at.

use std::collections::{BTreeSet, HashMap};

use super::{
    candidates::{Candidate, Judgements},
    subgroups::Place,
};
use crate::{
    artifact::{labels::Label, scores::Step},
    metric::Case,
    stage::{StageError, clips},
    table::Table,
};

/// The clips that the reference and every candidate judged.
#[derive(Debug)]
pub(super) struct Cohort {
    pub(super) clips: Vec<Member>,
    pub(super) patients: Vec<String>,
    pub(super) flow: Vec<Step>,
    /// Clips with a reference label, scored or not: the denominator of best and worst case.
    pub(super) labelled: Vec<(String, usize)>,
}

/// A clip that is scored.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) clip: String,
    pub(super) patient: u32,
    pub(super) reference: usize,
    /// Its row in the clip table.
    row: usize,
}

impl Cohort {
    pub(super) fn new(
        rows: &[clips::Row],
        reference: &[Label],
        candidates: &[Candidate],
        table: &Table,
    ) -> Result<Self, StageError> {
        let labels: HashMap<&str, Option<usize>> =
            reference.iter().map(|label| (label.clip.as_str(), label.label)).collect();
        let (mut absent, mut abstained, mut unjudged) = (Vec::new(), Vec::new(), Vec::new());
        let (mut labelled, mut scored) = (Vec::new(), Vec::new());
        for row in rows {
            match labels.get(row.clip.as_str()) {
                None => absent.push(row),
                Some(None) => abstained.push(row),
                Some(Some(class)) => {
                    labelled.push((row, *class));
                    let judged = |judgements: &Judgements| judgements.of.contains_key(&row.clip);
                    if candidates.iter().all(|candidate| candidate.seeds.iter().all(judged)) {
                        scored.push((row, *class));
                    } else {
                        unjudged.push(row);
                    }
                }
            }
        }
        if scored.is_empty() {
            let of = |clip: Option<&str>| clip.unwrap_or("none").to_owned();
            return Err(StageError::Input(format!(
                "no clip can be scored: of {} clips in {}, {} have a reference label and none of them is judged by every \
                 candidate; names look like `{}` in the clip table and `{}` in the reference",
                rows.len(),
                table.file,
                labelled.len(),
                of(rows.first().map(|row| row.clip.as_str())),
                of(reference.first().map(|label| label.clip.as_str())),
            )));
        }
        let with_label: Vec<&clips::Row> = labelled.iter().map(|(row, _)| *row).collect();
        let last: Vec<&clips::Row> = scored.iter().map(|(row, _)| *row).collect();
        let reason = if candidates[0].is_model {
            "not predicted by every model (not decoded, or in no scored part)"
        } else {
            "no label from every candidate (no opinion, too few, or a tie it abstained on)"
        };
        let no_label = [
            exclusion("no opinion in the reference", &absent, &with_label),
            exclusion(
                "the reference has no label (too few opinions, or a tie it abstained on)",
                &abstained,
                &with_label,
            ),
        ];
        let flow = vec![
            step("In the clip table", &rows.iter().collect::<Vec<_>>(), no_label.into_iter().flatten().collect()),
            step("With a reference label", &with_label, exclusion(reason, &unjudged, &last).into_iter().collect()),
            step("Scored", &last, Vec::new()),
        ];
        let patients: Vec<String> = patients_of(&last).into_iter().map(str::to_owned).collect();
        let index = |patient: &String| patients.partition_point(|other| other < patient) as u32;
        let clips = scored
            .iter()
            .map(|(row, class)| {
                let (clip, patient) = (row.clip.clone(), index(&row.patient));
                Member { clip, patient, reference: *class, row: row.row }
            })
            .collect();
        let labelled = labelled.iter().map(|(row, class)| (row.clip.clone(), *class)).collect();
        Ok(Self { clips, patients, flow, labelled })
    }

    /// Where each clip stands in the clip table.
    pub(super) fn places(&self) -> Vec<Place> {
        self.clips.iter().map(|member| Place { row: member.row, patient: member.patient }).collect()
    }

    /// The cases of one seed of a candidate.
    pub(super) fn cases(&self, judgements: &Judgements, positive: Option<&[bool]>) -> Vec<Case> {
        self.clips
            .iter()
            .map(|member| {
                let judgement = &judgements.of[&member.clip];
                let score = positive.map_or(f64::NAN, |positive| {
                    judgement.probabilities.iter().zip(positive).filter(|(_, yes)| **yes).map(|(p, _)| p).sum()
                });
                Case {
                    patient: member.patient,
                    stratum: judgement.stratum,
                    reference: member.reference as u16,
                    predicted: judgement.label as u16,
                    score,
                }
            })
            .collect()
    }

    /// The probability of every class, `[case][class]`, in the order of [`Cohort::cases`].
    pub(super) fn probabilities(&self, judgements: &Judgements) -> Vec<f64> {
        self.clips.iter().flat_map(|member| judgements.of[&member.clip].probabilities.iter().copied()).collect()
    }

    /// Clips with a reference label that a candidate does not judge.
    pub(super) fn missing(&self, candidate: &Candidate) -> usize {
        let judged = |clip: &String| candidate.seeds.iter().all(|judgements| judgements.of.contains_key(clip));
        self.labelled.iter().filter(|(clip, _)| !judged(clip)).count()
    }

    /// Accuracy over all clips with a reference label, where a clip that is not judged counts as wrong, and as right.
    pub(super) fn extremes(&self, candidate: &Candidate) -> (f64, f64) {
        let all = self.labelled.len() as f64;
        let mean = |missing_counts: bool| {
            let of = |judgements: &Judgements| {
                let right = |(clip, class): &&(String, usize)| {
                    judgements.of.get(clip).map_or(missing_counts, |judgement| judgement.label == *class)
                };
                self.labelled.iter().filter(right).count() as f64 / all
            };
            candidate.seeds.iter().map(of).sum::<f64>() / candidate.seeds.len() as f64
        };
        (mean(false), mean(true))
    }
}

fn step(title: &str, left: &[&clips::Row], excluded: Vec<(String, usize, usize)>) -> Step {
    Step { title: title.to_owned(), patients: patients_of(left).len(), clips: left.len(), excluded }
}

fn exclusion(reason: &str, gone: &[&clips::Row], left: &[&clips::Row]) -> Option<(String, usize, usize)> {
    let still = patients_of(left);
    let lost = patients_of(gone).into_iter().filter(|patient| !still.contains(patient)).count();
    (!gone.is_empty()).then(|| (reason.to_owned(), gone.len(), lost))
}

fn patients_of<'r>(rows: &[&'r clips::Row]) -> BTreeSet<&'r str> {
    rows.iter().map(|row| row.patient.as_str()).collect()
}
