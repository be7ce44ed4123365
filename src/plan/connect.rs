//! Connecting ports: references become tasks by joining coordinates, paths become tables.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use super::{
    Input, Origin, Task, TaskId,
    connection::{Connection, From},
    draft::{Draft, Stage},
    kind::Port,
    matrix,
    reference::Reference,
};
use crate::{
    artifact::Type,
    name::{nearest, quoted},
    spec::Diagnostic,
};

/// Connects all drafts. Each task comes with the place of its stage's name.
pub(super) fn connect(
    stages: Vec<Stage<'_>>,
    unread: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Vec<(Task, Range<usize>)> {
    let mut first = 0;
    let directory: Vec<Entry> = stages
        .iter()
        .map(|stage| {
            let coordinates: Vec<_> = stage.drafts.iter().map(|draft| draft.coordinates.clone()).collect();
            let members = stage.drafts.first().map(|draft| stage.kind.members(&draft.parameters));
            let makes = makes(stage, problems);
            let entry = Entry { name: stage.name.clone(), makes, members, first, coordinates };
            first += stage.drafts.len();
            entry
        })
        .collect();
    // The first of two stages of one name counts; that there are two was reported.
    let mut names = HashMap::new();
    for (at, entry) in directory.iter().enumerate() {
        names.entry(entry.name.clone()).or_insert(at);
    }
    let mut joiner = Joiner { directory, names, unread, indexes: HashMap::new(), problems };
    let mut tasks = Vec::new();
    for stage in stages {
        joiner.check_axes(&stage);
        for draft in stage.drafts {
            let Draft { coordinates, parameters, placement, seed, ports, places, .. } = draft;
            let mut inputs = BTreeMap::new();
            for (port, connections) in &ports {
                let mut all = Vec::new();
                for connection in connections {
                    all.extend(joiner.resolve(port, connection, &coordinates, &stage.folder, stage.data.as_deref()));
                }
                inputs.insert(port.name, all);
            }
            let task = Task {
                address: address(&stage.name, &coordinates),
                stage: stage.name.clone(),
                coordinates,
                kind: stage.kind,
                parameters,
                placement,
                seed,
                inputs,
                places,
            };
            tasks.push((task, stage.span.clone()));
        }
    }
    tasks
}

/// What the tasks of a stage make, which is one type; nothing where none could be read and that leaves it open.
fn makes(stage: &Stage<'_>, problems: &mut Vec<Diagnostic>) -> Option<Type> {
    let of = |draft: &Draft| {
        let connected: Vec<&str> = draft.ports.iter().map(|(port, _)| port.name).collect();
        stage.kind.output(&connected)
    };
    let Some(first) = stage.drafts.first().map(of) else {
        let [only] = stage.kind.outputs() else { return None };
        return Some(*only);
    };
    if let Some(other) = stage.drafts.iter().map(of).find(|other| *other != first) {
        let message = format!("one task of `{}` makes {first} and another {other}", stage.name);
        let help = "give each type a stage of its own: whoever reads this one must know what it gets";
        problems.push(Diagnostic::new(stage.span.clone(), message).help(help));
    }
    Some(first)
}

/// The address of a task: its stage and its coordinates.
pub fn address(stage: &str, coordinates: &[(String, String)]) -> String {
    if coordinates.is_empty() {
        return stage.to_owned();
    }
    let pairs: Vec<String> = coordinates.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{stage}[{}]", pairs.join(","))
}

/// A stage as others see it.
struct Entry {
    name: String,
    /// Nothing where it is open: why its tasks can't be read was reported.
    makes: Option<Type>,
    /// Nothing where no task could be read: why was reported.
    members: Option<Vec<(String, String)>>,
    first: TaskId,
    coordinates: Vec<matrix::Coordinates>,
}

impl Entry {
    fn keys(&self) -> Vec<&str> {
        self.coordinates.first().map_or(Vec::new(), |c| c.iter().map(|(key, _)| key.as_str()).collect())
    }
}

/// Tasks of a stage by the values of some of its coordinates.
type Index = HashMap<Vec<String>, Vec<TaskId>>;

struct Joiner<'a> {
    directory: Vec<Entry>,
    /// Positions in the directory by name.
    names: HashMap<String, usize>,
    /// Stages of an unknown kind: that was reported, and a reference to one is no second problem.
    unread: &'a [String],
    indexes: HashMap<(usize, Vec<String>), Index>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Joiner<'_> {
    /// An axis that sets no field must join something the stage reads.
    fn check_axes(&mut self, stage: &Stage<'_>) {
        for axis in &stage.axes {
            let Some(at) = &axis.joins else { continue };
            let reads = stage.drafts.iter().flat_map(|draft| &draft.ports).flat_map(|(_, connections)| connections);
            let joined = reads.filter_map(|connection| match &connection.from {
                From::Stage(reference) => self.names.get(&reference.stage).map(|at| &self.directory[*at]),
                From::File(_) => None,
            });
            let spoken = stage.drafts.iter().any(|draft| draft.spoken.contains(&axis.key));
            if !spoken && !joined.into_iter().any(|entry| entry.keys().contains(&axis.key.as_str())) {
                let names: Vec<&str> = stage
                    .kind
                    .fields()
                    .iter()
                    .copied()
                    .chain(stage.kind.ports().iter().map(|port| port.name))
                    .collect();
                self.problems.push(matrix::nothing_to_join(axis, at.clone(), &names));
            }
        }
    }

    fn resolve(
        &mut self,
        port: &Port,
        connection: &Connection,
        coordinates: &[(String, String)],
        folder: &std::path::Path,
        data: Option<&str>,
    ) -> Vec<Input> {
        let (key, mapping) = (&connection.key, &connection.mapping);
        let input = |from| Input { key: key.clone(), from, mapping: mapping.clone() };
        match &connection.from {
            From::File(path) => {
                let full = folder.join(path);
                let shown = path.display().to_string();
                if !(full.is_file() || port.keyed && full.is_dir()) {
                    let message = if full.is_dir() {
                        format!("`{shown}` is a folder, not a table")
                    } else {
                        format!("there is no file `{shown}`")
                    };
                    let help =
                        data.map_or_else(|| "paths are relative to the experiment file".to_owned(), str::to_owned);
                    self.problems.push(Diagnostic::new(connection.span.clone(), message).help(help));
                }
                vec![input(Origin::File { path: full, shown })]
            }
            From::Stage(reference) => {
                let (tasks, path) = match self.tasks(port, reference, connection.span.clone(), coordinates) {
                    Ok(found) => found,
                    Err(problem) => {
                        self.problems.extend(problem);
                        return Vec::new();
                    }
                };
                tasks.into_iter().map(|task| input(Origin::Task { task, path: path.clone() })).collect()
            }
        }
    }

    fn tasks(
        &mut self,
        port: &Port,
        reference: &Reference,
        span: Range<usize>,
        coordinates: &[(String, String)],
    ) -> Result<(Vec<TaskId>, Option<String>), Option<Diagnostic>> {
        let fail = |message: String| Diagnostic::new(span.clone(), message);
        let Some(&at) = self.names.get(&reference.stage) else {
            if self.unread.contains(&reference.stage) {
                return Err(None);
            }
            let names = || self.directory.iter().map(|entry| entry.name.as_str());
            return Err(Some(
                fail(format!("no stage is called `{}`", reference.stage))
                    .suggest(&reference.stage, names())
                    .help_unless(format!("the stages are {}", quoted(names()))),
            ));
        };
        let entry = &self.directory[at];
        let Some(made) = entry.makes else { return Err(None) };
        let path = member(entry, made, port, reference).map_err(|(message, help)| {
            let fits = |entry: &&Entry| entry.makes.is_some_and(|made| port.accepts.contains(&made)) && !port.table;
            let near = self.directory.iter().filter(fits);
            let near: Vec<String> = near.map(|e| format!("@{}", e.name)).collect();
            let help = match (
                help,
                nearest(&reference.to_string(), near.iter().map(String::as_str)).or(near.first().map(String::as_str)),
            ) {
                (Some(help), _) => help,
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => format!("no stage makes {}", kinds(port.accepts)),
            };
            Some(fail(message).help(help))
        })?;
        if entry.coordinates.is_empty() {
            // Its own problems were reported already.
            return Err(None);
        }
        let keys: Vec<String> = entry.keys().into_iter().map(str::to_owned).collect();
        if let Some((key, _)) = reference.select.iter().find(|(key, _)| !keys.contains(key)) {
            return Err(Some(fail(format!("`@{}` has no coordinate `{key}`", entry.name)).help(if keys.is_empty() {
                "it has none".to_owned()
            } else {
                format!("it has {}", quoted(&keys))
            })));
        }
        let mut shared = Vec::new();
        let mut values = Vec::new();
        for key in &keys {
            let fixed = reference.select.iter().chain(coordinates).find(|(other, _)| other == key);
            if let Some((_, value)) = fixed {
                shared.push(key.clone());
                values.push(value.clone());
            }
        }
        let left: Vec<&String> = keys.iter().filter(|key| !shared.contains(key)).collect();
        if !left.is_empty() && !port.arity.gathers() {
            let key = left[0];
            let name = &entry.name;
            let example = entry.coordinates[0].iter().find(|(other, _)| other == key).map_or("", |(_, value)| value);
            return Err(Some(
                fail(format!("`{}` takes one artifact, but `@{name}` has one for every {}", port.name, quoted(&left)))
                    .help(format!(
                        "select one with \"@{name}[{key}={example}]\", or give this stage `matrix.{key}` to join"
                    )),
            ));
        }
        let index = self.indexes.entry((at, shared.clone())).or_insert_with(|| index(entry, &shared));
        match index.get(&values) {
            Some(found) => Ok((found.clone(), path)),
            None => {
                let wanted: Vec<String> =
                    shared.iter().zip(&values).map(|(key, value)| format!("{key}={value}")).collect();
                let have: Vec<&str> = entry
                    .coordinates
                    .iter()
                    .flat_map(|c| c.iter().filter(|(key, _)| shared.contains(key)).map(|(_, value)| value.as_str()))
                    .collect::<std::collections::BTreeSet<_>>()
                    .into_iter()
                    .collect();
                Err(Some(
                    fail(format!("`@{}` has no task with {}", entry.name, wanted.join(", ")))
                        .help(format!("it has the values {}", quoted(have))),
                ))
            }
        }
    }
}

fn index(entry: &Entry, shared: &[String]) -> Index {
    let mut index = Index::new();
    for (offset, coordinates) in entry.coordinates.iter().enumerate() {
        let of = |key: &String| coordinates.iter().find(|(k, _)| k == key).map_or(String::new(), |(_, v)| v.clone());
        index.entry(shared.iter().map(of).collect()).or_default().push(entry.first + offset);
    }
    index
}

fn kinds(types: &[Type]) -> String {
    types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// Checks the type; for a table, finds the member's path in the output.
fn member(
    entry: &Entry,
    made: Type,
    port: &Port,
    reference: &Reference,
) -> Result<Option<String>, (String, Option<String>)> {
    if !port.accepts.contains(&made) {
        let expected = if port.table { "a table".to_owned() } else { kinds(port.accepts) };
        return Err((format!("`{}` takes {expected}, but `@{}` is {made}", port.name, entry.name), None));
    }
    let Some(members) = &entry.members else { return Ok(None) };
    let names = || quoted(members.iter().map(|(name, _)| format!("@{}.{name}", entry.name)));
    match &reference.member {
        Some(member) if made == Type::Files => match members.iter().find(|(name, _)| name == member) {
            Some((_, path)) => Ok(Some(path.clone())),
            None => {
                let near = nearest(member, members.iter().map(|(name, _)| name.as_str()));
                let near = near.map_or_else(
                    || format!("its members are {}", names()),
                    |m| format!("did you mean `@{}.{m}`?", entry.name),
                );
                Err((format!("`@{}` has no member `{member}`", entry.name), Some(near)))
            }
        },
        Some(member) => Err((
            format!("`@{}` is {made}, which has no member `{member}`", entry.name),
            Some(format!("write `@{}`", entry.name)),
        )),
        None if port.table => Err((
            format!("`{}` takes a table, and `@{}` has several", port.name, entry.name),
            Some(format!("name one of {}", names())),
        )),
        None => Ok(None),
    }
}
