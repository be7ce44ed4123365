//! The value of a port as written: references, paths, and mapped tables.

use std::{ops::Range, path::PathBuf};

use serde::Deserialize;
use toml::{
    Spanned,
    de::{DeValue, ValueDeserializer},
};

use super::{kind::Port, reference::Reference};
use crate::{spec::Diagnostic, table::Mapping};

/// One thing connected to a port.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// Its name in a keyed port.
    pub(super) key: Option<String>,
    pub(super) from: From,
    pub(super) mapping: Mapping,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum From {
    Stage(Reference),
    File(PathBuf),
}

/// Reads the value of `port`.
pub(super) fn read(port: &Port, value: &Spanned<DeValue<'_>>) -> Result<Vec<Connection>, Diagnostic> {
    match value.get_ref() {
        DeValue::Table(entries) if port.keyed => {
            let named = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
                let connection = one(port, value)?;
                Ok(Connection { key: Some(key.get_ref().to_string()), ..connection })
            };
            entries.iter().map(named).collect()
        }
        _ if port.keyed => Err(Diagnostic::new(value.span(), format!("`{}` is not a table of names", port.name))
            .help(format!("write `{}.clips = \"data/clips.csv\"`", port.name))),
        DeValue::Array(items) => {
            if !port.arity.gathers() {
                let message = format!("`{}` takes one, not a list", port.name);
                return Err(Diagnostic::new(value.span(), message));
            }
            let mut all = Vec::new();
            for item in items.iter() {
                all.push(one(port, item)?);
            }
            Ok(all)
        }
        _ => Ok(vec![one(port, value)?]),
    }
}

fn one(port: &Port, value: &Spanned<DeValue<'_>>) -> Result<Connection, Diagnostic> {
    let span = value.span();
    let takes = match port {
        Port { keyed: true, .. } => "a path or a reference such as \"@name\"",
        Port { table: true, .. } => "a path of a table or a mapping",
        _ => "a reference such as \"@name\"",
    };
    match value.get_ref() {
        DeValue::String(text) => {
            Ok(Connection { key: None, from: source(port, text, span.clone())?, mapping: Mapping::default(), span })
        }
        DeValue::Table(table) if port.table => {
            let mut table = table.clone();
            let Some(file) = table.remove("file") else {
                return Err(Diagnostic::new(span, "the mapping names no table").help("add `file = \"…\"`"));
            };
            let Some(text) = file.get_ref().as_str() else {
                return Err(Diagnostic::new(file.span(), "`file` is not a text"));
            };
            let from = source(port, text, file.span())?;
            let rest = Spanned::new(span.clone(), DeValue::Table(table));
            let mapping = Mapping::deserialize(ValueDeserializer::from(rest))
                .map_err(|error| Diagnostic::from_toml_at(&error, span.clone()))?;
            Ok(Connection { key: None, from, mapping, span })
        }
        other => Err(Diagnostic::new(
            span,
            format!("`{}` takes {takes}, not {} {}", port.name, article(other.type_str()), other.type_str()),
        )),
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn source(port: &Port, text: &str, span: Range<usize>) -> Result<From, Diagnostic> {
    if text.starts_with('@') {
        return text.parse().map(From::Stage).map_err(|message| Diagnostic::new(span, message));
    }
    if !port.table && !port.keyed {
        return Err(Diagnostic::new(
            span,
            format!("`{}` takes another stage's output, not the path `{text}`", port.name),
        )
        .help(format!("refer to a stage: \"@{}\"", text.rsplit('/').next().unwrap_or("name"))));
    }
    if text.trim().is_empty() {
        return Err(Diagnostic::new(span, format!("`{}` is blank", port.name)));
    }
    Ok(From::File(PathBuf::from(text)))
}
