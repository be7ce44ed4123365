//! What a type takes in a file, learned from how it is read.
//!
//! A parameter struct is asked for its fields, each field for its type, and so on, by reading it from a [`probe`] that has
//! nothing to give and only listens. So there is no second list of fields that could come to disagree with the first.

use serde::de::DeserializeOwned;

mod probe;

use probe::{Found, Step};

/// What may stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// It can't be told.
    Anything,
    /// True or false.
    Flag,
    /// A whole number.
    Integer {
        /// Whether it may be below zero.
        signed: bool,
    },
    /// A number.
    Number,
    /// A text.
    Text,
    /// Values in order.
    List(Box<Shape>),
    /// A table with keys of the user's.
    Table(Box<Shape>),
    /// A table with these keys and no other.
    Fields(Vec<(&'static str, Shape)>),
    /// One of several, by name.
    Choice {
        /// Those that may stand as a text.
        names: Vec<&'static str>,
        /// Those that may stand as a table with the name as its only key, and what stands under it.
        settings: Vec<(&'static str, Shape)>,
    },
    /// Any of these.
    Either(Vec<Shape>),
}

/// Types that hold themselves are followed this far.
const DEEPEST: usize = 16;

/// The shape of a type.
pub fn of<T: DeserializeOwned>() -> Shape {
    explore::<T>(&mut Vec::new())
}

fn explore<T: DeserializeOwned>(path: &mut Vec<Step>) -> Shape {
    if path.len() > DEEPEST {
        return Shape::Anything;
    }
    match probe::ask::<T>(path) {
        Found::Leaf(shape) => shape,
        Found::List => Shape::List(Box::new(below::<T>(path, Step::Element))),
        Found::Table => Shape::Table(Box::new(below::<T>(path, Step::Value))),
        Found::Fields(fields) => Shape::Fields(each::<T>(path, fields, Step::Field)),
        Found::Variants(variants) => {
            let all = each::<T>(path, variants, Step::Variant);
            let (settings, bare): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, shape)| *shape != Shape::Anything);
            Shape::Choice { names: bare.into_iter().map(|(name, _)| name).collect(), settings }
        }
        Found::Own => own::<T>(path),
        Found::Unit | Found::Taken | Found::Wrong | Found::NotOf(_) | Found::Refused | Found::Nothing => {
            Shape::Anything
        }
    }
}

fn below<T: DeserializeOwned>(path: &mut Vec<Step>, step: Step) -> Shape {
    path.push(step);
    let shape = explore::<T>(path);
    path.pop();
    shape
}

fn each<T: DeserializeOwned>(
    path: &mut Vec<Step>,
    names: &[&'static str],
    step: fn(&'static str) -> Step,
) -> Vec<(&'static str, Shape)> {
    names.iter().map(|name| (*name, below::<T>(path, step(name)))).collect()
}

/// A type that looks for itself what stands there: it is offered one thing after the other.
fn own<T: DeserializeOwned>(path: &mut Vec<Step>) -> Shape {
    let mut offer = |step: Step| {
        path.push(step);
        let found = probe::ask::<T>(path);
        path.pop();
        found
    };
    let text = offer(Step::Text("?"));
    if let Found::Variants(variants) = text {
        let names = variants.iter().copied().filter(|name| offer(Step::Text(name)) == Found::Taken).collect();
        return Shape::Choice { names, settings: each::<T>(path, variants, Step::Key) };
    }
    let (flag, table) = (offer(Step::Flag), offer(Step::Key("?")));
    let takes = |found: &Found| !matches!(found, Found::Refused | Found::Nothing);
    if takes(&flag) && takes(&table) {
        // What takes a flag and a table takes everything.
        return Shape::Anything;
    }
    let mut shapes = Vec::new();
    for (found, shape) in [(flag, Shape::Flag), (offer(Step::Number), Shape::Number), (text, Shape::Text)] {
        if takes(&found) {
            shapes.push(shape);
        }
    }
    match table {
        Found::Refused | Found::Nothing => {}
        Found::NotOf(fields) => shapes.push(Shape::Fields(each::<T>(path, fields, Step::Key))),
        _ => shapes.push(Shape::Table(Box::new(below::<T>(path, Step::Key("?"))))),
    }
    match shapes.len() {
        0 => Shape::Anything,
        1 => shapes.remove(0),
        _ => Shape::Either(shapes),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its names and types are looked at")]
    #[serde(deny_unknown_fields)]
    struct Parameters {
        needed: u32,
        signed: Option<i64>,
        #[serde(default)]
        share: f64,
        on: bool,
        names: Vec<String>,
        votes: BTreeMap<String, Vec<u8>>,
        word: Word,
        mixed: Mixed,
        whatever: serde_json::Value,
        pair: [f64; 2],
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        OneThing,
        Other,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its names and types are looked at")]
    #[serde(rename_all = "kebab-case")]
    enum Mixed {
        Bare,
        With(Inner),
        Named { depth: u8 },
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its names and types are looked at")]
    struct Inner {
        size: u64,
        again: Option<Box<Inner>>,
    }

    #[test]
    fn types_are_learned_from_how_they_are_read() {
        let Shape::Fields(fields) = of::<Parameters>() else { panic!("a struct has fields") };
        let shape = |name: &str| fields.iter().find(|(field, _)| *field == name).unwrap().1.clone();
        assert_eq!(shape("needed"), Shape::Integer { signed: false });
        assert_eq!(shape("signed"), Shape::Integer { signed: true });
        assert_eq!(shape("share"), Shape::Number);
        assert_eq!(shape("on"), Shape::Flag);
        assert_eq!(shape("names"), Shape::List(Box::new(Shape::Text)));
        let bytes = Shape::List(Box::new(Shape::Integer { signed: false }));
        assert_eq!(shape("votes"), Shape::Table(Box::new(bytes)));
        assert_eq!(shape("word"), Shape::Choice { names: vec!["one-thing", "other"], settings: Vec::new() });
        assert_eq!(shape("whatever"), Shape::Anything);
        assert_eq!(shape("pair"), Shape::List(Box::new(Shape::Anything)));
        let Shape::Choice { names, settings } = shape("mixed") else { panic!("an enum is a choice") };
        assert_eq!(names, ["bare"]);
        let [("with", Shape::Fields(inner)), ("named", named)] = &settings[..] else { panic!("{settings:?}") };
        assert_eq!(inner[0], ("size", Shape::Integer { signed: false }));
        assert_eq!(*named, Shape::Fields(vec![("depth", Shape::Integer { signed: false })]));
    }
}
