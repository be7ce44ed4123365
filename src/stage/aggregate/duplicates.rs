//! Opinions of an annotator on a clip they judged before.

use super::parameters::Duplicates;
use crate::{
    label::{Opinion, OpinionColumns},
    stage::StageError,
    table::Table,
};

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
    /// None yet.
    pub(super) fn new(rule: Duplicates) -> Self {
        Self { rule, first: hashbrown::HashMap::new(), later: Vec::new(), count: 0, rows: Vec::new() }
    }

    /// Takes an opinion, or leaves it out; whether one was lost by that.
    pub(super) fn take(&mut self, row: usize, opinion: Opinion, opinions: &mut OpinionColumns) -> bool {
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
            Duplicates::Last => opinions.set(first as usize, opinion),
            Duplicates::First | Duplicates::Error => {}
        }
        matches!(self.rule, Duplicates::First | Duplicates::Last)
    }

    /// Shares out what several opinions have together, or says where there are such.
    ///
    /// # Errors
    /// Duplicates where there must be none.
    pub(super) fn finish(self, table: &Table, opinions: &mut OpinionColumns) -> Result<(), StageError> {
        if let (Duplicates::Error, Some(row)) = (self.rule, self.rows.first()) {
            let named = |column: &str| table.column(column).map_or("", |column| column.get(*row));
            let (annotator, clip) = (named("annotator"), named("clip"));
            let lines: Vec<String> = self.rows.iter().map(|row| table.line(*row).to_string()).collect();
            let more = if self.count > self.rows.len() as u64 { ", …" } else { "" };
            let [noun, verb, line] =
                if self.count == 1 { ["opinion", "is", "line"] } else { ["opinions", "are", "lines"] };
            let message = format!(
                "annotator `{annotator}` judged clip `{clip}` more than once; {} such {noun} {verb} in the table, in {line} {}{more}",
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
            let votes = opinions.get(*at as usize).votes;
            opinions.set_votes(*at as usize, votes / several[first]);
        }
        for (first, count) in several {
            let votes = opinions.get(first as usize).votes;
            opinions.set_votes(first as usize, votes / count);
        }
        Ok(())
    }
}
