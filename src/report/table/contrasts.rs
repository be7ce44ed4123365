//! The contrasts, in the order in which they are tested.

use super::{Cell, Table};
use crate::report::content::{Contrast, Direction};
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
    let mut table = Table::new(
        "contrasts",
        caption,
        &["Contrast", "Metric", "Verdict"],
        &["Difference", "One-sided bound", "Margin", "Patients", "Clips", "Seeds"],
    )
    .in_file(&[
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
        "margin",
        "alpha",
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
        table.rows.push(vec![
            Cell { text: contrast.name.clone(), note: Some(pair.join(" ")), ..Cell::default() },
            contrast.title.clone().into(),
            verdict.to_owned().into(),
            number("difference", format::difference(contrast.difference, contrast.low, contrast.high)),
            number("one-sided-bound", format::signed(contrast.bound, apart)),
            number("margin", format::signed(tolerated, apart)),
            format::count(contrast.patients).into(),
            format::count(contrast.clips).into(),
            number("seeds", format::count(contrast.seeds)),
        ]);
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
            format::raw(contrast.margin),
            format::raw(contrast.alpha),
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
