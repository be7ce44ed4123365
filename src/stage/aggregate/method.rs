//! The field `method`: a method for opinions, or one for drawings.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        DeserializeSeed, Error, IntoDeserializer as _, MapAccess, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
};

use crate::{
    crowd::{self, drawn},
    name::choice::OneName,
};

/// A method of either family. Their names have nothing in common, so a name says which family it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Method {
    /// From opinions to labels.
    Opinions(crowd::Method),
    /// From drawings to lines, origins and masks.
    Drawn(drawn::Method),
}

const FOR_OPINIONS: usize = crowd::Method::NAMES.len();

/// The names of all methods, those for opinions first.
const NAMES: &[&str] = &{
    let mut all = [""; FOR_OPINIONS + drawn::Method::NAMES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < FOR_OPINIONS { crowd::Method::NAMES[at] } else { drawn::Method::NAMES[at - FOR_OPINIONS] };
        at += 1;
    }
    all
};

impl Method {
    /// Its name and version.
    pub(super) fn version(&self) -> (&'static str, u32) {
        match self {
            Self::Opinions(method) => (method.name(), method.version()),
            Self::Drawn(method) => (method.name(), method.version()),
        }
    }

    /// Reads the method of the family that has this name.
    fn read<'de, D: Deserializer<'de>>(name: &str, whole: D) -> Result<Self, D::Error> {
        if drawn::Method::NAMES.contains(&name) {
            drawn::Method::deserialize(whole).map(Self::Drawn)
        } else {
            crowd::Method::deserialize(whole).map(Self::Opinions)
        }
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Opinions(method) => method.serialize(serializer),
            Self::Drawn(method) => method.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Method;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an aggregation method, or a table with that one name as its key")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Method, E> {
                if !NAMES.contains(&name) {
                    return Err(E::unknown_variant(name, NAMES));
                }
                Method::read(name, name.into_deserializer())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Method, A::Error> {
                let Some(name) = map.next_key_seed(OneName(NAMES))? else {
                    return Err(A::Error::invalid_length(0, &self));
                };
                Method::read(name, MapAccessDeserializer::new(Again { name: Some(name), rest: map }))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A table whose first key was read to see which family it is, from the beginning.
struct Again<A> {
    name: Option<&'static str>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Again<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.name.take() {
            Some(name) => seed.deserialize(StrDeserializer::new(name)).map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Stage {
        method: Method,
    }

    #[test]
    fn a_name_says_which_family_it_is() {
        for name in NAMES {
            let one: Stage = toml::from_str(&format!("method = '{name}'")).unwrap();
            let same: Stage = toml::from_str(&format!("[method.{name}]")).unwrap();
            assert_eq!((one.method.version().0, &one.method), (*name, &same.method));
            assert_eq!(matches!(one.method, Method::Drawn(_)), drawn::Method::NAMES.contains(name));
            let written = serde_json::to_value(&one.method).unwrap();
            assert!(written.get(name).is_some(), "{written}");
            assert_eq!(serde_json::from_value::<Method>(written).unwrap(), one.method);
        }
    }

    #[test]
    fn what_is_unknown_is_named_where_it_stands() {
        let message = |text: &str| toml::from_str::<Stage>(text).unwrap_err().to_string();
        for text in ["method = 'line'", "method.line = {}"] {
            assert!(message(text).contains("unknown variant `line`, expected one of `majority`"), "{}", message(text));
        }
        let unknown = message("method.line-consensus = { match = 5 }");
        assert!(unknown.contains("unknown field `match`, expected one of `match_mm`"), "{unknown}");
        assert!(unknown.contains("column 27"), "{unknown}");
        assert!(message("method.staple = {}\nmethod.majority = {}").contains("give one of them"));
        assert!(message("method = {}").contains("the name of an aggregation method"));
    }
}
