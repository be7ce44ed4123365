//! The same scores on parts of the clips: those of one site, of one machine.

use std::collections::{BTreeMap, BTreeSet};

use super::{Parameters, score};
use crate::{
    artifact::scores::{Score, Subgroup},
    metric::{Estimate, Metric},
    plan::Problem,
    stage::StageError,
    table::{Table, Wanted},
};

/// More values than this are no subgroups but a measurement, and each would hold hardly anybody.
const MOST: usize = 40;

/// What is scored (clips, or frames) that has one value in one column of the clip table.
pub(super) struct Part {
    column: String,
    value: String,
    /// Their indices, in order.
    members: Vec<usize>,
    patients: usize,
    clips: usize,
}

/// What is scored: its row in the clip table, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) patient: u32,
}

impl Part {
    /// The members of a list that has one entry for all that is scored.
    pub(super) fn of<T: Copy>(&self, all: &[T]) -> Vec<T> {
        self.members.iter().map(|at| all[*at]).collect()
    }

    /// The same of a list that has `width` entries for each.
    pub(super) fn rows_of(&self, all: &[f64], width: usize) -> Vec<f64> {
        self.members.iter().flat_map(|at| &all[at * width..][..width]).copied().collect()
    }

    /// The part's scores of one group.
    pub(super) fn scores(&self, metrics: &[Metric], estimates: &[Estimate], parameters: &Parameters) -> Vec<Score> {
        metrics.iter().zip(estimates).map(|(metric, estimate)| score::plain(*metric, estimate, parameters)).collect()
    }

    /// The part with the scores of every group.
    pub(super) fn told(&self, groups: Vec<Vec<Score>>) -> Subgroup {
        let Self { column, value, patients, clips, .. } = self;
        Subgroup { column: column.clone(), value: value.clone(), patients: *patients, clips: *clips, groups }
    }
}

/// The columns that the clip table must have besides its own.
pub(super) fn columns(parameters: &Parameters, others: &[Wanted]) -> Vec<Wanted> {
    let is_other = |column: &&String| others.iter().any(|other| other.name == **column);
    let of_subgroups = parameters.subgroups.iter().filter(|column| !is_other(column));
    of_subgroups.map(|column| Wanted::required(column)).collect()
}

/// What of `subgroups` makes no sense.
pub(super) fn check(parameters: &Parameters) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let again = parameters.subgroups.iter().filter(|column| !seen.insert(*column));
    again
        .map(|column| {
            Problem::new(
                "subgroups",
                format!("column `{column}` is named twice"),
                "name each column of the clip table once",
            )
        })
        .collect()
}

/// The parts, by column as asked for and by value in order. A clip without a value is in the part of an empty one.
pub(super) fn parts(parameters: &Parameters, table: &Table, scored: &[Place]) -> Result<Vec<Part>, StageError> {
    let mut parts = Vec::new();
    for name in &parameters.subgroups {
        let column = table.required(name);
        let mut by_value: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        // A value that no scored clip has is told too, with nothing estimable: else nobody would know it was asked for.
        column.symbols().iter().for_each(|value| drop(by_value.insert(value, Vec::new())));
        for (at, place) in scored.iter().enumerate() {
            by_value.entry(column.get(place.row)).or_default().push(at);
        }
        if by_value.len() > MOST {
            return Err(StageError::Input(format!(
                "column `{name}` of {} has {} values, and subgroups of at most {MOST} are scored; make a column of a few ranges \
                 or kinds of it",
                table.file,
                by_value.len()
            )));
        }
        for (value, members) in by_value {
            let distinct =
                |of: fn(&Place) -> usize| members.iter().map(|at| of(&scored[*at])).collect::<BTreeSet<_>>().len();
            parts.push(Part {
                column: name.clone(),
                value: value.to_owned(),
                patients: distinct(|place| place.patient as usize),
                clips: distinct(|place| place.row),
                members,
            });
        }
    }
    Ok(parts)
}
