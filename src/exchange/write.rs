//! Writing a bundle.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Cursor,
    path::{Path, PathBuf},
};

use super::{ExchangeError, Line, MANIFEST, Manifest, RECORDS, artifact_path, common_folder, plain};
use crate::{
    artifact::Tree,
    bundle::{
        archive::ArchiveWriter,
        crate_metadata::{
            AbsentFile, ContainedFile, FILE_NAME, FileReference, Licence, Metadata, PublicationDate, Software, Task,
        },
    },
    job::{Job, Located, Place, TableInput},
    lock::Lock,
    plan::Plan,
    recipe::Digest,
    schedule::anew::recorded,
    store::Store,
};

/// Of an artifact with more files than this, a task that reads it is said to read the tables only.
const FEW: usize = 64;

/// What only the author can say.
#[derive(Debug, Clone)]
pub struct Publication {
    /// When it is published.
    pub date: PublicationDate,
    /// Under which terms.
    pub licence: Option<Licence>,
    /// Whether the raw files go into it.
    pub inputs: bool,
}

/// Writes everything an experiment made to an archive. Returns the number of files in it.
///
/// # Errors
/// A task that is not made, a damaged object, a file that can't be read or written.
pub fn write(
    plan: &Plan,
    store: &Store,
    experiment: &Path,
    to: &Path,
    publication: &Publication,
) -> Result<usize, ExchangeError> {
    let lines = lines(plan, store)?;
    let lock = Lock::path(experiment);
    if Lock::read(&lock)?.is_none() {
        return Err(ExchangeError::Refused(format!("there is no lock {}: run the experiment first", lock.display())));
    }
    let absolute = |path: &Path| {
        let absolute =
            std::path::absolute(path).map_err(|error| ExchangeError::File { path: path.to_owned(), error })?;
        Ok::<_, ExchangeError>(plain(&absolute))
    };
    let (experiment, lock) = (absolute(experiment)?, absolute(&lock)?);
    let raw: BTreeSet<PathBuf> = if publication.inputs {
        store.stat.files_consulted().iter().map(|path| plain(path)).collect()
    } else {
        BTreeSet::new()
    };
    let root = common_folder(raw.iter().map(PathBuf::as_path).chain([experiment.as_path()]));
    if root.components().count() < 2 {
        return Err(ExchangeError::Refused(
            "the experiment and its raw files have no folder in common: bring them below one, and name them by relative paths".to_owned(),
        ));
    }
    let mut packer = Packer {
        archive: ArchiveWriter::create(to)?,
        root,
        files: BTreeMap::new(),
        named: HashMap::new(),
        absent: BTreeMap::new(),
    };
    let named = packer.raw(&experiment, "the experiment")?;
    packer.raw(&lock, "what every task made")?;
    for path in &raw {
        packer.raw(path, "raw file")?;
    }
    let mut tasks = Vec::new();
    for line in &lines {
        tasks.push(packer.task(line, store)?);
    }
    let lines: Vec<Line> = lines.into_iter().map(|line| packer.portable(line)).collect();
    let records: Vec<String> =
        lines.iter().map(|line| serde_json::to_string(line).unwrap_or_default() + "\n").collect();
    packer.bytes(RECORDS, records.concat().as_bytes(), "what ran, from what, and what came out")?;
    let manifest = Manifest {
        version: 1,
        crowdline: env!("CARGO_PKG_VERSION").to_owned(),
        experiment: named.path.trim_start_matches("files/").to_owned(),
        inputs: publication.inputs,
    };
    packer.bytes(MANIFEST, &serde_json::to_vec_pretty(&manifest).unwrap_or_default(), "where everything lies")?;
    packer.files.remove(&named.path);
    let title = plan.told.get("title").and_then(serde_json::Value::as_str).unwrap_or("An experiment").to_owned();
    let metadata = Metadata {
        description: format!("{title}: the experiment, its lock, and what each of its {} tasks made.", tasks.len()),
        name: title,
        licence: publication.licence.clone(),
        date_published: Some(publication.date),
        software: Software { name: "crowdline".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), url: None },
        experiment: named,
        files: packer.files.values().cloned().collect(),
        absent: packer.absent.clone(),
        tasks,
    };
    packer.archive.add_bytes(FILE_NAME, &metadata.to_json()?)?;
    let count = packer.files.len() + 2;
    packer.archive.finish()?;
    Ok(count)
}

/// Every task with what it made.
fn lines(plan: &Plan, store: &Store) -> Result<Vec<Line>, ExchangeError> {
    let missing = |address: &str, reason: &str| {
        ExchangeError::Refused(format!("`{address}` is not made ({reason}): run the experiment first"))
    };
    recorded(plan, store)
        .into_iter()
        .map(|(task, job)| {
            let address = &plan.tasks[task].address;
            let job = job.map_err(|reason| missing(address, &reason))?;
            let record = store.finished(&job.key).ok_or_else(|| missing(address, "nothing is recorded"))?;
            let tree = Tree::clone(&*store.tree(&record.output)?);
            let (output, seconds, environment) = (record.output, record.seconds, record.environment);
            Ok(Line { job, output, tree, seconds, environment })
        })
        .collect()
}

struct Packer {
    archive: ArchiveWriter,
    /// The folder whose content lies below `files/`.
    root: PathBuf,
    /// By name.
    files: BTreeMap<String, ContainedFile>,
    /// Names by digest.
    named: HashMap<Digest, String>,
    absent: BTreeMap<Digest, AbsentFile>,
}

impl Packer {
    fn note(&mut self, path: String, digest: Digest, size: u64, description: &str) -> ContainedFile {
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        let file =
            ContainedFile { path, name, description: Some(description.to_owned()), media_type: None, digest, size };
        self.named.entry(digest).or_insert_with(|| file.path.clone());
        self.files.insert(file.path.clone(), file.clone());
        file
    }

    fn bytes(&mut self, path: &str, bytes: &[u8], description: &str) -> Result<(), ExchangeError> {
        let digest = self.archive.add_bytes(path, bytes)?;
        self.note(path.to_owned(), digest, bytes.len() as u64, description);
        Ok(())
    }

    /// A file of the user's, where it lies.
    fn raw(&mut self, path: &Path, description: &str) -> Result<ContainedFile, ExchangeError> {
        let fail = |error| ExchangeError::File { path: path.to_owned(), error };
        let below = self.below(path);
        if let Some(known) = self.files.get(&below) {
            return Ok(known.clone());
        }
        let mut file = std::fs::File::open(path).map_err(fail)?;
        let size = file.metadata().map_err(fail)?.len();
        let digest = self.archive.add(&below, &mut file)?;
        Ok(self.note(below, digest, size, description))
    }

    fn below(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        let parts: Vec<String> =
            below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        format!("files/{}", parts.join("/"))
    }

    /// What a task made, and how it is described.
    fn task(&mut self, line: &Line, store: &Store) -> Result<Task, ExchangeError> {
        let address = &line.job.address;
        let mut outputs = Vec::new();
        for (path, entry) in &line.tree.files {
            let blob = store
                .object(&entry.digest)
                .map_err(|_| crate::artifact::ArtifactError::Damaged { path: path.clone(), digest: entry.digest })?;
            let named = artifact_path(address, path);
            let digest = self.archive.add(&named, &mut Cursor::new(&blob[..]))?;
            self.note(named.clone(), digest, entry.size, &format!("made by {address}"));
            outputs.push(FileReference::Contained(named));
        }
        Ok(Task {
            address: address.clone(),
            description: Some(format!("a task of kind {}", line.job.recipe.kind)),
            key: line.job.key,
            environment: line.environment.clone(),
            inputs: self.inputs(&line.job, store)?,
            outputs,
        })
    }

    fn inputs(&mut self, job: &Job, store: &Store) -> Result<Vec<FileReference>, ExchangeError> {
        let mut inputs = BTreeSet::new();
        for located in job.inputs.values().flatten() {
            match located {
                Located::Tree { digest, .. } => self.of_tree(&*store.tree(digest)?, &mut inputs),
                Located::Table(TableInput { place: Place::File(path), content, shown, .. }) => {
                    self.of_file(path, *content, shown, &mut inputs);
                }
                Located::Table(TableInput { place: Place::Artifact { tree, path }, .. }) => {
                    let tree = store.tree(tree)?;
                    let entry = tree.files.get(path.as_ref());
                    inputs.extend(entry.and_then(|entry| self.contained(entry.digest)));
                }
                Located::Handed(handed) => match &handed.place {
                    Place::File(path) => self.of_file(path, handed.content, &handed.name, &mut inputs),
                    Place::Artifact { tree, path } => {
                        let tree = store.tree(tree)?;
                        match tree.files.get(path.as_ref()) {
                            Some(entry) => inputs.extend(self.contained(entry.digest)),
                            None => self.of_tree(&tree, &mut inputs),
                        }
                    }
                },
            }
        }
        Ok(inputs.into_iter().collect())
    }

    fn contained(&self, digest: Digest) -> Option<FileReference> {
        self.named.get(&digest).map(|path| FileReference::Contained(path.clone()))
    }

    fn of_tree(&self, tree: &Tree, inputs: &mut BTreeSet<FileReference>) {
        let all = tree.files.len() <= FEW;
        let files = tree.files.iter().filter(|(path, _)| all || !path.contains('/'));
        inputs.extend(files.filter_map(|(_, entry)| self.contained(entry.digest)));
    }

    fn of_file(&mut self, path: &Path, content: Digest, shown: &str, inputs: &mut BTreeSet<FileReference>) {
        let below = std::path::absolute(path).map(|path| self.below(&plain(&path))).unwrap_or_default();
        if self.files.contains_key(&below) {
            inputs.insert(FileReference::Contained(below));
            return;
        }
        let name = shown.rsplit('/').next().unwrap_or(shown).to_owned();
        self.absent.entry(content).or_insert(AbsentFile {
            name,
            media_type: None,
            size: std::fs::metadata(path).ok().map(|file| file.len()),
        });
        inputs.insert(FileReference::Absent(content));
    }

    /// The same task with paths that mean something in the archive.
    fn portable(&self, mut line: Line) -> Line {
        for located in line.job.inputs.values_mut().flatten() {
            let place = match located {
                Located::Table(input) => &mut input.place,
                Located::Handed(handed) => &mut handed.place,
                Located::Tree { .. } => continue,
            };
            if let Place::File(path) = place {
                let absolute = std::path::absolute(&*path).map(|path| plain(&path)).unwrap_or_default();
                let below = absolute.strip_prefix(&self.root).map(Path::to_owned);
                // What lies elsewhere is not in the archive; its name is enough to say what is missing.
                *path = below.unwrap_or_else(|_| PathBuf::from(path.file_name().unwrap_or_default()));
            }
        }
        line
    }
}
