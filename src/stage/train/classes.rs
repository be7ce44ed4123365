//! Training on labels: clips in, classes out.

use super::{
    clips::StoredClips,
    parameters::{Learn, Parameters},
    said::Said,
    session::{self, Session},
    sides::{self, Labelled, Sides},
};
use crate::{
    artifact::{
        Folder as _, frames, labels,
        model::{self as files, Prediction},
        split,
    },
    label,
    model::{self, Example, Lessons, NoMaps, Target},
    stage::{Context, Output, StageError},
};

pub(super) fn run(context: &Context<'_>, parameters: &Parameters) -> Result<Output, StageError> {
    let classes = context.classes();
    let frames = context.artifact("frames")?;
    let clips = StoredClips::open(&frames, false)?;
    let all_labels = context.artifact("labels")?;
    let sides = Sides {
        clips: &clips,
        split: split::read(&context.artifact("split")?)?,
        labels: labels::read_labels(&all_labels, classes)?,
        only: context.optional("only")?.map(|only| labels::read_labels(&only, classes)).transpose()?,
        skipped: frames::read_skipped(&frames)?.into_iter().map(|skipped| skipped.clip).collect(),
        fold: parameters.fold,
    };
    let mut parts = sides.divide(parameters.validation, context.seed())?;
    sides.check_classes(&parts, classes, &|message| context.warn(message))?;
    if parameters.shuffle {
        sides::shuffle(&mut parts, context.seed());
    }
    let start = session::start(context, &sides, &parts)?;
    let watched = if parameters.learn == Learn::Opinions { Learn::Labels } else { parameters.learn };
    let watched = examples(&clips, &parts.validation, classes.len(), watched);
    let heard = Said::read(context, &clips, &mut parts.training)?;
    let training = match &heard {
        None => examples(&clips, &parts.training, classes.len(), parameters.learn),
        Some(said) => said.examples(&clips, &parts.training),
    };
    let lessons = Lessons {
        classes: classes.len(),
        clips: &clips,
        maps: &NoMaps,
        training: &training,
        validation: &watched,
        start: start.as_deref(),
    };
    let session = Session { context, parameters, clips: &clips, names: classes, noun: "clips" };
    let mut settings = session.settings(&lessons);
    settings.class_weights = session.class_weights(&lessons);
    settings.crowd = heard.as_ref().map(|said| said.layer(parameters));
    let (trained, mut output) = session.train(&settings, &lessons)?;
    let held: Vec<usize> = parts.held_out.iter().flat_map(|(clip, _)| clips.windows(*clip)).collect();
    let probabilities = model::predict(&trained.weights, &clips, &held, context.threads, context.place());
    let mut probabilities = probabilities.map_err(|error| session.told(error))?.into_iter();
    let predictions: Vec<Prediction> = parts
        .held_out
        .iter()
        .map(|(clip, part)| Prediction {
            clip: clips.rows[*clip].clip.clone(),
            patient: clips.rows[*clip].patient.clone(),
            part: *part,
            probabilities: label::mean(probabilities.by_ref().take(clips.windows(*clip).len())),
        })
        .collect();
    let learned = parts.training.iter().map(|l| (l, false)).chain(parts.validation.iter().map(|l| (l, true)));
    let learned = learned.map(|(l, watched)| (clips.rows[l.clip].clip.as_str(), classes[l.label].as_str(), watched));
    let store = context.store;
    output.add(store, "training.csv", &files::write_training(learned))?;
    let annotators = match &heard {
        None => all_labels.open("annotators.csv")?.to_vec(),
        Some(said) => {
            let raters = said.raters(labels::read_raters(&all_labels)?, &trained.confusions, &parameters.rater_group);
            labels::write_raters(&raters, classes)
        }
    };
    output.add(store, "annotators.csv", &annotators)?;
    if all_labels.tree().files.contains_key(labels::KNOWN) {
        output.add(store, labels::KNOWN, &all_labels.open(labels::KNOWN)?)?;
    }
    output.add(store, "predictions.csv", &files::write_predictions(&predictions, classes))?;
    Ok(output)
}

/// What a clip's windows are examples of: each has the clip's label.
fn examples(clips: &StoredClips<'_>, part: &[Labelled], classes: usize, learn: Learn) -> Vec<Example> {
    let mut examples = Vec::new();
    for labelled in part {
        let target: Vec<f32> = match learn {
            Learn::Labels => (0..classes).map(|class| f32::from(u8::from(class == labelled.label))).collect(),
            Learn::Posteriors | Learn::Sampled | Learn::Opinions => {
                labelled.probabilities.iter().map(|p| *p as f32).collect()
            }
        };
        examples.extend(clips.windows(labelled.clip).map(|clip| Example {
            clip,
            target: Target::Classes(target.clone()),
            group: labelled.label,
            weight: 1.0,
        }));
    }
    examples
}
