//! Drawings and viewings as tables give them: filtered, numbered, and every row that is left out counted.

use std::collections::{BTreeMap, BTreeSet};

use super::Study;
use crate::{
    crowd::drawn::{self, Content, Drawing, Frame, Shape, Unviewed, Viewing},
    job::TableInput,
    stage::{
        StageError,
        aggregate::{
            chosen::{Chosen, check_named},
            parameters::{Parameters, UnknownClips},
        },
        clips::frame,
    },
    table::{Table, TableError},
};

/// Drawings and viewings ready to be aggregated.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The frames with a drawing or a viewing, by clip and number.
    pub(super) frames: Vec<(String, u32)>,
    /// Size and scale of each.
    pub(super) pictures: Vec<Frame>,
    /// The annotators with a drawing or a viewing, by id.
    pub(super) annotators: Vec<String>,
    pub(super) drawings: Vec<Row>,
    pub(super) viewings: Vec<Viewing>,
    /// Of each mask the row that names it.
    pub(super) masks: Vec<usize>,
    /// Rows left out, by reason.
    pub(super) excluded: Vec<(String, f64)>,
}

/// A row of the table of drawings.
#[derive(Debug)]
pub(super) struct Row {
    /// Its place in the table.
    pub(super) row: usize,
    frame: u32,
    annotator: Option<u32>,
    shapes: Vec<Shape>,
    /// The number of its mask.
    mask: Option<u32>,
}

impl Taken {
    /// The drawings as aggregation takes them.
    pub(super) fn drawn(&self) -> Vec<Drawing<'_>> {
        self.drawings.iter().map(Row::drawn).collect()
    }
}

impl Row {
    fn drawn(&self) -> Drawing<'_> {
        let content = self.mask.map_or(Content::Shapes(&self.shapes), Content::Mask);
        Drawing { frame: self.frame, annotator: self.annotator, content }
    }
}

/// A row of either table that is asked for.
struct Asked<'t> {
    row: usize,
    place: (&'t str, u32),
    annotator: Option<&'t str>,
}

/// Takes the rows that are asked for.
///
/// # Errors
/// Rows that say nothing, or something that can't be, each with its line.
pub(super) fn take(
    table: &Table,
    input: &TableInput,
    viewed: Option<&Table>,
    parameters: &Parameters,
    chosen: &Chosen<'_>,
    study: &Study,
) -> Result<Taken, StageError> {
    if table.column("geometry").is_none() && table.column("mask").is_none() {
        let remedy = "add one, or map it: `columns = { geometry = \"…\" }`";
        let message = "the table has neither a column `geometry` nor a column `mask`";
        return Err(StageError::Input(format!("{}: {message}; {remedy}", table.file)));
    }
    let tables: Vec<&Table> = std::iter::once(table).chain(viewed).collect();
    if let Some(viewed) = viewed
        && table.column("annotator").is_some() != viewed.column("annotator").is_some()
    {
        let message = format!("only one of it and {} says who the annotator is", viewed.file);
        return Err(StageError::Input(format!("{}: {message}; both must, or neither", table.file)));
    }
    check_named(&tables, "drawing", "annotators", parameters.annotators.as_deref().unwrap_or_default())?;
    let mut reasons: BTreeMap<String, f64> = BTreeMap::new();
    let mut asked = |table, rows| asked(table, rows, parameters, chosen, study, &mut reasons);
    let drawings = asked(table, "drawings")?;
    let viewings = viewed.map(|viewed| asked(viewed, "viewings")).transpose()?.unwrap_or_default();
    if drawings.is_empty() && viewings.is_empty() {
        let why = if table.is_empty() { "the table has no drawings" } else { "no drawing is left after filtering" };
        return Err(StageError::Input(format!("{}: {why}; check `annotators`, `frames` and `split`", table.file)));
    }
    let all = || drawings.iter().chain(&viewings);
    let mut places: BTreeSet<(&str, u32)> = all().map(|asked| asked.place).collect();
    if parameters.unviewed == Some(Unviewed::All) {
        places.extend(study.decoded(|clip| chosen.reason(clip).is_none()).map(|(clip, frame)| (clip.as_str(), frame)));
    }
    let places: Vec<(&str, u32)> = places.into_iter().collect();
    let annotators: BTreeSet<&str> = all().filter_map(|asked| asked.annotator).collect();
    let annotators: Vec<&str> = annotators.into_iter().collect();
    let frame_of = |asked: &Asked<'_>| places.binary_search(&asked.place).unwrap_or_default() as u32;
    let annotator_of =
        |asked: &Asked<'_>| asked.annotator.map(|id| annotators.binary_search(&id).unwrap_or_default() as u32);
    let mut taken = Taken {
        pictures: places.iter().map(|(clip, _)| study.clips[*clip].picture).collect(),
        excluded: reasons.into_iter().collect(),
        ..Taken::default()
    };
    for asked in &drawings {
        let (shapes, mask) = content(table, input, asked.row)?;
        let mask = mask.then(|| {
            taken.masks.push(asked.row);
            taken.masks.len() as u32 - 1
        });
        let (frame, annotator) = (frame_of(asked), annotator_of(asked));
        taken.drawings.push(Row { row: asked.row, frame, annotator, shapes, mask });
    }
    let viewing = |asked: &Asked<'_>| Viewing { frame: frame_of(asked), annotator: annotator_of(asked) };
    taken.viewings = viewings.iter().map(viewing).collect();
    taken.frames = places.into_iter().map(|(clip, frame)| (clip.to_owned(), frame)).collect();
    taken.annotators = annotators.into_iter().map(str::to_owned).collect();
    Ok(taken)
}

/// The rows of a table that are asked for.
fn asked<'t>(
    table: &'t Table,
    rows: &str,
    parameters: &Parameters,
    chosen: &Chosen<'_>,
    study: &Study,
    reasons: &mut BTreeMap<String, f64>,
) -> Result<Vec<Asked<'t>>, StageError> {
    chosen.check_clips(table, rows)?;
    let (clips, annotators) = (table.required("clip"), table.column("annotator"));
    let mut found = Vec::new();
    for row in 0..table.len() {
        let clip = clips.get(row);
        let annotator = annotators.map(|column| column.get(row));
        if annotator == Some("") && parameters.annotators.is_none() {
            let remedy = "name whose it is, or give a table without the column `annotator`";
            return Err(table.error(row, "the annotator is blank", remedy).into());
        }
        if !chosen.wants(annotator) {
            continue;
        }
        let number = frame(table, row)?;
        let length = study.clips.get(clip).map_or(0, |clip| clip.length);
        let reason = match chosen.reason(clip) {
            None if number >= length => {
                if parameters.unknown_clips == UnknownClips::Error {
                    let message = format!("clip `{clip}` has no frame {number}: it has {length}, numbered from 0");
                    let remedy = "correct it, or leave such rows out with `unknown_clips = \"drop\"`";
                    return Err(table.error(row, message, remedy).into());
                }
                Some("on frames that their clip does not have")
            }
            reason => reason,
        };
        match reason {
            Some(reason) => *reasons.entry(format!("{rows} {reason}")).or_default() += 1.0,
            None => found.push(Asked { row, place: (clip, number as u32), annotator }),
        }
    }
    Ok(found)
}

/// What a row of the table of drawings holds: shapes, or a mask.
fn content(table: &Table, input: &TableInput, row: usize) -> Result<(Vec<Shape>, bool), TableError> {
    let cell = |name: &str| table.column(name).map_or("", |column| column.get(row));
    let (geometry, mask) = (cell("geometry"), cell("mask"));
    let shapes = drawn::parse(geometry).map_err(|error| {
        let cell: String = geometry.chars().take(60).collect();
        table.error(row, format!("`{cell}` is no geometry"), error.to_string())
    })?;
    if mask.is_empty() {
        return Ok((shapes, false));
    }
    if !geometry.is_empty() {
        let message = format!("the row has both a geometry and the mask `{mask}`");
        return Err(table.error(row, message, "leave one of them blank"));
    }
    if input.files.get(row).copied().flatten().is_none() {
        let remedy = "masks lie where the table says, relative to the table";
        return Err(table.error(row, format!("there is no file `{mask}`"), remedy));
    }
    Ok((shapes, true))
}
