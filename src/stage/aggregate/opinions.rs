//! Opinions as a table gives them: filtered, indexed, and every one that is left out counted.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    chosen::{Chosen, check_named},
    duplicates::Pairs,
    parameters::Parameters,
};
use crate::{
    crowd::Grouped,
    label::{Opinion, OpinionColumns, Signed},
    name::{nearest, quoted},
    stage::StageError,
    table::{Column, Table},
    texts::Texts,
};

/// Opinions ready to be aggregated.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) opinions: OpinionColumns,
    /// The clips with at least one opinion, in table order.
    pub(super) clips: Texts,
    /// The annotators with at least one opinion, in table order.
    pub(super) annotators: Texts,
    /// Opinions left out, by reason.
    pub(super) excluded: Vec<(String, f64)>,
    /// The opinions by clip and by annotator, if somebody grouped them.
    pub(super) grouped: Option<Grouped>,
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
    let clips = table.required("clip");
    let annotators = table.column("annotator");
    chosen.check_clips(table, "opinions")?;
    let ids = annotators.into_iter().flat_map(|column| column.symbols().iter());
    let ids: Vec<Option<&str>> = ids.map(|id| Some(id).filter(|id| !id.is_empty())).collect();
    let source = Source {
        reasons: clips.symbols().iter().map(|clip| chosen.reason(clip)).collect(),
        wanted: ids.iter().map(|id| chosen.wants(*id)).collect(),
        wants_anybody: chosen.wants(None),
        counts: table.column("votes"),
        table,
        clips,
        annotators,
        class_of,
        ids,
    };
    let pairs = || Pairs::new(parameters.duplicates);
    let mut taken = if order.is_none() && source.counts_every_line() {
        source.whole()
    } else {
        source.chosen(parameters, source.counts.map(|_| pairs()), order)?
    };
    if taken.opinions.is_empty() {
        let why = if table.is_empty() { "the table has no opinions" } else { "no opinion is left after filtering" };
        return Err(StageError::Input(format!("{}: {why}; check `annotators`, `clips` and `split`", table.file)));
    }
    if source.counts.is_none() {
        // Most tables have no duplicates. That there are none is seen in a tenth of the time and of the memory that it takes to
        // find them, and what it is seen by every method needs. Opinions of 0 votes would escape that.
        let grouped = Grouped::new(&taken.opinions, taken.clips.len(), taken.annotators.len());
        if grouped.repeats() {
            return source.chosen(parameters, Some(pairs()), order);
        }
        taken.grouped = Some(grouped);
    }
    Ok(taken)
}

/// A table of opinions, and what is to become of each of its distinct texts.
struct Source<'t> {
    table: &'t Table,
    clips: &'t Column,
    annotators: Option<&'t Column>,
    counts: Option<&'t Column>,
    class_of: Vec<u16>,
    /// The annotators; nothing where an id is blank.
    ids: Vec<Option<&'t str>>,
    /// Whether opinions of each annotator are asked for, and of those whom the table does not name.
    wanted: Vec<bool>,
    wants_anybody: bool,
    /// Why opinions on each clip are left out.
    reasons: Vec<Option<&'static str>>,
}

impl Source<'_> {
    /// Whether every line is one opinion.
    fn counts_every_line(&self) -> bool {
        let wants_all =
            if self.annotators.is_some() { self.wanted.iter().all(|wanted| *wanted) } else { self.wants_anybody };
        wants_all && self.counts.is_none() && self.reasons.iter().all(Option::is_none)
    }

    /// All lines as opinions, column by column.
    fn whole(&self) -> Taken {
        let class_of: Vec<u32> = self.class_of.iter().map(|class| u32::from(*class)).collect();
        let mut next = 0..;
        let numbers = self.ids.iter().map(|id| id.and_then(|_| next.next()));
        let signed = self
            .annotators
            .map_or_else(|| Signed::by_nobody(self.table.len()), |column| Signed::mapped(column.rows(), numbers));
        let classes = self.table.required("label").rows().mapped(&class_of);
        Taken {
            opinions: OpinionColumns::new(self.clips.rows().clone(), signed, classes),
            clips: self.clips.symbols().clone(),
            annotators: self.ids.iter().flatten().copied().collect(),
            excluded: Vec::new(),
            grouped: None,
        }
    }

    /// Those opinions that are asked for, line by line; `pairs` sees to it that nobody's stand for one clip twice.
    fn chosen(
        &self,
        parameters: &Parameters,
        mut pairs: Option<Pairs>,
        order: Option<&[u32]>,
    ) -> Result<Taken, StageError> {
        let table = self.table;
        let labels = table.required("label");
        let mut left_out: BTreeMap<&str, f64> = BTreeMap::new();
        let mut taken = Taken::default();
        // The place of each distinct text of the table among what is taken.
        const UNSEEN: u32 = u32::MAX;
        let mut clip_at = vec![UNSEEN; self.clips.symbols().len()];
        let mut annotator_at = vec![UNSEEN; self.ids.len()];
        for at in 0..table.len() {
            let row = order.map_or(at, |order| order[at] as usize);
            let votes = self.counts.map_or(Ok(1.0), |column| votes(table, column, row, parameters))?;
            let symbol = self.annotators.map(|column| column.symbol(row) as usize);
            if !symbol.map_or(self.wants_anybody, |symbol| self.wanted[symbol]) {
                continue;
            }
            let clip = self.clips.symbol(row) as usize;
            if let Some(reason) = self.reasons[clip] {
                *left_out.entry(reason).or_default() += votes;
                continue;
            }
            let clip_at = &mut clip_at[clip];
            if *clip_at == UNSEEN {
                *clip_at = taken.clips.len() as u32;
                taken.clips.push(&self.clips.symbols()[clip]);
            }
            let annotator = symbol.and_then(|symbol| Some((symbol, self.ids[symbol]?))).map(|(symbol, id)| {
                let at = &mut annotator_at[symbol];
                if *at == UNSEEN {
                    *at = taken.annotators.len() as u32;
                    taken.annotators.push(id);
                }
                *at
            });
            let class = self.class_of[labels.symbol(row) as usize];
            let opinion = Opinion { clip: *clip_at, annotator, class, votes };
            let Some(pairs) = &mut pairs else {
                taken.opinions.push(opinion);
                continue;
            };
            if pairs.take(row, opinion, &mut taken.opinions) {
                *left_out.entry("a second opinion of the same annotator on the same clip").or_default() += votes;
            }
        }
        if let Some(pairs) = pairs {
            pairs.finish(table, &mut taken.opinions)?;
        }
        taken.excluded = left_out.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
        Ok(taken)
    }
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
        let seen: BTreeSet<&str> = labels.symbols().iter().collect();
        let value = &labels.symbols()[wrong];
        let message =
            if value.is_empty() { "the label is blank".to_owned() } else { format!("`{value}` is not a class") };
        return Err(table.error(row, message, unknown_class(value, &seen, classes)).into());
    }
    Ok(found.into_iter().flatten().collect())
}

fn votes(table: &Table, column: &Column, row: usize, parameters: &Parameters) -> Result<f64, StageError> {
    let text = column.get(row);
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
