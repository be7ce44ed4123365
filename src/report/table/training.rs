//! The trainings and their losses.

use super::{Cell, Table};
use crate::report::content::Curve;
use crate::report::format;
use crate::report::number::path;

/// The last recorded losses of every training. `None` without trainings.
pub(in crate::report) fn trainings(curves: &[Curve]) -> Option<Table> {
    if curves.is_empty() {
        return None;
    }
    let caption = "Losses at the last update recorded, training by training.".to_owned();
    let mut table = Table::new("trainings", caption, &["Training"], &["Updates", "Training loss", "Validation loss"])
        .in_file(&["training", "coordinates", "updates", "train_loss", "validation_loss"]);
    for curve in curves {
        let last = curve.points.last().copied();
        let validation = last.and_then(|point| point.validation_loss);
        let shown =
            |loss: Option<f64>| loss.map_or_else(|| format::UNDEFINED.to_owned(), |loss| format::fixed(loss, 4));
        let raw = |loss: Option<f64>| loss.map_or_else(String::new, format::raw);
        let updates = last.map_or(0, |point| point.update);
        let train = last.map(|point| point.train_loss);
        let path = path::training(curve);
        table.rows.push(vec![
            curve.label.clone().into(),
            Cell::of_known(last.is_some(), format!("{path}/updates"), format::count(updates)),
            Cell::of_known(last.is_some(), format!("{path}/train-loss"), shown(train)),
            Cell::of_known(validation.is_some(), format!("{path}/validation-loss"), shown(validation)),
        ]);
        let coordinates: Vec<String> =
            curve.coordinates.iter().map(|(name, value)| format!("{name}={value}")).collect();
        table.file_rows.push(vec![
            curve.label.clone(),
            coordinates.join(";"),
            updates.to_string(),
            raw(train),
            raw(validation),
        ]);
    }
    Some(table.shortened())
}

/// Every loss of every training, for the file only.
pub(in crate::report) fn curves(curves: &[Curve]) -> Option<Table> {
    let mut table = Table { name: "curves".to_owned(), ..Table::default() }.in_file(&[
        "training",
        "update",
        "train_loss",
        "validation_loss",
    ]);
    for curve in curves {
        for point in &curve.points {
            table.file_rows.push(vec![
                curve.label.clone(),
                point.update.to_string(),
                format::raw(point.train_loss),
                point.validation_loss.map_or_else(String::new, format::raw),
            ]);
        }
    }
    (!table.file_rows.is_empty()).then_some(table)
}
