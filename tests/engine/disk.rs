//! Faults of a disk, injected into the store's file layer.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use crowdline::store::disk::{Operation, Watcher};

/// What a power cut takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Names are there, but of content that was not synced only a part.
    Content,
    /// Names that were not synced are as they were before, and so is what stood under them.
    Names,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One operation is refused, as by a full disk.
    Refuse,
    /// From one operation on nothing happens any more.
    Kill,
    /// The same, and what was not synced is lost.
    CutPower(Loss),
}

/// A fault at one operation.
#[derive(Debug)]
pub struct Fault {
    at: usize,
    mode: Mode,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    count: usize,
    told: Option<String>,
    /// Files whose content is not all on the disk, and how much of it is.
    unsynced: BTreeMap<PathBuf, u64>,
    /// Names that are not on the disk, in order: the name, where it was before, and what it was the name of.
    names: Vec<(PathBuf, Option<PathBuf>, Option<Vec<u8>>)>,
}

impl Fault {
    pub fn new(at: usize, mode: Mode) -> Arc<Self> {
        Arc::new(Self { at, mode, state: Mutex::default() })
    }

    pub fn happened(&self) -> bool {
        self.state.lock().unwrap().told.is_some()
    }

    /// The operation it happened at.
    pub fn told(&self) -> String {
        self.state.lock().unwrap().told.clone().unwrap_or_default()
    }
}

impl Watcher for Fault {
    fn before(&self, operation: Operation<'_>) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let number = state.count;
        state.count += 1;
        if number < self.at {
            state.note(operation);
            return Ok(());
        }
        if number == self.at {
            state.told = Some(format!("{operation:?}"));
            if let Mode::CutPower(loss) = self.mode {
                state.lose(loss);
            }
        } else if self.mode == Mode::Refuse {
            return Ok(());
        }
        Err(io::ErrorKind::StorageFull.into())
    }
}

impl State {
    fn note(&mut self, operation: Operation<'_>) {
        match operation {
            Operation::MakeFolder(path) => self.names.push((path.to_owned(), None, None)),
            Operation::Write(path) => {
                self.unsynced.insert(path.to_owned(), 0);
                self.names.push((path.to_owned(), None, None));
            }
            Operation::Append(path) => {
                let length = fs::metadata(path).map_or(0, |file| file.len());
                self.unsynced.entry(path.to_owned()).or_insert(length);
            }
            Operation::Rename(from, to) => {
                if let Some(length) = self.unsynced.remove(from) {
                    self.unsynced.insert(to.to_owned(), length);
                } else {
                    self.unsynced.remove(to);
                }
                self.names.push((to.to_owned(), Some(from.to_owned()), fs::read(to).ok()));
            }
            // A removal that is lost only leaves what nobody needs.
            Operation::Remove(path) => drop(self.unsynced.remove(path)),
            Operation::SyncFile(path) => drop(self.unsynced.remove(path)),
            Operation::SyncFolder(folder) => self.names.retain(|(name, _, _)| name.parent() != Some(folder)),
            Operation::SyncAll => {
                self.unsynced.clear();
                self.names.clear();
            }
        }
    }

    fn lose(&mut self, loss: Loss) {
        // A file that lost its content and kept its name is the harder case; the other takes the names as well.
        for (path, synced) in std::mem::take(&mut self.unsynced) {
            let length = fs::metadata(&path).map_or(0, |file| file.len());
            cut(&path, synced + (length.saturating_sub(synced)) / 2);
        }
        if loss == Loss::Names {
            for (name, from, before) in std::mem::take(&mut self.names).into_iter().rev() {
                if name.is_dir() {
                    let _ = fs::remove_dir_all(&name);
                    continue;
                }
                if let Some(from) = from {
                    let _ = fs::rename(&name, &from);
                } else {
                    let _ = fs::remove_file(&name);
                }
                if let Some(before) = before {
                    fs::write(&name, before).unwrap();
                }
            }
        }
    }
}

fn cut(path: &Path, length: u64) {
    let Ok(metadata) = fs::metadata(path) else { return };
    let mut permissions = metadata.permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "the disk asks nobody for permission")]
    permissions.set_readonly(false);
    let _ = fs::set_permissions(path, permissions);
    if let Ok(file) = fs::File::options().write(true).open(path) {
        let _ = file.set_len(length);
    }
}
