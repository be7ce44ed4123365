//! Reading a table: a block at a time, each by whichever thread is free.
//!
//! ```text
//!        ┌─ block ─ lines ─ values ─ own numbers ─┐
//! bytes ─┤                                        ├─ in order ─→ numbers of the table, rows
//!        └─ block ─ lines ─ values ─ own numbers ─┘
//! ```
//!
//! Numbers are given in the order in which values first appear in the file, so the table is the same for any number of
//! threads. A file with quotes, or with line ends of another age, is read in one go from there on, since where its lines
//! end is known only from the beginning.

mod gathered;
mod marks;
mod reader;

#[cfg(test)]
mod tests;

use std::{
    io::{self, Read},
    sync::{Mutex, MutexGuard},
};

use super::{
    Mapping, Table, TableError, Wanted,
    block::{Blocks, Room, Shape, shape},
    mapping::Resolved,
};
use gathered::Gathered;
use reader::Reader;

/// Reads a table.
///
/// # Errors
/// Text that is not a table, a missing column, a pattern that matches nothing, a blank clip: with file, line and remedy.
pub fn read(source: impl Read + Send, file: &str, wanted: &[Wanted], mapping: &Mapping) -> Result<Table, TableError> {
    let mut blocks = Blocks::new(source);
    let mut room = Room::default();
    blocks.next(&mut room).map_err(|error| unreadable(file, &error))?;
    let (header, end) = header(room.block(), file, mapping)?;
    let line = newlines(&room.block()[..end]);
    blocks.give_back(&room.block()[end..]);

    let plan = mapping.resolve(&header, file, wanted)?;
    let separator = separator(mapping);
    let rules = Rules { only: only(mapping, &header, file)?, header: header.len(), separator, plan, file };
    let threads = if blocks.is_last() { 1 } else { rayon::current_num_threads().max(1) };
    let queue = Mutex::new(Queue { blocks, next: 0, other: None });
    let gathered = Mutex::new(Gathered::new(rules.plan.columns.len(), threads, line));
    let work = |reader: usize| {
        let mut reader = Reader::new(reader, &rules);
        let mut room = Room::default();
        loop {
            // Let go of before lines are read, which others do meanwhile.
            let next = held(&queue).next(&mut room);
            let Some((place, read)) = next else { break };
            let batch =
                read.map_err(|error| unreadable(file, &error)).and_then(|()| reader.read_plain(room.block(), &rules));
            let mut gathered = held(&gathered);
            gathered.put(place, batch);
            if gathered.has_failed() {
                break;
            }
        }
    };
    if threads == 1 {
        work(0);
    } else {
        rayon::scope(|scope| (0..threads).for_each(|reader| scope.spawn(move |_| work(reader))));
    }
    let Queue { blocks, next, other } = queue.into_inner().expect("no holder panics");
    let mut gathered = gathered.into_inner().expect("no holder panics");
    if let Some(terminator) = other {
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .terminator(terminator)
            // So that every record has an end.
            .from_reader(blocks.rest().chain(&b"\n"[..]));
        // What threads know by number is another's: this one begins anew.
        let mut reader = Reader::new(gathered.another_reader(), &rules);
        for place in next.. {
            let (batch, more) = reader.read_csv(&mut csv, &rules);
            gathered.put(place, batch);
            if !more || gathered.has_failed() {
                break;
            }
        }
    }
    gathered.table(rules, mapping)
}

/// Nobody panics who holds one of these.
fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().expect("no holder panics")
}

/// What is to be read.
struct Queue<R> {
    blocks: Blocks<R>,
    /// Which block is next.
    next: u64,
    /// From here on records are not lines.
    other: Option<csv::Terminator>,
}

impl<R: Read> Queue<R> {
    /// The next block and its place among all, unless there is none that can be read by itself.
    fn next(&mut self, room: &mut Room) -> Option<(u64, io::Result<()>)> {
        if self.other.is_some() {
            return None;
        }
        let read = self.blocks.next(room);
        if read.is_ok() {
            if room.block().is_empty() {
                return None;
            }
            if let Shape::Other { terminator } = shape(room.block()) {
                self.blocks.give_back(room.block());
                self.other = Some(terminator);
                return None;
            }
        }
        self.next += 1;
        Some((self.next - 1, read))
    }
}

fn unreadable(file: &str, error: &io::Error) -> TableError {
    TableError { file: file.to_owned(), line: None, message: format!("can't read it: {error}"), remedy: None }
}

fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// How records become rows.
struct Rules<'m> {
    file: &'m str,
    /// How many values a record must have.
    header: usize,
    separator: u8,
    only: Vec<(usize, &'m str)>,
    plan: Resolved<'m>,
}

fn separator(mapping: &Mapping) -> u8 {
    mapping.separator.map_or(b',', |separator| separator.0)
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
