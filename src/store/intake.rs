//! What a table gives to a key: the columns a stage reads, and the content of the files they name.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde::Serialize;

use super::{Store, stat::TableMemo};
use crate::{
    artifact::{ArtifactError, Folder as _},
    job::{Place, TableInput},
    recipe::{Digest, canonical_json},
    table::{self, Mapping, Table, TableError, Wanted},
};

/// Why a table could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The table itself.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The file that holds it.
    #[error("can't read the table {file}: {error}")]
    Unreadable {
        /// The path as written.
        file: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// It lies in an artifact that can't be read.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// It changed since its digest was taken.
    #[error("{file} changed while the experiment was running; run again")]
    Changed {
        /// The path as written.
        file: String,
    },
}

/// Takes in a table: its digest for the recipe, and where its rows' files lie for the job.
///
/// # Errors
/// A table that can't be read.
pub fn take(
    store: &Store,
    place: Place,
    shown: String,
    mapping: Mapping,
    wanted: Vec<Wanted>,
) -> Result<(Digest, TableInput), IntakeError> {
    let (content, read) = match &place {
        Place::File(path) => {
            let read = |path: &Path| read_and_hash(path, |file| table::read(file, &shown, &wanted, &mapping));
            let known = store.stat.digest_by(path, read);
            known.map_err(|error| IntakeError::Unreadable { file: shown.clone(), error })?
        }
        Place::Artifact { tree, path } => {
            let tree = store.tree(tree)?;
            let entry = tree.files.get(path.as_ref());
            (entry.ok_or_else(|| ArtifactError::Missing { path: path.to_string() })?.digest, None)
        }
    };
    let mut input = TableInput { content, place, shown, mapping, wanted, files: Vec::new() };
    let memo_key = asked(&input);
    let memo = match store.stat.table(&memo_key) {
        Some(memo) => memo,
        None => {
            let table = read.map_or_else(|| open(store, &input), |table| Ok(table?))?;
            let memo = summarise(&table, &input.wanted);
            store.stat.remember_table(memo_key, memo.clone());
            store.fresh.keep(memo_key, table);
            memo
        }
    };
    input.files = file_digests(store, &input.place, &memo.files)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(memo.digest.to_string().as_bytes());
    for (file, named) in input.files.iter().zip(&memo.files) {
        let gone = if named.is_empty() { "blank" } else { "missing" };
        hasher.update(file.map_or_else(|| gone.to_owned(), |digest| digest.to_string()).as_bytes());
    }
    Ok((Digest::from(hasher.finalize()), input))
}

/// What is asked of a file: its content, the columns wanted and how they are found.
fn asked(input: &TableInput) -> Digest {
    #[derive(Serialize)]
    struct Asked<'a>(Digest, &'a [Wanted], &'a Mapping);
    Digest::of(&canonical_json(&Asked(input.content, &input.wanted, &input.mapping)))
}

/// The table that was read last for its digest: the job whose key it went into asks for it next, and reading a large one
/// twice would take most of its time.
#[derive(Debug, Default)]
pub(super) struct Fresh(Mutex<Option<(Digest, Table)>>);

impl Fresh {
    fn keep(&self, asked: Digest, table: Table) {
        *self.0.lock().expect("no holder panics") = Some((asked, table));
    }

    fn take(&self, asked: Digest) -> Option<Table> {
        let mut kept = self.0.lock().expect("no holder panics");
        kept.take_if(|(of, _)| *of == asked).map(|(_, table)| table)
    }
}

fn summarise(table: &Table, wanted: &[Wanted]) -> TableMemo {
    let files: Vec<String> = wanted
        .iter()
        .filter(|want| want.file)
        .filter_map(|want| Some((want, table.column(&want.name)?)))
        // A column that may be missing may be blank: then it names no file.
        .filter(|(want, column)| want.required || column.symbols().iter().any(|symbol| !symbol.is_empty()))
        .flat_map(|(_, column)| (0..table.len()).map(|row| column.get(row).to_owned()))
        .collect();
    let plain: Vec<&str> = wanted.iter().filter(|want| !want.file).map(|want| want.name.as_str()).collect();
    TableMemo { digest: table.digest_of(&plain), files }
}

fn file_digests(store: &Store, place: &Place, files: &[String]) -> Result<Vec<Option<Digest>>, IntakeError> {
    match place {
        Place::File(table) => {
            // A blank cell names no file; as a path it would name the table's folder.
            let named = || files.iter().filter(|file| !file.is_empty());
            let paths: Vec<PathBuf> = named().map(|file| beside(table, file)).collect();
            let mut digests = store.stat.digests(&paths).into_iter();
            Ok(files.iter().map(|file| if file.is_empty() { None } else { digests.next()?.ok() }).collect())
        }
        Place::Artifact { tree, path } => {
            let tree = store.tree(tree)?;
            let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            Ok(files.iter().map(|file| tree.files.get(&format!("{folder}{file}")).map(|entry| entry.digest)).collect())
        }
    }
}

/// A path in a table is relative to the table.
pub fn beside(table: &Path, file: &str) -> PathBuf {
    table.parent().unwrap_or(Path::new("")).join(file)
}

/// Reads a table that was taken in, and makes sure that it is still the same.
///
/// # Errors
/// A table that can't be read or has changed.
pub fn open(store: &Store, input: &TableInput) -> Result<Table, IntakeError> {
    if let Some(mut table) = store.fresh.take(asked(input)) {
        table.file.clone_from(&input.shown);
        return Ok(table);
    }
    match &input.place {
        Place::File(path) => {
            let unreadable = |error| IntakeError::Unreadable { file: input.shown.clone(), error };
            let read = |file: &mut Hashed<File>| table::read(file, &input.shown, &input.wanted, &input.mapping);
            let (digest, table) = read_and_hash(path, read).map_err(unreadable)?;
            // What is wrong with a table may be that it is no longer the one it was.
            if digest != input.content {
                return Err(IntakeError::Changed { file: input.shown.clone() });
            }
            Ok(table?)
        }
        Place::Artifact { tree, path } => {
            Ok(table::read(&store.folder(tree)?.open(path)?[..], &input.shown, &input.wanted, &input.mapping)?)
        }
    }
}

/// What is read of a file, and the digest of all its bytes, whether they were read for that or not.
fn read_and_hash<T>(path: &Path, read: impl FnOnce(&mut Hashed<File>) -> T) -> std::io::Result<(Digest, T)> {
    let mut file = Hashed { source: File::open(path)?, hasher: blake3::Hasher::new() };
    let table = read(&mut file);
    std::io::copy(&mut file, &mut std::io::sink())?;
    Ok((Digest::from(file.hasher.finalize()), table))
}

/// A source whose bytes are hashed as they are read.
struct Hashed<R> {
    source: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}
