//! The contrasts, in the order in which they are tested.

use super::{Cell, Table};
use crate::report::content::{Contrast, Direction, Goal};
use crate::report::number::path;
use crate::report::{answer, format};

/// `None` without contrasts.
pub(in crate::report) fn contrasts(contrasts: &[&Contrast]) -> Option<Table> {
    let first = contrasts.first()?;
    let mut caption = format!(
        "Contrasts in the order in which they are tested. Difference: candidate minus baseline with its two-sided {} interval; bound: one-sided {}.",
        format::level(first.level),
        format::level(1.0 - first.alpha),
    );
    if !first.resampled.is_empty() {
        caption.push_str(&format!(" Resampled: {}.", first.resampled));
    }
    if !first.test.is_empty() {
        caption.push_str(&format!(" Test: {}.", first.test));
    }
    let adjusted = contrasts.iter().any(|contrast| contrast.p_holm.is_some());
    if adjusted {
        caption.push_str(" Holm: p adjusted for the number of secondary contrasts.");
    }
    let numbers = ["Difference", "One-sided bound", "Margin", "p", "Holm", "Patients", "Clips", "Seeds"];
    let numbers: Vec<&str> = numbers.into_iter().filter(|head| adjusted || *head != "Holm").collect();
    let mut table = Table::new("contrasts", caption, &["Contrast", "Metric", "Verdict"], &numbers).in_file(&[
        "contrast",
        "along",
        "candidate",
        "baseline",
        "metric",
        "title",
        "better",
        "difference",
        "low",
        "high",
        "level",
        "bound",
        "goal",
        "margin",
        "alpha",
        "p",
        "p_holm",
        "power",
        "patients_for_80_percent",
        "patients",
        "clips",
        "seeds",
        "resampled",
        "test",
        "verdict",
    ]);
    for contrast in contrasts {
        let (verdict, _) = answer::words(contrast.verdict);
        let (tolerated, better) = match contrast.direction {
            Direction::Higher => (-contrast.margin, "higher"),
            Direction::Lower => (contrast.margin, "lower"),
        };
        let decimals = format::decimals(&[contrast.difference, contrast.low, contrast.high]);
        let apart = format::decimals_apart(decimals, &[contrast.bound], tolerated);
        let mut pair = vec![format!("{} − {}", contrast.candidate, contrast.baseline)];
        pair.extend(contrast.notices.iter().map(|notice| format!("† {notice}")));
        let path = path::contrast(contrast);
        let number = |what: &str, text: String| Cell::of(format!("{path}/{what}"), text);
        let p = |value: f64| if value.is_nan() { format::UNDEFINED.to_owned() } else { format::p(value) };
        let equivalence = contrast.goal == Goal::Equivalence;
        let mut row = vec![
            Cell { text: contrast.name.clone(), note: Some(pair.join(" ")), ..Cell::default() },
            contrast.title.clone().into(),
            verdict.to_owned().into(),
            number("difference", format::difference(contrast.difference, contrast.low, contrast.high)),
            if equivalence {
                format::UNDEFINED.to_owned().into()
            } else {
                number("one-sided-bound", format::signed(contrast.bound, apart))
            },
            number(
                "margin",
                if equivalence {
                    format!("±{}", format::fixed(contrast.margin, apart))
                } else {
                    format::signed(tolerated, apart)
                },
            ),
            number("p", p(contrast.p)),
        ];
        if adjusted {
            row.push(Cell::of_known(
                contrast.p_holm.is_some(),
                format!("{path}/p-holm"),
                p(contrast.p_holm.unwrap_or(f64::NAN)),
            ));
        }
        row.extend([contrast.patients, contrast.clips].map(|count| format::count(count).into()));
        row.push(number("seeds", format::count(contrast.seeds)));
        table.rows.push(row);
        table.file_rows.push(vec![
            contrast.name.clone(),
            contrast.along.clone(),
            contrast.candidate.clone(),
            contrast.baseline.clone(),
            contrast.metric.clone(),
            contrast.title.clone(),
            better.to_owned(),
            format::raw(contrast.difference),
            format::raw(contrast.low),
            format::raw(contrast.high),
            format::raw(contrast.level),
            format::raw(contrast.bound),
            if equivalence { "equivalence" } else { "non-inferiority" }.to_owned(),
            format::raw(contrast.margin),
            format::raw(contrast.alpha),
            format::raw(contrast.p),
            format::raw(contrast.p_holm.unwrap_or(f64::NAN)),
            format::raw(contrast.power.map_or(f64::NAN, |power| power.power)),
            contrast.power.and_then(|power| power.patients).map_or_else(String::new, |patients| patients.to_string()),
            contrast.patients.to_string(),
            contrast.clips.to_string(),
            contrast.seeds.to_string(),
            contrast.resampled.clone(),
            contrast.test.clone(),
            verdict.to_owned(),
        ]);
    }
    Some(table)
}
