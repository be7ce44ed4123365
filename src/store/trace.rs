//! Traces: what ran last at each address of an experiment. `why` compares against it, and `gc` keeps what it names.
//!
//! A trace is text, one line a task: key, output, address. A run that changes anything writes a new one beside the old.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use super::{Store, StoreError};
use crate::recipe::{Digest, Key};

/// What ran last at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The key of its recipe.
    pub key: Key,
    /// Digest of its output.
    pub output: Digest,
}

/// What ran last, by address.
pub type Trace = BTreeMap<String, Step>;

impl Store {
    fn traces(&self) -> PathBuf {
        self.root.join("traces")
    }

    /// The traces of an experiment, oldest first.
    fn history(&self, experiment: &str) -> Vec<PathBuf> {
        let folder = self.traces().join(crate::artifact::escape(experiment));
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "trace")).collect();
        paths.sort();
        paths
    }

    /// The file of the last trace of an experiment, and the folder it lies in.
    pub(super) fn last_trace(&self, experiment: &str) -> Vec<PathBuf> {
        let last = self.history(experiment).pop();
        last.iter().filter_map(|path| path.parent()).map(PathBuf::from).chain(last.clone()).collect()
    }

    /// The last trace of an experiment; empty where it never ran.
    pub fn trace(&self, experiment: &str) -> Trace {
        self.history(experiment)
            .last()
            .and_then(|path| fs::read_to_string(path).ok())
            .map_or_else(Trace::new, |text| read(&text))
    }

    /// Every trace of every experiment: the experiment, its file, and what it says; newest first.
    pub fn every_trace(&self) -> Vec<(String, Vec<(PathBuf, Trace)>)> {
        let folders = fs::read_dir(self.traces()).into_iter().flatten().flatten();
        let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        let of = |name: &String| {
            let read = |path: PathBuf| fs::read_to_string(&path).ok().map(|text| (path, read(&text)));
            self.history(name).into_iter().rev().filter_map(read).collect()
        };
        names.iter().map(|name| (name.clone(), of(name))).collect()
    }

    /// Keeps the trace of an experiment, where it changed.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn keep_trace(&self, experiment: &str, trace: &Trace) -> Result<(), StoreError> {
        let text = write(trace);
        let history = self.history(experiment);
        if history.last().is_some_and(|path| fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes())) {
            return Ok(());
        }
        let number = |path: &PathBuf| path.file_stem()?.to_str()?.parse::<u64>().ok();
        let next = history.last().and_then(number).unwrap_or(0) + 1;
        let folder = self.traces().join(crate::artifact::escape(experiment));
        self.disk.replace(&folder.join(format!("{next:08}.trace")), text.as_bytes())
    }
}

fn write(trace: &Trace) -> String {
    let mut text = String::with_capacity(trace.len() * 160);
    for (address, step) in trace {
        let _ = writeln!(text, "{} {} {address}", &*step.key.hex(), &*step.output.hex());
    }
    text
}

/// A line that can't be read is passed over: what it said is then looked up or made again.
fn read(text: &str) -> Trace {
    let step = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let (key, output) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some((parts.next()?.to_owned(), Step { key, output }))
    };
    text.lines().filter_map(step).collect()
}
