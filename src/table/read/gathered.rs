//! What threads read, put in the order of the file.

use std::collections::BTreeMap;

use super::{Rules, error, reader::Batch};
use crate::{
    narrow::Narrow,
    table::{Column, Mapping, Table, TableError, interner::Interner, lines::Lines},
};

/// The table as far as it is read.
#[derive(Debug)]
pub(super) struct Gathered {
    columns: Vec<(Interner, Narrow)>,
    lines: Lines,
    /// How many lines stand before what comes next.
    before: u64,
    left_out: u64,
    /// For each reader and column, the numbers of the reader's texts in the table.
    of_table: Vec<Vec<Vec<u32>>>,
    /// Which batch is next, and those that were read before it was.
    next: u64,
    waiting: BTreeMap<u64, Result<Batch, TableError>>,
    /// The first line that is wrong.
    failed: Option<TableError>,
}

impl Gathered {
    /// A table whose first `before` lines are no rows.
    pub(super) fn new(columns: usize, readers: usize, before: u64) -> Self {
        Self {
            columns: (0..columns).map(|_| Default::default()).collect(),
            lines: Lines::default(),
            before,
            left_out: 0,
            of_table: vec![vec![Vec::new(); columns]; readers],
            next: 0,
            waiting: BTreeMap::new(),
            failed: None,
        }
    }

    /// One more reader.
    pub(super) fn another_reader(&mut self) -> usize {
        self.of_table.push(vec![Vec::new(); self.columns.len()]);
        self.of_table.len() - 1
    }

    /// Whether nothing that is still to be read matters any more.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Takes over what was read at some place of the file, as soon as everything before it is there.
    pub(super) fn put(&mut self, place: u64, batch: Result<Batch, TableError>) {
        self.waiting.insert(place, batch);
        while self.failed.is_none()
            && let Some(batch) = self.waiting.remove(&self.next)
        {
            self.next += 1;
            match batch {
                Ok(batch) => self.take(&batch),
                Err(wrong) => {
                    self.failed = Some(TableError { line: wrong.line.map(|line| line + self.before), ..wrong });
                }
            }
        }
    }

    fn take(&mut self, batch: &Batch) {
        let of_table = &mut self.of_table[batch.reader];
        for (((texts, rows), of_table), part) in self.columns.iter_mut().zip(of_table).zip(&batch.columns) {
            if part.anew {
                of_table.clear();
            }
            of_table.extend(part.new.iter().map(|text| texts.of_text(text)));
            let numbers = part.rows.iter().map(|number| of_table[*number as usize]);
            rows.extend(numbers, texts.texts().len());
        }
        self.lines.append(&batch.lines, self.before);
        self.before += batch.newlines;
        self.left_out += batch.left_out;
    }

    /// The table.
    pub(super) fn table(self, rules: Rules<'_>, mapping: &Mapping) -> Result<Table, TableError> {
        if let Some(wrong) = self.failed {
            return Err(wrong);
        }
        if self.lines.len() == 0 && self.left_out > 0 {
            let asked = mapping.only.iter().map(|(column, value)| format!("{column} = \"{value}\""));
            let asked: Vec<String> = asked.collect();
            let message = format!("none of its {} rows has {}", self.left_out, asked.join(", "));
            return Err(error(rules.file, None, message, "check `only`"));
        }
        let columns = self.columns.into_iter().map(|(texts, rows)| Column { symbols: texts.into_texts(), rows });
        let names = rules.plan.columns.into_iter().map(|column| column.name);
        Ok(Table { file: rules.file.to_owned(), columns: names.zip(columns).collect(), lines: self.lines })
    }
}
