//! A setting that is one of several by name, each with settings of its own: `method = "majority"` and
//! `method.majority = { ties = "first" }`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// Declares an enum of named choices and how it is read from a file and written back.
///
/// A name alone stands for that choice with all defaults; otherwise a table has the name as its only key. An unknown
/// name, and an unknown field below it, are reported where they stand. Every type of settings implements the trait
/// named behind `dyn`, through which the enum is used, and `Default`, `Clone`, `Debug`, `PartialEq`, `Serialize` and
/// `Deserialize`. A new choice is one line here.
macro_rules! choice {
    (
        $(#[$about:meta])*
        $seen:vis enum $Choice:ident: dyn $Settings:ident, $noun:literal {
            $($(#[$what:meta])* $name:literal => $Variant:ident),+ $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        $seen enum $Choice {
            $($(#[$what])* #[serde(rename = $name)] $Variant($Variant)),+
        }

        impl $Choice {
            /// All names.
            $seen const NAMES: &'static [&'static str] = &[$($name),+];

            /// Its name.
            $seen fn name(&self) -> &'static str {
                match self {
                    $(Self::$Variant(_) => $name),+
                }
            }

            fn settings(&self) -> &dyn $Settings {
                match self {
                    $(Self::$Variant(settings) => settings),+
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $Choice {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::{Error, MapAccess, Visitor};

                struct OneOf;

                impl<'de> Visitor<'de> for OneOf {
                    type Value = $Choice;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "the name of {}, or a table with that one name as its key", $noun)
                    }

                    fn visit_str<E: Error>(self, name: &str) -> Result<$Choice, E> {
                        match name {
                            $($name => Ok($Choice::$Variant(Default::default())),)+
                            _ => Err(E::unknown_variant(name, $Choice::NAMES)),
                        }
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$Choice, A::Error> {
                        let Some(name) = map.next_key_seed($crate::name::choice::OneName($Choice::NAMES))? else {
                            return Err(A::Error::invalid_length(0, &self));
                        };
                        let choice = match name {
                            $($name => $Choice::$Variant(map.next_value()?),)+
                            _ => return Err(A::Error::unknown_variant(name, $Choice::NAMES)),
                        };
                        match map.next_key::<String>()? {
                            None => Ok(choice),
                            Some(second) => Err(A::Error::custom(format_args!(
                                "`{second}` stands beside `{name}`: give one of them"
                            ))),
                        }
                    }
                }

                deserializer.deserialize_any(OneOf)
            }
        }
    };
}

pub(crate) use choice;

/// Reads one of these names, so that an unknown one is reported where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneName(pub &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for OneName {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for OneName {
    type Value = &'static str;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "one of {}", super::quoted(self.0))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<&'static str, E> {
        self.0.iter().copied().find(|known| *known == name).ok_or_else(|| E::unknown_variant(name, self.0))
    }
}
