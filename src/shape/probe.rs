//! A deserializer that gives nothing and listens for what is asked of it.
//!
//! It is sent along a path into a type, one step for each struct, list or choice on the way, and tells what is asked for at
//! the end. A visitor can be used once only, so every question starts anew at the root.

use std::fmt::Display;

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error, IntoDeserializer as _, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor,
    },
};

use super::Shape;

/// The names that serde tells of.
type Names = &'static [&'static str];

/// A step on the way into a type.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// To a field of a struct.
    Field(&'static str),
    /// To the first value of a list.
    Element,
    /// To a value of a table.
    Value,
    /// To what stands under a variant.
    Variant(&'static str),
    /// To the value of a table's only key, offered to a type that looks for itself.
    Key(&'static str),
    /// A text, offered likewise.
    Text(&'static str),
    /// True, offered likewise.
    Flag,
    /// A number, offered likewise.
    Number,
}

/// What is asked for at the end of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    Leaf(Shape),
    List,
    Table,
    Fields(Names),
    Variants(Names),
    /// Whatever stands there: the type looks for itself.
    Own,
    /// No more than the variant's name.
    Unit,
    /// What was offered is taken.
    Taken,
    /// What was offered is of a right type but can't be.
    Wrong,
    /// The name that was offered is none of these fields.
    NotOf(Names),
    /// What was offered is of a wrong type.
    Refused,
    /// The end was not reached.
    Nothing,
}

/// What a type asks for at the end of a path.
pub(super) fn ask<T: DeserializeOwned>(path: &[Step]) -> Found {
    let mut found = Found::Nothing;
    let _ = T::deserialize(Probe { path, found: &mut found });
    found
}

/// Why a type gave up, as far as that tells something of the type.
#[derive(Debug)]
enum Heard {
    Variants(Names),
    Fields(Names),
    WrongType,
    Other,
}

impl Display for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("only what is asked for was wanted")
    }
}

impl std::error::Error for Heard {}

impl Error for Heard {
    fn custom<T: Display>(_: T) -> Self {
        Self::Other
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self::WrongType
    }

    fn unknown_variant(_: &str, expected: Names) -> Self {
        Self::Variants(expected)
    }

    fn unknown_field(_: &str, expected: Names) -> Self {
        Self::Fields(expected)
    }
}

struct Probe<'a> {
    path: &'a [Step],
    found: &'a mut Found,
}

impl Probe<'_> {
    /// At the end of the path: tells what is asked for.
    fn tell<V>(self, found: Found) -> Result<V, Heard> {
        if self.path.is_empty() {
            *self.found = found;
        }
        Err(Heard::Other)
    }

    /// The probe one step on.
    fn on(&mut self) -> Probe<'_> {
        Probe { path: self.path.get(1..).unwrap_or_default(), found: self.found }
    }
}

/// Tells how an offer was received, unless something was found behind it.
fn offered<V>(found: &mut Found, answer: &Result<V, Heard>) {
    if *found == Found::Nothing {
        *found = match answer {
            Err(Heard::Variants(names)) => Found::Variants(names),
            Err(Heard::Fields(names)) => Found::NotOf(names),
            Err(Heard::WrongType) => Found::Refused,
            Err(Heard::Other) => Found::Wrong,
            Ok(_) => Found::Taken,
        };
    }
}

macro_rules! leaf {
    ($($method:ident $shape:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Heard> {
            self.tell(Found::Leaf($shape))
        })*
    };
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Heard;

    leaf! {
        deserialize_bool Shape::Flag;
        deserialize_i8 Shape::Integer { signed: true };
        deserialize_i16 Shape::Integer { signed: true };
        deserialize_i32 Shape::Integer { signed: true };
        deserialize_i64 Shape::Integer { signed: true };
        deserialize_i128 Shape::Integer { signed: true };
        deserialize_u8 Shape::Integer { signed: false };
        deserialize_u16 Shape::Integer { signed: false };
        deserialize_u32 Shape::Integer { signed: false };
        deserialize_u64 Shape::Integer { signed: false };
        deserialize_u128 Shape::Integer { signed: false };
        deserialize_f32 Shape::Number;
        deserialize_f64 Shape::Number;
        deserialize_char Shape::Text;
        deserialize_str Shape::Text;
        deserialize_string Shape::Text;
        deserialize_identifier Shape::Text;
        deserialize_bytes Shape::Anything;
        deserialize_byte_buf Shape::Anything;
        deserialize_unit Shape::Anything;
        deserialize_ignored_any Shape::Anything;
    }

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Heard> {
        let Some(step) = self.path.first() else { return self.tell(Found::Own) };
        let answer = match *step {
            Step::Text(text) => visitor.visit_str(text),
            Step::Flag => visitor.visit_bool(true),
            Step::Number => visitor.visit_u64(1),
            Step::Key(key) => visitor.visit_map(One { key: Some(key), probe: self.on() }),
            _ => return Err(Heard::Other),
        };
        if self.path.len() == 1 {
            offered(self.found, &answer);
        }
        answer
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Heard> {
        visitor.visit_some(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, _: V) -> Result<V::Value, Heard> {
        self.tell(Found::Leaf(Shape::Anything))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Heard> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Heard> {
        match self.path.first() {
            Some(Step::Element) => visitor.visit_seq(self.on()),
            _ => self.tell(Found::List),
        }
    }

    /// The places of a tuple may differ in type, and only the first could be looked at.
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Heard> {
        self.tell(Found::Leaf(Shape::List(Box::new(Shape::Anything))))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Heard> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Heard> {
        match self.path.first() {
            Some(Step::Value) => visitor.visit_map(One { key: Some("?"), probe: self.on() }),
            _ => self.tell(Found::Table),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, Heard> {
        match self.path.first() {
            Some(Step::Field(name)) => visitor.visit_map(One { key: Some(name), probe: self.on() }),
            _ => self.tell(Found::Fields(fields)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        variants: Names,
        visitor: V,
    ) -> Result<V::Value, Heard> {
        match self.path.first() {
            Some(Step::Variant(name)) => visitor.visit_enum(Chosen { name, probe: self.on() }),
            _ => self.tell(Found::Variants(variants)),
        }
    }
}

/// A table of one key.
struct One<'a> {
    key: Option<&'static str>,
    probe: Probe<'a>,
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = Heard;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Heard> {
        self.key.take().map(|key| seed.deserialize(key.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Heard> {
        seed.deserialize(Probe { path: self.probe.path, found: self.probe.found })
    }
}

/// A list whose first value is asked for.
impl<'de> SeqAccess<'de> for Probe<'_> {
    type Error = Heard;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Heard> {
        seed.deserialize(Probe { path: self.path, found: self.found }).map(Some)
    }
}

/// A variant by name.
struct Chosen<'a> {
    name: &'static str,
    probe: Probe<'a>,
}

impl<'de, 'a> EnumAccess<'de> for Chosen<'a> {
    type Error = Heard;
    type Variant = Probe<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Probe<'a>), Heard> {
        Ok((seed.deserialize(self.name.into_deserializer())?, self.probe))
    }
}

impl<'de> VariantAccess<'de> for Probe<'_> {
    type Error = Heard;

    fn unit_variant(self) -> Result<(), Heard> {
        self.tell(Found::Unit)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Heard> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Heard> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: Names, visitor: V) -> Result<V::Value, Heard> {
        self.deserialize_struct("", fields, visitor)
    }
}
