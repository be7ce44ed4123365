//! The experiment file as a JSON Schema, for editors: completion, descriptions, and wrong fields underlined while typing.
//!
//! It is made of the table of kinds. What fields take is learned from how they are read ([`crate::shape`]), and what they are
//! is the sentence that `docs/experiment-file.md` has for them, so nothing is said twice.

use serde_json::{Map, Value, json};

use crate::{
    plan::{Kind, Port},
    shape::{self, Shape},
    table::Mapping,
};

mod described;

use described::Described;

/// The JSON Schema (draft 2020-12) of an experiment of these kinds.
pub fn schema(kinds: &[&'static dyn Kind]) -> Value {
    let text = Described::read();
    let mut properties = Map::new();
    for (name, takes) in [
        ("title", json!({"type": "string"})),
        ("data", json!({"type": "string"})),
        ("seed", json!({"type": "integer", "minimum": 0, "default": 0})),
        ("classes", json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true})),
        ("caveats", json!({"type": "array", "items": {"type": "string"}})),
    ] {
        properties.insert(name.to_owned(), told(takes, text.top(name)));
    }
    let mut definitions = Map::new();
    for kind in kinds {
        let outputs: Vec<String> = kind.outputs().iter().map(ToString::to_string).collect();
        let stages = json!({
            "description": format!("[{}.NAME] → {}: {}", kind.name(), outputs.join(" or "), kind.about()),
            "type": "object",
            "additionalProperties": {"$ref": format!("#/$defs/{}", kind.name())},
        });
        properties.insert(kind.name().to_owned(), stages);
        definitions.insert(kind.name().to_owned(), stage(*kind, &text));
    }
    definitions.insert("table".to_owned(), table());
    definitions.insert("mapping".to_owned(), mapping(&text));
    definitions.insert("reference".to_owned(), reference());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crowdline experiment",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// The table of a stage.
fn stage(kind: &dyn Kind, text: &Described) -> Value {
    let mut fields = Map::new();
    for taken in kind.ports() {
        fields.insert(taken.name.to_owned(), told(port(taken), text.field(kind.name(), taken.name)));
    }
    let shapes = match kind.shape() {
        Shape::Fields(shapes) => shapes,
        _ => kind.fields().iter().map(|name| (*name, Shape::Anything)).collect(),
    };
    for (name, shape) in &shapes {
        fields.insert((*name).to_owned(), told(value(shape), text.field(kind.name(), name)));
    }
    if kind.uses_seed() {
        let seed = json!({"type": "integer", "minimum": 0});
        fields.insert("seed".to_owned(), told(seed, Some("replaces the experiment's seed for this stage".to_owned())));
    }
    let needed: Vec<&str> =
        kind.ports().iter().filter(|port| !port.arity.may_be_empty()).map(|port| port.name).collect();
    let matrix = matrix(kind, &fields);
    fields.insert("matrix".to_owned(), matrix);
    json!({
        "description": kind.about(),
        "type": "object",
        "properties": fields,
        "additionalProperties": false,
        // A matrix may give any field.
        "if": {"not": {"required": ["matrix"]}},
        "then": {"required": needed},
    })
}

/// `matrix`: lists or named values of fields; under any other name a list, or named bundles of fields.
fn matrix(kind: &dyn Kind, fields: &Map<String, Value>) -> Value {
    let of = |name: &String| {
        let field = json!({"$ref": format!("#/$defs/{}/properties/{name}", kind.name())});
        let each = json!({"anyOf": [
            {"type": "array", "items": {"type": ["string", "number", "boolean"]}, "minItems": 1},
            {"type": "object", "additionalProperties": field, "minProperties": 1},
        ]});
        (name.clone(), each)
    };
    let keys: Map<String, Value> = fields.keys().map(of).collect();
    let bundle: Map<String, Value> = fields
        .keys()
        .map(|name| (name.clone(), json!({"$ref": format!("#/$defs/{}/properties/{name}", kind.name())})))
        .collect();
    json!({
        "description": "makes one stage into several tasks, one for each value; several keys are crossed",
        "type": "object",
        "properties": keys,
        "additionalProperties": {"anyOf": [
            {"type": "array", "items": {"type": ["string", "number", "boolean"]}, "minItems": 1},
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": "object", "properties": bundle, "additionalProperties": false},
            },
        ]},
    })
}

fn port(port: &Port) -> Value {
    if port.keyed {
        // A path or a reference, each under a name of the user's.
        return json!({"type": "object", "additionalProperties": {"type": "string", "minLength": 1}});
    }
    let one = json!({"$ref": if port.table { "#/$defs/table" } else { "#/$defs/reference" }});
    if port.arity.gathers() {
        return json!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]});
    }
    one
}

fn reference() -> Value {
    json!({"type": "string", "pattern": "^@", "description": "the output of another stage, such as \"@name\""})
}

fn table() -> Value {
    json!({
        "anyOf": [{"type": "string", "minLength": 1}, {"$ref": "#/$defs/mapping"}],
        "description": "a path relative to this file, a table of another stage such as \"@name.member\", or a mapping",
    })
}

/// A table of another shape.
fn mapping(text: &Described) -> Value {
    let mut fields = Map::new();
    fields.insert("file".to_owned(), told(json!({"type": "string", "minLength": 1}), text.mapping("file")));
    if let Shape::Fields(shapes) = shape::of::<Mapping>() {
        for (name, shape) in &shapes {
            fields.insert((*name).to_owned(), told(value(shape), text.mapping(name)));
        }
    }
    json!({"type": "object", "properties": fields, "additionalProperties": false, "required": ["file"]})
}

fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Anything => json!({}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Integer { signed: true } => json!({"type": "integer"}),
        Shape::Integer { signed: false } => json!({"type": "integer", "minimum": 0}),
        Shape::Number => json!({"type": "number"}),
        Shape::Text => json!({"type": "string"}),
        Shape::List(each) => json!({"type": "array", "items": value(each)}),
        Shape::Table(each) => json!({"type": "object", "additionalProperties": value(each)}),
        Shape::Fields(fields) => closed(fields),
        Shape::Choice { names, settings } => {
            let mut ways = Vec::new();
            if !names.is_empty() {
                ways.push(json!({"enum": names}));
            }
            if !settings.is_empty() {
                let mut table = closed(settings);
                table["minProperties"] = 1.into();
                table["maxProperties"] = 1.into();
                ways.push(table);
            }
            any_of(ways)
        }
        Shape::Either(shapes) => any_of(shapes.iter().map(value).collect()),
    }
}

/// A table of these keys and no other.
fn closed(fields: &[(&'static str, Shape)]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, shape)| ((*name).to_owned(), value(shape))).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn any_of(mut ways: Vec<Value>) -> Value {
    if ways.len() == 1 { ways.remove(0) } else { json!({"anyOf": ways}) }
}

/// With a description, where there is one.
fn told(mut schema: Value, description: Option<String>) -> Value {
    if let Some(description) = description {
        schema["description"] = description.into();
    }
    schema
}
