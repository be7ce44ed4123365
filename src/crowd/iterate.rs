//! Iterations, and when they end.

use std::sync::atomic::AtomicBool;

use super::check::{not_cancelled, not_negative, one_or_more};
use super::{CrowdError, Fit, Objective};

/// When iterations end: after so many, or when what they watch changes by less than the tolerance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until<'a> {
    pub max_iterations: u32,
    pub tolerance: f64,
    pub cancel: &'a AtomicBool,
}

/// How the iterations went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Course {
    pub history: Vec<f64>,
    pub converged: bool,
}

impl Until<'_> {
    /// Refuses parameters out of range.
    pub fn check(&self) -> Result<(), CrowdError> {
        not_negative(&[("tolerance", self.tolerance)])?;
        one_or_more("max_iterations", self.max_iterations)
    }

    /// Steps until what they return changes, divided by `scale` (the number of opinions), by less than the tolerance.
    pub fn climb(&self, scale: f64, mut step: impl FnMut() -> f64) -> Result<Course, CrowdError> {
        let mut before = None;
        self.repeat(|| {
            let reached = step();
            let change = before.replace(reached).map(|before: f64| (reached - before).abs());
            (reached, change.map_or(f64::INFINITY, |change| change / scale.max(f64::MIN_POSITIVE)))
        })
    }

    /// Steps until the change they return falls below the tolerance.
    pub fn settle(&self, mut step: impl FnMut() -> f64) -> Result<Course, CrowdError> {
        self.repeat(|| {
            let change = step();
            (change, change)
        })
    }

    fn repeat(&self, mut step: impl FnMut() -> (f64, f64)) -> Result<Course, CrowdError> {
        let mut course = Course { history: Vec::new(), converged: false };
        while !course.converged && course.history.len() < self.max_iterations as usize {
            not_cancelled(self.cancel)?;
            let (entry, change) = step();
            course.converged = change < self.tolerance;
            course.history.push(entry);
        }
        Ok(course)
    }
}

impl Course {
    /// What is told of it.
    pub fn fit(self, objective: Objective, prior: Vec<f64>) -> Fit {
        let iterations = self.history.len() as u32;
        Fit { iterations, converged: self.converged, objective, history: self.history, prior }
    }
}
