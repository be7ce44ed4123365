//! `split`: patients to folds and a test part.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Output, Stage, StageError, clips, declare};
use crate::{
    artifact::{
        Folder, Type, distance,
        split::{self, Part},
    },
    folds::{self, Parts},
    plan::{Port, Problem, Surroundings, kind},
    table::Wanted,
};

/// Parameters of `[split.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    /// The column whose values are never on two sides.
    group: String,
    /// Number of folds.
    folds: u32,
    /// Share of the patients in a test part that no training sees.
    test: f64,
    /// A column of the clip table whose values are spread evenly.
    stratify: Option<String>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { group: "patient".to_owned(), folds: 5, test: 0.0, stratify: None }
    }
}

/// The kind.
#[derive(Debug)]
pub(super) struct Split;

declare! {
    Split, "split", version 1, Parameters,
    "divide patients into folds and a test part",
    ports [Port::table("clips")],
    makes Type::Split,
    {
        fn uses_seed(&self) -> bool {
            true
        }

        fn columns(&self, _port: &str, parameters: &Value) -> Vec<Wanted> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let mut columns = clips::columns(&parameters.group);
            columns.extend(parameters.stratify.as_deref().map(Wanted::required));
            columns
        }

        fn check(&self, parameters: &Value, _around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let mut problems = Vec::new();
            if !(0.0..1.0).contains(&parameters.test) {
                let message = format!("`test` is {}, which is no share of the patients", parameters.test);
                problems.push(Problem::new("test", message, "give a number from 0 to below 1, such as 0.2"));
            }
            if parameters.folds == 1 || (parameters.folds == 0 && parameters.test == 0.0) {
                let message = format!("{} folds hold nobody out", parameters.folds);
                problems.push(Problem::new("folds", message, "give at least 2 folds, or 0 with a `test` part"));
            }
            problems
        }
    }
}

impl Stage for Split {
    fn nouns(&self) -> [&'static str; 2] {
        ["split", "splits"]
    }

    fn distance(&self, one: &dyn Folder, other: &dyn Folder) -> Option<f64> {
        distance::of_tables(one, other, "split.csv")
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        let (table, _) = context.required_table("clips")?;
        let rows = clips::read(&table, &parameters.group)?;
        let stratum = |row: usize| parameters.stratify.as_ref().map_or("", |name| table.required(name).get(row));
        let mut strata: Vec<&str> = rows.iter().map(|row| stratum(row.row)).collect();
        strata.sort_unstable();
        strata.dedup();
        let mut patients: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in &rows {
            let counts = patients.entry(&row.patient).or_insert_with(|| vec![0; strata.len()]);
            let stratum = stratum(row.row);
            counts[strata.partition_point(|other| *other < stratum)] += 1;
        }
        let counts: Vec<Vec<usize>> = patients.values().cloned().collect();
        let parts = Parts { folds: parameters.folds, test: parameters.test };
        let assigned = folds::assign(&counts, parts, context.seed())
            .map_err(|error| StageError::Input(format!("{}: {error}", table.file)))?;
        let part_of: BTreeMap<&str, Part> = patients
            .keys()
            .zip(assigned)
            .map(|(patient, part)| (*patient, if part == parameters.folds { Part::Test } else { Part::Fold(part) }))
            .collect();
        let split: Vec<split::Row> = rows
            .iter()
            .map(|row| split::Row {
                clip: row.clip.clone(),
                patient: row.patient.clone(),
                part: part_of[row.patient.as_str()],
            })
            .collect();
        let mut output = Output::default();
        output.add(context.store, "split.csv", &split::write(&split))?;
        Ok(output)
    }
}
