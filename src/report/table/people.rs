//! Label sources against several people who each judged every clip.

use super::{Cell, Table};
use crate::report::content::Evaluation;
use crate::report::format;
use crate::report::number::path;

/// One row a label source. `None` without any.
pub(in crate::report) fn against_people(name: &str, evaluation: &Evaluation) -> Option<Table> {
    let first = evaluation.against_people.first()?;
    let caption = format!(
        "Clip by clip, whether a label source agrees with {} against the share of people who do. Intervals resample \
         patients ({}; {}). The t-test is the one published studies give (Duggan 2023): paired over clips and two-sided, \
         as if the clips of a patient were independent, which they are not. All on {}.",
        evaluation.reference,
        format::level(evaluation.level),
        evaluation.resampled,
        format::cohort(Some(first.patients), first.clips)
    );
    let head = ["Agrees", "People agree", "Difference", "t", "Degrees of freedom", "p"];
    let mut table = Table::new(name, caption, &["Candidate", "People"], &head).in_file(&[
        "evaluation",
        "candidate",
        "people",
        "agrees",
        "people_agree",
        "difference",
        "low",
        "high",
        "t",
        "degrees",
        "p",
        "patients",
        "clips",
    ]);
    for pair in &evaluation.against_people {
        let decimals = format::decimals(&[pair.difference, pair.low, pair.high]);
        let path = path::people(evaluation, pair);
        let number = |what: &str, text: String| Cell::of(format!("{path}/{what}"), text);
        let tested = |what: &str, text: String| Cell::of_known(pair.t_test.is_some(), format!("{path}/{what}"), text);
        let mut row = vec![
            pair.candidate.clone().into(),
            pair.people.clone().into(),
            number("agrees", format::fixed(pair.right, decimals)),
            number("people-agree", format::fixed(pair.people_right, decimals)),
            number("difference", format::difference_with(pair.difference, pair.low, pair.high, decimals)),
        ];
        let [t, degrees, p] = pair.t_test.map_or([f64::NAN; 3], |(t, degrees, p)| [t, degrees as f64, p]);
        row.extend([
            tested("t", format::signed(t, 2)),
            tested("degrees", format::fixed(degrees, 0)),
            tested("p", format::p(p)),
        ]);
        table.rows.push(row);
        table.file_rows.push(vec![
            evaluation.name.clone(),
            pair.candidate.clone(),
            pair.people.clone(),
            format::raw(pair.right),
            format::raw(pair.people_right),
            format::raw(pair.difference),
            format::raw(pair.low),
            format::raw(pair.high),
            format::raw(t),
            format::raw(degrees),
            format::raw(p),
            pair.patients.to_string(),
            pair.clips.to_string(),
        ]);
    }
    Some(table)
}
