//! Lines to numbers, as one thread reads them.

use std::{
    io::Read,
    ops::{Index, Range},
};

use super::{Rules, error, marks::Marks, newlines};
use crate::{
    table::{
        TableError,
        interner::{Interner, Key},
        lines::Lines,
    },
    texts::Texts,
};

/// A thread's own numbers are forgotten when they are so many.
const MOST_OWN: usize = 1 << 18;
/// Records that are handed on at once where they are read by one thread.
const RECORDS: usize = 1 << 14;

/// What one thread knows of the texts it read.
#[derive(Debug)]
pub(super) struct Reader {
    which: usize,
    columns: Vec<Own>,
    ranges: Vec<Range<usize>>,
    room: String,
}

/// A column as one thread reads it.
#[derive(Debug, Default)]
struct Own {
    texts: Interner,
    /// How many of the texts were handed on.
    told: usize,
    /// The rows that have no number yet: the key of each, and the texts that are longer than their keys say.
    keys: Vec<Key>,
    long: Texts,
}

/// Rows that were read by one thread, and all it takes to make them rows of the table.
#[derive(Debug)]
pub(super) struct Batch {
    /// Which reader's numbers these are.
    pub(super) reader: usize,
    pub(super) columns: Vec<Part>,
    /// Counted from the beginning of what was read.
    pub(super) lines: Lines,
    /// How many lines were read.
    pub(super) newlines: u64,
    pub(super) left_out: u64,
}

/// A column of these rows.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Whether the reader began its numbers anew.
    pub(super) anew: bool,
    /// The texts that got the next numbers.
    pub(super) new: Texts,
    pub(super) rows: Vec<u32>,
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

impl Reader {
    pub(super) fn new(which: usize, rules: &Rules<'_>) -> Self {
        let columns = rules.plan.columns.iter().map(|_| Own::default()).collect();
        Self { which, columns, ranges: Vec::with_capacity(rules.header), room: String::new() }
    }

    /// Reads lines without quotes. Lines of errors count from the first.
    pub(super) fn read_plain(&mut self, block: &[u8], rules: &Rules<'_>) -> Result<Batch, TableError> {
        let text = std::str::from_utf8(block).map_err(|fault| {
            let line = 1 + newlines(&block[..fault.valid_up_to()]);
            error(rules.file, Some(line), format!("can't read the line: {fault}"), "save the table as UTF-8 CSV")
        })?;
        let mut batch = self.begin();
        let mut ranges = std::mem::take(&mut self.ranges);
        let (mut number, mut from, mut value) = (0, 0, 0);
        let ends = Marks::new(block, [b'\n', rules.separator]);
        // The last line of a file may have no end.
        let ends = ends.chain((!block.ends_with(b"\n")).then_some(block.len()));
        for at in ends {
            if block.get(at) == Some(&rules.separator) {
                ranges.push(value - from..at - from);
                value = at + 1;
                continue;
            }
            number += 1;
            let line = text[from..at].strip_suffix('\r').unwrap_or(&text[from..at]);
            if !line.is_empty() {
                ranges.push(value - from..line.len());
                self.take(&Values { line, ranges: &ranges }, ranges.len(), number, rules, &mut batch)?;
            }
            ranges.clear();
            from = at + 1;
            value = at + 1;
        }
        self.ranges = ranges;
        batch.newlines = number;
        Ok(self.end(batch))
    }

    /// Reads some records; whether there are more. Lines count from the first of all.
    pub(super) fn read_csv<R: Read>(
        &mut self,
        csv: &mut csv::Reader<R>,
        rules: &Rules<'_>,
    ) -> (Result<Batch, TableError>, bool) {
        let mut record = csv::StringRecord::new();
        let mut batch = self.begin();
        let begin = csv.position().line() - 1;
        let shifted = |error: TableError| TableError { line: error.line.map(|line| line - begin), ..error };
        for _ in 0..RECORDS {
            match csv.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return (Ok(self.end(batch)), false),
                Err(fault) => {
                    let line = fault.position().map(|position| position.line());
                    let message = format!("can't read the line: {fault}");
                    return (Err(shifted(error(rules.file, line, message, "save the table as UTF-8 CSV"))), false);
                }
            }
            // The position of a record is where the one before ended: blank lines lie between.
            let from = record.position().map_or(0, csv::Position::line);
            let inside: u64 = record.iter().map(|value| newlines(value.as_bytes())).sum();
            let blank = (csv.position().line() - from).saturating_sub(inside + 1);
            if (record.len() > 1 || !record[0].trim().is_empty())
                && let Err(wrong) = self.take(&record, record.len(), from + blank - begin, rules, &mut batch)
            {
                return (Err(wrong), false);
            }
        }
        batch.newlines = csv.position().line() - 1 - begin;
        (Ok(self.end(batch)), true)
    }

    fn begin(&mut self) -> Batch {
        let columns = self.columns.iter_mut().map(|own| {
            let anew = own.texts.texts().len() > MOST_OWN;
            if anew {
                *own = Own::default();
            }
            own.keys.clear();
            own.long.clear();
            Part { anew, ..Part::default() }
        });
        Batch { reader: self.which, columns: columns.collect(), lines: Lines::default(), newlines: 0, left_out: 0 }
    }

    fn end(&mut self, mut batch: Batch) -> Batch {
        for (own, part) in self.columns.iter_mut().zip(&mut batch.columns) {
            own.number(&mut part.rows);
            let texts = own.texts.texts();
            part.new = (own.told..texts.len()).map(|at| &texts[at]).collect();
            own.told = texts.len();
        }
        batch
    }

    /// Takes a record.
    fn take<R: Index<usize, Output = str>>(
        &mut self,
        record: &R,
        values: usize,
        line: u64,
        rules: &Rules<'_>,
        batch: &mut Batch,
    ) -> Result<(), TableError> {
        if values != rules.header {
            let message = format!("{values} values where the header names {} columns", rules.header);
            return Err(error(rules.file, Some(line), message, "quote values that hold commas"));
        }
        if rules.only.iter().any(|(at, value)| record[*at].trim() != *value) {
            batch.left_out += 1;
            return Ok(());
        }
        let Self { columns, room, .. } = self;
        rules.plan.each_row(record, |votes| {
            for (column, own) in rules.plan.columns.iter().zip(&mut *columns) {
                let text = rules
                    .plan
                    .value(column, record, votes, room)
                    .map_err(|wrong| error(rules.file, Some(line), wrong.0, wrong.1))?;
                own.put(text);
            }
            batch.lines.push(line);
            Ok(())
        })
    }
}

impl Own {
    fn put(&mut self, text: &str) {
        let key = Key::of(text);
        if !key.is_whole() {
            self.long.push(text);
        }
        self.keys.push(key);
    }

    /// Numbers the rows that have none. Many at once: a look-up in a large column waits for memory, and while it does the
    /// processor can begin the next ones, but not the reading of another line.
    fn number(&mut self, rows: &mut Vec<u32>) {
        let Self { texts, keys, long, .. } = self;
        let mut next = 0..;
        rows.extend(keys.iter().map(|key| match key.is_whole() {
            true => texts.of_key(*key),
            false => texts.of_text(&long[next.next().unwrap_or_default()]),
        }));
        keys.clear();
        long.clear();
    }
}
