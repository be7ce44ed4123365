//! The experiment file: TOML to spanned, untyped stage tables.
//!
//! Nothing here knows a stage kind: a stage is a table in a table, `[kind.name]`, whose content keeps its place in the
//! text so that later layers can point at it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use crate::label::Classes;

mod diagnostic;

pub use diagnostic::Diagnostic;

/// The text of an experiment and where it was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as the user gave it.
    pub path: PathBuf,
    /// The text; overrides given with `--set` stand behind the file's own, so that every span has a place in it.
    pub text: String,
    /// Where the overrides begin in `text`.
    pub overrides_at: usize,
    overrides: Vec<std::ops::Range<usize>>,
}

/// An experiment, parsed but not yet understood.
#[derive(Debug)]
pub struct Experiment<'t> {
    /// Where it came from.
    pub source: &'t Source,
    /// What the report is called.
    pub title: Option<String>,
    /// Where the data come from; printed when a file is missing.
    pub data: Option<String>,
    /// Sentences every report must print.
    pub caveats: Vec<String>,
    /// The seed of stages that don't have their own.
    pub seed: u64,
    /// Classes, least severe first; empty when the file names none.
    pub classes: Classes,
    /// The stages in the order of the file.
    pub stages: Vec<StageTable<'t>>,
}

/// One `[kind.name]` table.
#[derive(Debug, Clone)]
pub struct StageTable<'t> {
    /// The kind as written.
    pub kind: Spanned<String>,
    /// The name as written.
    pub name: Spanned<String>,
    /// The fields.
    pub table: DeTable<'t>,
    /// The place of the table.
    pub span: std::ops::Range<usize>,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is missing or unreadable.
    #[error("can't read the experiment {path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// The file is not text.
    #[error("the experiment {path} is not UTF-8 text: byte {at} is not part of a character; save it as UTF-8")]
    NotText {
        /// The file.
        path: String,
        /// Position of the first wrong byte.
        at: usize,
    },
}

impl Source {
    /// Reads an experiment file; `overrides` are the `--set` arguments, `stage.path=value`.
    ///
    /// # Errors
    /// A file that is missing, unreadable or not UTF-8.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Self, ReadError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| ReadError::Unreadable { path: shown.clone(), error })?;
        let text = String::from_utf8(bytes)
            .map_err(|error| ReadError::NotText { path: shown, at: error.utf8_error().valid_up_to() })?;
        Ok(Self::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text), overrides))
    }

    /// A source from text at hand.
    pub fn new(path: &Path, text: &str, overrides: &[String]) -> Self {
        let mut text = text.to_owned();
        let overrides_at = text.len();
        let mut spans = Vec::new();
        for argument in overrides {
            text.push('\n');
            let start = text.len();
            match argument.split_once('=') {
                Some((field, value)) => text.push_str(&format!("{} = {}", field.trim(), value.trim())),
                None => text.push_str(argument),
            }
            spans.push(start..text.len());
        }
        Self { path: path.to_owned(), text, overrides_at, overrides: spans }
    }

    /// The folder paths in the experiment are relative to.
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// The experiment's name: the file's name without its ending.
    pub fn name(&self) -> String {
        self.path.file_stem().map_or_else(|| "experiment".into(), |stem| stem.to_string_lossy().into_owned())
    }

    /// The line of a byte position, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.text[..at.min(self.text.len())].matches('\n').count() + 1
    }

    /// Where in `text` the override stands that a byte position is in; `None` for a place in the file.
    pub fn override_at(&self, at: usize) -> Option<std::ops::Range<usize>> {
        self.overrides.iter().find(|span| (span.start..=span.end).contains(&at)).cloned()
    }

    /// Whether `--set` overrides are in force.
    pub fn overridden(&self) -> bool {
        !self.overrides.is_empty()
    }

    /// Parses the text.
    ///
    /// # Errors
    /// Every syntax error, and every wrong field outside a stage.
    pub fn parse(&self) -> Result<Experiment<'_>, Vec<Diagnostic>> {
        let (table, errors) = DeTable::parse_recoverable(&self.text[..self.overrides_at]);
        let mut problems: Vec<Diagnostic> = errors.iter().map(Diagnostic::from_toml).collect();
        let mut table = table.into_inner();
        for span in &self.overrides {
            self.apply(span, &mut table, &mut problems);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut experiment = Experiment {
            source: self,
            title: None,
            data: None,
            caveats: Vec::new(),
            seed: 0,
            classes: Classes::new(Vec::new()),
            stages: Vec::new(),
        };
        for (key, value) in table {
            experiment.take(key.span(), key.into_inner().as_ref(), value, &mut problems);
        }
        if problems.is_empty() { Ok(experiment) } else { Err(problems) }
    }

    fn apply<'t>(&'t self, span: &std::ops::Range<usize>, table: &mut DeTable<'t>, problems: &mut Vec<Diagnostic>) {
        let argument = &self.text[span.clone()];
        let (over, errors) = DeTable::parse_recoverable(argument);
        if !errors.is_empty() || over.get_ref().len() != 1 {
            problems.push(
                Diagnostic::new(span.clone(), format!("`--set {argument}` is not `stage.field=value`"))
                    .help("write the value as in the file: --set train.classifier.updates=20, --set 'title=\"A\"'"),
            );
            return;
        }
        let over = shifted_table(over.into_inner(), span.start);
        if let Some(problem) = unknown_stage(table, &over) {
            problems.push(problem);
            return;
        }
        merge(table, over);
    }
}

/// An override of a stage that the file doesn't have: it would make half a stage.
fn unknown_stage(table: &DeTable<'_>, over: &DeTable<'_>) -> Option<Diagnostic> {
    let (kind, value) = over.iter().next()?;
    let stages = table.get(kind.get_ref().as_ref())?.get_ref().as_table()?;
    let (name, _) = value.get_ref().as_table()?.iter().next()?;
    if stages.contains_key(name.get_ref().as_ref()) {
        return None;
    }
    let names: Vec<&str> = stages.keys().map(|name| name.get_ref().as_ref()).collect();
    let message = format!("the experiment has no stage `{}.{}` to override", kind.get_ref(), name.get_ref());
    let known = format!("its stages of that kind are {}", crate::name::quoted(&names));
    Some(Diagnostic::new(name.span(), message).suggest(name.get_ref(), names).help_unless(known))
}

/// Positions of an override are relative to its own text; they are moved to where it stands in the source.
fn shifted<'t>(value: Spanned<DeValue<'t>>, by: usize) -> Spanned<DeValue<'t>> {
    let span = value.span().start + by..value.span().end + by;
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shifted_table(table, by)),
        DeValue::Array(array) => DeValue::Array(array.iter().map(|item| shifted(item.clone(), by)).collect()),
        other => other,
    };
    Spanned::new(span, value)
}

fn shifted_table<'t>(table: DeTable<'t>, by: usize) -> DeTable<'t> {
    table
        .into_iter()
        .map(|(key, value)| {
            let span = key.span().start + by..key.span().end + by;
            (Spanned::new(span, key.into_inner()), shifted(value, by))
        })
        .collect()
}

/// Lays `over` onto `table`, descending where both hold tables.
fn merge<'t>(table: &mut DeTable<'t>, over: DeTable<'t>) {
    for (key, value) in over {
        match (table.get_mut(key.get_ref().as_ref()).map(Spanned::get_mut), value) {
            (Some(DeValue::Table(inner)), value) if value.get_ref().is_table() => {
                if let DeValue::Table(more) = value.into_inner() {
                    merge(inner, more);
                }
            }
            (_, value) => {
                table.remove(key.get_ref().as_ref());
                table.insert(key, value);
            }
        }
    }
}

/// The fields outside stages.
pub const FIELDS: [&str; 5] = ["title", "data", "seed", "classes", "caveats"];

impl<'t> Experiment<'t> {
    fn take(
        &mut self,
        at: std::ops::Range<usize>,
        key: &str,
        value: Spanned<DeValue<'t>>,
        problems: &mut Vec<Diagnostic>,
    ) {
        match key {
            "title" => self.title = read(value, problems),
            "data" => self.data = read(value, problems),
            "seed" => self.seed = read(value, problems).unwrap_or_default(),
            "caveats" => self.caveats = read(value, problems).unwrap_or_default(),
            "classes" => self.classes = classes(value, problems),
            kind => match value.into_inner() {
                DeValue::Table(stages) if stages.values().all(|stage| stage.get_ref().is_table()) => {
                    for (name, stage) in stages {
                        let span = stage.span();
                        if let DeValue::Table(table) = stage.into_inner() {
                            self.stages.push(StageTable {
                                kind: Spanned::new(at.clone(), kind.to_owned()),
                                name: Spanned::new(name.span(), name.into_inner().into_owned()),
                                table,
                                span,
                            });
                        }
                    }
                }
                DeValue::Table(_) => problems.push(
                    Diagnostic::new(at, format!("`{kind}` is not a stage: a stage is a table `[kind.name]`"))
                        .help(format!("give it a name, such as `[{kind}.main]`")),
                ),
                _ => problems.push(
                    Diagnostic::new(at, format!("unknown field `{kind}`"))
                        .suggest(kind, FIELDS.iter().copied())
                        .help_unless(format!("the fields of an experiment are {}", FIELDS.join(", "))),
                ),
            },
        }
    }
}

fn read<'t, T: Deserialize<'t>>(value: Spanned<DeValue<'t>>, problems: &mut Vec<Diagnostic>) -> Option<T> {
    let span = value.span();
    T::deserialize(ValueDeserializer::from(value))
        .map_err(|error| problems.push(Diagnostic::from_toml_at(&error, span)))
        .ok()
}

fn classes<'t>(value: Spanned<DeValue<'t>>, problems: &mut Vec<Diagnostic>) -> Classes {
    let span = value.span();
    let names: Vec<Spanned<String>> = read(value, problems).unwrap_or_default();
    for (index, name) in names.iter().enumerate() {
        if name.get_ref().trim().is_empty() {
            problems.push(Diagnostic::new(name.span(), "a class has no name".to_owned()));
        } else if names[..index].iter().any(|other| other.get_ref() == name.get_ref()) {
            problems.push(Diagnostic::new(name.span(), format!("class `{}` is named twice", name.get_ref())));
        }
    }
    if names.len() == 1 {
        problems.push(
            Diagnostic::new(span, "one class is nothing to tell apart".to_owned())
                .help("name at least two classes, least severe first"),
        );
    }
    Classes::new(names.into_iter().map(Spanned::into_inner).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str, set: &[&str]) -> Source {
        let set: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
        Source::new(Path::new("x.toml"), text, &set)
    }

    #[test]
    fn stages_keep_order_and_place() {
        let source = source("seed = 7\n[decode.frames]\nframes = 16\n[split.patients]\nfolds = 5\n", &[]);
        let experiment = source.parse().unwrap();
        let names: Vec<_> = experiment.stages.iter().map(|s| s.name.get_ref().as_str()).collect();
        assert_eq!((experiment.seed, names), (7, vec!["frames", "patients"]));
    }

    #[test]
    fn overrides_replace_and_point_behind_the_file() {
        let source = source("[train.a]\nupdates = 5\n", &["train.a.updates=20"]);
        let experiment = source.parse().unwrap();
        let value = &experiment.stages[0].table["updates"];
        assert_eq!(value.get_ref().as_integer().unwrap().as_str(), "20");
        assert_eq!(&source.text[value.span()], "20");
    }

    #[test]
    fn all_problems_come_at_once() {
        let source = source("sede = 7\nclasses = [\"a\", \"a\"]\ntitle = 3\n", &[]);
        let problems = source.parse().unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].help.as_deref().unwrap().contains("`seed`"));
    }
}
