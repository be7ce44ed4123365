//! Records: append-only segments, one a process, read whole when the store is opened.

use std::{
    collections::HashMap,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{Kept, Record, StoreError};
use crate::recipe::{Digest, Key};

#[derive(Debug)]
pub(super) struct Records {
    folder: PathBuf,
    /// The records of each key, the first first. A second one exists only where the first one's output was lost.
    known: HashMap<Key, Vec<Record>>,
    segment: Option<(PathBuf, File)>,
}

impl Records {
    /// Reads every segment. A line that is torn or damaged is passed over: what it recorded is simply done again.
    pub(super) fn open(root: &Path) -> Result<Self, StoreError> {
        let folder = root.join("records");
        let mut known: HashMap<Key, Vec<Record>> = HashMap::new();
        let mut segments: Vec<PathBuf> = match std::fs::read_dir(&folder) {
            Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(StoreError { action: "read", path: folder, error }),
        };
        segments.sort();
        for segment in segments {
            let bytes = std::fs::read(&segment).map_err(StoreError::on("read", &segment))?;
            for line in bytes.split(|byte| *byte == b'\n') {
                if let Some(record) = parse(line) {
                    known.entry(record.key).or_default().push(record);
                }
            }
        }
        Ok(Self { folder, known, segment: None })
    }

    /// The first record of a key whose output is there.
    pub(super) fn get(&self, key: &Key, is_there: impl Fn(&Record) -> bool) -> Option<&Record> {
        self.known.get(key)?.iter().find(|record| is_there(record))
    }

    /// Appends records, unless one whose output is there came before.
    pub(super) fn append(
        &mut self,
        new: Vec<Record>,
        is_there: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Kept>, StoreError> {
        let mut lines = Vec::new();
        let mut fates = Vec::with_capacity(new.len());
        for record in new {
            let fate = match self.get(&record.key, &is_there) {
                Some(old) if old.output == record.output => Kept::Same,
                Some(old) => Kept::Differs(old.clone()),
                None => {
                    line(&record, &mut lines);
                    self.known.entry(record.key).or_default().push(record);
                    Kept::First
                }
            };
            fates.push(fate);
        }
        if !lines.is_empty() {
            self.write(&lines)?;
        }
        Ok(fates)
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), StoreError> {
        if self.segment.is_none() {
            std::fs::create_dir_all(&self.folder).map_err(StoreError::on("make the folder", &self.folder))?;
            let (file, path) = tempfile::Builder::new()
                .prefix("segment-")
                .suffix(".log")
                .tempfile_in(&self.folder)
                .map_err(StoreError::on("write in", &self.folder))?
                .keep()
                .map_err(|error| StoreError { action: "write in", path: self.folder.clone(), error: error.error })?;
            File::open(&self.folder)
                .and_then(|folder| folder.sync_all())
                .map_err(StoreError::on("bring to the disk", &self.folder))?;
            self.segment = Some((path, file));
        }
        if let Some((path, file)) = &mut self.segment {
            file.write_all(lines).and_then(|()| file.sync_data()).map_err(StoreError::on("write", path))?;
        }
        Ok(())
    }
}

fn line(record: &Record, out: &mut Vec<u8>) {
    let text = serde_json::to_vec(record).expect("a record can be written");
    out.extend_from_slice(Digest::of(&text).short().as_bytes());
    out.push(b' ');
    out.extend_from_slice(&text);
    out.push(b'\n');
}

fn parse(line: &[u8]) -> Option<Record> {
    let (checksum, rest) = line.split_at_checked(12)?;
    let text = rest.strip_prefix(b" ")?;
    (Digest::of(text).short().as_bytes() == checksum).then(|| serde_json::from_slice(text).ok()).flatten()
}
