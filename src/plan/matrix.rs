//! `matrix`: one stage, many tasks.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{name::nearest, spec::Diagnostic};

/// Field names and values a coordinate sets.
type Settings<'t> = Vec<(Spanned<std::borrow::Cow<'t, str>>, Spanned<DeValue<'t>>)>;

/// One key of a matrix, with its values.
#[derive(Debug)]
pub(super) struct Axis<'t> {
    pub(super) key: String,
    pub(super) points: Vec<Point<'t>>,
    /// Where the names stand of an axis that only joins what the stage reads; such a key must exist upstream.
    pub(super) joins: Option<Range<usize>>,
}

/// One value of a coordinate: how it is written in an address, and the fields it sets.
#[derive(Debug)]
pub(super) struct Point<'t> {
    pub(super) name: String,
    settings: Settings<'t>,
}

/// Reads `matrix`. `known` tells whether a name is a field of the stage.
pub(super) fn read<'t>(
    value: Spanned<DeValue<'t>>,
    known: &dyn Fn(&str) -> bool,
    names: &[&str],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Axis<'t>> {
    let span = value.span();
    let DeValue::Table(table) = value.into_inner() else {
        problems.push(Diagnostic::new(span, "`matrix` is not a table").help("write `matrix.fold = [0, 1, 2]`"));
        return Vec::new();
    };
    let mut axes = Vec::new();
    for (key, value) in table {
        let span = value.span();
        let found = problems.len();
        let field = known(key.get_ref());
        let (points, joins) = match value.into_inner() {
            DeValue::Array(items) if field => {
                (items.iter().filter_map(|item| plain(&key, item, problems)).collect(), None)
            }
            DeValue::Array(items) => {
                let names = items.iter().filter_map(|item| word(item.get_ref()));
                (names.map(|name| Point { name, settings: Vec::new() }).collect(), Some(span.clone()))
            }
            DeValue::Table(named) if field => {
                let name = |(name, value): (Spanned<std::borrow::Cow<'t, str>>, _)| Point {
                    name: name.get_ref().to_string(),
                    settings: vec![(key.clone(), value)],
                };
                (named.into_iter().map(name).collect(), None)
            }
            DeValue::Table(bundles) => (bundles.into_iter().filter_map(|b| bundle(b, problems)).collect(), None),
            other => {
                let message = format!(
                    "`matrix.{}` is {}, not a list or a table of named values",
                    key.get_ref(),
                    other.type_str()
                );
                let diagnostic = Diagnostic::new(span.clone(), message);
                problems.push(diagnostic.suggest(key.get_ref(), names.iter().copied()));
                continue;
            }
        };
        let points: Vec<Point<'t>> = points;
        let key = key.into_inner().into_owned();
        if points.is_empty() && problems.len() == found {
            problems.push(
                Diagnostic::new(span.clone(), format!("`matrix.{key}` is a matrix over nothing"))
                    .help("give it at least one value"),
            );
        }
        for (index, point) in points.iter().enumerate() {
            if points[..index].iter().any(|other| other.name == point.name) {
                let message = format!("`{}` stands twice in `matrix.{key}`", point.name);
                problems.push(Diagnostic::new(span.clone(), message));
            }
        }
        axes.push(Axis { key, points, joins });
    }
    axes
}

fn plain<'t>(
    key: &Spanned<std::borrow::Cow<'t, str>>,
    item: &Spanned<DeValue<'t>>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Point<'t>> {
    match word(item.get_ref()) {
        Some(name) => Some(Point { name, settings: vec![(key.clone(), item.clone())] }),
        None => {
            let message = format!("{} in `matrix.{}` has no name", item.get_ref().type_str(), key.get_ref());
            problems.push(
                Diagnostic::new(item.span(), message)
                    .help(format!("name the values: `matrix.{key} = {{ small = …, large = … }}`", key = key.get_ref())),
            );
            None
        }
    }
}

fn bundle<'t>(
    (name, value): (Spanned<std::borrow::Cow<'t, str>>, Spanned<DeValue<'t>>),
    problems: &mut Vec<Diagnostic>,
) -> Option<Point<'t>> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(fields) => {
            Some(Point { name: name.into_inner().into_owned(), settings: fields.into_iter().collect() })
        }
        other => {
            let message = format!("`{}` is {}, not a table of fields", name.get_ref(), other.type_str());
            problems.push(Diagnostic::new(span, message).help("write `{ field = value }`"));
            None
        }
    }
}

/// How a value is written as a coordinate; structured values have no such form.
fn word(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.strip_prefix('@').unwrap_or(text).to_owned()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// A task's coordinates, in the order of the matrix.
pub(super) type Coordinates = Vec<(String, String)>;

/// The table of every combination, the first key varying slowest.
pub(super) fn expand<'t>(table: &DeTable<'t>, axes: &[Axis<'t>]) -> Vec<(Coordinates, DeTable<'t>)> {
    let mut all: Vec<(Coordinates, DeTable<'t>)> = vec![(Vec::new(), table.clone())];
    for axis in axes {
        all = all
            .iter()
            .flat_map(|(coordinates, table)| {
                axis.points.iter().map(move |point| {
                    let mut coordinates = coordinates.clone();
                    coordinates.push((axis.key.clone(), point.name.clone()));
                    let mut table = table.clone();
                    for (field, value) in &point.settings {
                        table.remove(field.get_ref().as_ref());
                        table.insert(field.clone(), value.clone());
                    }
                    (coordinates, table)
                })
            })
            .collect();
    }
    all
}

/// A problem for a joining axis whose key nothing upstream has.
pub(super) fn nothing_to_join(axis: &Axis<'_>, at: Range<usize>, names: &[&str]) -> Diagnostic {
    Diagnostic::new(at, format!("`matrix.{}` is no field of this stage and no coordinate of what it reads", axis.key))
        .help(match nearest(&axis.key, names.iter().copied()) {
            Some(name) => format!("did you mean `matrix.{name}`?"),
            None => "a list gives values of a field; bundles of fields are a table: `{ name = { field = value } }`"
                .to_owned(),
        })
}
