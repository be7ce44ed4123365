//! Where the time of a run goes that is not spent in tasks.

use std::time::{Duration, Instant};

use serde::Serialize;

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading the experiment's text.
    Parse,
    /// From stage tables to tasks.
    Expand,
    /// Reading the store's index.
    Open,
    /// Looking at the files of the user's.
    Stat,
    /// Making keys.
    Key,
    /// Looking up records, and whether their outputs are there.
    LookUp,
    /// Recording what was made.
    Record,
    /// Writing the trace and the index of files.
    Save,
}

/// Milliseconds by phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Timings {
    /// Reading the experiment's text.
    pub parse: f64,
    /// From stage tables to tasks.
    pub expand: f64,
    /// Reading the store's index.
    pub open: f64,
    /// Looking at the files of the user's: part of making keys, told apart.
    pub stat: f64,
    /// Making keys.
    pub key: f64,
    /// Looking up records.
    pub look_up: f64,
    /// Recording what was made.
    pub record: f64,
    /// Writing the trace and the index of files.
    pub save: f64,
}

impl Timings {
    /// Adds the time since `begun`.
    pub fn add(&mut self, phase: Phase, begun: Instant) {
        self.add_time(phase, begun.elapsed());
    }

    /// Adds a time.
    pub fn add_time(&mut self, phase: Phase, time: Duration) {
        let sum = match phase {
            Phase::Parse => &mut self.parse,
            Phase::Expand => &mut self.expand,
            Phase::Open => &mut self.open,
            Phase::Stat => &mut self.stat,
            Phase::Key => &mut self.key,
            Phase::LookUp => &mut self.look_up,
            Phase::Record => &mut self.record,
            Phase::Save => &mut self.save,
        };
        *sum += time.as_secs_f64() * 1000.0;
    }

    /// Name and milliseconds of every phase, in the order in which they come.
    pub fn lines(&self) -> [(&'static str, f64); 8] {
        [
            ("parse", self.parse),
            ("expand", self.expand),
            ("open store", self.open),
            ("stat", self.stat),
            ("key", (self.key - self.stat).max(0.0)),
            ("look up", self.look_up),
            ("record", self.record),
            ("save", self.save),
        ]
    }
}
