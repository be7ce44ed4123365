//! Opinions as a table gives them: filtered, indexed, and every one that is left out counted.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    chosen::{Chosen, check_named},
    duplicates::Pairs,
    parameters::Parameters,
};
use crate::{
    label::Opinion,
    name::{nearest, quoted},
    stage::StageError,
    table::Table,
};

/// Opinions ready to be aggregated.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) opinions: Vec<Opinion>,
    /// The clips with at least one opinion, in table order.
    pub(super) clips: Vec<String>,
    /// The annotators with at least one opinion, in table order.
    pub(super) annotators: Vec<String>,
    /// Opinions left out, by reason.
    pub(super) excluded: Vec<(String, f64)>,
}

/// Takes the opinions that are asked for, in order of their lines or in another `order`.
pub(super) fn take(
    table: &Table,
    classes: &[String],
    parameters: &Parameters,
    chosen: &Chosen<'_>,
    order: Option<&[u32]>,
) -> Result<Taken, StageError> {
    let class_of = classes_of(table, classes)?;
    let excluded = parameters.quality.as_ref().map_or(&[][..], |quality| &quality.exclude);
    check_named(&[table], "opinion", "exclude", excluded)?;
    check_named(&[table], "opinion", "annotators", parameters.annotators.as_deref().unwrap_or_default())?;
    let (clips, labels) = (table.required("clip"), table.required("label"));
    let annotators = table.column("annotator");
    chosen.check_clips(table, "opinions")?;
    let mut reasons: BTreeMap<&str, f64> = BTreeMap::new();
    let mut taken = Taken::default();
    // The place of each distinct text of the table among what is taken.
    const UNSEEN: u32 = u32::MAX;
    let mut clip_at = vec![UNSEEN; clips.symbols().len()];
    let mut annotator_at = vec![UNSEEN; annotators.map_or(0, |column| column.symbols().len())];
    let reason: Vec<Option<&str>> = clips.symbols().iter().map(|clip| chosen.reason(clip)).collect();
    let ids = annotators.map_or(&[][..], |column| column.symbols()).iter();
    let ids: Vec<Option<&str>> = ids.map(|id| Some(id.as_str()).filter(|id| !id.is_empty())).collect();
    let wanted: Vec<bool> = ids.iter().map(|id| chosen.wants(*id)).collect();
    let wants_anybody = chosen.wants(None);
    let mut pairs = Pairs::new(parameters.duplicates, table);
    taken.opinions.reserve_exact(table.len());
    for at in 0..table.len() {
        let row = order.map_or(at, |order| order[at] as usize);
        let votes = votes(table, row, parameters)?;
        let symbol = annotators.map(|column| column.symbol(row) as usize);
        if !symbol.map_or(wants_anybody, |symbol| wanted[symbol]) {
            continue;
        }
        let clip = clips.symbol(row) as usize;
        if let Some(reason) = reason[clip] {
            *reasons.entry(reason).or_default() += votes;
            continue;
        }
        let clip_at = &mut clip_at[clip];
        if *clip_at == UNSEEN {
            *clip_at = taken.clips.len() as u32;
            taken.clips.push(clips.symbols()[clip].clone());
        }
        let clip_at = *clip_at;
        let annotator_at = symbol.and_then(|symbol| Some((symbol, ids[symbol]?))).map(|(symbol, id)| {
            let at = &mut annotator_at[symbol];
            if *at == UNSEEN {
                *at = taken.annotators.len() as u32;
                taken.annotators.push(id.to_owned());
            }
            *at
        });
        let class = class_of[labels.symbol(row) as usize];
        let opinion = Opinion { clip: clip_at, annotator: annotator_at, class, votes };
        if pairs.take(row, opinion, &mut taken.opinions) {
            *reasons.entry("a second opinion of the same annotator on the same clip").or_default() += votes;
        }
    }
    pairs.finish(table, &mut taken.opinions)?;
    taken.excluded = reasons.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
    if taken.opinions.is_empty() {
        let why = if table.is_empty() { "the table has no opinions" } else { "no opinion is left after filtering" };
        return Err(StageError::Input(format!("{}: {why}; check `annotators`, `clips` and `split`", table.file)));
    }
    Ok(taken)
}

/// The class of every distinct label; every unknown one in a single error.
pub(in crate::stage) fn classes_of(table: &Table, classes: &[String]) -> Result<Vec<u16>, StageError> {
    let labels = table.required("label");
    let found: Vec<Option<u16>> = labels
        .symbols()
        .iter()
        .map(|label| classes.iter().position(|class| class == label).map(|at| at as u16))
        .collect();
    if let Some(wrong) = found.iter().position(Option::is_none) {
        let row = (0..table.len()).find(|row| labels.symbol(*row) as usize == wrong).unwrap_or_default();
        let seen: BTreeSet<&str> = labels.symbols().iter().map(String::as_str).collect();
        let value = &labels.symbols()[wrong];
        let message =
            if value.is_empty() { "the label is blank".to_owned() } else { format!("`{value}` is not a class") };
        return Err(table.error(row, message, unknown_class(value, &seen, classes)).into());
    }
    Ok(found.into_iter().flatten().collect())
}

fn votes(table: &Table, row: usize, parameters: &Parameters) -> Result<f64, StageError> {
    let text = table.column("votes").map_or("", |column| column.get(row));
    if text.is_empty() {
        return Ok(1.0);
    }
    match text.parse::<f64>() {
        Ok(votes) if votes >= 0.0 && votes.is_finite() => {
            let whole = votes.fract() == 0.0 && votes <= f64::from(u32::MAX);
            if parameters.opinions_per_item.is_some() && !whole {
                let message = format!("`{text}` votes can't be drawn from");
                return Err(table.error(row, message, "give a whole number, or no `opinions_per_item`").into());
            }
            Ok(votes)
        }
        _ => Err(table.error(row, format!("`{text}` is no number of votes"), "give a number from 0").into()),
    }
}

/// The remedy for a label outside the classes.
fn unknown_class(value: &str, seen: &BTreeSet<&str>, classes: &[String]) -> String {
    let remedy = if value.is_empty() {
        "give a label, or take the line out".to_owned()
    } else {
        let near = nearest(value, classes.iter().map(String::as_str)).unwrap_or("…");
        format!("correct it, or map it: `values = {{ \"{value}\" = \"{near}\" }}`")
    };
    format!("the values seen are {}, the classes are {}; {remedy}", quoted(seen), quoted(classes))
}
