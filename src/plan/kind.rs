//! What a stage kind tells the planner about itself.

use std::{collections::BTreeMap, ops::Range};

use serde::{
    Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, Visitor},
};
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use crate::{artifact::Type, label::Classes, shape::Shape, table::Wanted};

/// How many artifacts a port takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    One,
    /// One or none.
    Optional,
    /// At least one, in order.
    Many,
    /// Any number, in order.
    Any,
}

impl Arity {
    /// Whether more than one may come.
    pub fn gathers(self) -> bool {
        matches!(self, Self::Many | Self::Any)
    }

    /// Whether none may come.
    pub fn may_be_empty(self) -> bool {
        matches!(self, Self::Optional | Self::Any)
    }
}

/// A field of a stage that takes an artifact or a table.
#[derive(Debug, Clone, Copy)]
pub struct Port {
    /// The field's name.
    pub name: &'static str,
    /// The types of artifact it takes.
    pub accepts: &'static [Type],
    /// Whether it takes a table: a path, a mapping, or a member of `Files`.
    pub table: bool,
    /// How many.
    pub arity: Arity,
    /// Whether the output prints the names and coordinates of what it takes.
    pub named: bool,
    /// Whether it is a table of names, each with a file, a folder or an artifact that is handed over as it is.
    pub keyed: bool,
}

impl Port {
    /// A port for one artifact.
    pub const fn one(name: &'static str, accepts: &'static [Type]) -> Self {
        Self { name, accepts, table: false, arity: Arity::One, named: false, keyed: false }
    }

    /// A port for a table.
    pub const fn table(name: &'static str) -> Self {
        Self { name, accepts: &[Type::Files], table: true, arity: Arity::One, named: false, keyed: false }
    }

    /// A port for any number of files, folders and artifacts, each under a name of the user's.
    pub const fn keyed(name: &'static str, accepts: &'static [Type]) -> Self {
        Self { name, accepts, table: false, arity: Arity::Any, named: false, keyed: true }
    }

    /// The same port, optional.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { arity: Arity::Optional, ..self }
    }

    /// The same port for many artifacts, whose names the output prints.
    #[must_use]
    pub const fn many(self) -> Self {
        Self { arity: Arity::Many, named: true, ..self }
    }

    /// The same port for any number of artifacts, whose names the output prints.
    #[must_use]
    pub const fn any(self) -> Self {
        Self { arity: Arity::Any, named: true, ..self }
    }

    /// The same port; the output prints the name of what it takes.
    #[must_use]
    pub const fn named(self) -> Self {
        Self { named: true, ..self }
    }
}

/// A parameter that reads well but can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field it is about.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with a field.
    pub fn new(field: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into(), help: Some(help.into()) }
    }
}

/// What a check of parameters may look at.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The experiment's classes.
    pub classes: &'a Classes,
    /// The ports that are connected.
    pub connected: &'a [&'a str],
    /// The names in its keyed ports.
    pub keys: &'a [&'a str],
    /// The coordinates of the task.
    pub coordinates: &'a [(String, String)],
}

/// A stage kind, as the planner sees it. The planner is handed a table of these and never names one.
pub trait Kind: Sync {
    /// The name in `[kind.name]`.
    fn name(&self) -> &'static str;
    /// One sentence for help.
    fn about(&self) -> &'static str;
    /// Bumped when the kind's own output changes for unchanged parameters.
    fn version(&self) -> u32;
    /// The fields that take artifacts or tables.
    fn ports(&self) -> &'static [Port];
    /// The names of the parameters.
    fn fields(&self) -> &'static [&'static str];
    /// What the parameters take; a kind that doesn't say leaves that open.
    fn shape(&self) -> Shape {
        Shape::Anything
    }
    /// The types of artifact its tasks may make.
    fn outputs(&self) -> &'static [Type];
    /// What a task makes that has these ports connected; a kind that makes several types tells them apart.
    fn output(&self, _connected: &[&str]) -> Type {
        self.outputs()[0]
    }
    /// The members of a `Files` output: name and path in the tree.
    fn members(&self, _parameters: &Value) -> Vec<(String, String)> {
        Vec::new()
    }
    /// Parameters that say how a task runs and not what comes out; they stay out of the key.
    fn unkeyed(&self) -> &'static [&'static str] {
        &[]
    }
    /// Writes a task's coordinates into its parameters, for kinds whose parameters speak of them.
    fn settle(&self, parameters: Value, _coordinates: &[(String, String)]) -> Value {
        parameters
    }
    /// Whether the parameters, as written, speak of a coordinate.
    fn speaks_of(&self, _parameters: &Value, _coordinate: &str) -> bool {
        false
    }
    /// Whether the kind draws random numbers.
    fn uses_seed(&self) -> bool {
        false
    }
    /// Whether a task that has these ports connected reads labels.
    fn uses_classes(&self, _connected: &[&str]) -> bool {
        false
    }
    /// Whether the output prints how its inputs came about, and the experiment's title and caveats.
    fn tells_history(&self) -> bool {
        false
    }
    /// Reads the parameters and returns them in canonical form, without fields equal to their default.
    ///
    /// # Errors
    /// The first wrong field, with its place.
    fn parameters(&self, table: DeTable<'_>, span: Range<usize>) -> Result<Value, toml::de::Error>;
    /// What reads well but can't be.
    fn check(&self, _parameters: &Value, _around: &Surroundings<'_>) -> Vec<Problem> {
        Vec::new()
    }
    /// The methods the parameters choose, with their versions.
    fn methods(&self, _parameters: &Value) -> BTreeMap<String, u32> {
        BTreeMap::new()
    }
    /// The columns read of the table at a port.
    fn columns(&self, _port: &str, _parameters: &Value) -> Vec<Wanted> {
        Vec::new()
    }
}

/// Reads parameters of type `P` from a stage's table, keeping places in errors.
///
/// # Errors
/// The first wrong field, with its place.
pub fn read_parameters<P>(table: DeTable<'_>, span: Range<usize>) -> Result<Value, toml::de::Error>
where
    P: DeserializeOwned + Serialize,
{
    let written: Vec<String> = table.keys().map(|name| name.get_ref().to_string()).collect();
    let value = Spanned::new(span, DeValue::Table(table));
    refuse_not_finite(&value)?;
    let parameters = P::deserialize(ValueDeserializer::from(value))?;
    Ok(canonical::<P>(&serde_json::to_value(parameters).map_err(toml::de::Error::custom)?, &written))
}

/// Refuses `nan` and `inf` where they stand: no parameter means anything with them, and a recipe can't hold them.
fn refuse_not_finite(value: &Spanned<DeValue<'_>>) -> Result<(), toml::de::Error> {
    match value.get_ref() {
        DeValue::Float(number) if number.as_str().ends_with("nan") || number.as_str().ends_with("inf") => {
            ValueDeserializer::from(value.clone()).deserialize_f64(NotFinite)
        }
        DeValue::Array(values) => values.iter().try_for_each(refuse_not_finite),
        DeValue::Table(fields) => fields.iter().try_for_each(|(_, value)| refuse_not_finite(value)),
        _ => Ok(()),
    }
}

/// Fails to read a number, which gives the error its place.
struct NotFinite;

impl Visitor<'_> for NotFinite {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        Err(E::custom(format_args!("{value} is no number to go by: give a finite one")))
    }
}

/// Parameters without the fields that change nothing when they are left out.
fn canonical<P: DeserializeOwned + Serialize>(full: &Value, written: &[String]) -> Value {
    let reads_as = |value: &Value| P::deserialize(value).ok().and_then(|p| serde_json::to_value(p).ok());
    let same = |value: &Value| reads_as(value).as_ref() == Some(full);
    let mut kept = full.clone();
    // What was not written is there by default; trying that at once spares a look at each field.
    if let (Value::Object(fields), Value::Object(all)) = (&mut kept, full) {
        fields.retain(|name, _| written.contains(name));
        if !same(&Value::Object(fields.clone())) {
            fields.clone_from(all);
        }
    }
    let left = kept.clone();
    prune(&mut Vec::new(), &left, &mut kept, &same);
    kept
}

fn prune<'v>(path: &mut Vec<&'v str>, full: &'v Value, kept: &mut Value, same: &dyn Fn(&Value) -> bool) {
    let Value::Object(fields) = full else { return };
    for (name, value) in fields {
        let Some(Value::Object(holder)) = path.iter().try_fold(&mut *kept, |at, step| at.get_mut(*step)) else {
            return;
        };
        let removed = holder.remove(name);
        if same(kept) {
            continue;
        }
        if let (Some(removed), Some(Value::Object(holder))) =
            (removed, path.iter().try_fold(&mut *kept, |at, step| at.get_mut(*step)))
        {
            holder.insert(name.clone(), removed);
        }
        path.push(name);
        prune(path, value, kept, same);
        path.pop();
    }
}

/// The parameters of a task, read back from their canonical form.
///
/// # Errors
/// A recipe that this version of the program can't read.
pub fn parameters<P: DeserializeOwned>(canonical: &Value) -> Result<P, serde_json::Error> {
    P::deserialize(canonical)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Parameters {
        needed: u32,
        #[serde(default)]
        plain: bool,
        #[serde(default)]
        inner: Inner,
    }

    #[derive(Deserialize, Serialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Inner {
        a: u32,
        b: u32,
    }

    fn read(text: &str) -> Value {
        let table = DeTable::parse(text).unwrap().into_inner();
        read_parameters::<Parameters>(table, 0..0).unwrap()
    }

    #[test]
    fn what_is_no_number_is_refused_where_it_stands() {
        for (text, place) in [("needed = -inf", 9..13), ("inner = {a = 0, b = [1.0, nan]}", 26..29)] {
            let table = DeTable::parse(text).unwrap().into_inner();
            let error = read_parameters::<Parameters>(table, 0..0).unwrap_err();
            assert!(error.message().contains("is no number to go by"), "{error}");
            assert_eq!(error.span(), Some(place));
        }
    }

    #[test]
    fn defaults_are_left_out() {
        assert_eq!(read("needed = 0"), serde_json::json!({"needed": 0}));
        assert_eq!(read("needed = 0\nplain = false\ninner = {a = 0}"), serde_json::json!({"needed": 0}));
        assert_eq!(read("needed = 1\ninner = {a = 0, b = 2}"), serde_json::json!({"needed": 1, "inner": {"b": 2}}));
    }
}
