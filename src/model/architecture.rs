//! The table of architectures.

use super::cnn_gru::CnnGru;
use super::{ClipShape, ModelError};
use serde::de::{Deserializer, EnumAccess, Error, VariantAccess, Visitor};
use serde::{Deserialize, Serialize};

/// What kind of model, and its sizes. In a file a bare name stands for all defaults: `"cnn-gru"` is `{ cnn-gru = {} }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    CnnGru(CnnGru),
}

impl Architecture {
    /// All names.
    pub const NAMES: &'static [&'static str] = &["cnn-gru"];

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Architecture::CnnGru(_) => "cnn-gru",
        }
    }

    /// Raised when the same settings give other weights or other predictions.
    pub fn version(&self) -> u32 {
        match self {
            Architecture::CnnGru(_) => CnnGru::VERSION,
        }
    }

    /// Whether it can be built for clips of this shape.
    ///
    /// # Errors
    /// Says which size is at fault.
    pub fn check(&self, shape: ClipShape) -> Result<(), ModelError> {
        match self {
            Architecture::CnnGru(sizes) => sizes.check(shape),
        }
    }

    /// The number of trainable parameters.
    pub fn parameters(&self, classes: usize) -> usize {
        match self {
            Architecture::CnnGru(sizes) => sizes.parameters(classes),
        }
    }
}

impl Default for Architecture {
    fn default() -> Self {
        Architecture::CnnGru(CnnGru::default())
    }
}

#[derive(Deserialize)]
#[serde(variant_identifier, rename_all = "kebab-case")]
enum Name {
    CnnGru,
}

impl<'de> Deserialize<'de> for Architecture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Architecture;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a model or a table such as { cnn-gru = { hidden = 64 } }")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Architecture, E> {
                match name {
                    "cnn-gru" => Ok(Architecture::CnnGru(CnnGru::default())),
                    _ => Err(E::unknown_variant(name, Architecture::NAMES)),
                }
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Architecture, A::Error> {
                let (name, sizes) = serde::de::value::MapAccessDeserializer::new(map).variant::<Name>()?;
                match name {
                    Name::CnnGru => Ok(Architecture::CnnGru(sizes.newtype_variant()?)),
                }
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Stage {
        model: Architecture,
    }

    #[test]
    fn a_bare_name_is_short_for_all_defaults() {
        for text in ["model = \"cnn-gru\"", "model.cnn-gru = {}", "[model.cnn-gru]\nhidden = 64"] {
            let stage: Stage = toml::from_str(text).unwrap();
            assert_eq!(stage.model, Architecture::default(), "{text}");
        }
        let stage: Stage = toml::from_str("model.cnn-gru = { channels = [8], hidden = 3 }").unwrap();
        assert_eq!(stage.model, Architecture::CnnGru(CnnGru { channels: vec![8], hidden: 3 }));
        let json = serde_json::to_string(&stage.model).unwrap();
        assert_eq!(json, r#"{"cnn-gru":{"channels":[8],"hidden":3}}"#);
        assert_eq!(serde_json::from_str::<Architecture>(&json).unwrap(), stage.model);
        assert_eq!(serde_json::from_str::<Architecture>("\"cnn-gru\"").unwrap(), Architecture::default());
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| toml::from_str::<Stage>(text).unwrap_err().to_string();
        assert!(error("model = \"cnn-lstm\"").contains("unknown variant `cnn-lstm`"));
        assert!(error("model.unet = {}").contains("unknown variant `unet`"));
        assert!(error("model.cnn-gru = { depth = 3 }").contains("unknown field `depth`"));
        assert!(error("model = 3").contains("the name of a model"));
    }

    #[test]
    fn names_are_those_of_the_table() {
        assert_eq!(Architecture::NAMES, [Architecture::default().name()]);
        assert_eq!(Architecture::default().version(), 1);
    }
}
