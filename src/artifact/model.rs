//! `Model`: weights, history, who and what it learned from, and predictions for held-out clips.

use super::{ArtifactError, Folder, rows, split::Part};
use crate::table::Wanted;

/// A held-out clip's prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The clip.
    pub clip: String,
    /// Whose it is.
    pub patient: String,
    /// The side it was held out on.
    pub part: Part,
    /// One probability a class.
    pub probabilities: Vec<f64>,
}

/// A point of a training curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Optimiser steps so far.
    pub update: u64,
    /// Passes over the training clips so far.
    pub epoch: f64,
    /// Of the last step.
    pub learning_rate: f64,
    /// Mean training loss since the last point.
    pub train_loss: f64,
    /// Loss on the validation clips.
    pub validation_loss: Option<f64>,
    /// Share of validation clips whose label was predicted; of frames the Dice coefficient over all their pixels.
    pub validation_score: Option<f64>,
    /// Whether the weights are those of this point.
    pub taken: bool,
}

/// Writes `predictions.csv`.
pub fn write_predictions(predictions: &[Prediction], classes: &[String]) -> Vec<u8> {
    let columns = ["clip", "patient", "part"].map(str::to_owned);
    let mut writer = rows::Writer::new(columns.into_iter().chain(classes.iter().map(|class| format!("p_{class}"))));
    for p in predictions {
        let row = [p.clip.clone(), p.patient.clone(), p.part.to_string()];
        writer.row(row.into_iter().chain(p.probabilities.iter().map(|p| rows::number(*p))));
    }
    writer.finish()
}

/// Reads `predictions.csv`.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_predictions(folder: &dyn Folder, classes: &[String]) -> Result<Vec<Prediction>, ArtifactError> {
    let mut wanted = ["clip", "patient", "part"].map(Wanted::required).to_vec();
    wanted.extend(classes.iter().map(|class| Wanted::required(&format!("p_{class}"))));
    let table = rows::read(folder, "predictions.csv", &wanted)?;
    (0..table.len())
        .map(|row| {
            let cell = |name: &str| table.required(name).get(row).to_owned();
            let probabilities: Result<Vec<f64>, _> =
                classes.iter().map(|class| rows::parse(&table, &format!("p_{class}"), row)).collect();
            let part = match cell("part").parse() {
                Ok(fold) => Part::Fold(fold),
                Err(_) => Part::Test,
            };
            Ok(Prediction { clip: cell("clip"), patient: cell("patient"), part, probabilities: probabilities? })
        })
        .collect()
}

/// The columns of `history.csv`; the last is `validation_dice` where frames are learned.
const HISTORY: [&str; 5] = ["update", "epoch", "learning_rate", "train_loss", "validation_loss"];

/// The column that marks the point whose weights the model has.
const TAKEN: &str = "taken";

/// Writes `history.csv`.
pub fn write_history(history: &[Point], of_frames: bool) -> Vec<u8> {
    let score = if of_frames { "validation_dice" } else { "validation_accuracy" };
    let mut writer = rows::Writer::new(HISTORY.into_iter().chain([score, TAKEN]));
    for p in history {
        writer.row([
            p.update.to_string(),
            rows::number(p.epoch),
            rows::number(p.learning_rate),
            rows::number(p.train_loss),
            rows::maybe(p.validation_loss),
            rows::maybe(p.validation_score),
            u8::from(p.taken).to_string(),
        ]);
    }
    writer.finish()
}

/// Reads `history.csv`.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_history(folder: &dyn Folder) -> Result<Vec<Point>, ArtifactError> {
    let scores = ["validation_accuracy", "validation_dice"];
    let optional = scores.into_iter().chain([TAKEN]).map(Wanted::optional);
    let wanted = HISTORY.iter().map(|name| Wanted::required(name)).chain(optional);
    let table = rows::read(folder, "history.csv", &wanted.collect::<Vec<_>>())?;
    let score = scores.into_iter().find(|name| table.column(name).is_some());
    let given = |name: &str, row| rows::parse(&table, name, row).map(|value| value.is_finite().then_some(value));
    (0..table.len())
        .map(|row| {
            Ok(Point {
                update: rows::parse(&table, "update", row)? as u64,
                epoch: rows::parse(&table, "epoch", row)?,
                learning_rate: rows::parse(&table, "learning_rate", row)?,
                train_loss: rows::parse(&table, "train_loss", row)?,
                validation_loss: given("validation_loss", row)?,
                validation_score: score.map_or(Ok(None), |name| given(name, row))?,
                taken: given(TAKEN, row)? == Some(1.0),
            })
        })
        .collect()
}

/// Writes `training.csv`: the clips a model learned from, their labels, and which of them only drew the validation curve.
pub fn write_training<'a>(rows_of: impl IntoIterator<Item = (&'a str, &'a str, bool)>) -> Vec<u8> {
    let mut writer = rows::Writer::new(["clip", "label", "part"]);
    for (clip, label, validation) in rows_of {
        writer.row([clip, label, if validation { "validation" } else { "training" }]);
    }
    writer.finish()
}

/// Reads the clips of `training.csv`.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_training(folder: &dyn Folder) -> Result<Vec<(String, String, bool)>, ArtifactError> {
    let table = rows::read(folder, "training.csv", &["clip", "label", "part"].map(Wanted::required))?;
    let cell = |name: &str, row| table.required(name).get(row).to_owned();
    Ok((0..table.len()).map(|row| (cell("clip", row), cell("label", row), cell("part", row) == "validation")).collect())
}
