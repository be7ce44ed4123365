//! What labels cost.

use serde::{Deserialize, Serialize};

use super::{Score, nan_from_null};

/// What the labels behind the groups of one evaluation took, beside how well these did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Costs {
    /// The currency of prices, such as `EUR`; empty where no price is given.
    pub currency: String,
    /// One entry a group and label source, in the order of the groups.
    pub rows: Vec<Cost>,
}

/// What one group's labels took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cost {
    /// The group's label.
    pub group: String,
    /// The stage its labels come from.
    pub source: String,
    /// The clips it learned from; of a label source, those that it labels.
    pub clips: u64,
    /// The opinions on these clips that counted.
    #[serde(deserialize_with = "nan_from_null")]
    pub opinions: f64,
    /// The price of an opinion of that source, where one is given.
    pub price: Option<f64>,
    /// Opinions times their price, where one is given.
    pub total: Option<f64>,
    /// How well the group does, in one metric.
    pub score: Score,
}
