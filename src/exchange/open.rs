//! Reading a bundle from a stranger.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{ExchangeError, Line, MANIFEST, Manifest, RECORDS, artifact_path};
use crate::{
    bundle::archive::{ArchiveReader, Limits},
    job::{Job, Located, Place},
    lock::Lock,
    recipe::Digest,
    store::{Made, New, Record, Store},
};

/// The manifest is small; whatever calls itself so and is larger is not one.
const MANIFEST_SIZE: u64 = 1 << 20;
/// Records of a hundred thousand tasks.
const RECORDS_SIZE: u64 = 1 << 30;

/// A bundle that was laid out in a folder.
#[derive(Debug)]
pub struct Opened {
    /// The experiment.
    pub experiment: PathBuf,
    /// Its lock.
    pub lock: Lock,
    /// Whether the raw files are there.
    pub inputs: bool,
    /// The tasks in the order in which they ran.
    pub jobs: Vec<Job>,
    /// What they made, every file compared with its digest.
    pub store: Store,
}

/// Lays a bundle out in an empty folder. Nothing in it is believed: names, sizes and digests are checked, a key is the digest of
/// its recipe, and an output the digest of its files.
///
/// # Errors
/// An archive that is damaged, hostile or forged; a full disk.
pub fn open(archive: &Path, folder: &Path) -> Result<Opened, ExchangeError> {
    let refuse = |message: String| ExchangeError::Refused(format!("{}: {message}", archive.display()));
    let mut reader = ArchiveReader::open(archive, &Limits::default())?;
    let manifest: Manifest = serde_json::from_slice(&reader.read(MANIFEST, MANIFEST_SIZE)?)
        .map_err(|error| refuse(format!("its manifest can't be read: {error}")))?;
    if manifest.version != 1 {
        return Err(refuse(format!("it has version {}, and this program reads 1", manifest.version)));
    }
    let files = folder.join("files");
    let names: Vec<String> = reader.names().filter(|name| name.starts_with("files/")).map(str::to_owned).collect();
    for name in &names {
        let path = folder.join(name);
        let fail = |error| ExchangeError::File { path: path.clone(), error };
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(fail)?;
        let mut file = fs::File::create_new(&path).map_err(fail)?;
        reader.copy_to(name, &mut file)?;
    }
    let experiment = format!("files/{}", manifest.experiment);
    if !names.contains(&experiment) {
        return Err(refuse(format!("the experiment `{}` is not in it", manifest.experiment)));
    }
    let experiment = folder.join(experiment);
    let lock = Lock::read(&Lock::path(&experiment))?.ok_or_else(|| refuse("it holds no lock".to_owned()))?;
    let text = reader.read(RECORDS, RECORDS_SIZE)?;
    let text = String::from_utf8(text).map_err(|_| refuse("its records are not UTF-8 text".to_owned()))?;
    let store = Store::open(&folder.join("given"))?;
    let mut jobs = Vec::new();
    for (number, text) in text.lines().enumerate() {
        let fail = |message: String| refuse(format!("{RECORDS}, line {}: {message}", number + 1));
        let mut line: Line = serde_json::from_str(text).map_err(|error| fail(error.to_string()))?;
        if line.job.recipe.key() != line.job.key {
            return Err(fail(format!("the key of `{}` is not the digest of its recipe", line.job.address)));
        }
        if Digest::of(&line.tree.canonical()) != line.output {
            return Err(fail(format!("the output of `{}` is not the digest of its files", line.job.address)));
        }
        take(&mut reader, &line, &store, folder)?;
        locate(&mut line.job, &files).map_err(|path| fail(format!("`{path}` leads out of the bundle")))?;
        jobs.push(line.job);
    }
    Ok(Opened { experiment, lock, inputs: manifest.inputs, jobs, store })
}

/// Takes what a task made into the store.
fn take(reader: &mut ArchiveReader, line: &Line, store: &Store, folder: &Path) -> Result<(), ExchangeError> {
    let aside = folder.join("entry");
    for (path, entry) in &line.tree.files {
        let named = artifact_path(&line.job.address, path);
        if store.has(&entry.digest) {
            reader.check(&named, entry.digest)?;
            continue;
        }
        let fail = |error| ExchangeError::File { path: aside.clone(), error };
        let mut file = fs::File::create(&aside).map_err(fail)?;
        reader.copy_expected(&named, entry.digest, &mut file)?;
        drop(file);
        store.put_file(&aside)?;
    }
    let tree = Arc::new(line.tree.clone());
    let output = store.put_tree(&tree)?;
    let (key, seconds, environment) = (line.job.key, line.seconds, line.environment.clone());
    let record = Record { key, output, seconds, environment, note: None };
    let made = Made::Tree { tree, recipe: line.job.recipe.canonical() };
    store.commit(vec![New { record, made }], false)?;
    Ok(())
}

/// Makes the paths of raw files those where they were laid out.
fn locate(job: &mut Job, files: &Path) -> Result<(), String> {
    for located in job.inputs.values_mut().flatten() {
        let place = match located {
            Located::Table(input) => &mut input.place,
            Located::Handed(handed) => &mut handed.place,
            Located::Tree { .. } => continue,
        };
        if let Place::File(path) = place {
            let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            if !inside {
                return Err(path.display().to_string());
            }
            *path = files.join(&*path);
        }
    }
    Ok(())
}
