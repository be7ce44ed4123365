//! The schema of experiment files agrees with the program.
//!
//! The check here knows the few words of JSON Schema that the schema is made of. An independent one, in an environment of its own
//! (`pip install jsonschema`, Python 3.11 or later), reports nothing for the shipped experiments:
//!
//! ```python
//! import glob, json, subprocess, tomllib, jsonschema
//! schema = json.loads(subprocess.check_output(["cargo", "run", "--release", "--", "schema"]))
//! jsonschema.Draft202012Validator.check_schema(schema)
//! check = jsonschema.Draft202012Validator(schema)
//! for path in glob.glob("experiments/*.toml"):
//!     for error in check.iter_errors(tomllib.load(open(path, "rb"))):
//!         print(path, error.json_path, error.message)
//! wrong = tomllib.loads("[decode.frames]\nclips = 'clips.csv'\nframse = 3\n")
//! assert any("framse" in error.message for error in check.iter_errors(wrong))
//! ```

use std::{collections::BTreeSet, fs, path::Path};

use crowdline::{schema::schema, shape, shape::Shape, spec, stage};
use serde_json::Value;

/// Where a value does not fit a schema.
fn misfits(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(target) = schema["$ref"].as_str() {
        let target = root.pointer(target.trim_start_matches('#')).unwrap_or_else(|| panic!("{target} is nowhere"));
        misfits(root, target, value, at, found);
    }
    if !schema["type"].is_null() {
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        if !types.iter().any(|name| is_of(value, name)) {
            return found.push(format!("{at} is no {}", types.join(" or ")));
        }
    }
    if let Some(names) = schema["enum"].as_array()
        && !names.contains(value)
    {
        found.push(format!("{at} is none of {names:?}"));
    }
    if schema["pattern"] == "^@" && !value.as_str().is_some_and(|text| text.starts_with('@')) {
        found.push(format!("{at} is no reference"));
    }
    if let Some(least) = schema["minimum"].as_i64()
        && value.as_f64().is_some_and(|number| number < least as f64)
    {
        found.push(format!("{at} is below {least}"));
    }
    if let Some(ways) = schema["anyOf"].as_array() {
        // Of equally near ways the last is told: it is the one with fields.
        let tries = ways.iter().rev().map(|way| {
            let mut wrong = Vec::new();
            misfits(root, way, value, at, &mut wrong);
            wrong
        });
        let best = tries.min_by_key(Vec::len).unwrap_or_default();
        found.extend(best);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        misfits(root, &schema["items"], item, &format!("{at}[{index}]"), found);
    }
    let Some(table) = value.as_object() else { return };
    if schema["if"]["not"]["required"][0].as_str().is_some_and(|key| !table.contains_key(key)) {
        let needed = schema["then"]["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(needed.filter(|name| !table.contains_key(*name)).map(|name| format!("{at} needs {name}")));
    }
    for (key, value) in table {
        let at = format!("{at}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => found.push(format!("{at} is unknown")),
            (Value::Null, others) => misfits(root, others, value, &at, found),
            (known, _) => misfits(root, known, value, &at, found),
        }
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("the schema uses the type {other}, which this test doesn't know"),
    }
}

fn problems(text: &str) -> Vec<String> {
    let schema = schema(&stage::kinds());
    let value: Value = toml::from_str(text).unwrap();
    let mut found = Vec::new();
    misfits(&schema, &schema, &value, "", &mut found);
    found
}

#[test]
fn every_shipped_experiment_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> =
        fs::read_dir(root.join("experiments")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.push(root.join("src/cli/init/study.toml"));
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "toml")) {
        let found = problems(&fs::read_to_string(path).unwrap());
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
}

#[test]
fn what_the_program_refuses_is_refused() {
    for (text, found) in [
        ("[decode.frames]\nclips = 'c.csv'\nframse = 3", ".decode.frames.framse is unknown"),
        ("sede = 7", ".sede is unknown"),
        ("[dekode.frames]\nclips = 'c.csv'", ".dekode is unknown"),
        ("[decode.frames]\nframes = 3", ".decode.frames needs clips"),
        ("[decode.frames]\nclips = 'c.csv'\nframes = -3", ".decode.frames.frames is below 0"),
        ("[decode.frames]\nclips = 'c.csv'\nshort = 'long'", ".decode.frames.short is none of"),
        ("[decode.frames]\nclips = { file = 'c.csv', colums = {} }", ".decode.frames.clips.colums is unknown"),
        ("[split.a]\nclips = 'c.csv'\nmatrix.arm = { b = { fold = 3 } }", ".split.a.matrix.arm.b.fold is unknown"),
        ("[aggregate.a]\nopinions = 'o.csv'\nmethod.majority = { tie = 'first' }", ".method.majority.tie is unknown"),
        ("[simulate.a]\nmethod = 'opinions'", ".simulate.a.method is no"),
        ("[train.a]\nframes = 'b'\nsplit = '@b'\nlabels = '@c'", ".train.a.frames is no reference"),
    ] {
        let problems = problems(text);
        assert!(problems.iter().any(|problem| problem.contains(found)), "{found}: {problems:?}");
    }
}

#[test]
fn fields_are_those_of_the_program_and_all_are_described() {
    let schema = schema(&stage::kinds());
    let keys = |table: &Value| table.as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>();
    let kinds = stage::kinds();
    let top = spec::FIELDS.iter().copied().chain(kinds.iter().map(|kind| kind.name()));
    assert_eq!(keys(&schema["properties"]), top.map(str::to_owned).collect());
    for kind in kinds {
        let fields = &schema["$defs"][kind.name()]["properties"];
        let ports = kind.ports().iter().map(|port| port.name);
        let there = ports.chain(kind.fields().iter().copied()).chain(["matrix"]);
        let there = there.chain(kind.uses_seed().then_some("seed")).map(str::to_owned).collect();
        assert_eq!(keys(fields), there, "{}", kind.name());
        for (name, field) in fields.as_object().unwrap() {
            assert!(field["description"].is_string(), "{}.{name} is not described", kind.name());
        }
    }
}

#[test]
fn a_choice_is_read_by_name_or_as_a_table() {
    let Shape::Choice { names, settings } = shape::of::<crowdline::crowd::Method>() else {
        panic!("a method is chosen");
    };
    assert_eq!(names, crowdline::crowd::Method::NAMES);
    let Shape::Fields(fields) = &settings[1].1 else { panic!("{settings:?}") };
    assert!(fields.contains(&("max_iterations", Shape::Integer { signed: false })), "{fields:?}");
}

#[test]
fn a_mapping_takes_names_and_tables_of_columns() {
    let Shape::Fields(fields) = shape::of::<crowdline::table::Mapping>() else { panic!("a mapping has fields") };
    let cell = Shape::Fields(["column", "pattern", "value"].map(|name| (name, Shape::Text)).to_vec());
    assert_eq!(fields[0], ("columns", Shape::Table(Box::new(Shape::Either(vec![Shape::Text, cell])))));
    assert_eq!(fields[3], ("only", Shape::Table(Box::new(Shape::Text))));
    assert_eq!(fields[4], ("separator", Shape::Text));
}
