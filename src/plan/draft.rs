//! Tasks before they are connected: each with its parameters read and its ports as written.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    path::PathBuf,
};

use serde::Deserialize;
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    connection::{self, Connection},
    kind::{Kind, Port, Surroundings},
    matrix::{self, Axis, Coordinates},
};
use crate::{
    name::{nearest, quoted},
    spec::{Diagnostic, Experiment, StageTable},
};

/// A stage and its tasks, not yet connected.
pub(super) struct Stage<'t> {
    pub(super) name: String,
    pub(super) span: Range<usize>,
    pub(super) kind: &'static dyn Kind,
    pub(super) axes: Vec<Axis<'t>>,
    pub(super) drafts: Vec<Draft>,
    /// The folder paths are relative to.
    pub(super) folder: PathBuf,
    /// The sentence printed when a file is missing.
    pub(super) data: Option<String>,
}

/// A task, not yet connected.
pub(super) struct Draft {
    pub(super) coordinates: Coordinates,
    pub(super) parameters: Value,
    pub(super) placement: Value,
    /// Axes of the matrix that the parameters speak of.
    pub(super) spoken: Vec<String>,
    pub(super) seed: Option<u64>,
    pub(super) ports: Vec<(Port, Vec<Connection>)>,
    pub(super) places: BTreeMap<String, Range<usize>>,
}

/// Reads every stage of an experiment. Also returns the names of stages whose kind is unknown.
pub(super) fn read<'t>(
    experiment: Experiment<'t>,
    kinds: &[&'static dyn Kind],
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Stage<'t>>, Vec<String>) {
    let Experiment { source, data, seed, classes, stages, .. } = experiment;
    let mut read: Vec<Stage<'t>> = Vec::new();
    let mut unread = Vec::new();
    let mut names: HashMap<String, Range<usize>> = HashMap::new();
    for table in stages {
        let (kind_name, name) = (table.kind.get_ref().clone(), table.name.get_ref().clone());
        if let Some(first) = names.get(&name) {
            problems.push(Diagnostic::new(table.name.span(), format!("two stages are called `{name}`")).help(format!(
                "the first stands on line {}; names are unique over all kinds",
                source.line(first.start)
            )));
        }
        names.entry(name.clone()).or_insert_with(|| table.name.span());
        if !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            let message = format!("`{name}` can't be the name of a stage");
            problems.push(Diagnostic::new(table.name.span(), message).help("use letters, digits, `_` and `-`"));
        }
        let Some(kind) = kinds.iter().find(|kind| kind.name() == kind_name) else {
            let known = kinds.iter().map(|kind| kind.name());
            problems.push(
                Diagnostic::new(table.kind.span(), format!("unknown kind `{kind_name}`"))
                    .suggest(&kind_name, known.clone())
                    .help_unless(format!("the kinds are {}", quoted(known))),
            );
            unread.push(name);
            continue;
        };
        let mut reader = Reader { kind: *kind, kinds, classes: &classes, seed, problems };
        let span = table.name.span();
        let (axes, drafts) = reader.stage(table);
        let (folder, data) = (source.folder().to_owned(), data.clone());
        read.push(Stage { name, span, kind: *kind, axes, drafts, folder, data });
    }
    (read, unread)
}

struct Reader<'a> {
    kind: &'static dyn Kind,
    kinds: &'a [&'static dyn Kind],
    classes: &'a crate::label::Classes,
    seed: u64,
    problems: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn names(&self) -> Vec<&'static str> {
        let ports = self.kind.ports().iter().map(|port| port.name);
        let seed = self.kind.uses_seed().then_some("seed");
        ports.chain(self.kind.fields().iter().copied()).chain(seed).collect()
    }

    fn stage<'t>(&mut self, stage: StageTable<'t>) -> (Vec<Axis<'t>>, Vec<Draft>) {
        let StageTable { mut table, span, name, .. } = stage;
        let names = self.names();
        let before = self.problems.len();
        let axes = match table.remove("matrix") {
            Some(value) => matrix::read(value, &|name| names.contains(&name), &names, self.problems),
            None => Vec::new(),
        };
        if self.problems.len() > before {
            // A wrong matrix would make errors of its own in every task.
            self.unknown(&table, &names);
            return (axes, Vec::new());
        }
        let drafts = matrix::expand(&table, &axes)
            .into_iter()
            .filter_map(|(coordinates, table)| self.draft(coordinates, table, &names, span.clone(), &name))
            .collect();
        (axes, drafts)
    }

    /// Reports fields that are neither port nor parameter; true where there are any.
    fn unknown(&mut self, table: &DeTable<'_>, names: &[&str]) -> bool {
        let mut any = false;
        for (key, _) in table.iter().filter(|(key, _)| !names.contains(&key.get_ref().as_ref())) {
            any = true;
            let field = key.get_ref();
            let message = format!("unknown field `{field}` for `{}`", self.kind.name());
            let help = match nearest(field, names.iter().copied().chain(["matrix"])) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its fields are {}", quoted(names)),
            };
            self.problems.push(Diagnostic::new(key.span(), message).help(help));
        }
        any
    }

    fn draft(
        &mut self,
        coordinates: Coordinates,
        mut table: DeTable<'_>,
        names: &[&str],
        span: Range<usize>,
        stage: &Spanned<String>,
    ) -> Option<Draft> {
        let before = self.problems.len();
        let name = stage.span();
        self.unknown(&table, names);
        let mut places = BTreeMap::new();
        note_places("", &table, &mut places);
        let mut ports = Vec::new();
        for port in self.kind.ports() {
            match table.remove(port.name) {
                Some(value) => match connection::read(port, &value) {
                    Ok(connections) if connections.is_empty() => {
                        self.problems.push(Diagnostic::new(value.span(), format!("`{}` is an empty list", port.name)))
                    }
                    Ok(connections) => ports.push((*port, connections)),
                    Err(problem) => self.problems.push(problem),
                },
                None if port.arity.may_be_empty() => {}
                None => {
                    let takes = if port.table { "a path or a reference" } else { "a reference" };
                    let message = format!("`{}` needs `{}`", self.kind.name(), port.name);
                    self.problems.push(Diagnostic::new(name.clone(), message).help(format!("it takes {takes}")));
                }
            }
        }
        let connected: Vec<&str> = ports.iter().map(|(port, _)| port.name).collect();
        if self.kind.uses_classes(&connected) && self.classes.is_empty() {
            let message = format!("`{}` reads labels, but the experiment names no classes", stage.get_ref());
            let help = "add `classes = [\"none\", \"discrete\", \"confluent\"]` at the top, least severe first";
            self.problems.push(Diagnostic::new(name.clone(), message).help(help));
        }
        let seed = match table.remove("seed") {
            Some(value) if self.kind.uses_seed() => self.seed_of(value),
            _ => Some(self.seed),
        };
        if self.problems.len() > before {
            return None;
        }
        let parameters = match self.kind.parameters(table, span) {
            Ok(parameters) => parameters,
            Err(error) => {
                self.problems.push(Diagnostic::from_toml_at(&error, name));
                return None;
            }
        };
        self.check_mappings(&ports, &parameters, &places, &name);
        let spoken = coordinates.iter().map(|(key, _)| key.clone());
        let spoken: Vec<String> = spoken.filter(|key| self.kind.speaks_of(&parameters, key)).collect();
        let parameters = self.kind.settle(parameters, &coordinates);
        let connections = ports.iter().flat_map(|(_, connections)| connections);
        let keys: Vec<&str> = connections.filter_map(|connection| connection.key.as_deref()).collect();
        let around =
            Surroundings { classes: self.classes, connected: &connected, keys: &keys, coordinates: &coordinates };
        for problem in self.kind.check(&parameters, &around) {
            let at = places.get(&problem.field).cloned().unwrap_or_else(|| name.clone());
            let diagnostic = Diagnostic::new(at, problem.message);
            self.problems.push(match problem.help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
        }
        let seed = if self.kind.uses_seed() { seed } else { None };
        let (parameters, placement) = divide(parameters, self.kind.unkeyed());
        Some(Draft { coordinates, parameters, placement, spoken, seed, ports, places })
    }

    /// A mapping may name columns that another stage reads of the same table, but none that nobody reads.
    fn check_mappings(
        &mut self,
        ports: &[(Port, Vec<Connection>)],
        parameters: &Value,
        places: &BTreeMap<String, Range<usize>>,
        name: &Range<usize>,
    ) {
        let read_by = |kind: &dyn Kind, port: &str, parameters: &Value| -> Vec<String> {
            kind.columns(port, parameters).into_iter().map(|wanted| wanted.name).collect()
        };
        for (port, connections) in ports.iter().filter(|(port, _)| port.table) {
            let own = read_by(self.kind, port.name, parameters);
            let defaults = Value::Object(serde_json::Map::new());
            let tables =
                |kind: &'static dyn Kind| kind.ports().iter().filter(|port| port.table).map(move |port| (kind, port));
            let others: Vec<String> = self
                .kinds
                .iter()
                .flat_map(|kind| tables(*kind))
                .flat_map(|(kind, port)| read_by(kind, port.name, &defaults))
                .collect();
            for column in connections.iter().flat_map(|connection| connection.mapping.columns.keys()) {
                if own.contains(column) || others.contains(column) {
                    continue;
                }
                let at = places.get(&format!("{}.columns.{column}", port.name)).unwrap_or(name);
                self.problems.push(
                    Diagnostic::new(at.clone(), format!("`{}` reads no column `{column}`", self.kind.name()))
                        .suggest(column, own.iter().map(String::as_str))
                        .help_unless(format!("it reads {}", quoted(&own))),
                );
            }
        }
    }

    fn seed_of(&mut self, value: Spanned<DeValue<'_>>) -> Option<u64> {
        let span = value.span();
        match u64::deserialize(ValueDeserializer::from(value)) {
            Ok(seed) => Some(seed),
            Err(error) => {
                self.problems.push(Diagnostic::from_toml_at(&error, span));
                None
            }
        }
    }
}

/// Takes the fields that stay out of the key from the others.
fn divide(mut parameters: Value, unkeyed: &[&str]) -> (Value, Value) {
    let mut placement = serde_json::Map::new();
    if let Value::Object(fields) = &mut parameters {
        placement.extend(unkeyed.iter().filter_map(|name| fields.remove_entry(*name)));
    }
    (parameters, Value::Object(placement))
}

fn note_places(path: &str, table: &DeTable<'_>, places: &mut BTreeMap<String, Range<usize>>) {
    for (key, value) in table {
        let name = key.get_ref();
        let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        if let DeValue::Table(inner) = value.get_ref() {
            note_places(&path, inner, places);
        }
        places.insert(path, value.span());
    }
}
