//! Tables of clips and opinions: comma-separated text, read as the columns a stage asks for.
//!
//! Values are trimmed, a byte-order mark is skipped, and what other people call their columns is said by a [`Mapping`].
//! Columns are interned: a table of ten million opinions holds each distinct text once.

use crate::{narrow::Narrow, recipe::Digest, texts::Texts};

mod block;
mod interner;
mod lines;
mod mapping;
mod read;

use lines::Lines;
pub use mapping::{Cell, Mapping, Separator, Votes};
pub use read::read;

/// Rows that are hashed at once: of ten million opinions a call for each would take longer than to hash them.
const AT_ONCE: usize = 1 << 17;

/// A column a stage asks for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Wanted {
    /// The name in the field's words: `clip`, `patient`, `annotator`, `label`, …
    pub name: String,
    /// Whether the table must have it.
    pub required: bool,
    /// Whether its values are paths of files whose content counts.
    pub file: bool,
}

impl Wanted {
    /// A column that must be there.
    pub fn required(name: &str) -> Self {
        Self { name: name.to_owned(), required: true, file: false }
    }

    /// A column that may be missing.
    pub fn optional(name: &str) -> Self {
        Self { name: name.to_owned(), required: false, file: false }
    }

    /// A column of paths that may be missing, or blank.
    pub fn optional_file(name: &str) -> Self {
        Self { name: name.to_owned(), required: false, file: true }
    }

    /// A column of paths.
    pub fn file(name: &str) -> Self {
        Self { name: name.to_owned(), required: true, file: true }
    }
}

/// What is wrong with a table.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{file}{}: {message}{}", line.map_or(String::new(), |l| format!(":{l}")), remedy.as_ref().map_or(String::new(), |r| format!("; {r}")))]
pub struct TableError {
    /// The file as the experiment names it.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u64>,
    /// What is wrong, with the value.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
}

/// One column: each distinct text once, and an index of it per row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    symbols: Texts,
    rows: Narrow,
}

impl Column {
    /// The value in row `row`.
    ///
    /// # Panics
    /// Panics where the table has no such row.
    pub fn get(&self, row: usize) -> &str {
        &self.symbols[self.symbol(row) as usize]
    }

    /// The distinct values in the order they first appear.
    pub fn symbols(&self) -> &Texts {
        &self.symbols
    }

    /// For each row the index of its value in [`Column::symbols`].
    pub fn rows(&self) -> &Narrow {
        &self.rows
    }

    /// The index in [`Column::symbols`] of the value in row `row`.
    pub fn symbol(&self, row: usize) -> u32 {
        self.rows.get(row)
    }
}

/// A table read as the columns asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The file as the experiment names it.
    pub file: String,
    columns: Vec<(String, Column)>,
    lines: Lines,
}

impl Table {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A column by the name it was asked for with; `None` where the table doesn't have it.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, column)| column)
    }

    /// A column that was asked for as required.
    ///
    /// # Panics
    /// Panics where it was not: reading has made sure of required columns.
    pub fn required(&self, name: &str) -> &Column {
        self.column(name).unwrap_or_else(|| panic!("column `{name}` was not asked for"))
    }

    /// The line of a row in the file, from 1.
    pub fn line(&self, row: usize) -> u64 {
        self.lines.get(row)
    }

    /// An error at a row.
    pub fn error(&self, row: usize, message: impl Into<String>, remedy: impl Into<String>) -> TableError {
        TableError {
            file: self.file.clone(),
            line: Some(self.line(row)),
            message: message.into(),
            remedy: Some(remedy.into()),
        }
    }

    /// The digest of some columns: their names and values in order, whatever the file's format.
    pub fn digest_of(&self, names: &[&str]) -> Digest {
        let mut hasher = blake3::Hasher::new();
        let mut text = |part: &str| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        };
        let columns = || self.columns.iter().filter(|(name, _)| names.contains(&name.as_str()));
        for (name, column) in columns() {
            text(name);
            text(&column.symbols.len().to_string());
            column.symbols.iter().for_each(&mut text);
        }
        for (_, column) in columns() {
            column.rows.for_each_chunk(AT_ONCE, |bytes| _ = hasher.update_rayon(bytes));
        }
        Digest::from(hasher.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opinions() -> Vec<Wanted> {
        vec![Wanted::required("clip"), Wanted::optional("annotator"), Wanted::required("label")]
    }

    fn mapping(toml: &str) -> Mapping {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn blanks_mark_and_line_ends_are_of_no_consequence() {
        let plain = read(&b"clip,label\na,yes\nb,no\n"[..], "t", &opinions(), &Mapping::default()).unwrap();
        let odd =
            read(&b"\xef\xbb\xbf label , clip\r\n yes ,a\r\n\r\nno, b\r\n"[..], "t", &opinions(), &Mapping::default());
        let digest = |table: &Table| table.digest_of(&["clip", "label"]);
        assert_eq!(digest(&plain), digest(&odd.unwrap()));
    }

    #[test]
    fn other_peoples_tables_are_mapped() {
        let mapping = mapping(
            r#"
            columns = { clip = "{Case}/{Clip}", annotator = { value = "panel" }, label = "B" }
            values = { yes = "present" }
            "#,
        );
        let table = read(&b"Case,Clip,B\nc1,7,yes \n"[..], "t", &opinions(), &mapping).unwrap();
        let row: Vec<&str> = ["clip", "annotator", "label"].iter().map(|c| table.required(c).get(0)).collect();
        assert_eq!(row, ["c1/7", "panel", "present"]);
    }

    #[test]
    fn rows_of_other_things_are_left_out() {
        let wanted = [Wanted::required("clip")];
        let csv = b"clip,kind\na, image\nb,mask\nc,image \n";
        let table = read(&csv[..], "t", &wanted, &mapping(r#"only = { kind = "image" }"#)).unwrap();
        let clips: Vec<(&str, u64)> = (0..2).map(|row| (table.required("clip").get(row), table.line(row))).collect();
        assert_eq!((table.len(), clips), (2, vec![("a", 2), ("c", 4)]));
        let error = |toml: &str| read(&csv[..], "t", &wanted, &mapping(toml)).unwrap_err().to_string();
        assert!(error(r#"only = { kidn = "image" }"#).contains("did you mean `kind`"));
        assert!(error(r#"only = { kind = "film" }"#).contains("none of its 3 rows has kind = \"film\""));
    }

    #[test]
    fn patterns_take_a_part() {
        let mapping = mapping(r#"columns = { clip = "f", label = { column = "f", pattern = "patient_(\\d+)_" } }"#);
        let table = read(&b"f\npatient_12_R1\n"[..], "t", &opinions(), &mapping).unwrap();
        assert_eq!(table.required("label").get(0), "12");
        let error = read(&b"f\nx\n"[..], "t", &opinions(), &mapping).unwrap_err();
        assert_eq!((error.line, error.message.contains("`x`")), (Some(2), true));
    }

    #[test]
    fn votes_become_opinions() {
        let mapping = mapping(
            r#"votes = [{ label = "First", count = "N1" }, { label = "Second", count = "N2" }]
               values = { "'a b'" = "a" }"#,
        );
        let wanted = [Wanted::required("clip"), Wanted::required("label"), Wanted::optional("votes")];
        let table =
            read(&b"clip,First,N1,Second,N2\nx,'a b',10,b,0\ny,b,3,'a b',2\n"[..], "t", &wanted, &mapping).unwrap();
        let rows: Vec<_> = (0..table.len())
            .map(|r| (table.required("clip").get(r), table.required("label").get(r), table.required("votes").get(r)))
            .collect();
        assert_eq!(rows, [("x", "a", "10"), ("y", "b", "3"), ("y", "a", "2")]);
    }

    #[test]
    fn errors_name_line_value_and_remedy() {
        let missing = read(&b"clip,labl\na,b\n"[..], "t.csv", &opinions(), &Mapping::default()).unwrap_err();
        assert!(missing.to_string().contains("did you mean `labl`"), "{missing}");
        let ragged = read(&b"clip,label\na\n"[..], "t.csv", &opinions(), &Mapping::default()).unwrap_err();
        assert!(ragged.to_string().starts_with("t.csv:2: 1 values"), "{ragged}");
        let empty = read(&b"\xef\xbb\xbf\r\n"[..], "t.csv", &opinions(), &Mapping::default()).unwrap_err();
        assert!(empty.to_string().contains("empty"));
    }
}
