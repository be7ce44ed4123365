//! What is scored: labels, or the predictions of models that were kept from the clips they predict.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{On, known};
use crate::{
    artifact::{
        labels::{self, Rater},
        model::{self, Prediction},
        split::Part,
    },
    label::{mean, most_probable},
    plan::address,
    stage::{Context, StageError, clips},
};

/// One candidate: a label source, or the models that share all coordinates but fold and seed.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) source: String,
    pub(super) coordinates: Vec<(String, String)>,
    pub(super) is_model: bool,
    pub(super) raters: Vec<Rater>,
    /// Of labels: the clips whose known answers they rest on. Of models this is asked of each by itself.
    pub(super) known: Vec<String>,
    /// One set of judgements a seed; labels have one.
    pub(super) seeds: Vec<Judgements>,
}

/// The judgements of one seed.
#[derive(Debug, Default)]
pub(super) struct Judgements {
    pub(super) seed: String,
    pub(super) of: HashMap<String, Judgement>,
}

/// What a candidate says of a clip.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judgement {
    pub(super) label: usize,
    pub(super) probabilities: Vec<f64>,
    /// The fold whose model said it; 0 where there is one model.
    pub(super) stratum: u32,
}

impl Candidate {
    /// Stage and coordinates, as an address.
    pub(super) fn label(&self) -> String {
        address(&self.source, &self.coordinates)
    }
}

/// Label sources.
pub(super) fn labels(context: &Context<'_>) -> Result<Vec<Candidate>, StageError> {
    let classes = context.classes();
    context
        .artifacts("candidate")?
        .iter()
        .map(|(folder, stage, coordinates)| {
            let of = labels::read_labels(folder, classes)?
                .into_iter()
                .filter_map(|label| {
                    let judgement = Judgement { label: label.label?, probabilities: label.probabilities, stratum: 0 };
                    Some((label.clip, judgement))
                })
                .collect();
            Ok(Candidate {
                source: (*stage).to_owned(),
                coordinates: coordinates.to_vec(),
                is_model: false,
                raters: labels::read_raters(folder)?,
                known: labels::read_known(folder)?,
                seeds: vec![Judgements { seed: String::new(), of }],
            })
        })
        .collect()
}

/// The models of one candidate: predictions by seed.
struct Gathered {
    candidate: Candidate,
    by_seed: BTreeMap<usize, Vec<Vec<Prediction>>>,
    seeds: Vec<String>,
}

/// Models, gathered over folds and seeds.
pub(super) fn models(context: &Context<'_>, on: On, rows: &[clips::Row]) -> Result<Vec<Candidate>, StageError> {
    let classes = context.classes();
    let patients: HashMap<&str, &str> = rows.iter().map(|row| (row.clip.as_str(), row.patient.as_str())).collect();
    let mut all: Vec<Gathered> = Vec::new();
    for (folder, stage, coordinates) in &context.artifacts("models")? {
        let rest: Vec<_> = coordinates.iter().filter(|(key, _)| key != "fold" && key != "seed").cloned().collect();
        let mut predictions = model::read_predictions(folder, classes)?;
        predictions.retain(|prediction| (prediction.part == Part::Test) == (on == On::Test));
        let scored = scored(&predictions, &patients);
        refuse_leak(folder, &scored, &patients)?;
        known::refuse(&address(stage, coordinates), &labels::read_known(folder)?, &scored, &patients)?;
        let same = |gathered: &Gathered| gathered.candidate.source == *stage && gathered.candidate.coordinates == rest;
        let at = all.iter().position(same).unwrap_or_else(|| {
            let (source, coordinates) = ((*stage).to_owned(), rest.clone());
            let (raters, known, seeds) = (Vec::new(), Vec::new(), Vec::new());
            let candidate = Candidate { source, coordinates, is_model: true, raters, known, seeds };
            all.push(Gathered { candidate, by_seed: BTreeMap::new(), seeds: Vec::new() });
            all.len() - 1
        });
        let gathered = &mut all[at];
        let seed = coordinates.iter().find(|(key, _)| key == "seed").map_or("", |(_, value)| value);
        let position = gathered.seeds.iter().position(|other| other == seed).unwrap_or_else(|| {
            gathered.seeds.push(seed.to_owned());
            gathered.seeds.len() - 1
        });
        gathered.by_seed.entry(position).or_default().push(predictions);
        for rater in labels::read_raters(folder)? {
            let known = &mut gathered.candidate.raters;
            if !known.iter().any(|other| (&other.annotator, &other.group) == (&rater.annotator, &rater.group)) {
                known.push(rater);
            }
        }
    }
    all.into_iter()
        .map(|Gathered { mut candidate, by_seed, seeds }| {
            for (position, folds) in by_seed {
                let of = match on {
                    On::OutOfFold => once_each(&candidate, folds)?,
                    On::Test => ensemble(folds),
                };
                candidate.seeds.push(Judgements { seed: seeds[position].clone(), of });
            }
            Ok(candidate)
        })
        .collect()
}

/// The patients a model is scored on.
fn scored<'p>(predictions: &[Prediction], patients: &HashMap<&str, &'p str>) -> BTreeSet<&'p str> {
    predictions.iter().filter_map(|prediction| patients.get(prediction.clip.as_str()).copied()).collect()
}

/// A model must not have learned from a patient it is scored on.
pub(super) fn refuse_leak(
    folder: &crate::store::Stored<'_>,
    scored: &BTreeSet<&str>,
    patients: &HashMap<&str, &str>,
) -> Result<(), StageError> {
    for (clip, _, _) in model::read_training(folder)? {
        match patients.get(clip.as_str()) {
            None => {
                return Err(StageError::Input(format!(
                    "a model learned from clip `{clip}`, which the clip table does not have: whose it is can't be checked"
                )));
            }
            Some(patient) if scored.contains(patient) => {
                return Err(StageError::Input(format!(
                    "a model learned from clip `{clip}` and is scored on the same patient `{patient}`; split by patient"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn once_each(candidate: &Candidate, folds: Vec<Vec<Prediction>>) -> Result<HashMap<String, Judgement>, StageError> {
    let mut of = HashMap::new();
    for prediction in folds.into_iter().flatten() {
        let Part::Fold(fold) = prediction.part else { continue };
        let label = most_probable(&prediction.probabilities);
        let judgement = Judgement { label, probabilities: prediction.probabilities, stratum: fold };
        if of.insert(prediction.clip.clone(), judgement).is_some() {
            return Err(StageError::Input(format!(
                "clip `{}` is predicted twice by `{}`: each fold is scored once",
                prediction.clip,
                candidate.label()
            )));
        }
    }
    Ok(of)
}

/// The mean of the folds' probabilities.
fn ensemble(folds: Vec<Vec<Prediction>>) -> HashMap<String, Judgement> {
    let mut said: HashMap<String, Vec<Vec<f64>>> = HashMap::new();
    for prediction in folds.into_iter().flatten() {
        said.entry(prediction.clip).or_default().push(prediction.probabilities);
    }
    said.into_iter()
        .map(|(clip, said)| {
            let probabilities = mean(said);
            (clip, Judgement { label: most_probable(&probabilities), probabilities, stratum: 0 })
        })
        .collect()
}
