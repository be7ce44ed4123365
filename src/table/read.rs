//! Reading a table: a block at a time, the lines of a block by several threads.
//!
//! ```text
//! bytes ─→ block ─┬─ lines ─→ values ─→ own numbers ─┐
//!                 └─ lines ─→ values ─→ own numbers ─┴─ in order ─→ numbers of the table, rows
//! ```
//!
//! Numbers are given in the order in which values first appear in the file, so the table is the same for any number of
//! threads. A file with quotes, or with line ends of another age, is read in one go from there on, since where its lines
//! end is known only from the beginning.

use std::{
    io::Read,
    ops::{Index, Range},
};

use rayon::prelude::*;

use super::{
    Column, Mapping, Table, TableError, Wanted,
    block::{Blocks, Shape, parts, shape},
    interner::Interner,
    mapping::Resolved,
};

/// Blocks shorter than this are read by one thread.
const WORTH_SHARING: usize = 1 << 17;
/// A thread's own numbers are forgotten when they are so many.
const MOST_OWN: usize = 1 << 18;
/// Rows that are taken over at once where lines are read by one thread.
const ROWS: usize = 1 << 16;

/// Reads a table.
///
/// # Errors
/// Text that is not a table, a missing column, a pattern that matches nothing, a blank clip: with file, line and remedy.
pub fn read(source: impl Read, file: &str, wanted: &[Wanted], mapping: &Mapping) -> Result<Table, TableError> {
    let unreadable = |error: std::io::Error| TableError {
        file: file.to_owned(),
        line: None,
        message: format!("can't read it: {error}"),
        remedy: None,
    };
    let mut blocks = Blocks::new(source);
    let first = blocks.next().map_err(unreadable)?;
    let (header, end) = header(first, file, mapping)?;
    let mut line = newlines(&first[..end]);
    blocks.give_back(end);

    let plan = mapping.resolve(&header, file, wanted)?;
    let rules = Rules { only: only(mapping, &header, file)?, header: header.len(), plan, file };
    let mut gathered = Gathered::new(rules.plan.columns.len());
    let threads = rayon::current_num_threads().max(1);
    let mut readers: Vec<Reader> = (0..threads).map(|_| Reader::new(rules.plan.columns.len())).collect();
    let separator = separator(mapping);
    loop {
        let block = blocks.next().map_err(unreadable)?;
        if block.is_empty() {
            break;
        }
        if let Shape::Other { terminator } = shape(block) {
            let mut csv = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(separator)
                .terminator(terminator)
                // So that every record has an end.
                .from_reader(blocks.rest().chain(&b"\n"[..]));
            while readers[0].read_csv(&mut csv, line, &rules)? {
                gathered.take(&mut readers[..1]);
            }
            gathered.take(&mut readers[..1]);
            break;
        }
        let parts = parts(block, if block.len() < WORTH_SHARING { 1 } else { threads });
        let mut begins = Vec::with_capacity(parts.len());
        for part in &parts {
            begins.push(line);
            line += newlines(part);
        }
        let busy = &mut readers[..parts.len()];
        let work =
            |((reader, part), begin): ((&mut Reader, &&[u8]), &u64)| reader.read_plain(part, *begin, separator, &rules);
        let done: Vec<Result<(), TableError>> = if parts.len() == 1 {
            busy.iter_mut().zip(&parts).zip(&begins).map(work).collect()
        } else {
            busy.par_iter_mut().zip(&parts).zip(&begins).map(work).collect()
        };
        // The first that is wrong in the order of the file.
        done.into_iter().collect::<Result<(), TableError>>()?;
        gathered.take(busy);
    }
    gathered.table(rules, mapping)
}

fn separator(mapping: &Mapping) -> u8 {
    mapping.separator.map_or(b',', |separator| separator.0)
}

fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// The names of the columns, and where they end.
fn header(block: &[u8], file: &str, mapping: &Mapping) -> Result<(csv::StringRecord, usize), TableError> {
    let fail = |line: Option<u64>, message: String, remedy: &str| error(file, line, message, remedy);
    let mark = if block.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    if block[mark..].iter().all(u8::is_ascii_whitespace) {
        return Err(fail(None, "the table is empty".into(), "its first line must name the columns"));
    }
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .flexible(true)
        .delimiter(separator(mapping))
        .from_reader(&block[mark..]);
    let header = reader
        .headers()
        .map_err(|error| fail(Some(1), format!("can't read the header: {error}"), "save the table as UTF-8 CSV"))?
        .clone();
    for (index, name) in header.iter().enumerate() {
        if !name.is_empty() && header.iter().take(index).any(|other| other == name) {
            return Err(fail(Some(1), format!("column `{name}` stands twice"), "rename one of them"));
        }
    }
    Ok((header, mark + reader.position().byte() as usize))
}

fn error(file: &str, line: Option<u64>, message: String, remedy: &str) -> TableError {
    TableError { file: file.to_owned(), line, message, remedy: Some(remedy.to_owned()) }
}

/// Where in a record the columns are that must have one value, and which.
fn only<'m>(mapping: &'m Mapping, header: &csv::StringRecord, file: &str) -> Result<Vec<(usize, &'m str)>, TableError> {
    let mut only = Vec::new();
    for (column, value) in &mapping.only {
        let Some(at) = header.iter().position(|name| name == column) else {
            let near = crate::name::nearest(column, header.iter());
            let remedy = near.map_or_else(
                || format!("its columns are {}", crate::name::quoted(header.iter())),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("there is no column `{column}`, which `only` asks for");
            return Err(error(file, Some(1), message, &remedy));
        };
        only.push((at, value.as_str()));
    }
    Ok(only)
}

/// How records become rows.
struct Rules<'m> {
    file: &'m str,
    /// How many values a record must have.
    header: usize,
    only: Vec<(usize, &'m str)>,
    plan: Resolved<'m>,
}

/// The values of a line.
struct Values<'t> {
    line: &'t str,
    ranges: &'t [Range<usize>],
}

impl Index<usize> for Values<'_> {
    type Output = str;

    fn index(&self, at: usize) -> &str {
        &self.line[self.ranges[at].clone()]
    }
}

/// A column as one thread reads it.
#[derive(Default)]
struct Own {
    texts: Interner,
    /// The numbers of its texts in the table, as far as they are known.
    of_table: Vec<u32>,
    rows: Vec<u32>,
}

/// What one thread reads.
struct Reader {
    columns: Vec<Own>,
    lines: Vec<u32>,
    left_out: u64,
    room: String,
}

impl Reader {
    fn new(columns: usize) -> Self {
        let columns = (0..columns).map(|_| Own::default()).collect();
        Self { columns, lines: Vec::new(), left_out: 0, room: String::new() }
    }

    /// Reads lines without quotes; `begin` lines stand before them.
    fn read_plain(&mut self, part: &[u8], begin: u64, separator: u8, rules: &Rules<'_>) -> Result<(), TableError> {
        let text = std::str::from_utf8(part).map_err(|fault| {
            let line = begin + 1 + newlines(&part[..fault.valid_up_to()]);
            not_utf8(rules.file, line, &fault)
        })?;
        let mut ranges = Vec::with_capacity(rules.header);
        let mut number = begin;
        let mut from = 0;
        let mut value = 0;
        let ends = memchr::memchr2_iter(b'\n', separator, part);
        // The last line of a file may have no end.
        let ends = ends.chain((!part.ends_with(b"\n")).then_some(part.len()));
        for at in ends {
            if part.get(at) == Some(&separator) {
                ranges.push(value - from..at - from);
                value = at + 1;
                continue;
            }
            number += 1;
            let line = text[from..at].strip_suffix('\r').unwrap_or(&text[from..at]);
            if !line.is_empty() {
                ranges.push(value - from..line.len());
                self.take(&Values { line, ranges: &ranges }, ranges.len(), number, rules)?;
            }
            ranges.clear();
            from = at + 1;
            value = at + 1;
        }
        Ok(())
    }

    /// Reads some records; whether there are more. `begin` lines stand before the first of all.
    fn read_csv<R: Read>(
        &mut self,
        csv: &mut csv::Reader<R>,
        begin: u64,
        rules: &Rules<'_>,
    ) -> Result<bool, TableError> {
        let mut record = csv::StringRecord::new();
        while self.lines.len() < ROWS {
            let more = csv.read_record(&mut record).map_err(|fault| {
                let line = fault.position().map(|position| begin + position.line());
                let message = format!("can't read the line: {fault}");
                error(rules.file, line, message, "save the table as UTF-8 CSV")
            })?;
            if !more {
                return Ok(false);
            }
            // The position of a record is where the one before ended: blank lines lie between.
            let from = record.position().map_or(0, csv::Position::line);
            let inside: u64 = record.iter().map(|value| newlines(value.as_bytes())).sum();
            let blank = (csv.position().line() - from).saturating_sub(inside + 1);
            if record.len() > 1 || !record[0].trim().is_empty() {
                self.take(&record, record.len(), begin + from + blank, rules)?;
            }
        }
        Ok(true)
    }

    /// Takes a record.
    fn take<R: Index<usize, Output = str>>(
        &mut self,
        record: &R,
        values: usize,
        line: u64,
        rules: &Rules<'_>,
    ) -> Result<(), TableError> {
        if values != rules.header {
            let message = format!("{values} values where the header names {} columns", rules.header);
            return Err(error(rules.file, Some(line), message, "quote values that hold commas"));
        }
        if rules.only.iter().any(|(at, value)| record[*at].trim() != *value) {
            self.left_out += 1;
            return Ok(());
        }
        let Self { columns, lines, room, .. } = self;
        rules.plan.each_row(record, |votes| {
            for (column, own) in rules.plan.columns.iter().zip(columns.iter_mut()) {
                let text = rules
                    .plan
                    .value(column, record, votes, room)
                    .map_err(|(message, remedy)| error(rules.file, Some(line), message, remedy))?;
                // Tables are often sorted by clip or by annotator.
                let last = own.rows.last().copied().filter(|last| own.texts.text(*last) == text);
                let number = last.unwrap_or_else(|| own.texts.number(text));
                own.rows.push(number);
            }
            lines.push(u32::try_from(line).unwrap_or(u32::MAX));
            Ok(())
        })
    }
}

fn not_utf8(file: &str, line: u64, fault: &std::str::Utf8Error) -> TableError {
    error(file, Some(line), format!("can't read the line: {fault}"), "save the table as UTF-8 CSV")
}

/// The table as far as it is read.
struct Gathered {
    texts: Vec<Interner>,
    rows: Vec<Vec<u32>>,
    lines: Vec<u32>,
    left_out: u64,
}

impl Gathered {
    fn new(columns: usize) -> Self {
        let texts = (0..columns).map(|_| Interner::default()).collect();
        Self { texts, rows: vec![Vec::new(); columns], lines: Vec::new(), left_out: 0 }
    }

    /// Takes over what was read, in the order of the readers.
    fn take(&mut self, readers: &mut [Reader]) {
        for reader in readers {
            for ((texts, rows), own) in self.texts.iter_mut().zip(&mut self.rows).zip(&mut reader.columns) {
                let new = own.of_table.len() as u32..own.texts.len() as u32;
                own.of_table.extend(new.map(|number| texts.number(own.texts.text(number))));
                rows.extend(own.rows.drain(..).map(|number| own.of_table[number as usize]));
                if own.texts.len() > MOST_OWN {
                    *own = Own::default();
                }
            }
            self.lines.append(&mut reader.lines);
            self.left_out += std::mem::take(&mut reader.left_out);
        }
    }

    fn table(self, rules: Rules<'_>, mapping: &Mapping) -> Result<Table, TableError> {
        if self.lines.is_empty() && self.left_out > 0 {
            let asked = mapping.only.iter().map(|(column, value)| format!("{column} = \"{value}\""));
            let asked: Vec<String> = asked.collect();
            let message = format!("none of its {} rows has {}", self.left_out, asked.join(", "));
            return Err(error(rules.file, None, message, "check `only`"));
        }
        let columns =
            self.texts.into_iter().zip(self.rows).map(|(texts, rows)| Column { symbols: texts.into_texts(), rows });
        let names = rules.plan.columns.into_iter().map(|(name, _)| name);
        Ok(Table { file: rules.file.to_owned(), columns: names.zip(columns).collect(), lines: self.lines })
    }
}

#[cfg(test)]
mod tests;
