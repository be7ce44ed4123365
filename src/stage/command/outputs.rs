//! What a program left at the places it was to fill.

use std::{
    collections::BTreeMap,
    path::{Component, Path},
};

use crate::{
    plan::Problem,
    stage::{Context, Output, StageError},
};

/// A declared path without a leading `./` or a closing `/`.
pub(super) fn tidy(path: &str) -> String {
    let parts = Path::new(path).components().filter(|part| !matches!(part, Component::CurDir));
    let parts: Vec<String> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// What can't be declared.
pub(super) fn check(outputs: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if outputs.is_empty() {
        let help = "add `outputs = { predictions = \"predictions.csv\" }`";
        problems.push(Problem::new("outputs", "the command declares no output", help));
    }
    for (name, path) in outputs {
        let field = format!("outputs.{name}");
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let tidied = tidy(path);
        if !inside || tidied.is_empty() || path.contains('\\') {
            let help = "give a path relative to the folder the program runs in, such as `predictions.csv`";
            problems.push(Problem::new(&field, format!("`{path}` is no place in the command's own folder"), help));
        } else if tidied == "inputs" || tidied.starts_with("inputs/") || tidied == "tmp" || tidied.starts_with("tmp/") {
            let help = "choose another folder: `inputs` and `tmp` are the program's inputs and scratch";
            problems.push(Problem::new(&field, format!("`{path}` lies where no output can be"), help));
        }
        let overlaps = |other: &String| {
            let other = tidy(other);
            other == tidied || other.starts_with(&format!("{tidied}/"))
        };
        if outputs.iter().any(|(other, at)| other != name && overlaps(at)) {
            problems.push(Problem::new(
                &field,
                format!("another output lies in `{path}`"),
                "give each a place of its own",
            ));
        }
    }
    problems
}

/// Stores what lies at the declared places.
pub(super) fn collect(
    context: &Context<'_>,
    folder: &Path,
    outputs: &BTreeMap<String, String>,
) -> Result<Output, StageError> {
    let mut output = Output::default();
    for (name, path) in outputs {
        let path = tidy(path);
        // What lies behind a link is not the program's to give away, and taking it would move it.
        if let Some(link) = link_above(folder, &path) {
            return Err(no_ordinary_file(&path, &format!(" (`{link}` is none)")));
        }
        let missing =
            |_| StageError::Failed(format!("the program ended well but left nothing at `{path}` (output `{name}`)"));
        let found = std::fs::symlink_metadata(folder.join(&path)).map_err(missing)?;
        if !found.is_dir() {
            file(context, folder, &path, &mut output)?;
            continue;
        }
        let before = output.tree.files.len();
        for entry in walkdir::WalkDir::new(folder.join(&path)).sort_by_file_name() {
            let entry = entry.map_err(|error| StageError::Failed(format!("can't read output `{name}`: {error}")))?;
            if entry.file_type().is_dir() {
                continue;
            }
            let below =
                entry.path().strip_prefix(folder).ok().and_then(Path::to_str).ok_or_else(|| {
                    StageError::Failed(format!("a file of output `{name}` has a name that is not UTF-8"))
                })?;
            file(context, folder, below, &mut output)?;
        }
        if output.tree.files.len() == before {
            return Err(StageError::Failed(format!("the program left `{path}` (output `{name}`) empty")));
        }
    }
    Ok(output)
}

fn file(context: &Context<'_>, folder: &Path, path: &str, output: &mut Output) -> Result<(), StageError> {
    let full = folder.join(path);
    let kind = std::fs::symlink_metadata(&full).map_err(|error| StageError::Failed(format!("`{path}`: {error}")))?;
    if !kind.is_file() {
        return Err(no_ordinary_file(path, ""));
    }
    let entry = context.store.put_file(&full)?;
    output.tree.files.insert(path.to_owned(), entry);
    Ok(())
}

/// What stands on the way to a place in the folder and is no folder itself.
fn link_above<'p>(folder: &Path, path: &'p str) -> Option<&'p str> {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.into_iter().find(|above| std::fs::symlink_metadata(folder.join(above)).is_ok_and(|found| !found.is_dir()))
}

fn no_ordinary_file(path: &str, remark: &str) -> StageError {
    StageError::Failed(format!(
        "`{path}` is no ordinary file in ordinary folders{remark}: write the content, not a link to it"
    ))
}
