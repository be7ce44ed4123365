//! Which rows of a table of opinions or drawings count: by clip, and by annotator.

use std::collections::{BTreeSet, HashMap};

use super::parameters::{Parameters, UnknownClips};
use crate::{
    artifact::split::{self, Part},
    name::nearest,
    stage::{Context, StageError, clips::some},
    table::Table,
};

/// Which clips and annotators are asked for.
#[derive(Debug)]
pub(super) struct Chosen<'p> {
    annotators: Option<BTreeSet<&'p str>>,
    /// The clips there are, where that is told.
    known: Option<BTreeSet<String>>,
    /// What is said of rows on other clips.
    unknown: &'static str,
    unknown_clips: UnknownClips,
    /// Of each clip of the split whether it is held out; empty without a split.
    kept_out: HashMap<String, bool>,
}

impl<'p> Chosen<'p> {
    /// By the parameters and the split at hand, of the clips that are `known`; `unknown` is what is said of rows on others.
    ///
    /// # Errors
    /// A split that can't be read.
    pub(super) fn new(
        context: &Context<'_>,
        parameters: &'p Parameters,
        known: Option<BTreeSet<String>>,
        unknown: &'static str,
    ) -> Result<Self, StageError> {
        let kept_out = match context.optional("split")? {
            Some(split) => kept_out(&split::read(&split)?, parameters.fold),
            None => HashMap::new(),
        };
        let annotators = parameters.annotators.as_ref().map(|ids| ids.iter().map(String::as_str).collect());
        Ok(Self { annotators, known, unknown, unknown_clips: parameters.unknown_clips, kept_out })
    }

    /// Whether what this annotator gave is asked for.
    pub(super) fn wants(&self, annotator: Option<&str>) -> bool {
        self.annotators.as_ref().is_none_or(|wanted| annotator.is_some_and(|id| wanted.contains(id)))
    }

    /// Why rows on a clip are left out.
    pub(super) fn reason(&self, clip: &str) -> Option<&'static str> {
        if self.known.as_ref().is_some_and(|known| !known.contains(clip)) {
            return Some(self.unknown);
        }
        match self.kept_out.get(clip) {
            Some(true) => Some("on clips that are kept out (held-out fold or test part)"),
            None if !self.kept_out.is_empty() => Some("on clips that are in no part of the split"),
            _ => None,
        }
    }

    /// Makes sure that the clips of a table are known, where they have to be; `rows` is what its rows are.
    ///
    /// # Errors
    /// Clips that are not.
    pub(super) fn check_clips(&self, table: &Table, rows: &str) -> Result<(), StageError> {
        if self.unknown_clips == UnknownClips::Drop {
            return Ok(());
        }
        let clips = table.required("clip");
        let is_unknown = |clip: &str| {
            self.known.as_ref().is_some_and(|known| !known.contains(clip))
                || (!self.kept_out.is_empty() && !self.kept_out.contains_key(clip))
        };
        let unknown: Vec<&str> = clips.symbols().iter().filter(|clip| is_unknown(clip)).collect();
        let Some(first) = unknown.first() else { return Ok(()) };
        let row = (0..table.len()).find(|row| clips.get(*row) == *first).unwrap_or_default();
        let message = format!("{rows} on {} unknown clips: {}", unknown.len(), some(unknown.iter().copied()));
        Err(table.error(row, message, "correct their names, or leave them out with `unknown_clips = \"drop\"`").into())
    }
}

/// Makes sure that everybody a field names stands in one of the tables, whose rows are each a `row`.
///
/// # Errors
/// Somebody who does not, or a first table that names nobody.
pub(super) fn check_named(tables: &[&Table], row: &str, field: &str, names: &[String]) -> Result<(), StageError> {
    if names.is_empty() {
        return Ok(());
    }
    let file = &tables[0].file;
    if tables[0].column("annotator").is_none() {
        return Err(StageError::Input(format!(
            "{file}: `{field}` can't choose among {row}s whose author the table does not name; its table needs a column `annotator`",
        )));
    }
    let columns = tables.iter().filter_map(|table| table.column("annotator"));
    let ids = columns.flat_map(|column| column.symbols().iter());
    let there: BTreeSet<&str> = ids.filter(|id| !id.is_empty()).collect();
    let Some(missing) = names.iter().find(|id| !there.contains(id.as_str())) else { return Ok(()) };
    let near = nearest(missing, there.iter().copied());
    let near =
        near.map_or_else(|| format!("there are {}", some(there.iter().copied())), |n| format!("did you mean `{n}`?"));
    Err(StageError::Input(format!("{file}: `{field}`: no {row} is of annotator `{missing}`; {near}")))
}

/// Clips of the fold and of the test part: no aggregation that joins on a fold may see what was said of them.
fn kept_out(split: &[split::Row], fold: Option<u32>) -> HashMap<String, bool> {
    let held = |part: Part| part == Part::Test || fold.is_some_and(|fold| part == Part::Fold(fold));
    split.iter().map(|row| (row.clip.clone(), held(row.part))).collect()
}
