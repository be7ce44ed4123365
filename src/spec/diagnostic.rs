//! A problem in the experiment file, as data: what, where, and the remedy.

use std::ops::Range;

use crate::name::nearest;

/// One problem. The text it points into belongs to [`super::Source`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong: lower case, with the value.
    pub message: String,
    /// Where, as byte positions in the source.
    pub span: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem at a place.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, help: None }
    }

    /// With a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With a remedy where there is none yet.
    #[must_use]
    pub fn help_unless(self, help: impl Into<String>) -> Self {
        if self.help.is_some() { self } else { self.help(help) }
    }

    /// With the nearest right name as the remedy, where one is near.
    #[must_use]
    pub fn suggest<'n>(self, wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Self {
        match nearest(wrong, names) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// From an error of the TOML parser.
    pub fn from_toml(error: &toml::de::Error) -> Self {
        Self::from_toml_at(error, 0..0)
    }

    /// From an error of the TOML deserializer; `span` is used where the error has no place of its own.
    pub fn from_toml_at(error: &toml::de::Error, span: Range<usize>) -> Self {
        let message = error.message().trim().to_owned();
        let diagnostic = Self::new(error.span().unwrap_or(span), message.replace('\n', ": "));
        // serde says "unknown field `x`, expected one of `a`, `b`": the nearest of them is the remedy.
        let mut quoted = message.split('`').skip(1).step_by(2);
        match (message.starts_with("unknown "), quoted.next()) {
            (true, Some(wrong)) => {
                let names: Vec<&str> = quoted.collect();
                diagnostic.suggest(wrong, names)
            }
            _ => diagnostic,
        }
    }
}
