//! Optimisers by name.

use super::ModelError;
use super::device::Rule;
use crate::name::choice::choice;
use serde::{Deserialize, Serialize};

/// What all optimisers have.
pub(super) trait Steps {
    fn rule(&self) -> Rule;
    /// Says which number makes no sense.
    fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }
}

choice! {
    /// What an update does with a gradient.
    pub enum Optimiser: dyn Steps, "an optimiser" {
        "adam" => Adam,
        "adamw" => AdamW,
        "sgd" => Sgd,
    }
}

impl Default for Optimiser {
    fn default() -> Self {
        Optimiser::AdamW(AdamW::default())
    }
}

impl Optimiser {
    pub(super) fn rule(&self) -> Rule {
        self.settings().rule()
    }

    /// Whether its numbers make sense.
    ///
    /// # Errors
    /// Says which does not.
    pub fn check(&self) -> Result<(), ModelError> {
        self.settings().check()
    }
}

/// Adam (Kingma & Ba 2015); weight decay is added to the gradient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adam {
    /// How long the means of gradients and of their squares last.
    pub betas: [f64; 2],
}

/// Adam whose weight decay is apart from the gradient (Loshchilov & Hutter 2019).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamW {
    /// How long the means of gradients and of their squares last.
    pub betas: [f64; 2],
}

/// Stochastic gradient descent; weight decay is added to the gradient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sgd {
    /// The share of the last step that is taken again.
    pub momentum: f64,
    /// Nesterov's variant, as Sutskever et al. 2013 write it.
    pub nesterov: bool,
}

const BETAS: [f64; 2] = [0.9, 0.999];

impl Default for Adam {
    fn default() -> Self {
        Adam { betas: BETAS }
    }
}

impl Default for AdamW {
    fn default() -> Self {
        AdamW { betas: BETAS }
    }
}

impl Default for Sgd {
    fn default() -> Self {
        Sgd { momentum: 0.9, nesterov: false }
    }
}

fn check_betas(betas: [f64; 2]) -> Result<(), ModelError> {
    match betas.iter().find(|beta| !(0.0..1.0).contains(*beta)) {
        None => Ok(()),
        Some(beta) => Err(ModelError::Setting {
            field: "betas",
            value: beta.to_string(),
            remedy: "take numbers from 0 to below 1, such as [0.9, 0.999]",
        }),
    }
}

impl Steps for Adam {
    fn rule(&self) -> Rule {
        Rule::Adam { betas: self.betas, decoupled: false }
    }

    fn check(&self) -> Result<(), ModelError> {
        check_betas(self.betas)
    }
}

impl Steps for AdamW {
    fn rule(&self) -> Rule {
        Rule::Adam { betas: self.betas, decoupled: true }
    }

    fn check(&self) -> Result<(), ModelError> {
        check_betas(self.betas)
    }
}

impl Steps for Sgd {
    fn rule(&self) -> Rule {
        Rule::Sgd { momentum: self.momentum, nesterov: self.nesterov }
    }

    fn check(&self) -> Result<(), ModelError> {
        if (0.0..1.0).contains(&self.momentum) {
            return Ok(());
        }
        let value = self.momentum.to_string();
        Err(ModelError::Setting { field: "momentum", value, remedy: "take a number from 0 to below 1, such as 0.9" })
    }
}
