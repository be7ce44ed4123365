//! The table of aggregation methods, as they are written in an experiment file.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{DawidSkene, Majority};

/// A method of aggregation with its parameters. Its name alone (`"dawid-skene"`) stands for all defaults.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The class most opinions name.
    Majority(Majority),
    /// Annotators with a confusion matrix each, fitted together with the labels.
    DawidSkene(DawidSkene),
}

impl Method {
    /// The names of all methods.
    pub const NAMES: &'static [&'static str] = &["majority", "dawid-skene"];

    /// The method's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Majority(_) => Self::NAMES[0],
            Self::DawidSkene(_) => Self::NAMES[1],
        }
    }

    /// The version of the method's behaviour; it rises whenever output for the same input changes.
    pub fn version(&self) -> u32 {
        match self {
            Self::Majority(_) => super::majority::VERSION,
            Self::DawidSkene(_) => super::dawid_skene::VERSION,
        }
    }
}

/// A method's name on its own, so that an unknown one is reported where it stands.
enum Name {
    Majority,
    DawidSkene,
}

impl Name {
    fn parse<E: Error>(name: &str) -> Result<Self, E> {
        match name {
            "majority" => Ok(Self::Majority),
            "dawid-skene" => Ok(Self::DawidSkene),
            unknown => Err(E::unknown_variant(unknown, Method::NAMES)),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MethodVisitor)
    }
}

struct MethodVisitor;

impl<'de> Visitor<'de> for MethodVisitor {
    type Value = Method;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the name of an aggregation method, or a table with that one name as its key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Method, E> {
        Ok(match Name::parse(name)? {
            Name::Majority => Method::Majority(Majority::default()),
            Name::DawidSkene => Method::DawidSkene(DawidSkene::default()),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Method, A::Error> {
        let method = match map.next_key()? {
            Some(Name::Majority) => Method::Majority(map.next_value()?),
            Some(Name::DawidSkene) => Method::DawidSkene(map.next_value()?),
            None => return Err(A::Error::invalid_length(0, &self)),
        };
        match map.next_key::<String>()? {
            None => Ok(method),
            Some(second) => Err(A::Error::custom(format_args!(
                "`{second}` is a second method beside `{}`: give one method",
                method.name()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd::Ties;

    #[derive(Debug, Deserialize)]
    struct Stage {
        method: Method,
    }

    #[test]
    fn a_bare_name_stands_for_all_defaults() {
        for (text, name) in [
            ("method = 'majority'", "majority"),
            ("method.majority = {}", "majority"),
            ("method = 'dawid-skene'", "dawid-skene"),
            ("[method.dawid-skene]", "dawid-skene"),
        ] {
            let stage: Stage = toml::from_str(text).unwrap();
            assert_eq!(stage.method.name(), name, "{text}");
            assert_eq!(stage.method, serde_json::from_value(serde_json::json!(name)).unwrap(), "{text}");
        }
    }

    #[test]
    fn parameters_are_read_and_written_back() {
        let stage: Stage =
            toml::from_str("method.dawid-skene = { max_iterations = 200, ties = 'ordinal-high' }").unwrap();
        let expected = DawidSkene { max_iterations: 200, ties: Ties::OrdinalHigh, ..DawidSkene::default() };
        assert_eq!(stage.method, Method::DawidSkene(expected));

        let json = serde_json::to_string(&stage.method).unwrap();
        assert!(json.starts_with(r#"{"dawid-skene":{"max_iterations":200,"#), "{json}");
        assert_eq!(serde_json::from_str::<Method>(&json).unwrap(), stage.method);
    }

    #[test]
    fn what_is_unknown_is_named_where_it_stands() {
        let message = |text: &str| toml::from_str::<Stage>(text).unwrap_err().to_string();

        for text in ["method = 'mojority'", "method.mojority = {}"] {
            let message = message(text);
            assert!(message.contains("unknown variant `mojority`, expected `majority` or `dawid-skene`"), "{message}");
        }
        let unknown = message("method.majority = { tie = 'first' }");
        assert!(unknown.contains("unknown field `tie`, expected `ties`"), "{unknown}");
        assert!(unknown.contains("column 21"), "{unknown}");
        assert!(message("method.majority = {}\nmethod.dawid-skene = {}").contains("give one method"));
        assert!(message("method = {}").contains("the name of an aggregation method"));
    }

    #[test]
    fn names_agree_with_serde() {
        for name in Method::NAMES {
            let method: Method = serde_json::from_value(serde_json::json!(name)).unwrap();
            assert_eq!(method.name(), *name);
            assert_eq!(method.version(), 1);
            let written = serde_json::to_value(&method).unwrap();
            assert!(written.get(name).is_some(), "{written}");
        }
    }
}
