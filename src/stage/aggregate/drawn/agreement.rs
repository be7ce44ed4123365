//! How far annotators agree in what they draw: each two of them, and each with the consensus of the others.

use std::collections::{BTreeMap, BTreeSet};

use super::{Study, Taken};
use crate::{
    artifact::agreement::Row,
    crowd::drawn::{self, Drawings, DrawnError, FrameAgreement, Measure, Method},
    metric::agreement::{MOST_COMPARED, Part, Resampling, ratio},
    stage::{Context, aggregate::parameters::Intervals},
};

/// Whose agreement it is: the name it has in the table, and the annotators.
type Between = (&'static str, Option<u32>, Option<u32>);

/// What is compared of two drawings, frame by frame.
#[derive(Debug, Default)]
struct Compared {
    /// F1: of lines, origins or pixels.
    f1: Vec<Part>,
    /// Whether both drew something or neither did.
    presence: Vec<Part>,
    clips: BTreeSet<String>,
}

/// F1 and agreement on presence, of all pairs of viewers, of each two annotators, and of each annotator with the consensus
/// that the method makes of the others: of all annotators together, which is the figure for one more of their kind, and
/// where they are few of each. Patients are resampled.
///
/// # Errors
/// As the aggregation.
pub(super) fn rows(
    context: &Context<'_>,
    (taken, study): (&Taken, &Study),
    method: &Method,
    drawings: &Drawings<'_>,
    intervals: Intervals,
) -> Result<Vec<Row>, DrawnError> {
    let measure = method.measure()?;
    let patient = |frame: u32| study.clips[&taken.frames[frame as usize].0].patient.as_str();
    let patients: BTreeSet<&str> = (0..taken.frames.len() as u32).map(patient).collect();
    let patients: Vec<&str> = patients.into_iter().collect();
    let one_by_one = taken.annotators.len() <= MOST_COMPARED;
    let mut compared: BTreeMap<Between, Compared> = BTreeMap::new();
    let mut add = |frames: Vec<FrameAgreement>, whose: &dyn Fn(&drawn::Pair) -> Vec<Between>| {
        for FrameAgreement { frame, pairs } in frames {
            let unit = patients.binary_search(&patient(frame)).unwrap_or_default() as u32;
            for pair in pairs {
                let drawn::Overlap { own, other, shared } = pair.overlap;
                let alike = f64::from(u8::from((own > 0) == (other > 0)));
                for between in whose(&pair) {
                    let compared = compared.entry(between).or_default();
                    compared.f1.push(Part { unit, numerator: 2.0 * shared as f64, denominator: (own + other) as f64 });
                    compared.presence.push(Part { unit, numerator: alike, denominator: 1.0 });
                    compared.clips.insert(taken.frames[frame as usize].0.clone());
                }
            }
        }
    };
    add(drawn::agreement(measure, drawings, context.cancel)?, &|pair| {
        let both = pair.annotator.and(pair.other).is_some() && one_by_one;
        let two = both.then_some(("pair", pair.annotator, pair.other));
        std::iter::once(("all", None, None)).chain(two).collect()
    });
    add(drawn::leave_one_out(method, measure, drawings, context.cancel)?, &|pair| {
        let one = pair.annotator.filter(|_| one_by_one).map(|one| ("others", Some(one), None));
        std::iter::once(("others", None, None)).chain(one).collect()
    });
    let f1 = match measure {
        Measure::Lines(_) => "line-f1",
        Measure::Origins(_) => "origin-f1",
        Measure::Dice(_) => "dice",
    };
    let Intervals { replicates, seed, level } = intervals;
    let draws = Resampling { replicates, seed, level }.draws(patients.len());
    let name = |annotator: Option<u32>| annotator.map(|id| taken.annotators[id as usize].clone());
    let row = |((between, one, other), compared): (&Between, &Compared), statistic: &str, parts: &[Part]| {
        let (value, interval) = ratio(parts, patients.len(), &draws, level);
        Row {
            statistic: statistic.to_owned(),
            between: (*between).to_owned(),
            annotator: name(*one),
            other: name(*other),
            value,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            clips: compared.clips.len() as u64,
            opinions: parts.len() as f64,
            unit: "patient".to_owned(),
            units: patients.len() as u64,
            draws: draws.len() as u64,
        }
    };
    let mut rows: Vec<Row> =
        compared.iter().flat_map(|one| [row(one, f1, &one.1.f1), row(one, "presence", &one.1.presence)]).collect();
    // As for opinions: that of all, of pairs, of each with the others.
    let order = |row: &Row| ["all", "pair", "others"].iter().position(|between| *between == row.between);
    rows.sort_by_key(order);
    Ok(rows)
}
