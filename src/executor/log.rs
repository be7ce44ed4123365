//! A log for each task: what it said, and how it ended. Made when there is something to say.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::recipe::Key;

/// Where the log of a task lies.
pub fn log_path(logs: &Path, address: &str) -> PathBuf {
    logs.join(format!("{}.log", crate::artifact::escape(address)))
}

/// The log of one task. A log that can't be written stops nobody.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    head: String,
    file: Option<File>,
}

impl Log {
    pub(super) fn new(logs: &Path, address: &str, key: &Key) -> Self {
        let path = log_path(logs, address);
        // What an earlier run said is not this one's.
        let _ = fs::remove_file(&path);
        let head = format!("{address}\nkey {key}\ncrowdline {}\n", env!("CARGO_PKG_VERSION"));
        Self { path, head, file: None }
    }

    pub(super) fn line(&mut self, line: &str) {
        if self.file.is_none() {
            let _ = self.path.parent().map(fs::create_dir_all);
            self.file = File::create(&self.path).ok();
            if let Some(file) = &mut self.file {
                let _ = file.write_all(self.head.as_bytes());
            }
        }
        if let Some(file) = &mut self.file {
            let now = humantime::format_rfc3339_seconds(SystemTime::now());
            let _ = writeln!(file, "{now}  {line}");
        }
    }
}
