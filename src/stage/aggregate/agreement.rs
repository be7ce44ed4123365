//! How well the annotators agree on the opinions that the labels are made of.

use std::collections::HashMap;

use super::parameters::Intervals;
use crate::{
    artifact::agreement::Row,
    label::OpinionColumns,
    metric::agreement::{Between, Ratings, Resampling, agreement},
    stage::StageError,
    table::Table,
    texts::Texts,
};

/// The patient of every clip, where the clip table has them.
///
/// # Errors
/// A clip without patient or with two.
pub(super) fn patients(table: &Table) -> Result<Option<HashMap<String, String>>, StageError> {
    let Some(patients) = table.column("patient") else { return Ok(None) };
    let clips = table.required("clip");
    let mut of: HashMap<String, String> = HashMap::new();
    for row in 0..table.len() {
        let (clip, patient) = (clips.get(row), patients.get(row));
        if patient.is_empty() {
            let remedy = "name the patient, or give a table without the column `patient`";
            return Err(table.error(row, format!("clip `{clip}` has no patient"), remedy).into());
        }
        if let Some(other) = of.insert(clip.to_owned(), patient.to_owned()).filter(|other| other != patient) {
            let message = format!("clip `{clip}` is of patient `{other}` and of patient `{patient}`");
            return Err(table.error(row, message, "name every clip once").into());
        }
    }
    Ok(Some(of))
}

/// Every coefficient of these opinions on these clips by these annotators, patients being resampled where all clips have one,
/// and clips otherwise. Of clips and annotators the names are told, and the places of these in their order.
pub(super) fn rows(
    mut opinions: OpinionColumns,
    [clips, annotators]: [(&Texts, &[u32]); 2],
    classes: usize,
    patients: Option<&HashMap<String, String>>,
    intervals: Intervals,
) -> Vec<Row> {
    // In order of names, so that neither the order of lines nor that of times is of consequence.
    let (clip_rank, clips) = ranks(clips);
    let (annotator_rank, annotators) = ranks(annotators);
    opinions.renumber(&clip_rank, &annotator_rank);
    let named: Option<Vec<String>> =
        patients.and_then(|patients| clips.iter().map(|clip| patients.get(*clip).cloned()).collect());
    let (unit, unit_of, units) = match &named {
        Some(named) => {
            let mut distinct: Vec<&String> = named.iter().collect();
            distinct.sort();
            distinct.dedup();
            let at = |patient: &String| distinct.partition_point(|other| *other < patient) as u32;
            ("patient", named.iter().map(at).collect(), distinct.len())
        }
        None => ("clip", (0..clips.len() as u32).collect::<Vec<u32>>(), clips.len()),
    };
    let ratings = Ratings { opinions: &opinions, annotators: annotators.len(), classes, unit_of: &unit_of, units };
    let Intervals { replicates, seed, level } = intervals;
    let found = agreement(&ratings, &Resampling { replicates, seed, level });
    let name = |id: u32| annotators[id as usize].to_owned();
    found
        .into_iter()
        .map(|one| {
            let (between, annotator, other) = match one.between {
                Between::All => ("all", None, None),
                Between::Pair(a, b) => ("pair", Some(name(a)), Some(name(b))),
                Between::Others(a) => ("others", Some(name(a)), None),
            };
            Row {
                statistic: one.coefficient.name().to_owned(),
                between: between.to_owned(),
                annotator,
                other,
                value: one.value,
                low: one.interval.map(|interval| interval.low),
                high: one.interval.map(|interval| interval.high),
                clips: one.clips as u64,
                opinions: one.opinions,
                unit: unit.to_owned(),
                units: units as u64,
                draws: one.draws as u64,
            }
        })
        .collect()
}

/// The place of each name among all in order, and these.
fn ranks<'t>((names, order): (&'t Texts, &[u32])) -> (Vec<u32>, Vec<&'t str>) {
    let mut rank = vec![0; names.len()];
    order.iter().zip(0..).for_each(|(at, place)| rank[*at as usize] = place);
    (rank, order.iter().map(|at| &names[*at as usize]).collect())
}
