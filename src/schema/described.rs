//! The sentences of the reference, by field.

use std::collections::BTreeMap;

/// The reference of the experiment file.
const REFERENCE: &str = include_str!("../../docs/experiment-file.md");

/// What the reference says, by section and field.
#[derive(Debug)]
pub(super) struct Described(BTreeMap<(String, String), String>);

impl Described {
    /// Reads the tables of the reference.
    pub(super) fn read() -> Self {
        let mut found = BTreeMap::new();
        let mut section = String::new();
        let mut first = "";
        for line in REFERENCE.lines() {
            if let Some(heading) = line.strip_prefix("### `").or_else(|| line.strip_prefix("## ")) {
                section = heading.split('`').next().unwrap_or_default().to_owned();
                first = "";
            } else if line.starts_with("| field") {
                first = line;
            } else if let Some((field, rest)) = line.strip_prefix("| `").and_then(|row| row.split_once("` |")) {
                let of = if first.starts_with("| field of a mapping") { "mapping" } else { &section };
                let (takes, is) = rest.trim().trim_end_matches('|').rsplit_once(" | ").unwrap_or(("", rest));
                let (takes, is) = (takes.trim(), is.trim().trim_end_matches('|').trim());
                let sentence = if takes.is_empty() { is.to_owned() } else { format!("{is}\n\nTakes: {takes}") };
                found.insert((of.to_owned(), field.to_owned()), sentence);
            }
        }
        Self(found)
    }

    /// Of a field at the top.
    pub(super) fn top(&self, field: &str) -> Option<String> {
        self.get("At the top", field)
    }

    /// Of a field of a kind.
    pub(super) fn field(&self, kind: &str, field: &str) -> Option<String> {
        self.get(kind, field)
    }

    /// Of a field of a mapping.
    pub(super) fn mapping(&self, field: &str) -> Option<String> {
        self.get("mapping", field)
    }

    fn get(&self, section: &str, field: &str) -> Option<String> {
        self.0.get(&(section.to_owned(), field.to_owned())).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_found_by_section_and_field() {
        let described = Described::read();
        assert!(described.top("seed").unwrap().starts_with("the seed of every stage"));
        assert_eq!(
            described.field("decode", "size").unwrap(),
            "pixels to resize to; as they are if not given\n\nTakes: `{ width, height }`"
        );
        assert!(described.mapping("separator").unwrap().starts_with("the character between values"));
        assert_eq!(described.field("decode", "sise"), None);
    }
}
