//! Learning rates over a training: schedules by name, and warm-up before them.

use super::ModelError;
use crate::name::choice::choice;
use serde::{Deserialize, Serialize};

/// Where a training stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    /// Updates done, those of the warm-up not counted.
    pub done: u64,
    /// Updates in all, those of the warm-up not counted.
    pub total: u64,
    /// How often the validation loss has come to rest.
    pub rests: u32,
}

/// What all schedules have.
pub(super) trait Rate {
    /// What the learning rate is multiplied with.
    fn factor(&self, at: Moment) -> f64;
    /// Points of the history without a better validation loss that count as a rest.
    fn patience(&self) -> Option<u32> {
        None
    }
    /// Says which number makes no sense.
    fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }
}

choice! {
    /// How the learning rate changes over a training.
    pub enum Schedule: dyn Rate, "a schedule" {
        "constant" => Constant,
        "cosine" => Cosine,
        "step" => Step,
        "plateau" => Plateau,
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule::Constant(Constant {})
    }
}

impl Schedule {
    /// What the learning rate is multiplied with after `done` of `updates`. During the first `warmup` updates it rises
    /// in a line to 1; the schedule begins after them.
    pub(super) fn factor(&self, done: u64, updates: u64, warmup: u64, rests: u32) -> f64 {
        if done < warmup {
            return (done + 1) as f64 / warmup as f64;
        }
        self.settings().factor(Moment { done: done - warmup, total: (updates - warmup).max(1), rests })
    }

    pub(super) fn patience(&self) -> Option<u32> {
        self.settings().patience()
    }

    /// Whether its numbers make sense.
    ///
    /// # Errors
    /// Says which does not.
    pub fn check(&self) -> Result<(), ModelError> {
        self.settings().check()
    }
}

/// No change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {}

/// Half a wave of the cosine, from 1 to `floor` (Loshchilov & Hutter 2017, without restarts).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cosine {
    /// The share of the learning rate that is left at the end.
    pub floor: f64,
}

/// Times `factor` after every so many updates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    pub every: u64,
    pub factor: f64,
}

/// Times `factor` whenever the validation loss has not been below its best for `patience` points of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plateau {
    pub patience: u32,
    pub factor: f64,
}

impl Default for Cosine {
    fn default() -> Self {
        Cosine { floor: 0.0 }
    }
}

impl Default for Step {
    fn default() -> Self {
        Step { every: 1000, factor: 0.5 }
    }
}

impl Default for Plateau {
    fn default() -> Self {
        Plateau { patience: 3, factor: 0.5 }
    }
}

fn setting(field: &'static str, value: String, remedy: &'static str) -> Result<(), ModelError> {
    Err(ModelError::Setting { field, value, remedy })
}

fn check_factor(factor: f64) -> Result<(), ModelError> {
    if factor > 0.0 && factor <= 1.0 {
        return Ok(());
    }
    setting("schedule factor", factor.to_string(), "take a number above 0 and up to 1, such as 0.5")
}

impl Rate for Constant {
    fn factor(&self, _: Moment) -> f64 {
        1.0
    }
}

impl Rate for Cosine {
    fn factor(&self, at: Moment) -> f64 {
        let share = at.done as f64 / at.total as f64;
        self.floor + (1.0 - self.floor) * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * share))
    }

    fn check(&self) -> Result<(), ModelError> {
        if (0.0..=1.0).contains(&self.floor) {
            return Ok(());
        }
        setting("schedule floor", self.floor.to_string(), "take a number from 0 to 1")
    }
}

impl Rate for Step {
    fn factor(&self, at: Moment) -> f64 {
        libm::pow(self.factor, (at.done / self.every) as f64)
    }

    fn check(&self) -> Result<(), ModelError> {
        if self.every == 0 {
            return setting("schedule every", "0".into(), "take a number of updates, such as 1000");
        }
        check_factor(self.factor)
    }
}

impl Rate for Plateau {
    fn factor(&self, at: Moment) -> f64 {
        libm::pow(self.factor, f64::from(at.rests))
    }

    fn patience(&self) -> Option<u32> {
        Some(self.patience)
    }

    fn check(&self) -> Result<(), ModelError> {
        if self.patience == 0 {
            return setting("schedule patience", "0".into(), "take a number of points of the history, such as 3");
        }
        check_factor(self.factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of PyTorch's `LinearLR`, `CosineAnnealingLR(T_max=90, eta_min=0.1)`, `StepLR(30, 0.5)`, after 10 updates of warm-up.
    #[test]
    fn rates_are_those_of_pytorch() {
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        let cosine = Schedule::Cosine(Cosine { floor: 0.1 });
        close(cosine.factor(0, 100, 10, 0), 0.1);
        close(cosine.factor(9, 100, 10, 0), 1.0);
        close(cosine.factor(10, 100, 10, 0), 1.0);
        close(cosine.factor(40, 100, 10, 0), 0.775);
        close(cosine.factor(55, 100, 10, 0), 0.55);
        close(cosine.factor(100, 100, 10, 0), 0.1);
        let step = Schedule::Step(Step { every: 30, factor: 0.5 });
        close(step.factor(29, 100, 0, 0), 1.0);
        close(step.factor(30, 100, 0, 0), 0.5);
        close(step.factor(99, 100, 0, 0), 0.125);
        close(Schedule::default().factor(99, 100, 0, 7), 1.0);
        close(Schedule::Plateau(Plateau::default()).factor(99, 100, 0, 2), 0.25);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |schedule: Schedule| schedule.check().unwrap_err().to_string();
        assert!(error(Schedule::Cosine(Cosine { floor: f64::NAN })).contains("floor"));
        assert!(error(Schedule::Step(Step { every: 0, factor: 0.5 })).contains("every = 0"));
        assert!(error(Schedule::Plateau(Plateau { patience: 0, factor: 0.5 })).contains("patience = 0"));
        assert!(error(Schedule::Plateau(Plateau { patience: 1, factor: 0.0 })).contains("factor = 0"));
    }
}
