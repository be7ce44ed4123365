//! `crowdline gc`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Ended, FAILED, WRONG, machine::Machine, plan::thousands, shown};
use crate::{
    lock::Lock,
    store::{Needed, Store},
};

#[derive(Debug, Args)]
pub(super) struct Gc {
    /// Where results are kept [default: cache].
    #[arg(long, value_name = "FOLDER", env = "CROWDLINE_CACHE")]
    cache: Option<PathBuf>,
    /// Keep what the last N runs of every experiment made or used.
    #[arg(long, value_name = "N", default_value_t = 3)]
    runs: usize,
    /// Keep what this lock names, beside every lock below the working directory.
    #[arg(long, value_name = "FILE")]
    lock: Vec<PathBuf>,
    /// Only say what would be removed.
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Gc {
    pub(super) fn run(self) -> Result<(), Ended> {
        let machine = Machine::read().map_err(|message| Ended::with(WRONG, message))?;
        let root = machine.cache(self.cache.as_deref());
        if !root.is_dir() {
            return Err(Ended::with(WRONG, format!("there is no store in {}", shown(&root))));
        }
        // Had alone before anything is read, and held to the end: nobody can begin to rely on what is about to go.
        let opened = Store::open(&root).map_err(|error| Ended::with(FAILED, error))?;
        let _alone = opened.alone().map_err(|error| Ended::with(FAILED, error))?;
        let store = Store::open(&root).map_err(|error| Ended::with(FAILED, error))?;
        let mut needed = Needed::default();
        for (_, traces) in store.every_trace() {
            for (path, trace) in traces.into_iter().take(self.runs) {
                needed.keys.extend(trace.values().map(|step| step.key));
                needed.traces.insert(path);
            }
        }
        let locks = self.locks(&root)?;
        for (path, lock) in &locks {
            needed.keys.extend(lock.task.values().map(|locked| locked.key));
            if !self.json {
                say!("lock   {}: {} tasks", shown(path), thousands(lock.task.len()));
            }
        }
        let collected = store.collect(&needed, self.dry_run).map_err(|error| Ended::with(FAILED, error))?;
        if self.json {
            let line = serde_json::json!({
                "event": "collected", "dry_run": self.dry_run, "records": collected.records,
                "objects": collected.objects, "files": collected.files, "bytes": collected.bytes,
                "kept_objects": collected.kept_objects, "kept_bytes": collected.kept_bytes, "locks": locks.len(),
            });
            say!("{line}");
            return Ok(());
        }
        let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
        let verb = if self.dry_run { "would remove" } else { "removed" };
        say!(
            "{verb} {} objects, {} records and {} other files: {}",
            thousands(collected.objects),
            thousands(collected.records),
            thousands(collected.files),
            megabytes(collected.bytes)
        );
        say!("{} objects stay: {}", thousands(collected.kept_objects), megabytes(collected.kept_bytes));
        Ok(())
    }

    /// The locks that are named, and every one below the working directory. One that can't be read stops everything: what it
    /// needs is not known.
    fn locks(&self, root: &Path) -> Result<Vec<(PathBuf, Lock)>, Ended> {
        let skip = |entry: &walkdir::DirEntry| {
            let hidden = entry.file_name().to_string_lossy().starts_with('.') && entry.depth() > 0;
            entry.path() == root || entry.path() == Path::new(".").join(root) || hidden || entry.file_name() == "target"
        };
        let walk = walkdir::WalkDir::new(".").sort_by_file_name().into_iter().filter_entry(|entry| !skip(entry));
        let found = walk.flatten().map(walkdir::DirEntry::into_path);
        let found = found.filter(|path| path.extension().is_some_and(|ending| ending == "lock"));
        let is_lock = |path: &PathBuf| std::fs::read(path).is_ok_and(|bytes| Lock::is_lock(&bytes));
        let mut paths: Vec<PathBuf> = found.filter(is_lock).collect();
        paths.extend(self.lock.clone());
        let read = |path: PathBuf| match Lock::read(&path).map_err(|error| Ended::with(WRONG, error))? {
            Some(lock) => Ok((path, lock)),
            None => Err(Ended::with(WRONG, format!("there is no lock {}", shown(&path)))),
        };
        paths.into_iter().map(read).collect()
    }
}
