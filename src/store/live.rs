//! Which processes use a store, and which task is whose.
//!
//! ```text
//! live/NONCE           a process: the boot of the machine it runs on; locked and touched while it lives
//! reservations/KEY     a task somebody runs: the nonce of the process
//! use.lock             shared by all that run; `gc` takes it alone
//! ```
//!
//! Reservations only save work: two processes that run the same task end with the same record. On the machine of the holder
//! liveness is the lock, which the system drops with the process, whatever became of its number. On another machine it is the
//! heartbeat: a file that has not changed for a while *of the observer's own steady clock*, so that no clock that jumps or
//! differs matters.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use super::{StoreError, disk::Disk};
use crate::recipe::Key;

/// How often a process shows that it lives.
const BEAT: Duration = Duration::from_secs(2);
/// A process on another machine that has not shown itself for so long is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);

/// How the names of what a process makes for itself begin; its nonce follows.
const PREFIXES: [&str; 3] = ["object-", "work-", ".new-"];

/// Who runs a task.
#[derive(Debug)]
pub enum Reserved {
    /// This process: until the reservation is dropped.
    Here(Reservation),
    /// Another process that lives.
    Elsewhere,
}

/// A task that is this process's to run.
#[derive(Debug)]
pub struct Reservation {
    path: PathBuf,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // One that stays is taken over when this process is gone.
        let _ = fs::remove_file(&self.path);
    }
}

#[derive(Debug)]
pub(super) struct Live {
    root: PathBuf,
    disk: Arc<Disk>,
    /// The boot of this machine: processes of one boot see each other's locks.
    host: String,
    silence: Duration,
    own: Mutex<Option<Own>>,
    /// Processes on other machines: how their file looked when it was first seen so, and when that was.
    heard: Mutex<HashMap<String, Heard>>,
}

/// When the file of a process, of such a time and length, was first seen so.
type Heard = (Option<SystemTime>, u64, Instant);

/// This process, while it runs tasks.
#[derive(Debug)]
struct Own {
    path: PathBuf,
    _lock: File,
    stop: Arc<(Mutex<bool>, Condvar)>,
    beat: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Own {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        if let Some(beat) = self.beat.take() {
            let _ = beat.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

/// Why the store can't be had alone.
#[derive(Debug, thiserror::Error)]
pub enum AloneError {
    /// Others use it.
    #[error("{0} other process(es) use this store; wait until they are done, or stop them")]
    InUse(usize),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Live {
    pub(super) fn new(root: &Path, disk: Arc<Disk>, host: Option<String>, silence: Option<Duration>) -> Self {
        let boot = || fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_else(|_| super::stat::machine());
        Self {
            root: root.to_owned(),
            disk,
            host: host.unwrap_or_else(boot).trim().to_owned(),
            silence: silence.unwrap_or(SILENCE),
            own: Mutex::default(),
            heard: Mutex::default(),
        }
    }

    fn path(&self, nonce: &str) -> PathBuf {
        self.root.join("live").join(nonce)
    }

    /// Tells others that this process runs tasks.
    fn begin(&self) -> Result<(), StoreError> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.is_some() {
            return Ok(());
        }
        let path = self.path(self.disk.nonce());
        self.disk.make_scratch(&self.root.join("live"))?;
        let aside = self.disk.fresh(&self.root.join("live"), ".new-", "");
        self.disk.write(&aside, format!("{}\n", self.host).as_bytes())?;
        let lock = File::options().append(true).open(&aside).map_err(StoreError::on("write", &aside))?;
        // Where files can't be locked, the heartbeat has to do.
        let _ = lock.try_lock();
        self.disk.rename(&aside, &path)?;
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let (told, mut file) = (stop.clone(), lock.try_clone().map_err(StoreError::on("write", &path))?);
        let beat = std::thread::spawn(move || {
            let mut stopped = told.0.lock().unwrap_or_else(PoisonError::into_inner);
            while !*stopped {
                stopped = told.1.wait_timeout(stopped, BEAT).unwrap_or_else(PoisonError::into_inner).0;
                // One byte more: the length changes even where times are coarse.
                let _ = file.write_all(b".");
            }
        });
        *own = Some(Own { path, _lock: lock, stop, beat: Some(beat) });
        Ok(())
    }

    /// Whether a process lives. One that is found dead is cleared away.
    fn lives(&self, nonce: &str) -> bool {
        if nonce == self.disk.nonce() {
            return true;
        }
        let path = self.path(nonce);
        let (Ok(file), Ok(host)) = (File::open(&path), fs::read_to_string(&path)) else { return false };
        if host.lines().next() == Some(&self.host) {
            match file.try_lock_shared() {
                Ok(()) => {
                    let _ = fs::remove_file(&path);
                    return false;
                }
                Err(TryLockError::WouldBlock) => return true,
                // Locks that can't be had say nothing: the heartbeat does.
                Err(TryLockError::Error(_)) => {}
            }
        }
        let look = fs::metadata(&path).map_or((None, 0), |metadata| (metadata.modified().ok(), metadata.len()));
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let known = heard.entry(nonce.to_owned()).or_insert((look.0, look.1, Instant::now()));
        if (known.0, known.1) != look {
            *known = (look.0, look.1, Instant::now());
        }
        let silent = known.2.elapsed() >= self.silence;
        if silent {
            heard.remove(nonce);
            let _ = fs::remove_file(&path);
        }
        !silent
    }

    /// Takes a task for this process, unless another that lives has it.
    pub(super) fn reserve(&self, key: &Key) -> Result<Reserved, StoreError> {
        self.begin()?;
        let folder = self.root.join("reservations");
        self.disk.make_scratch(&folder)?;
        let path = folder.join(&*key.hex());
        // A dead process's reservation is removed and made anew; whoever makes it has it.
        for _ in 0..3 {
            match File::create_new(&path) {
                Ok(mut file) => {
                    file.write_all(self.disk.nonce().as_bytes()).map_err(StoreError::on("write", &path))?;
                    return Ok(Reserved::Here(Reservation { path }));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError { action: "write", path, error }),
            }
            match fs::read_to_string(&path) {
                Ok(nonce) if nonce.len() == self.disk.nonce().len() && self.lives(&nonce) => {
                    return Ok(Reserved::Elsewhere);
                }
                // Made a moment ago and not filled yet, or its maker died in between: its age tells, by our own clock.
                Ok(nonce) if nonce.is_empty() && self.is_new(&path) => return Ok(Reserved::Elsewhere),
                _ => {
                    let _ = fs::remove_file(&path);
                }
            }
        }
        Ok(Reserved::Elsewhere)
    }

    /// Whether a file without content was first seen a moment ago.
    fn is_new(&self, path: &Path) -> bool {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let known = heard.entry(path.display().to_string()).or_insert((None, 0, Instant::now()));
        let new = known.2.elapsed() < Duration::from_secs(1);
        if !new {
            heard.remove(&path.display().to_string());
        }
        new
    }

    /// Shares the store with others that run; `gc` waits for none and is refused while anybody does.
    pub(super) fn share(&self) -> Option<File> {
        let file = self.use_lock().ok()?;
        file.lock_shared().ok()?;
        Some(file)
    }

    /// The store alone, for as long as the file is held.
    pub(super) fn alone(&self) -> Result<File, AloneError> {
        let path = self.root.join("use.lock");
        let file = self.use_lock().map_err(StoreError::on("open", &path))?;
        let others = self.others();
        match file.try_lock() {
            Ok(()) if others == 0 => Ok(file),
            Ok(()) | Err(TryLockError::WouldBlock) => Err(AloneError::InUse(others.max(1))),
            Err(TryLockError::Error(error)) => Err(StoreError { action: "lock", path, error }.into()),
        }
    }

    fn use_lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.root)?;
        File::options().create(true).truncate(false).write(true).open(self.root.join("use.lock"))
    }

    fn others(&self) -> usize {
        let entries = fs::read_dir(self.root.join("live")).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| !name.starts_with('.') && name != self.disk.nonce() && self.lives(name)).count()
    }

    /// Removes what processes that are gone left half-made. Returns the number of files and their bytes.
    pub(super) fn sweep(&self, dry: bool) -> (usize, u64) {
        let mut lives: BTreeMap<String, bool> = BTreeMap::new();
        let (mut files, mut bytes) = (0, 0);
        let folders = ["tmp", "records", "traces", "live", "work", "checkpoints"].map(|name| self.root.join(name));
        for entry in folders.iter().flat_map(fs::read_dir).flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(rest) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) else { continue };
            let nonce = rest.split('-').next().unwrap_or_default().to_owned();
            if *lives.entry(nonce.clone()).or_insert_with(|| self.lives(&nonce)) {
                continue;
            }
            let metadata = entry.metadata();
            let size = metadata.as_ref().map_or(0, std::fs::Metadata::len);
            let remove = |path: &Path| match &metadata {
                Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
                _ => fs::remove_file(path),
            };
            if dry || remove(&entry.path()).is_ok() {
                (files, bytes) = (files + 1, bytes + size);
            }
        }
        (files, bytes)
    }
}
