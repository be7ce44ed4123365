//! How other people's tables are read: which column is what, and what their values mean.

use std::{collections::BTreeMap, fmt, ops::Index};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{TableError, Wanted};

/// A mapping of somebody's table to the field's words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Where each column comes from.
    pub columns: BTreeMap<String, Cell>,
    /// What values of the label column mean; others stay as they are.
    pub values: BTreeMap<String, String>,
    /// Pairs of columns that hold a label and how often it was given, instead of one opinion a row.
    pub votes: Vec<Votes>,
    /// Columns of the file and the one value that rows must have there to be read at all.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub only: BTreeMap<String, String>,
    /// The character between values; a comma unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<Separator>,
}

/// A label column and its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Votes {
    /// Column of the label.
    pub label: String,
    /// Column of the count.
    pub count: String,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A column of the table.
    Name(String),
    /// A text with `{column}` in it.
    Template(String),
    /// The first group of a regular expression in a column.
    Pattern {
        /// The column.
        column: String,
        /// The regular expression.
        pattern: String,
    },
    /// The same value in every row.
    Constant(String),
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CellVisitor;

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            column: Option<String>,
            pattern: Option<String>,
            value: Option<String>,
        }

        impl<'de> Visitor<'de> for CellVisitor {
            type Value = Cell;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column name, a template with {column}, { column, pattern } or { value }")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Cell, E> {
                Ok(if text.contains('{') { Cell::Template(text.to_owned()) } else { Cell::Name(text.to_owned()) })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell, A::Error> {
                let fields = Fields::deserialize(MapAccessDeserializer::new(map))?;
                match (fields.column, fields.pattern, fields.value) {
                    (Some(column), Some(pattern), None) => {
                        let groups = regex::Regex::new(&pattern).map_err(A::Error::custom)?.captures_len();
                        if groups < 2 {
                            let message = format!("pattern `{pattern}` has no group: put what to take in ( )");
                            return Err(A::Error::custom(message));
                        }
                        Ok(Cell::Pattern { column, pattern })
                    }
                    (None, None, Some(value)) => Ok(Cell::Constant(value)),
                    _ => Err(A::Error::custom("expected { column, pattern } or { value }")),
                }
            }
        }

        deserializer.deserialize_any(CellVisitor)
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs: &[(&str, &str)] = match self {
            Cell::Name(text) | Cell::Template(text) => return serializer.serialize_str(text),
            Cell::Pattern { column, pattern } => &[("column", column), ("pattern", pattern)],
            Cell::Constant(value) => &[("value", value)],
        };
        serializer.collect_map(pairs.iter().copied())
    }
}

/// One character between values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Separator(pub(super) u8);

impl TryFrom<String> for Separator {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_bytes() {
            [byte] => Ok(Self(*byte)),
            _ => Err(format!("separator `{text}` is not one character of ASCII")),
        }
    }
}

impl From<Separator> for String {
    fn from(separator: Separator) -> Self {
        char::from(separator.0).to_string()
    }
}

/// Where in a record a wanted column is found.
pub(super) enum Found {
    Index(usize),
    Template(Vec<Piece>),
    Pattern { index: usize, pattern: regex::Regex },
    Constant(String),
    VoteLabel,
    VoteCount,
}

pub(super) enum Piece {
    Text(String),
    Index(usize),
}

/// A wanted column that is there.
pub(super) struct Resolving {
    pub(super) name: String,
    found: Found,
    /// Whether a blank value is wrong.
    is_clip: bool,
    /// Whether what is written may stand for something else.
    is_replaced: bool,
}

pub(super) struct Resolved<'m> {
    pub(super) columns: Vec<Resolving>,
    votes: Vec<(usize, usize)>,
    values: &'m BTreeMap<String, String>,
}

impl Mapping {
    /// Finds every wanted column in a header.
    pub(super) fn resolve(
        &self,
        header: &csv::StringRecord,
        file: &str,
        wanted: &[Wanted],
    ) -> Result<Resolved<'_>, TableError> {
        let missing = |column: &str, why: String| {
            let near = crate::name::nearest(column, header.iter());
            let near = near.map_or(String::new(), |name| format!("did you mean `{name}`? "));
            TableError {
                file: file.to_owned(),
                line: Some(1),
                message: format!("no column `{column}`{why}"),
                remedy: Some(format!("{near}its columns are {}", crate::name::quoted(header))),
            }
        };
        let index = |column: &str, why: &str| {
            header.iter().position(|name| name == column).ok_or_else(|| missing(column, why.to_owned()))
        };
        let mut votes = Vec::new();
        for pair in &self.votes {
            votes.push((index(&pair.label, " for `votes`")?, index(&pair.count, " for `votes`")?));
        }
        let mut columns = Vec::new();
        for want in wanted {
            let why = format!(", mapped to `{}`", want.name);
            let found = match self.columns.get(&want.name) {
                _ if !votes.is_empty() && want.name == "label" => Found::VoteLabel,
                _ if !votes.is_empty() && want.name == "votes" => Found::VoteCount,
                Some(Cell::Name(column)) => Found::Index(index(column, &why)?),
                Some(Cell::Constant(value)) => Found::Constant(value.clone()),
                Some(Cell::Template(template)) => Found::Template(pieces(template, |column| index(column, &why))?),
                Some(Cell::Pattern { column, pattern }) => Found::Pattern {
                    index: index(column, &why)?,
                    pattern: regex::Regex::new(pattern).map_err(|error| missing(column, format!(": {error}")))?,
                },
                None => match header.iter().position(|name| name == want.name) {
                    Some(at) => Found::Index(at),
                    None if want.required => return Err(missing(&want.name, String::new())),
                    None => continue,
                },
            };
            let is_replaced = want.name == "label" && !self.values.is_empty();
            columns.push(Resolving { name: want.name.clone(), found, is_clip: want.name == "clip", is_replaced });
        }
        Ok(Resolved { columns, votes, values: &self.values })
    }
}

fn pieces(template: &str, mut index: impl FnMut(&str) -> Result<usize, TableError>) -> Result<Vec<Piece>, TableError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (column, after) = after.split_once('}').unwrap_or((after, ""));
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Index(index(column.trim())?));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// What is wrong with a value, and what to do.
type Problem = Box<(String, &'static str)>;

impl Resolved<'_> {
    /// Calls `row` once, or once for each label that got votes.
    pub(super) fn each_row<R: Index<usize, Output = str>>(
        &self,
        record: &R,
        mut row: impl FnMut(Option<(usize, usize)>) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        if self.votes.is_empty() {
            return row(None);
        }
        for &(label, count) in &self.votes {
            // A place in the ranking that nobody took is blank or zero.
            if !matches!(record[count].trim(), "" | "0" | "0.0") {
                row(Some((label, count)))?;
            }
        }
        Ok(())
    }

    /// The value of a wanted column; `room` holds it where it is no part of the record.
    pub(super) fn value<'r, R: Index<usize, Output = str>>(
        &'r self,
        column: &'r Resolving,
        record: &'r R,
        votes: Option<(usize, usize)>,
        room: &'r mut String,
    ) -> Result<&'r str, Problem> {
        let value = |at: usize| trimmed(&record[at]);
        let Resolving { name, found, is_clip, is_replaced } = column;
        let text = match (found, votes) {
            (Found::Index(index), _) => value(*index),
            (Found::Constant(value), _) => value,
            (Found::Template(pieces), _) => {
                room.clear();
                for piece in pieces {
                    room.push_str(match piece {
                        Piece::Text(text) => text,
                        Piece::Index(index) => value(*index),
                    });
                }
                room
            }
            (Found::Pattern { index, pattern }, _) => match pattern.captures(value(*index)).and_then(|c| c.get(1)) {
                Some(part) => part.as_str(),
                None => {
                    let message = format!("pattern `{pattern}` for `{name}` is not in `{}`", value(*index));
                    return Err(Box::new((message, "correct the pattern or the value")));
                }
            },
            (Found::VoteLabel, Some((label, _))) => value(label),
            (Found::VoteCount, Some((_, count))) => value(count),
            (Found::VoteLabel | Found::VoteCount, None) => "",
        };
        if *is_clip && text.is_empty() {
            return Err(Box::new(("the clip is blank".into(), "name the clip or take the line out")));
        }
        let mapped = if *is_replaced { self.values.get(text) } else { None };
        Ok(mapped.map_or(text, String::as_str))
    }
}

/// Without blanks around. Most values have none, and to look for those of all scripts takes longer than to see that.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}
