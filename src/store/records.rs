//! Records: append-only segments, one a process, read when the store is opened.
//!
//! Nobody ever waits for a lock to append: each process has its own segment, held locked while it lives, so that the others
//! can tell which segments still grow. Segments of processes that are gone are merged when there are many.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{Kept, Made, New, Record, StoreError, disk::Disk};
use crate::{
    artifact::Entry,
    recipe::{Digest, Key},
};

mod compact;
mod frame;

use frame::{Form, Found, Frame};

/// A tree with more files than this is an object of its own.
const INLINE: usize = 256;

/// What of a record is only read when it is asked for.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Meta {
    seconds: f64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    environment: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<serde_json::Value>,
}

/// Where a record lies.
#[derive(Debug, Clone)]
struct At {
    output: Digest,
    form: Form,
    /// Its meta, files and tree in `Records::arena`.
    meta: std::ops::Range<usize>,
    files: std::ops::Range<usize>,
    tree: std::ops::Range<usize>,
    /// The segment and the whole frame in it.
    segment: usize,
    whole: std::ops::Range<u64>,
}

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    /// How far it was read.
    read: u64,
    /// Its length then; a torn end may lie between.
    length: u64,
}

#[derive(Debug)]
pub(super) struct Records {
    folder: PathBuf,
    disk: Arc<Disk>,
    /// The records of each key, the first first. A second one exists only where the first one's output was lost.
    known: HashMap<Key, Vec<At>>,
    /// Keys by output, for trees that stand in records.
    outputs: HashMap<Digest, Key>,
    arena: Vec<u8>,
    segments: Vec<Segment>,
    own: Option<(usize, File)>,
}

impl Records {
    /// Reads every segment. What is torn or damaged is passed over: what it recorded is simply done again.
    pub(super) fn open(root: &Path, disk: Arc<Disk>) -> Result<Self, StoreError> {
        let mut records = Self {
            folder: root.join("records"),
            disk,
            known: HashMap::new(),
            outputs: HashMap::new(),
            arena: Vec::new(),
            segments: Vec::new(),
            own: None,
        };
        records.refresh()?;
        Ok(records)
    }

    /// Reads what other processes have added since.
    pub(super) fn refresh(&mut self) -> Result<(), StoreError> {
        let paths = segments(&self.folder)?;
        if self.segments.iter().any(|segment| !paths.contains(&segment.path)) {
            // Some were merged into another: everything is read again, from where it lies now.
            self.known.clear();
            self.outputs.clear();
            self.arena.clear();
            self.segments.retain(|segment| paths.contains(&segment.path));
            self.segments.iter_mut().for_each(|segment| (segment.read, segment.length) = (0, 0));
            if let Some((index, _)) = &mut self.own {
                let own = self.disk.nonce();
                let is_own = |segment: &Segment| segment.path.to_string_lossy().contains(own);
                *index = self.segments.iter().position(is_own).unwrap_or(usize::MAX);
            }
            self.own.take_if(|(index, _)| *index == usize::MAX);
        }
        for path in paths {
            let index = match self.segments.iter().position(|segment| segment.path == path) {
                Some(index) => index,
                None => {
                    self.segments.push(Segment { path, read: 0, length: 0 });
                    self.segments.len() - 1
                }
            };
            self.read_on(index)?;
        }
        Ok(())
    }

    fn read_on(&mut self, index: usize) -> Result<(), StoreError> {
        let segment = &mut self.segments[index];
        let mut bytes = Vec::new();
        let mut read = || -> io::Result<()> {
            let mut file = File::open(&segment.path)?;
            let length = file.metadata()?.len();
            if length != segment.length {
                segment.length = length;
                file.seek(SeekFrom::Start(segment.read))?;
                file.read_to_end(&mut bytes)?;
            }
            Ok(())
        };
        match read() {
            // Merged away between listing and opening: the next refresh finds it elsewhere.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(StoreError::on("read", &segment.path))?,
        }
        let (found, end) = frame::scan(&bytes);
        let start = segment.read;
        segment.read += end as u64;
        for found in found {
            self.add(index, start, &bytes, &found);
        }
        Ok(())
    }

    fn add(&mut self, segment: usize, start: u64, bytes: &[u8], found: &Found) {
        let known = self.known.entry(found.key).or_default();
        let whole = start + found.whole.start as u64..start + found.whole.end as u64;
        if known.iter().any(|at| at.output == found.output && self.arena[at.meta.clone()] == bytes[found.meta.clone()])
        {
            return;
        }
        let mut keep = |range: &std::ops::Range<usize>| {
            let begin = self.arena.len();
            self.arena.extend_from_slice(&bytes[range.clone()]);
            begin..self.arena.len()
        };
        let (meta, files, tree) = (keep(&found.meta), keep(&found.files), keep(&found.tree));
        known.push(At { output: found.output, form: found.form, meta, files, tree, segment, whole });
        if found.form == Form::Inline {
            self.outputs.insert(found.output, found.key);
        }
    }

    /// Every key and its outputs, in the order of keys.
    pub(super) fn all(&self) -> BTreeMap<Key, Vec<Digest>> {
        self.known.iter().map(|(key, all)| (*key, all.iter().map(|at| at.output).collect())).collect()
    }

    /// Where the records lie.
    pub(super) fn segments(&self) -> Vec<PathBuf> {
        self.segments.iter().map(|segment| segment.path.clone()).collect()
    }

    /// The first record of a key whose output is there.
    pub(super) fn get(&self, key: &Key, is_there: &dyn Fn(&Output<'_>) -> bool) -> Option<Record> {
        self.all_of(key, is_there).next()
    }

    /// The records of a key whose outputs are there.
    pub(super) fn all_of(&self, key: &Key, is_there: &dyn Fn(&Output<'_>) -> bool) -> impl Iterator<Item = Record> {
        let all = self.known.get(key).map_or(&[][..], Vec::as_slice);
        all.iter().filter(|at| is_there(&self.output(at))).map(|at| {
            let meta: Meta = serde_json::from_slice(&self.arena[at.meta.clone()]).unwrap_or_default();
            let Meta { seconds, environment, note } = meta;
            Record { key: *key, output: at.output, seconds, environment, note }
        })
    }

    fn output<'r>(&'r self, at: &At) -> Output<'r> {
        Output { digest: at.output, form: at.form, files: &self.arena[at.files.clone()] }
    }

    /// The canonical bytes of a tree that stands in a record.
    pub(super) fn tree(&self, output: &Digest) -> Option<&[u8]> {
        let key = self.outputs.get(output)?;
        let at = self.known.get(key)?.iter().find(|at| at.output == *output && at.form == Form::Inline)?;
        Some(&self.arena[at.tree.clone()]).filter(|bytes| Digest::of(bytes) == *output)
    }

    /// The canonical bytes of the recipe of a key, from the disk: only who asks why needs them.
    pub(super) fn recipe(&self, key: &Key) -> Option<Vec<u8>> {
        let at = self.known.get(key)?.first()?;
        let mut file = File::open(&self.segments[at.segment].path).ok()?;
        let mut bytes = vec![0; usize::try_from(at.whole.end - at.whole.start).ok()?];
        file.seek(SeekFrom::Start(at.whole.start)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        let found = frame::read(&bytes, 0)?;
        bytes.get(found.recipe).map(<[u8]>::to_vec).filter(|bytes| Digest::of(bytes) == *key)
    }

    /// Appends records, unless one whose output is there came before.
    pub(super) fn append(
        &mut self,
        new: Vec<New>,
        each_environment: bool,
        is_there: &dyn Fn(&Output<'_>) -> bool,
    ) -> Result<Vec<Kept>, StoreError> {
        let mut bytes = Vec::new();
        let mut fates = Vec::with_capacity(new.len());
        for New { record, made } in new {
            let same = |old: &Record| !each_environment || old.environment == record.environment;
            match self.get(&record.key, is_there) {
                Some(old) if old.output == record.output && !same(&old) => {
                    write(&record, &made, &mut bytes);
                    fates.push(Kept::Same);
                }
                Some(old) if old.output == record.output => fates.push(Kept::Same),
                Some(old) => fates.push(Kept::Differs(Box::new(old))),
                None => {
                    write(&record, &made, &mut bytes);
                    fates.push(Kept::First);
                }
            }
        }
        if !bytes.is_empty() {
            let index = self.own_segment()?;
            let Some((_, file)) = &mut self.own else { return Ok(fates) };
            let segment = &mut self.segments[index];
            self.disk.append(&segment.path, file, &bytes)?;
            let start = file.stream_position().map_err(StoreError::on("write", &segment.path))? - bytes.len() as u64;
            (segment.read, segment.length) = (start + bytes.len() as u64, start + bytes.len() as u64);
            for found in frame::scan(&bytes).0 {
                self.add(index, start, &bytes, &found);
            }
        }
        Ok(fates)
    }

    fn own_segment(&mut self) -> Result<usize, StoreError> {
        if let Some((index, _)) = &self.own {
            return Ok(*index);
        }
        self.disk.make_folder(&self.folder)?;
        let (path, file) = loop {
            let path = self.disk.fresh(&self.folder, "segment-", ".log");
            self.disk.write(&path, b"")?;
            let file = File::options().append(true).open(&path).map_err(StoreError::on("write", &path))?;
            // Held until the process ends. A process that merges segments may have taken the new one for an old one before
            // it was locked; then another is made. Where files can't be locked, segments are not merged either.
            let taken = matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock));
            if !taken && path.exists() {
                break (path, file);
            }
        };
        self.disk.sync_folder(&self.folder)?;
        self.segments.push(Segment { path, read: 0, length: 0 });
        let index = self.segments.len() - 1;
        self.own = Some((index, file));
        Ok(index)
    }
}

/// The output of a record, as far as it is known without opening it.
pub(super) struct Output<'r> {
    pub(super) digest: Digest,
    form: Form,
    files: &'r [u8],
}

impl Output<'_> {
    /// The objects it consists of, where the record says.
    pub(super) fn objects(&self) -> Option<impl Iterator<Item = Entry>> {
        (self.form == Form::Inline).then(|| frame::files(self.files))
    }

    /// Whether it is one object and no tree.
    pub(super) fn is_object(&self) -> bool {
        self.form == Form::Object
    }
}

fn write(record: &Record, made: &Made, out: &mut Vec<u8>) {
    let meta = Meta { seconds: record.seconds, environment: record.environment.clone(), note: record.note.clone() };
    let meta = serde_json::to_vec(&meta).unwrap_or_default();
    let (key, output) = (record.key, record.output);
    match made {
        Made::Object => {
            Frame { key, output, form: Form::Object, meta: &meta, files: &[], tree: b"", recipe: b"" }.write(out);
        }
        Made::Tree { tree, recipe } if is_inline(tree.files.len()) => {
            let files: Vec<Entry> = tree.files.values().copied().collect();
            let tree = tree.canonical();
            Frame { key, output, form: Form::Inline, meta: &meta, files: &files, tree: &tree, recipe }.write(out);
        }
        Made::Tree { recipe, .. } => {
            Frame { key, output, form: Form::Tree, meta: &meta, files: &[], tree: b"", recipe }.write(out);
        }
    }
}

/// Whether a tree of so many files stands in its record.
pub(super) fn is_inline(files: usize) -> bool {
    files <= INLINE
}

/// The segments in a folder, in the order of their names.
fn segments(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let is_segment = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("segment-") && name.ends_with(".log")
    };
    let mut paths: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_segment).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(StoreError { action: "read", path: folder.to_owned(), error }),
    };
    paths.sort();
    Ok(paths)
}

/// Bytes of a segment that are no whole record.
pub(super) fn torn(segment: &[u8]) -> u64 {
    let whole: usize = frame::scan(segment).0.iter().map(|found| found.whole.len()).sum();
    (segment.len() - whole) as u64
}
