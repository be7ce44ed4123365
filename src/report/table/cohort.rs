//! Patients, clips, labels and annotators.

use super::{Cell, Table};
use crate::report::content::{Agreement, Annotator, Excluded, Flow, LabelSet};
use crate::report::format;
use crate::report::number::path;
use crate::report::slug::slug;

/// The flow's boxes, for the file only. `None` without steps.
pub(in crate::report) fn flow(name: &str, flow: &Flow) -> Option<Table> {
    let mut table =
        Table { name: name.to_owned(), ..Table::default() }.in_file(&["step", "excluded", "patients", "clips"]);
    let known = |patients: Option<u64>| patients.map_or_else(String::new, |patients| patients.to_string());
    for step in &flow.steps {
        table.file_rows.push(vec![step.title.clone(), String::new(), known(step.patients), step.clips.to_string()]);
        for left in &step.excluded {
            let row = vec![step.title.clone(), left.reason.clone(), known(left.patients), left.clips.to_string()];
            table.file_rows.push(row);
        }
    }
    (!table.file_rows.is_empty()).then_some(table)
}

/// Labels by class. `None` without label sets.
pub(in crate::report) fn labels(sets: &[LabelSet]) -> Option<Table> {
    if sets.is_empty() {
        return None;
    }
    let mut classes: Vec<&str> = Vec::new();
    for (class, _) in sets.iter().flat_map(|set| &set.classes) {
        if !classes.contains(&class.as_str()) {
            classes.push(class);
        }
    }
    let mut columns = classes.clone();
    columns.extend(["No label", "Opinions", "Annotators", "Agreement"]);
    let caption = "Clips by label, with their share of all clips of the source. Agreement: mean share of a clip's \
                   opinions that agree with its label.";
    let mut table = Table::new("labels", caption.to_owned(), &["Labels"], &columns).in_file(&[
        "labels",
        "class",
        "clips",
        "opinions",
        "annotators",
        "agreement",
    ]);
    let known = |value: Option<u64>| value.map_or_else(|| format::UNDEFINED.to_owned(), format::count);
    for set in sets {
        let whole = set.classes.iter().map(|(_, count)| count).sum::<u64>() + set.unlabelled;
        let of = |wanted: &str| set.classes.iter().find(|(class, _)| class == wanted).map_or(0, |(_, count)| *count);
        let path = path::labels(set);
        let number = |what: &str| format!("{path}/{what}");
        let mut row = vec![set.name.clone().into()];
        row.extend(classes.iter().map(|class| {
            let counted = set.classes.iter().find(|(known, _)| known == class);
            Cell::of_known(counted.is_some(), number(&slug(class)), format::share(of(class), whole))
        }));
        let agreement = set.agreement.map_or_else(|| format::UNDEFINED.to_owned(), |value| format::fixed(value, 3));
        row.extend([
            Cell::of(number("unlabelled"), format::share(set.unlabelled, whole)),
            Cell::of_known(set.opinions.is_some(), number("opinions"), known(set.opinions)),
            Cell::of_known(set.annotators.is_some(), number("annotators"), known(set.annotators)),
            Cell::of_known(set.agreement.is_some(), number("agreement"), agreement),
        ]);
        table.rows.push(row);
        let classes = set.classes.iter().map(|(class, count)| (class.clone(), *count));
        for (class, count) in classes.chain([(String::new(), set.unlabelled)]) {
            table.file_rows.push(vec![
                set.name.clone(),
                class,
                count.to_string(),
                set.opinions.map_or_else(String::new, |value| value.to_string()),
                set.annotators.map_or_else(String::new, |value| value.to_string()),
                set.agreement.map_or_else(String::new, format::raw),
            ]);
        }
    }
    Some(table)
}

/// Everyone who gave opinions. `None` where nobody is named.
pub(in crate::report) fn annotators(annotators: &[Annotator]) -> Option<Table> {
    if annotators.is_empty() {
        return None;
    }
    let caption = "Annotators. Skill: as the aggregation estimates it; agreement: share of the annotator's opinions \
                   that agree with the label.";
    let mut table =
        Table::new("annotators", caption.to_owned(), &["Annotator", "Group"], &["Opinions", "Skill", "Agreement"])
            .in_file(&["annotator", "group", "opinions", "skill", "agreement"]);
    let shown =
        |value: Option<f64>| value.map_or_else(|| format::UNDEFINED.to_owned(), |value| format::fixed(value, 3));
    for annotator in annotators {
        let path = path::annotator(annotator);
        let number = |what: &str| format!("{path}/{what}");
        table.rows.push(vec![
            annotator.annotator.clone().into(),
            annotator.group.clone().into(),
            Cell::of(number("opinions"), format::count(annotator.opinions)),
            Cell::of_known(annotator.skill.is_some(), number("skill"), shown(annotator.skill)),
            Cell::of_known(annotator.agreement.is_some(), number("agreement"), shown(annotator.agreement)),
        ]);
        table.file_rows.push(vec![
            annotator.annotator.clone(),
            annotator.group.clone(),
            annotator.opinions.to_string(),
            annotator.skill.map_or_else(String::new, format::raw),
            annotator.agreement.map_or_else(String::new, format::raw),
        ]);
    }
    Some(table.shortened())
}

/// How well annotators agree. The page leaves out single pairs. `None` where nothing was compared.
pub(in crate::report) fn agreement(agreement: &[Agreement]) -> Option<Table> {
    let level = agreement.first()?.level;
    let mut caption = format!(
        "Agreement between annotators, of all and of each with the majority or the consensus of the others, with {} bootstrap intervals over \
         patients, or over clips where whose they are is not known. Single pairs are in tables/agreement.csv.",
        format::level(level)
    );
    if agreement.iter().any(|one| one.of_drawings) {
        caption.push_str(" Of drawings, comparisons are counted as opinions: one a frame and two annotators.");
    }
    let mut table = Table::new(
        "agreement",
        caption,
        &["Labels", "Between", "Coefficient"],
        &["Agreement", "Clips", "Opinions", "Resampled"],
    )
    .in_file(&["labels", "between", "coefficient", "value", "low", "high", "clips", "opinions", "unit", "units"]);
    for one in agreement {
        let value = match (one.value, one.interval) {
            (Some(value), Some((low, high))) => format::interval(value, low, high),
            (Some(value), None) => format::fixed(value, 3),
            (None, _) => format::UNDEFINED.to_owned(),
        };
        if !one.is_pair {
            table.rows.push(vec![
                one.labels.clone().into(),
                one.between.clone().into(),
                one.coefficient.clone().into(),
                Cell::of(path::agreement(one), value),
                format::count(one.clips).into(),
                format::count(one.opinions).into(),
                format::counted(one.units.1, &one.units.0).into(),
            ]);
        }
        let (low, high) =
            one.interval.map_or((String::new(), String::new()), |(l, h)| (format::raw(l), format::raw(h)));
        table.file_rows.push(vec![
            one.labels.clone(),
            one.between.clone(),
            one.coefficient.clone(),
            one.value.map_or_else(String::new, format::raw),
            low,
            high,
            one.clips.to_string(),
            one.opinions.to_string(),
            one.units.0.clone(),
            one.units.1.to_string(),
        ]);
    }
    Some(table.shortened())
}

/// Clips that could not be used. `None` where there are none.
pub(in crate::report) fn excluded(excluded: &[Excluded]) -> Option<Table> {
    if excluded.is_empty() {
        return None;
    }
    let caption = "Clips that could not be used, and why.".to_owned();
    let mut table = Table::new("excluded", caption, &["Clip", "Reason"], &[]).in_file(&["clip", "reason"]);
    for left in excluded {
        table.rows.push(vec![left.clip.clone().into(), left.reason.clone().into()]);
        table.file_rows.push(vec![left.clip.clone(), left.reason.clone()]);
    }
    Some(table.shortened())
}
