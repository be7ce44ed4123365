//! The folder a program runs in.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tempfile::TempDir;

use crate::{
    job::{Handed, Located, Place},
    recipe::Digest,
    stage::{Context, StageError},
};

/// A folder with the inputs in it; gone when it is dropped.
pub(super) struct Workplace {
    folder: TempDir,
    /// The path of each input in the folder, by its name in the experiment.
    inputs: BTreeMap<String, String>,
    /// Objects of the store that are linked, and how they looked before.
    linked: Vec<(Digest, Option<Looks>)>,
}

type Looks = (u64, Option<SystemTime>);

fn looks(path: &Path) -> Option<Looks> {
    fs::metadata(path).ok().map(|metadata| (metadata.len(), metadata.modified().ok()))
}

impl Workplace {
    /// Lays out the inputs of a job.
    pub(super) fn make(context: &Context<'_>) -> Result<Self, StageError> {
        let fail = |error: io::Error| StageError::Failed(format!("can't lay out the program's folder: {error}"));
        let above = std::path::absolute(context.store.root().join("work")).map_err(fail)?;
        fs::create_dir_all(&above).map_err(fail)?;
        let folder = tempfile::Builder::new().prefix(&context.job.key.short()).tempdir_in(&above).map_err(fail)?;
        let mut place = Self { folder, inputs: BTreeMap::new(), linked: Vec::new() };
        fs::create_dir(place.path().join("tmp")).map_err(fail)?;
        for located in context.located("inputs") {
            if let Located::Handed(handed) = located {
                place.hand_over(context, handed)?;
            }
        }
        Ok(place)
    }

    /// Where the program runs.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of an input, relative to where the program runs.
    pub(super) fn input(&self, key: &str) -> Option<String> {
        self.inputs.get(key).cloned()
    }

    /// A program that is an input is started from where it lies.
    pub(super) fn program(&self, program: &str) -> PathBuf {
        let is_input = self.inputs.values().any(|path| program.starts_with(path.as_str()));
        if is_input { self.path().join(program) } else { PathBuf::from(program) }
    }

    /// Makes the folders an output is to lie in.
    pub(super) fn make_room(&self, output: &str) -> Result<(), StageError> {
        let parent = self.path().join(output).parent().map(Path::to_owned).unwrap_or_default();
        fs::create_dir_all(parent)
            .map_err(|error| StageError::Failed(format!("can't make room for `{output}`: {error}")))
    }

    /// What every program finds in its environment.
    pub(super) fn environment(&self, context: &Context<'_>) -> BTreeMap<&'static str, OsString> {
        let threads = OsString::from(context.threads.to_string());
        let slots: Vec<String> = context.gpus.iter().map(ToString::to_string).collect();
        BTreeMap::from([
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("HOME", self.path().into()),
            ("TMPDIR", self.path().join("tmp").into()),
            ("LANG", "C.UTF-8".into()),
            ("OMP_NUM_THREADS", threads.clone()),
            ("CROWDLINE_THREADS", threads),
            ("CUDA_VISIBLE_DEVICES", slots.join(",").into()),
        ])
    }

    fn hand_over(&mut self, context: &Context<'_>, handed: &Handed) -> Result<(), StageError> {
        let below = format!("inputs/{}", handed.name);
        let target = self.path().join(&below);
        let fail = |error: io::Error| StageError::Failed(format!("can't hand over `{}`: {error}", handed.name));
        match &handed.place {
            Place::File(path) => {
                copy(path, &target).map_err(fail)?;
                // Copied first and compared then: what the program gets is what the key speaks of.
                if context.store.stat.digest(path).ok() != Some(handed.content) {
                    return Err(StageError::Input(format!(
                        "`{}` changed while it was read; run again",
                        path.display()
                    )));
                }
            }
            Place::Artifact { tree, path } => {
                let tree = context.store.tree(tree)?;
                let files = match (tree.files.get(path.as_ref()), path.as_ref()) {
                    (Some(entry), _) => BTreeMap::from([(String::new(), *entry)]),
                    (None, "") => tree.files.clone(),
                    (None, folder) => tree.below(folder).files,
                };
                for (name, entry) in files {
                    let link = if name.is_empty() { target.clone() } else { target.join(name) };
                    context.store.check(&entry.digest)?;
                    let object = std::path::absolute(context.store.object_path(&entry.digest)).map_err(fail)?;
                    fs::create_dir_all(link.parent().unwrap_or(&target)).map_err(fail)?;
                    symlink(&object, &link).map_err(fail)?;
                    self.linked.push((entry.digest, looks(&object)));
                }
            }
        }
        // Of several artifacts under one name, the name means the folder they lie in.
        let key = handed.name.split(['/', '.']).next().unwrap_or(&handed.name).to_owned();
        let path = if handed.name.contains('/') { format!("inputs/{key}") } else { below };
        self.inputs.insert(key, path);
        Ok(())
    }

    /// Makes sure that the program left its inputs alone: a stored object it wrote to is of no more use.
    pub(super) fn check_inputs(&self, context: &Context<'_>) -> Result<(), StageError> {
        let mut touched = false;
        for (digest, before) in &self.linked {
            if looks(&context.store.object_path(digest)) != *before {
                context.store.forget(digest);
                // Another task may have stored the same bytes anew. Opening the object compares it with its digest, and sets
                // it aside where it differs.
                touched |= context.store.object(digest).is_err();
            }
        }
        if touched {
            let message = "the program wrote to its inputs; they are read-only: copy what is to be changed";
            return Err(StageError::Failed(message.to_owned()));
        }
        Ok(())
    }
}

/// Copies a file or a folder of the user's, read-only; an executable stays one.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(from).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        let below = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let target = if below.as_os_str().is_empty() { to.to_owned() } else { to.join(below) };
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target)?;
        } else {
            fs::create_dir_all(target.parent().unwrap_or(to))?;
            fs::copy(entry.path(), &target)?;
            lock(&target, &entry.metadata()?)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn lock(path: &Path, original: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let executable = original.permissions().mode() & 0o111 != 0;
    fs::set_permissions(path, fs::Permissions::from_mode(if executable { 0o555 } else { 0o444 }))
}

#[cfg(not(unix))]
fn lock(path: &Path, original: &Metadata) -> io::Result<()> {
    let mut permissions = original.permissions();
    permissions.set_readonly(true);
    fs::set_permissions(path, permissions)
}

#[cfg(unix)]
fn symlink(object: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(object, link)
}

#[cfg(not(unix))]
fn symlink(object: &Path, link: &Path) -> io::Result<()> {
    fs::copy(object, link).map(|_| ())
}
