//! Tables of clips and opinions: comma-separated text, read as the columns a stage asks for.
//!
//! Values are trimmed, a byte-order mark is skipped, and what other people call their columns is said by a [`Mapping`].
//! Columns are interned: a table of ten million opinions holds each distinct text once.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable, hash_table::Entry};

use crate::recipe::Digest;

mod mapping;

pub use mapping::{Cell, Mapping, Separator, Votes};

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
    symbols: Vec<String>,
    rows: Vec<u32>,
}

impl Column {
    /// The value in row `row`.
    ///
    /// # Panics
    /// Panics where the table has no such row.
    pub fn get(&self, row: usize) -> &str {
        &self.symbols[self.rows[row] as usize]
    }

    /// The distinct values in the order they first appear.
    pub fn symbols(&self) -> &[String] {
        &self.symbols
    }

    /// The index in [`Column::symbols`] of the value in row `row`.
    pub fn symbol(&self, row: usize) -> u32 {
        self.rows[row]
    }
}

/// A table read as the columns asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The file as the experiment names it.
    pub file: String,
    columns: Vec<(String, Column)>,
    lines: Vec<u32>,
}

impl Table {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
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
        u64::from(self.lines[row])
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
            column.symbols.iter().for_each(|symbol| text(symbol));
        }
        for (_, column) in columns() {
            for row in &column.rows {
                hasher.update(&row.to_le_bytes());
            }
        }
        Digest::from(hasher.finalize())
    }
}

/// Reads a table.
///
/// # Errors
/// Text that is not a table, a missing column, a pattern that matches nothing, a blank clip: with file, line and remedy.
pub fn read(bytes: &[u8], file: &str, wanted: &[Wanted], mapping: &Mapping) -> Result<Table, TableError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let fail = |line: Option<u64>, message: String, remedy: &str| TableError {
        file: file.to_owned(),
        line,
        message,
        remedy: Some(remedy.to_owned()),
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(fail(None, "the table is empty".into(), "its first line must name the columns"));
    }
    let mut reader = csv::ReaderBuilder::new()
        // Values are trimmed where they are taken: the reader would copy every record for it.
        .trim(csv::Trim::Headers)
        .flexible(true)
        .delimiter(mapping.separator.map_or(b',', |separator| separator.0))
        .from_reader(bytes);
    let header = reader
        .headers()
        .map_err(|error| fail(Some(1), format!("can't read the header: {error}"), "save the table as UTF-8 CSV"))?
        .clone();
    for (index, name) in header.iter().enumerate() {
        if !name.is_empty() && header.iter().take(index).any(|other| other == name) {
            return Err(fail(Some(1), format!("column `{name}` stands twice"), "rename one of them"));
        }
    }
    let plan = mapping.resolve(&header, file, wanted)?;
    let mut only: Vec<(usize, &str)> = Vec::new();
    for (column, value) in &mapping.only {
        let Some(at) = header.iter().position(|name| name == column) else {
            let near = crate::name::nearest(column, header.iter());
            let remedy = near.map_or_else(
                || format!("its columns are {}", crate::name::quoted(header.iter())),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(fail(Some(1), format!("there is no column `{column}`, which `only` asks for"), &remedy));
        };
        only.push((at, value));
    }
    let mut columns: Vec<Interner> = plan.columns.iter().map(|_| Interner::default()).collect();
    let mut lines = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut text = String::new();
    let mut left_out = 0;
    loop {
        let more = reader.read_record(&mut record).map_err(|error| {
            let line = error.position().map(csv::Position::line);
            fail(line, format!("can't read the line: {error}"), "save the table as UTF-8 CSV")
        })?;
        if !more {
            break;
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            let message = format!("{} values where the header names {} columns", record.len(), header.len());
            return Err(fail(Some(line), message, "quote values that hold commas"));
        }
        if only.iter().any(|(at, value)| record[*at].trim() != *value) {
            left_out += 1;
            continue;
        }
        plan.each_row(&record, |votes| {
            for ((name, cell), column) in plan.columns.iter().zip(&mut columns) {
                text.clear();
                plan.fill(name, cell, &record, votes, &mut text)
                    .map_err(|(message, remedy)| fail(Some(line), message, remedy))?;
                column.push(&text);
            }
            lines.push(u32::try_from(line).unwrap_or(u32::MAX));
            Ok(())
        })?;
    }
    if lines.is_empty() && left_out > 0 {
        let asked: Vec<String> = mapping.only.iter().map(|(column, value)| format!("{column} = \"{value}\"")).collect();
        let message = format!("none of its {left_out} rows has {}", asked.join(", "));
        return Err(fail(None, message, "check `only`"));
    }
    let columns = plan.columns.into_iter().zip(columns).map(|((name, _), column)| (name, column.column)).collect();
    Ok(Table { file: file.to_owned(), columns, lines })
}

/// A column while it is read. The index holds places in [`Column::symbols`], so that a text is kept once.
#[derive(Default)]
struct Interner {
    column: Column,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Interner {
    fn push(&mut self, text: &str) {
        let Self { column: Column { symbols, rows }, index, hasher } = self;
        // Tables are often sorted by clip or by annotator.
        if let Some(&last) = rows.last()
            && symbols[last as usize] == text
        {
            return rows.push(last);
        }
        let same = |symbol: &u32| symbols[*symbol as usize] == text;
        let hash_again = |symbol: &u32| hasher.hash_one(symbols[*symbol as usize].as_str());
        let symbol = match index.entry(hasher.hash_one(text), same, hash_again) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let symbol = symbols.len() as u32;
                free.insert(symbol);
                symbols.push(text.to_owned());
                symbol
            }
        };
        rows.push(symbol);
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
        let plain = read(b"clip,label\na,yes\nb,no\n", "t", &opinions(), &Mapping::default()).unwrap();
        let odd = read(b"\xef\xbb\xbf label , clip\r\n yes ,a\r\n\r\nno, b\r\n", "t", &opinions(), &Mapping::default());
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
        let table = read(b"Case,Clip,B\nc1,7,yes \n", "t", &opinions(), &mapping).unwrap();
        let row: Vec<&str> = ["clip", "annotator", "label"].iter().map(|c| table.required(c).get(0)).collect();
        assert_eq!(row, ["c1/7", "panel", "present"]);
    }

    #[test]
    fn rows_of_other_things_are_left_out() {
        let wanted = [Wanted::required("clip")];
        let csv = b"clip,kind\na, image\nb,mask\nc,image \n";
        let table = read(csv, "t", &wanted, &mapping(r#"only = { kind = "image" }"#)).unwrap();
        let clips: Vec<(&str, u64)> = (0..2).map(|row| (table.required("clip").get(row), table.line(row))).collect();
        assert_eq!((table.len(), clips), (2, vec![("a", 2), ("c", 4)]));
        let error = |toml: &str| read(csv, "t", &wanted, &mapping(toml)).unwrap_err().to_string();
        assert!(error(r#"only = { kidn = "image" }"#).contains("did you mean `kind`"));
        assert!(error(r#"only = { kind = "film" }"#).contains("none of its 3 rows has kind = \"film\""));
    }

    #[test]
    fn patterns_take_a_part() {
        let mapping = mapping(r#"columns = { clip = "f", label = { column = "f", pattern = "patient_(\\d+)_" } }"#);
        let table = read(b"f\npatient_12_R1\n", "t", &opinions(), &mapping).unwrap();
        assert_eq!(table.required("label").get(0), "12");
        let error = read(b"f\nx\n", "t", &opinions(), &mapping).unwrap_err();
        assert_eq!((error.line, error.message.contains("`x`")), (Some(2), true));
    }

    #[test]
    fn votes_become_opinions() {
        let mapping = mapping(
            r#"votes = [{ label = "First", count = "N1" }, { label = "Second", count = "N2" }]
               values = { "'a b'" = "a" }"#,
        );
        let wanted = [Wanted::required("clip"), Wanted::required("label"), Wanted::optional("votes")];
        let table = read(b"clip,First,N1,Second,N2\nx,'a b',10,b,0\ny,b,3,'a b',2\n", "t", &wanted, &mapping).unwrap();
        let rows: Vec<_> = (0..table.len())
            .map(|r| (table.required("clip").get(r), table.required("label").get(r), table.required("votes").get(r)))
            .collect();
        assert_eq!(rows, [("x", "a", "10"), ("y", "b", "3"), ("y", "a", "2")]);
    }

    #[test]
    fn errors_name_line_value_and_remedy() {
        let missing = read(b"clip,labl\na,b\n", "t.csv", &opinions(), &Mapping::default()).unwrap_err();
        assert!(missing.to_string().contains("did you mean `labl`"), "{missing}");
        let ragged = read(b"clip,label\na\n", "t.csv", &opinions(), &Mapping::default()).unwrap_err();
        assert!(ragged.to_string().starts_with("t.csv:2: 1 values"), "{ragged}");
        let empty = read(b"\xef\xbb\xbf\r\n", "t.csv", &opinions(), &Mapping::default()).unwrap_err();
        assert!(empty.to_string().contains("empty"));
    }
}
