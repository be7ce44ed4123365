//! Which clips a model learns from, which only draw its validation curve, and which it is kept from.
//!
//! Fold hygiene lives here: a clip of the held-out fold or of the test part is never among the first two, whatever its label.

use std::collections::{BTreeSet, HashMap};

use rand::seq::SliceRandom as _;

use super::{Names, StoredClips, is_held_out};
use crate::{
    artifact::{
        labels::Label,
        split::{self, Part},
    },
    random::stream,
    stage::{StageError, clips::some},
};

/// A clip with a label to learn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Labelled {
    /// Row of the clip.
    pub(super) clip: usize,
    pub(super) label: usize,
    pub(super) probabilities: Vec<f64>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Parts {
    pub(super) training: Vec<Labelled>,
    pub(super) validation: Vec<Labelled>,
    pub(super) held_out: Vec<(usize, Part)>,
}

pub(super) struct Sides<'a> {
    pub(super) clips: &'a StoredClips<'a>,
    pub(super) split: Vec<split::Row>,
    pub(super) labels: Vec<Label>,
    pub(super) only: Option<Vec<Label>>,
    pub(super) skipped: Names,
    pub(super) fold: Option<u32>,
}

impl Sides<'_> {
    /// Divides the clips. `validation` is the share of the training patients that is set aside.
    pub(super) fn divide(&self, validation: f64, seed: u64) -> Result<Parts, StageError> {
        let part_of: HashMap<&str, &split::Row> = self.split.iter().map(|row| (row.clip.as_str(), row)).collect();
        self.check_known(&part_of)?;
        let watched = self.validation_patients(validation, seed);
        let only: Option<BTreeSet<&str>> = self.only.as_ref().map(|labels| {
            labels.iter().filter(|label| label.label.is_some()).map(|label| label.clip.as_str()).collect()
        });
        let mut parts = Parts { training: Vec::new(), validation: Vec::new(), held_out: Vec::new() };
        for label in &self.labels {
            let (Some(class), Some(&clip)) = (label.label, self.clips.index.get(&label.clip)) else { continue };
            let row = part_of[label.clip.as_str()];
            if is_held_out(row.part, self.fold) || only.as_ref().is_some_and(|only| !only.contains(label.clip.as_str()))
            {
                continue;
            }
            let labelled = Labelled { clip, label: class, probabilities: label.probabilities.clone() };
            if watched.contains(row.patient.as_str()) {
                parts.validation.push(labelled);
            } else {
                parts.training.push(labelled);
            }
        }
        for (clip, row) in self.clips.rows.iter().enumerate() {
            let part = part_of[row.clip.as_str()].part;
            if is_held_out(part, self.fold) {
                parts.held_out.push((clip, part));
            }
        }
        if parts.held_out.is_empty() {
            let message = match self.fold {
                Some(fold) => {
                    format!("no decoded clip is in fold {fold}; the split has the parts {}", self.part_names())
                }
                None => "nothing is held out: give `fold`, or the split a `test` part".to_owned(),
            };
            return Err(StageError::Input(message));
        }
        if parts.training.is_empty() {
            return Err(StageError::Input(
                "no labelled clip is left to train on: check the labels, the split and `only`".to_owned(),
            ));
        }
        Ok(parts)
    }

    /// Whose a decoded clip is.
    pub(super) fn patient<'p>(&self, clip: usize, patients: &HashMap<&str, &'p str>) -> Option<&'p str> {
        patients.get(self.clips.rows[clip].clip.as_str()).copied()
    }

    fn part_names(&self) -> String {
        let parts: BTreeSet<Part> = self.split.iter().map(|row| row.part).collect();
        parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    fn check_known(&self, part_of: &HashMap<&str, &split::Row>) -> Result<(), StageError> {
        let unknown = self.labels.iter().map(|label| label.clip.as_str());
        let unknown: Vec<&str> =
            unknown.filter(|clip| !self.clips.index.contains_key(*clip) && !self.skipped.contains(*clip)).collect();
        if !unknown.is_empty() {
            return Err(StageError::Input(format!(
                "the labels name {} clips that were not decoded: {}; give the aggregation `clips` with `unknown_clips = \"drop\"`, or decode them",
                unknown.len(),
                some(unknown.iter().copied())
            )));
        }
        let lost: Vec<&str> =
            self.clips.rows.iter().map(|row| row.clip.as_str()).filter(|clip| !part_of.contains_key(clip)).collect();
        if !lost.is_empty() {
            return Err(StageError::Input(format!(
                "{} decoded clips are in no part of the split: {}; decode and split the same clip table",
                lost.len(),
                some(lost.iter().copied())
            )));
        }
        Ok(())
    }

    /// Patients of the validation curve: drawn from the training patients by the seed alone, so that every arm has the same.
    fn validation_patients(&self, share: f64, seed: u64) -> BTreeSet<&str> {
        let training = self.split.iter().filter(|row| !is_held_out(row.part, self.fold));
        let patients: BTreeSet<&str> = training.map(|row| row.patient.as_str()).collect();
        let mut patients: Vec<&str> = patients.into_iter().collect();
        let position = self.fold.map_or(u64::MAX, u64::from);
        patients.shuffle(&mut stream(seed, "validation patients", &[position]));
        let count = (patients.len() as f64 * share).round() as usize;
        patients.into_iter().take(count).collect()
    }

    /// A model can't learn a class it never sees: an error where no clip at all has it, a warning where this fold's training lacks it.
    pub(super) fn check_classes(
        &self,
        parts: &Parts,
        classes: &[String],
        warn: &dyn Fn(String),
    ) -> Result<(), StageError> {
        let seen: BTreeSet<usize> = parts.training.iter().map(|labelled| labelled.label).collect();
        for (class, name) in classes.iter().enumerate() {
            if !self.labels.iter().any(|label| label.label == Some(class)) {
                return Err(StageError::Input(format!(
                    "class `{name}` occurs in no fold: none of {} labels is `{name}`; take it out of `classes` or check the labels",
                    self.labels.len()
                )));
            }
            if !seen.contains(&class) {
                warn(format!("no training clip is labelled `{name}`: this model can't learn it"));
            }
        }
        if seen.len() < 2 {
            return Err(StageError::Input("the training clips have one class only; a classifier needs two".to_owned()));
        }
        Ok(())
    }
}

/// The numbers below `count` in an order of the seed's.
pub(super) fn dealt(count: usize, seed: u64) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..count).collect();
    numbers.shuffle(&mut stream(seed, "shuffled labels", &[]));
    numbers
}

/// Deals the labels out anew among the clips a model sees.
pub(super) fn shuffle(parts: &mut Parts, seed: u64) {
    let mut all: Vec<&mut Labelled> = parts.training.iter_mut().chain(&mut parts.validation).collect();
    let mut dealt: Vec<(usize, Vec<f64>)> = all.iter().map(|l| (l.label, l.probabilities.clone())).collect();
    dealt.shuffle(&mut stream(seed, "shuffled labels", &[]));
    for (labelled, (label, probabilities)) in all.iter_mut().zip(dealt) {
        labelled.label = label;
        labelled.probabilities = probabilities;
    }
}
