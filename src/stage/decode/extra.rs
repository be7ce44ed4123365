//! What other tables say of single clips: the frames that are asked for, and the scale.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::StageError;
use crate::{
    decode::{
        Extra,
        geometry::{Corners, Hints, Rectangle},
    },
    job::TableInput,
    stage::clips::{frame, some},
    store::{Store, intake},
    table::{Table, TableError, Wanted},
};

/// Columns of the table of frames.
pub(super) const AT: [&str; 2] = ["clip", "frame"];

/// Columns of the table of geometries.
pub(super) fn geometry_columns() -> Vec<Wanted> {
    let mut columns = vec![Wanted::required("clip")];
    columns.extend(["mm_per_pixel", "mm_per_pixel_x", "mm_per_pixel_y"].map(Wanted::optional));
    columns.extend(CORNERS.iter().flat_map(|corner| AXES.map(|axis| Wanted::optional(&format!("{corner}_{axis}")))));
    columns.extend(CROP.map(Wanted::optional));
    columns
}

/// The corners of the fan, each with two columns.
const CORNERS: [&str; 4] = ["top_left", "top_right", "bottom_left", "bottom_right"];
const AXES: [&str; 2] = ["x", "y"];
/// The crop: its last column and row are not in it.
const CROP: [&str; 4] = ["crop_left", "crop_top", "crop_right", "crop_bottom"];

/// What is said of the clips of a table, row by row.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Of each row; nothing for a clip of which no frame is asked for. Without tables, no row has anything.
    rows: Option<Vec<Option<Extra>>>,
}

impl Extras {
    /// Opens the tables, for whoever has only their places.
    pub(super) fn open(
        store: &Store,
        clips: &TableInput,
        at: Option<&TableInput>,
        geometry: Option<&TableInput>,
    ) -> Result<Self, StageError> {
        if at.is_none() && geometry.is_none() {
            return Ok(Self::default());
        }
        let open = |input: Option<&TableInput>| input.map(|input| intake::open(store, input)).transpose();
        let (at, geometry) = (open(at)?, open(geometry)?);
        Self::of(&intake::open(store, clips)?, at.as_ref(), geometry.as_ref())
    }

    /// Reads the tables.
    ///
    /// # Errors
    /// A clip that the clip table does not have, a clip twice in the table of geometries, a value that is no number.
    pub(super) fn of(clips: &Table, at: Option<&Table>, geometry: Option<&Table>) -> Result<Self, StageError> {
        if at.is_none() && geometry.is_none() {
            return Ok(Self::default());
        }
        let ids = clips.required("clip");
        let known: BTreeSet<&str> = (0..clips.len()).map(|row| ids.get(row)).collect();
        let frames = at.map(|table| frames(table, &known)).transpose()?;
        let hints = geometry.map(|table| hints(table, &known)).transpose()?.unwrap_or_default();
        let extra = |row| {
            let clip = ids.get(row);
            let at = match &frames {
                Some(frames) => Some(frames.get(clip)?.iter().copied().collect()),
                None => None,
            };
            Some(Extra { at, hints: hints.get(clip).cloned().unwrap_or_default() })
        };
        Ok(Self { rows: Some((0..clips.len()).map(extra).collect()) })
    }

    /// What is said of a row; nothing where no frame of it is asked for.
    pub(super) fn of_row(&self, row: usize) -> Option<Extra> {
        match &self.rows {
            Some(rows) => rows.get(row).cloned().flatten(),
            None => Some(Extra::default()),
        }
    }
}

/// The frames of each clip; the table may name one more than once.
fn frames<'t>(table: &'t Table, known: &BTreeSet<&str>) -> Result<BTreeMap<&'t str, BTreeSet<usize>>, StageError> {
    check_known(table, known)?;
    let clips = table.required("clip");
    let mut of: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for row in 0..table.len() {
        of.entry(clips.get(row)).or_default().insert(frame(table, row)?);
    }
    if of.is_empty() {
        return Err(StageError::Input(format!("{}: the table names no frame", table.file)));
    }
    Ok(of)
}

/// The hints on each clip.
fn hints<'t>(table: &'t Table, known: &BTreeSet<&str>) -> Result<HashMap<&'t str, Hints>, StageError> {
    check_known(table, known)?;
    let clips = table.required("clip");
    let mut of: HashMap<&str, Hints> = HashMap::new();
    for row in 0..table.len() {
        let both = number(table, row, "mm_per_pixel")?;
        let x = number(table, row, "mm_per_pixel_x")?.or(both);
        let y = number(table, row, "mm_per_pixel_y")?.or(both);
        let mm_per_pixel = match (x, y) {
            (Some(x), Some(y)) if x > 0.0 && y > 0.0 => Some([x, y]),
            (None, None) => None,
            _ => {
                let remedy = "give `mm_per_pixel`, or both `mm_per_pixel_x` and `mm_per_pixel_y`, all above 0";
                return Err(table.error(row, "this is no scale", remedy).into());
            }
        };
        let corner = |corner: &str| together(table, row, &AXES.map(|axis| format!("{corner}_{axis}")));
        let corners = match (corner(CORNERS[0])?, corner(CORNERS[1])?, corner(CORNERS[2])?, corner(CORNERS[3])?) {
            (None, None, None, None) => None,
            (Some(top_left), Some(top_right), Some(bottom_left), Some(bottom_right)) => {
                Some(Corners { top_left, top_right, bottom_left, bottom_right })
            }
            _ => {
                let remedy = format!("give all of `{}`, each with `_x` and `_y`, or none", CORNERS.join("`, `"));
                return Err(table.error(row, "some corners of the fan are missing", remedy).into());
            }
        };
        let crop = crop(table, row)?;
        let clip = clips.get(row);
        if of.insert(clip, Hints { corners, crop, regions: Vec::new(), mm_per_pixel }).is_some() {
            return Err(table.error(row, format!("clip `{clip}` stands here twice"), "name every clip once").into());
        }
    }
    Ok(of)
}

/// Numbers that only have a meaning together; nothing where all are blank.
fn together<const N: usize>(table: &Table, row: usize, columns: &[String; N]) -> Result<Option<[f64; N]>, TableError> {
    let mut numbers = [0.0; N];
    let mut given = 0;
    for (column, value) in columns.iter().zip(&mut numbers) {
        if let Some(number) = number(table, row, column)? {
            (*value, given) = (number, given + 1);
        }
    }
    match given {
        0 => Ok(None),
        given if given == N => Ok(Some(numbers)),
        _ => {
            let message = format!("of `{}` only {given} are given", columns.join("`, `"));
            Err(table.error(row, message, "give all of them, or none"))
        }
    }
}

fn crop(table: &Table, row: usize) -> Result<Option<Rectangle>, TableError> {
    let Some(numbers) = together(table, row, &CROP.map(str::to_owned))? else { return Ok(None) };
    let whole =
        |value: f64| (value >= 0.0 && value.fract() == 0.0 && value <= f64::from(u32::MAX)).then_some(value as u32);
    match numbers.map(whole) {
        [Some(left), Some(top), Some(right), Some(bottom)] if left < right && top < bottom => {
            Ok(Some(Rectangle { left, top, right, bottom }))
        }
        _ => {
            let remedy = "whole pixels from 0; the right and bottom ones are the first that are cut away";
            Err(table.error(row, "this crop has no area", remedy))
        }
    }
}

/// The number in a cell; nothing where it is blank or the table has no such column.
fn number(table: &Table, row: usize, column: &str) -> Result<Option<f64>, TableError> {
    let text = table.column(column).map_or("", |column| column.get(row));
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        _ => Err(table.error(row, format!("`{text}` in `{column}` is no number"), "give one, such as 0.25")),
    }
}

fn check_known(table: &Table, known: &BTreeSet<&str>) -> Result<(), StageError> {
    let clips = table.required("clip");
    let unknown: Vec<&str> = clips.symbols().iter().filter(|clip| !known.contains(clip)).collect();
    let Some(first) = unknown.first() else { return Ok(()) };
    let row = (0..table.len()).find(|row| clips.get(*row) == *first).unwrap_or_default();
    let message = format!("{} clips are not in the clip table: {}", unknown.len(), some(unknown.iter().copied()));
    Err(table.error(row, message, "correct their names, or add them to the clip table").into())
}
