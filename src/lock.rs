//! `experiments/NAME.lock`: what every task of an experiment made, and the numbers its reports print.
//!
//! The lock stands beside the experiment, in version control. One block an address, sorted, so that two branches that
//! change different stages merge. It names no machine, no path outside the experiment and no time.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml_writer::{ToTomlValue as _, TomlStringBuilder};

pub mod verdict;

use crate::{
    job::Past,
    recipe::{Digest, Key},
    stage,
    store::Store,
};

/// The first line, by which a lock is told from another file.
const HEAD: &str = "# Lock of a crowdline experiment: what every task made. Written by `crowdline run`.";

/// A lock.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The version of the form of the file.
    pub version: u32,
    /// The tasks by address.
    #[serde(default)]
    pub task: BTreeMap<String, Locked>,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The kind.
    pub kind: String,
    /// The key of its recipe.
    pub key: Key,
    /// Digest of its output.
    pub output: Digest,
    /// Where it was made.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The numbers it reports.
    #[serde(default)]
    pub numbers: BTreeMap<String, f64>,
}

/// Why a lock can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It can't be read.
    #[error("can't read the lock {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// It does not hold what a lock holds.
    #[error("{} is no lock this version can read: {message}\n  restore it, or remove it and run the experiment", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// It can't be written.
    #[error("can't write the lock {}: {error}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
}

impl Lock {
    /// Where the lock of an experiment stands.
    pub fn path(experiment: &Path) -> PathBuf {
        experiment.with_extension("lock")
    }

    /// What a complete run knows of its tasks.
    pub fn of(past: &[Option<Past>], store: &Store) -> Self {
        let task = past.iter().flatten().map(|past| (past.address.clone(), Locked::of(past, store))).collect();
        Self { version: 1, task }
    }

    /// Reads a lock; nothing where there is none.
    ///
    /// # Errors
    /// A file that can't be read, or is no lock.
    pub fn read(path: &Path) -> Result<Option<Self>, LockError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LockError::Unreadable { path: path.to_owned(), error }),
        }
    }

    /// Reads the text of a lock.
    ///
    /// # Errors
    /// A text that is no lock.
    pub fn parse(text: &str, path: &Path) -> Result<Self, LockError> {
        let fail = |message: String| LockError::Malformed { path: path.to_owned(), message };
        let lock: Self = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
        if lock.version != 1 {
            return Err(fail(format!("its version is {}, and this program knows 1", lock.version)));
        }
        Ok(lock)
    }

    /// Whether a text begins as a lock does.
    pub fn is_lock(text: &[u8]) -> bool {
        text.starts_with(HEAD.as_bytes())
    }

    /// The same results, told to come from where `earlier` says: a rerun elsewhere that gives the same bytes is no change.
    #[must_use]
    pub fn keeping_environments_of(mut self, earlier: &Self) -> Self {
        for (address, locked) in &mut self.task {
            if let Some(before) = earlier.task.get(address)
                && (before.key, before.output) == (locked.key, locked.output)
            {
                locked.environment.clone_from(&before.environment);
            }
        }
        self
    }

    /// The text.
    pub fn text(&self) -> String {
        // As a key may be quoted too: on one line, whatever it holds.
        let quoted = |text: &str| TomlStringBuilder::new(text).as_basic().to_toml_value();
        let mut text = format!("{HEAD}\nversion = {}\n", self.version);
        for (address, locked) in &self.task {
            let _ = write!(
                text,
                "\n[task.{}]\nkind = {}\nkey = \"{}\"\noutput = \"{}\"\n",
                quoted(address),
                quoted(&locked.kind),
                locked.key,
                locked.output
            );
            if !locked.environment.is_empty() {
                let pairs = locked.environment.iter();
                let pairs: Vec<String> =
                    pairs.map(|(name, value)| format!("{} = {}", quoted(name), quoted(value))).collect();
                let _ = writeln!(text, "environment = {{ {} }}", pairs.join(", "));
            }
            if !locked.numbers.is_empty() {
                let _ = writeln!(text, "[task.{}.numbers]", quoted(address));
                for (name, value) in &locked.numbers {
                    let _ = writeln!(text, "{} = {}", quoted(name), toml::Value::Float(*value));
                }
            }
        }
        text
    }

    /// Writes the lock where it changed; says whether it did.
    ///
    /// # Errors
    /// A full or read-only disk.
    pub fn write(&self, path: &Path) -> Result<bool, LockError> {
        let text = self.text();
        if std::fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
            return Ok(false);
        }
        let fail = |error| LockError::Unwritable { path: path.to_owned(), error };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(fail)?;
        readable(file.as_file()).map_err(fail)?;
        file.persist(path).map_err(|error| fail(error.error))?;
        Ok(true)
    }
}

/// A temporary file is its owner's alone; a lock is everybody's to read.
#[cfg(unix)]
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

impl Locked {
    /// What is known of one task.
    pub fn of(past: &Past, store: &Store) -> Self {
        let stage = stage::find(&past.recipe.kind);
        let numbers = stage.zip(store.folder(&past.output).ok()).map(|(stage, folder)| stage.numbers(&folder));
        Self {
            kind: past.recipe.kind.clone(),
            key: past.key,
            output: past.output,
            environment: past.environment.clone(),
            numbers: numbers.unwrap_or_default(),
        }
    }
}

/// One thing in which two locks differ.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// A task only the first has.
    OnlyFirst(String),
    /// A task only the second has.
    OnlySecond(String),
    /// Something else was asked for.
    Recipe(String),
    /// The same was asked for, and something else came out.
    Output(String),
    /// A number: address, name, then and now.
    Number(String, String, Option<f64>, Option<f64>),
}

/// What differs between two locks, by address.
pub fn differences(first: &Lock, second: &Lock) -> Vec<Difference> {
    let addresses: std::collections::BTreeSet<&String> = first.task.keys().chain(second.task.keys()).collect();
    let mut found = Vec::new();
    for address in addresses {
        match (first.task.get(address), second.task.get(address)) {
            (Some(_), None) => found.push(Difference::OnlyFirst(address.clone())),
            (None, Some(_)) => found.push(Difference::OnlySecond(address.clone())),
            (Some(a), Some(b)) => {
                if a.key != b.key {
                    found.push(Difference::Recipe(address.clone()));
                } else if a.output != b.output {
                    found.push(Difference::Output(address.clone()));
                }
                let names: std::collections::BTreeSet<&String> = a.numbers.keys().chain(b.numbers.keys()).collect();
                for name in names {
                    let (then, now) = (a.numbers.get(name).copied(), b.numbers.get(name).copied());
                    if then.map(f64::to_bits) != now.map(f64::to_bits) {
                        found.push(Difference::Number(address.clone(), name.clone(), then, now));
                    }
                }
            }
            (None, None) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let locked = |bytes: &[u8], value| Locked {
            kind: "report".into(),
            key: Digest::of(bytes),
            output: Digest::of(bytes),
            environment: BTreeMap::from([("crowdline".into(), "0.1.0".into())]),
            numbers: BTreeMap::from([("scores/a \"b\"/auroc".into(), value)]),
        };
        Lock {
            version: 1,
            task: BTreeMap::from([("a[x=1]".into(), locked(b"a", 0.1 + 0.2)), ("b".into(), locked(b"b", 1.0))]),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = lock().text();
        assert!(Lock::is_lock(text.as_bytes()));
        assert_eq!(Lock::parse(&text, Path::new("x.lock")).unwrap(), lock());
    }

    #[test]
    fn differences_are_named() {
        let mut other = lock();
        other.task.get_mut("a[x=1]").unwrap().numbers.insert("new".into(), 2.0);
        other.task.get_mut("b").unwrap().output = Digest::of(b"c");
        assert_eq!(
            differences(&lock(), &other),
            [Difference::Number("a[x=1]".into(), "new".into(), None, Some(2.0)), Difference::Output("b".into())]
        );
        assert!(differences(&lock(), &lock()).is_empty());
    }

    #[test]
    fn a_lock_of_another_version_or_form_is_refused() {
        for text in ["version = 2", "version = 1\n[task.a]\nkind = \"x\"", "nonsense", ""] {
            assert!(Lock::parse(text, Path::new("x.lock")).is_err(), "{text}");
        }
    }
}
