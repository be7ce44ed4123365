//! Opinions of an annotator on a clip they judged before.

use super::parameters::Duplicates;
use crate::{label::Opinion, stage::StageError, table::Table};

/// Where a wrong table's first duplicates are, so many of them.
const PLACES: usize = 3;

/// The opinions of each annotator on each clip, as they come.
#[derive(Debug)]
pub(super) struct Pairs {
    rule: Duplicates,
    /// The first opinion of an annotator on a clip; both in one number, since there may be ten million of these.
    first: hashbrown::HashMap<u64, u32>,
    /// Later opinions that count beside the first, and which that is.
    later: Vec<(u32, u32)>,
    /// How many there are, and the rows of the first.
    count: u64,
    rows: Vec<usize>,
}

impl Pairs {
    pub(super) fn new(rule: Duplicates, most: usize) -> Self {
        let first = hashbrown::HashMap::with_capacity(most);
        Self { rule, first, later: Vec::new(), count: 0, rows: Vec::new() }
    }

    /// Takes an opinion, or leaves it out; whether one was lost by that.
    pub(super) fn take(&mut self, row: usize, opinion: Opinion, opinions: &mut Vec<Opinion>) -> bool {
        let next = opinions.len() as u32;
        let pair = opinion.annotator.map(|annotator| u64::from(opinion.clip) << 32 | u64::from(annotator));
        let first = pair.and_then(|pair| {
            let first = *self.first.entry(pair).or_insert(next);
            (first != next).then_some(first)
        });
        let Some(first) = first else {
            opinions.push(opinion);
            return false;
        };
        self.count += 1;
        if self.rows.len() < PLACES {
            self.rows.push(row);
        }
        match self.rule {
            Duplicates::All => opinions.push(opinion),
            Duplicates::Mean => {
                self.later.push((next, first));
                opinions.push(opinion);
            }
            Duplicates::Last => opinions[first as usize] = opinion,
            Duplicates::First | Duplicates::Error => {}
        }
        matches!(self.rule, Duplicates::First | Duplicates::Last)
    }

    /// Shares out what several opinions have together, or says where there are such.
    ///
    /// # Errors
    /// Duplicates where there must be none.
    pub(super) fn finish(self, table: &Table, opinions: &mut [Opinion]) -> Result<(), StageError> {
        if let (Duplicates::Error, Some(row)) = (self.rule, self.rows.first()) {
            let named = |column: &str| table.column(column).map_or("", |column| column.get(*row));
            let (annotator, clip) = (named("annotator"), named("clip"));
            let lines: Vec<String> = self.rows.iter().map(|row| table.line(*row).to_string()).collect();
            let more = if self.count > self.rows.len() as u64 { ", …" } else { "" };
            let (noun, verb) = if self.count == 1 { ("opinion", "is") } else { ("opinions", "are") };
            let message = format!(
                "annotator `{annotator}` judged clip `{clip}` more than once; {} such {noun} {verb} in the table, in lines {}{more}",
                self.count,
                lines.join(", ")
            );
            let remedy = "set `duplicates` to \"first\", \"last\", \"mean\" or \"all\"";
            return Err(table.error(*row, message, remedy).into());
        }
        let mut several: hashbrown::HashMap<u32, f64> = hashbrown::HashMap::new();
        for (_, first) in &self.later {
            *several.entry(*first).or_insert(1.0) += 1.0;
        }
        for (at, first) in &self.later {
            opinions[*at as usize].votes /= several[first];
        }
        for (first, count) in several {
            opinions[first as usize].votes /= count;
        }
        Ok(())
    }
}
