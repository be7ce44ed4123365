//! Loss over updates.

use serde::{Deserialize, Serialize};

use super::nan_from_null;

/// Every training's losses, and the coordinate that sorts them into panels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Trainings that share the value of this coordinate are drawn as one line with a band; without it every training
    /// has its own panel.
    pub along: Option<String>,
    /// The trainings.
    pub curves: Vec<Curve>,
}

/// One training.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Curve {
    /// How it is called.
    pub label: String,
    /// Its coordinates, as name and value, in order.
    pub coordinates: Vec<(String, String)>,
    /// Losses, by increasing update.
    pub points: Vec<CurvePoint>,
}

/// The losses at one update.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CurvePoint {
    /// Updates done.
    pub update: u64,
    /// Training loss.
    #[serde(deserialize_with = "nan_from_null")]
    pub train_loss: f64,
    /// Loss on the validation part of the training patients, where it was computed.
    pub validation_loss: Option<f64>,
}
