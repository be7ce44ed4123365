//! What changed between two recipes, field by field.

use serde_json::Value;

use super::Recipe;

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Path of the field, such as `parameters.updates` or `inputs.labels`.
    pub field: String,
    /// The old value, `None` where the field was not there (a parameter at its default).
    pub old: Option<Value>,
    /// The new value.
    pub new: Option<Value>,
}

/// The fields that differ between an old recipe and a new one, in the order of their names.
pub fn diff(old: &Recipe, new: &Recipe) -> Vec<Change> {
    let value = |recipe| serde_json::to_value(recipe).unwrap_or(Value::Null);
    let mut changes = Vec::new();
    walk("", Some(&value(old)), Some(&value(new)), &mut changes);
    changes
}

fn walk(path: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    // Lists are compared whole: a position in a list says little to a reader.
    if let (Some(Value::Object(a)), Some(Value::Object(b))) = (old, new) {
        let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for name in names {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            walk(&path, a.get(name), b.get(name), changes);
        }
        return;
    }
    changes.push(Change { field: path.to_owned(), old: old.cloned(), new: new.cloned() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_leaf_that_changed() {
        let recipe = |updates: u64| Recipe {
            kind: "train".into(),
            version: 1,
            methods: Default::default(),
            parameters: serde_json::json!({"updates": updates, "model": {"cnn-gru": {}}}),
            inputs: Default::default(),
            seed: None,
            classes: None,
            upstream: Default::default(),
            experiment: None,
        };
        assert_eq!(
            diff(&recipe(20), &recipe(21)),
            [Change { field: "parameters.updates".into(), old: Some(20.into()), new: Some(21.into()) }]
        );
        assert!(diff(&recipe(20), &recipe(20)).is_empty());
    }
}
