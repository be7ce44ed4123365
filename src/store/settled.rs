//! That nothing has changed since a run found everything done.
//!
//! A run that ends with every task done leaves a note of all it relied on: how the user's files looked, the segments of
//! records, the folders of objects. While all of that looks the same there is nothing to decide, and nothing is read but the
//! note. Any difference, however innocent, sends the next run the long way. A name that comes or goes changes the time of
//! its folder, so 256 folders stand for every object in them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Store,
    stat::{Looks, RACY_NANOSECONDS},
};
use crate::recipe::Digest;

/// What a run relied on, and what it would say again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// The addresses of all tasks that were wanted, in the order in which they were decided.
    pub addresses: Vec<String>,
    /// The reports: address and where each lies.
    pub shown: Vec<(String, PathBuf)>,
    /// How everything looked that was relied on; nothing for what was not there.
    looks: Vec<(PathBuf, Option<Looks>)>,
}

/// What a run of the store in `root` that asks for the same would say, where nothing has changed since the last one.
pub fn settled(root: &Path, asked: &Digest) -> Option<Settled> {
    let bytes = fs::read(note(root, asked)).ok()?;
    let (checksum, text) = bytes.split_at_checked(32)?;
    if Digest::of(text).as_bytes() != checksum {
        return None;
    }
    let settled: Settled = serde_json::from_slice(text).ok()?;
    let same = |(path, looks): &(PathBuf, Option<Looks>)| Looks::of(path) == *looks;
    let all = match settled.looks.len() {
        // Starting threads takes longer than looking at a few files.
        0..1024 => settled.looks.iter().all(same),
        _ => settled.looks.par_iter().with_min_len(256).all(same),
    };
    all.then_some(settled)
}

fn note(root: &Path, asked: &Digest) -> PathBuf {
    super::machine_folder(root).join("settled").join(&*asked.hex())
}

impl Store {
    /// Leaves a note that everything is done. It only saves time, so a disk that refuses it costs nothing else; nothing is
    /// left where something changed so lately that it could change again without looking different.
    pub fn settle(&self, asked: &Digest, experiment: &str, addresses: Vec<String>, shown: Vec<(String, PathBuf)>) {
        let mut paths = self.stat.consulted();
        let segments = fs::read_dir(self.root.join("records")).into_iter().flatten().flatten();
        paths.extend(segments.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "log")));
        paths.extend(self.last_trace(experiment));
        paths.extend(["records", "objects"].map(|name| self.root.join(name)));
        let folders = fs::read_dir(self.root.join("objects")).into_iter().flatten().flatten();
        paths.extend(folders.map(|entry| entry.path()));
        let paths: Vec<PathBuf> = paths.into_iter().collect();
        let looks: Vec<(PathBuf, Option<Looks>)> =
            paths.into_par_iter().map(|path| (path.clone(), Looks::of(&path))).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        if looks.iter().filter_map(|(_, looks)| *looks).any(|looks| looks.modified + RACY_NANOSECONDS >= now) {
            return;
        }
        let settled = Settled { addresses, shown, looks };
        let Ok(text) = serde_json::to_vec(&settled) else { return };
        let mut bytes = Digest::of(&text).as_bytes().to_vec();
        bytes.extend_from_slice(&text);
        let note = note(&self.root, asked);
        let folder = note.parent().unwrap_or(&self.root);
        let _ = fs::create_dir_all(folder);
        forget_old(folder);
        let aside = self.disk.fresh(folder, ".new-", "");
        if fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, &note)).is_err() {
            let _ = fs::remove_file(&aside);
        }
    }
}

/// Notes of experiments as they no longer are: the oldest go.
fn forget_old(folder: &Path) {
    const MANY: usize = 64;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut notes: Vec<(SystemTime, PathBuf)> =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    if notes.len() > MANY {
        notes.sort();
        for (_, path) in &notes[..notes.len() - MANY] {
            let _ = fs::remove_file(path);
        }
    }
}
