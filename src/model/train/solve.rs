//! Training of what has one optimum.

use super::{Point, Progress, Settings, Trained};
use crate::model::augment::Change;
use crate::model::baseline::Logistic;
use crate::model::examine::examine;
use crate::model::lessons::{Example, Lessons};
use crate::model::loss::Loss;
use crate::model::weights::{About, save};
use crate::model::workers::Workers;
use crate::model::{ModelError, frames_of};
use std::sync::atomic::{AtomicBool, Ordering};

/// Fits to the optimum; an update is a step of Newton's.
pub(super) fn solve(
    logistic: &Logistic,
    about: &About,
    settings: &Settings,
    lessons: &Lessons<'_>,
    observe: &dyn Fn(Progress<'_>),
    workers: &Workers,
    cancel: &AtomicBool,
) -> Result<Trained, ModelError> {
    if lessons.start.is_some() {
        let remedy = "take it out: the baseline is fitted to its one optimum, wherever it begins";
        return Err(ModelError::Setting { field: "init", value: "a model".to_owned(), remedy });
    }
    if settings.crowd.is_some() {
        let remedy = "take labels or posteriors: the baseline has no crowd layer";
        return Err(ModelError::Setting { field: "learn", value: "opinions".to_owned(), remedy });
    }
    let go_on = || if cancel.load(Ordering::Relaxed) { Err(ModelError::Cancelled) } else { Ok(()) };
    let (mean, deviation) = (about.normalisation.mean as f32, about.normalisation.deviation as f32);
    let read = |example: &Example| {
        go_on()?;
        let mut source = Vec::new();
        let frames = frames_of(lessons.clips, example.clip)?;
        Change::NONE.append(&frames, about.shape(), mean, deviation, &mut source);
        Ok(source)
    };
    let mut history: Vec<Point> = Vec::new();
    let mut tell = |loss: f64, length: f64| {
        let update = history.len() as u64 + 1;
        observe(Progress::Update { update, loss });
        let (validation_loss, validation_score) = (None, None);
        let (epoch, learning_rate) = (update as f64, length);
        history.push(Point { update, epoch, learning_rate, train_loss: loss, validation_loss, validation_score });
        go_on()
    };
    let state = logistic.solve(lessons, &settings.class_weights, &read, &mut tell)?;
    if let (Some(last), [_, ..]) = (history.last_mut(), lessons.validation) {
        let loss = Loss::default().or_usual(false);
        let (loss, score) = examine(logistic, &state, &about.normalisation, lessons, &loss, workers)?;
        (last.validation_loss, last.validation_score) = (Some(loss), Some(score));
    }
    history.iter().for_each(|point| observe(Progress::Point(point)));
    let updates = history.len() as u64;
    Ok(Trained { weights: save(about, state)?, history, updates, taken: updates, confusions: Vec::new() })
}
