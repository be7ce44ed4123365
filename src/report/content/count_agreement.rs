//! Counts on frames of a candidate against those of the reference.

use serde::{Deserialize, Serialize};

use super::nan_from_null;

/// Differences of two counts, candidate minus reference, over the frames of several patients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CountAgreement {
    /// What is counted, `lines` or `origins`.
    pub what: String,
    /// The mean difference.
    #[serde(deserialize_with = "nan_from_null")]
    pub difference: f64,
    /// The lower 95 % limit of agreement.
    #[serde(deserialize_with = "nan_from_null")]
    pub low: f64,
    /// The upper 95 % limit of agreement.
    #[serde(deserialize_with = "nan_from_null")]
    pub high: f64,
    /// Standard deviation of the differences between patients.
    #[serde(deserialize_with = "nan_from_null")]
    pub between_sd: f64,
    /// Standard deviation of the differences within a patient.
    #[serde(deserialize_with = "nan_from_null")]
    pub within_sd: f64,
    /// Frames, summed over seeds.
    pub frames: u64,
    /// Patients.
    pub patients: u64,
    /// Frames that have the same counts together.
    pub points: Vec<CountPoint>,
}

impl Default for CountAgreement {
    fn default() -> Self {
        Self {
            what: String::new(),
            difference: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            between_sd: f64::NAN,
            within_sd: f64::NAN,
            frames: 0,
            patients: 0,
            points: Vec::new(),
        }
    }
}

/// Frames with the same two counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CountPoint {
    /// The mean of the two.
    pub mean: f64,
    /// Candidate minus reference.
    pub difference: f64,
    /// How many frames.
    pub frames: u64,
}
