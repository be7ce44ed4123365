//! What every kind's [`Kind`](crate::plan::Kind) says in the same words.

/// The fields a parameter struct has in a file.
pub(super) fn fields<P: for<'de> serde::Deserialize<'de>>() -> &'static [&'static str] {
    let mut found: &'static [&'static str] = &[];
    let _ = P::deserialize(Names(&mut found));
    found
}

/// A deserializer that only listens for the names of a struct's fields.
struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> serde::Deserializer<'de> for Names<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("only the names were wanted"))
    }

    fn deserialize_struct<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Declares a kind: its type, name, version, parameters, one sentence, ports and outputs, and what is particular to it.
macro_rules! declare {
    ($kind:ty, $name:literal, version $version:literal, $parameters:ty, $about:literal,
     ports [$($port:expr),* $(,)?], makes $($output:path)|+, { $($rest:tt)* }) => {
        impl $crate::plan::Kind for $kind {
            fn name(&self) -> &'static str {
                $name
            }

            fn about(&self) -> &'static str {
                $about
            }

            fn version(&self) -> u32 {
                $version
            }

            fn ports(&self) -> &'static [$crate::plan::Port] {
                const PORTS: &[$crate::plan::Port] = &[$($port),*];
                PORTS
            }

            fn fields(&self) -> &'static [&'static str] {
                $crate::stage::declare::fields::<$parameters>()
            }

            fn shape(&self) -> $crate::shape::Shape {
                $crate::shape::of::<$parameters>()
            }

            fn outputs(&self) -> &'static [$crate::artifact::Type] {
                &[$($output),+]
            }

            fn parameters(
                &self,
                table: toml::de::DeTable<'_>,
                span: std::ops::Range<usize>,
            ) -> Result<serde_json::Value, toml::de::Error> {
                $crate::plan::kind::read_parameters::<$parameters>(table, span)
            }

            $($rest)*
        }
    };
}

pub(super) use declare;
