//! What was asked for, and the key it is known by.
//!
//! A [`Recipe`] is a plain struct that can be printed: kind, versions, parameters, digests of inputs, and seed and classes
//! where the kind uses them. Its [`Key`] is the BLAKE3 hash of its canonical JSON, so a recipe stored as an object is
//! found under its own key, and two runs that ask for the same thing share one result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod diff;
mod digest;

pub use diff::{Change, diff};
pub use digest::{Digest, DigestError};

/// The key of a task or an item: the digest of its canonical recipe.
pub type Key = Digest;

/// Everything that was asked for of one task. Fields stand in the order of their names, so that writing them one after the
/// other gives canonical bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The class names, for kinds that read labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
    /// For kinds that print the experiment itself (title, caveats): what they print.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<Value>,
    /// Per port, the inputs in order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Vec<Input>>,
    /// The stage kind, such as `train`.
    pub kind: String,
    /// The methods the parameters choose and the version of each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub methods: BTreeMap<String, u32>,
    /// Resolved parameters; fields equal to their default are left out.
    pub parameters: Value,
    /// The seed, for kinds that draw random numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// For kinds that print how their inputs came about: the key of every task upstream, by address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub upstream: BTreeMap<String, Key>,
    /// The version of the kind's own behaviour.
    pub version: u32,
}

/// One input of a recipe: the digest of its content, and a name only where the output prints it. Fields in the order of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its coordinates, where the output prints them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coordinates: Vec<(String, String)>,
    /// Digest of the content: of a tree, or of the columns a stage reads of a table and the files they name.
    pub digest: Digest,
    /// The stage it comes from, or the name it is given under, where the output depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Recipe {
    /// The canonical bytes: JSON with sorted keys and no white space.
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a recipe holds nothing that JSON can't say")
    }

    /// The key: the digest of the canonical bytes.
    pub fn key(&self) -> Key {
        Digest::of(&self.canonical())
    }
}

/// The recipe of one clip inside a task that works clip by clip. Neither the clip's name nor its path is part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemRecipe {
    /// What is made, such as `decode.clip`.
    pub item: String,
    /// The version of the method.
    pub version: u32,
    /// Digest of the item's content.
    pub content: Digest,
    /// The parameters that bear on an item.
    pub parameters: Value,
}

impl ItemRecipe {
    /// The key of the item.
    pub fn key(&self) -> Key {
        Digest::of(&canonical_json(self))
    }
}

/// JSON with keys in sorted order and no white space: equal values give equal bytes.
///
/// # Panics
/// Never for the types of this crate: they hold no map with keys that are not strings.
pub fn canonical_json<T: Serialize>(value: &T) -> Vec<u8> {
    // Through `Value`, whose maps are sorted, so that the order of fields in a struct is of no consequence.
    let value = serde_json::to_value(value).expect("recipes hold nothing that JSON can't say");
    serde_json::to_vec(&value).expect("a JSON value can be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        Recipe {
            kind: "train".into(),
            version: 1,
            methods: BTreeMap::from([("cnn-gru".into(), 1)]),
            parameters: serde_json::json!({"updates": 20, "batch": 8}),
            inputs: BTreeMap::new(),
            seed: Some(7),
            classes: None,
            upstream: BTreeMap::new(),
            experiment: None,
        }
    }

    #[test]
    fn key_is_digest_of_printed_recipe() {
        let text =
            r#"{"kind":"train","methods":{"cnn-gru":1},"parameters":{"batch":8,"updates":20},"seed":7,"version":1}"#;
        assert_eq!(String::from_utf8(recipe().canonical()).unwrap(), text);
        assert_eq!(recipe().key(), Digest::of(text.as_bytes()));
    }

    #[test]
    fn fields_stand_in_the_order_of_their_names() {
        let mut full = recipe();
        full.classes = Some(vec!["b".into(), "a".into()]);
        full.experiment = Some(serde_json::json!({"title": "T", "data": null}));
        let input =
            Input { coordinates: vec![("k".into(), "v".into())], digest: Digest::of(b"x"), name: Some("n".into()) };
        full.inputs = BTreeMap::from([("p".into(), vec![input])]);
        full.upstream = BTreeMap::from([("u".into(), Digest::of(b"u"))]);
        assert_eq!(full.canonical(), canonical_json(&full));
    }

    #[test]
    fn every_field_reaches_the_key() {
        let base = recipe();
        let mut seen = std::collections::BTreeSet::from([base.key()]);
        let changes: [fn(&mut Recipe); 7] = [
            |r| r.kind = "split".into(),
            |r| r.version = 2,
            |r| r.methods.clear(),
            |r| r.parameters["updates"] = 21.into(),
            |r| r.seed = None,
            |r| r.classes = Some(vec!["none".into()]),
            |r| {
                r.inputs
                    .insert("frames".into(), vec![Input { digest: Digest::of(b"x"), name: None, coordinates: vec![] }]);
            },
        ];
        for change in changes {
            let mut other = base.clone();
            change(&mut other);
            assert!(seen.insert(other.key()), "{other:?}");
        }
    }
}
