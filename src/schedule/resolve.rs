//! From a task whose inputs are known to a job: digests of content, the recipe, the key.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    job::{Handed, Job, Located, Past, Place, Read},
    plan::{Origin, Plan, TaskId},
    recipe::{Digest, Input, Recipe, canonical_json},
    store::{Store, intake},
    table::Mapping,
};

/// Why a task's inputs could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// A table that can't be read.
    #[error("{error}{}", told(data))]
    Intake {
        /// What is wrong.
        error: intake::IntakeError,
        /// Where the data come from.
        data: Option<String>,
    },
    /// A table whose rows all name files that are not there.
    #[error("{table}: none of the {count} files it names is there{}", told(data))]
    NoFiles {
        /// The table as the experiment names it.
        table: String,
        /// How many files it names.
        count: usize,
        /// Where the data come from.
        data: Option<String>,
    },
}

impl ResolveError {
    /// Whether it is the store that is at fault, and what it lost can be made again.
    pub fn damaged(&self) -> bool {
        let Self::Intake { error: intake::IntakeError::Artifact(error), .. } = self else { return false };
        matches!(error, crate::artifact::ArtifactError::Damaged { .. })
    }
}

fn told(data: &Option<String>) -> String {
    data.as_ref().map_or(String::new(), |data| format!("\n  the data: {data}"))
}

/// Makes the job of a task. `past` holds what is known of the tasks it reads.
pub(super) fn job(plan: &Plan, id: TaskId, store: &Store, past: &[Option<Past>]) -> Result<Job, ResolveError> {
    let task = &plan.tasks[id];
    let mut recipe_inputs: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    let mut located: BTreeMap<String, Vec<Located>> = BTreeMap::new();
    let mut reads = Vec::new();
    let from = |input: &crate::plan::Input| match &input.from {
        Origin::Task { task, .. } => Some(plan.tasks[*task].address.clone()),
        Origin::File { .. } => None,
    };
    for port in task.kind.ports() {
        let Some(inputs) = task.inputs.get(port.name) else { continue };
        if port.keyed {
            for input in inputs {
                let handed = handed(plan, store, input, inputs, past)?;
                let name = format!("{}.{}", port.name, input.key.as_deref().unwrap_or_default());
                reads.push(Read { port: name.clone(), from: from(input), content: handed.content });
                let asked = Input { digest: handed.content, name: Some(handed.name.clone()), coordinates: Vec::new() };
                recipe_inputs.entry(name).or_default().push(asked);
                located.entry(port.name.to_owned()).or_default().push(Located::Handed(handed));
            }
            continue;
        }
        for input in inputs {
            let (digest, place) = match &input.from {
                Origin::Task { task: from, path: None } => {
                    let known = known(past, *from);
                    let from = &plan.tasks[*from];
                    let (stage, coordinates) = (from.stage.clone(), from.coordinates.clone());
                    (known.output, Located::Tree { digest: known.output, stage, coordinates })
                }
                Origin::Task { task: from, path: Some(path) } => {
                    let place = Place::Artifact { tree: known(past, *from).output, path: path.clone().into() };
                    let shown = format!("@{}/{path}", plan.tasks[*from].address);
                    table(plan, store, task, port.name, place, shown, &input.mapping)?
                }
                Origin::File { path, shown } => {
                    table(plan, store, task, port.name, Place::File(path.clone()), shown.clone(), &input.mapping)?
                }
            };
            let (name, coordinates) = match &place {
                Located::Tree { stage, coordinates, .. } if port.named => (Some(stage.clone()), coordinates.clone()),
                _ => (None, Vec::new()),
            };
            reads.push(Read { port: port.name.to_owned(), from: from(input), content: digest });
            recipe_inputs.entry(port.name.to_owned()).or_default().push(Input { digest, name, coordinates });
            located.entry(port.name.to_owned()).or_default().push(place);
        }
    }
    reads.sort_by(|a, b| a.port.cmp(&b.port));
    let history = if task.kind.tells_history() { history(plan, id, past) } else { Vec::new() };
    let recipe = Recipe {
        kind: task.kind.name().to_owned(),
        version: task.kind.version(),
        methods: task.kind.methods(&task.parameters),
        parameters: task.parameters.clone(),
        inputs: recipe_inputs,
        seed: task.seed,
        classes: task.uses_classes().then(|| plan.classes.names().to_vec()),
        upstream: history.iter().map(|past| (past.address.clone(), past.key)).collect(),
        experiment: task.kind.tells_history().then(|| experiment(plan, &history)),
    };
    let key = recipe.key();
    let (address, coordinates) = (task.address.clone(), task.coordinates.clone());
    Ok(Job { address, coordinates, recipe, placement: task.placement.clone(), key, inputs: located, reads, history })
}

/// What kinds that tell history print of the experiment: what it says of itself, and which task reads which. Two tasks
/// may have made the same bytes, so that which of them is read is in no other part of the recipe.
fn experiment(plan: &Plan, history: &[Past]) -> serde_json::Value {
    let told = |read: &Read| read.from.as_ref().map(|from| format!("{}: {from}", read.port));
    let reads: BTreeMap<&str, Vec<String>> =
        history.iter().map(|past| (past.address.as_str(), past.reads.iter().filter_map(told).collect())).collect();
    let mut told = plan.told.clone();
    told["reads"] = serde_json::json!(reads);
    told
}

fn known(past: &[Option<Past>], task: TaskId) -> &Past {
    past[task].as_ref().expect("a task is resolved after what it reads")
}

/// What a program is given: its name says whether it is a file, and which of several it is.
fn handed(
    plan: &Plan,
    store: &Store,
    input: &crate::plan::Input,
    all: &[crate::plan::Input],
    past: &[Option<Past>],
) -> Result<Handed, ResolveError> {
    let key = input.key.clone().unwrap_or_default();
    let ending = |path: &str| {
        let ending = std::path::Path::new(path).extension().map(|ending| ending.to_string_lossy().into_owned());
        ending.map_or(String::new(), |ending| format!(".{ending}"))
    };
    match &input.from {
        Origin::File { path, shown } => {
            let fail = |error| intake::IntakeError::Unreadable { file: shown.clone(), error };
            let content = store
                .stat
                .digest(path)
                .map_err(|error| ResolveError::Intake { error: fail(error), data: plan.data.clone() })?;
            let ending = if path.is_dir() { String::new() } else { ending(shown) };
            Ok(Handed { name: key + &ending, place: Place::File(path.clone()), content })
        }
        Origin::Task { task: from, path } => {
            let several = all.iter().filter(|other| other.key == input.key).count() > 1;
            let coordinates = &plan.tasks[*from].coordinates;
            let pairs: Vec<String> = coordinates.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let name = if several { format!("{key}/{}", crate::artifact::escape(&pairs.join(","))) } else { key };
            let tree = known(past, *from).output;
            let Some(path) = path else {
                return Ok(Handed { name, place: Place::Artifact { tree, path: "".into() }, content: tree });
            };
            let files = store.tree(&tree).map_err(|error| ResolveError::Intake { error: error.into(), data: None })?;
            let place = Place::Artifact { tree, path: path.clone().into() };
            if let Some(entry) = files.files.get(path) {
                return Ok(Handed { name: name + &ending(path), place, content: entry.digest });
            }
            Ok(Handed { name, place, content: Digest::of(&canonical_json(&files.below(path))) })
        }
    }
}

fn table(
    plan: &Plan,
    store: &Store,
    task: &crate::plan::Task,
    port: &str,
    place: Place,
    shown: String,
    mapping: &Mapping,
) -> Result<(crate::recipe::Digest, Located), ResolveError> {
    let wanted = task.kind.columns(port, &task.parameters);
    let (digest, input) = intake::take(store, place, shown, mapping.clone(), wanted)
        .map_err(|error| ResolveError::Intake { error, data: plan.data.clone() })?;
    // One missing clip among many is the stage's to report; all of them missing means that the data are not here.
    if !input.files.is_empty() && input.files.iter().all(Option::is_none) {
        let (table, count) = (input.shown.clone(), input.files.len());
        return Err(ResolveError::NoFiles { table, count, data: plan.data.clone() });
    }
    Ok((digest, Located::Table(input)))
}

/// Every task upstream of a task.
fn above(plan: &Plan, id: TaskId) -> BTreeSet<TaskId> {
    let mut seen = BTreeSet::new();
    let mut open = plan.upstream(id);
    while let Some(task) = open.pop() {
        if seen.insert(task) {
            open.extend(plan.upstream(task));
        }
    }
    seen
}

/// Everything upstream of a task: what stands further from the raw files later, and in the order of addresses among equals.
/// The order of the file must not show, for it is in no key.
fn history(plan: &Plan, id: TaskId, past: &[Option<Past>]) -> Vec<Past> {
    let seen = above(plan, id);
    let mut depths: BTreeMap<TaskId, usize> = BTreeMap::new();
    for &task in plan.order.iter().filter(|task| seen.contains(task)) {
        let above = plan.upstream(task).into_iter().filter_map(|from| depths.get(&from)).max();
        depths.insert(task, above.map_or(0, |depth| depth + 1));
    }
    let mut tasks: Vec<(usize, &str, TaskId)> =
        depths.into_iter().map(|(task, depth)| (depth, plan.tasks[task].address.as_str(), task)).collect();
    tasks.sort_unstable();
    tasks.into_iter().map(|(_, _, task)| known(past, task).clone()).collect()
}
