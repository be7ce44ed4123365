//! `agreement.csv` of `Labels` and `Lines`: how well the annotators agree.

use super::{ArtifactError, Folder, rows};
use crate::table::Wanted;

/// The file.
pub const PATH: &str = "agreement.csv";
const COLUMNS: [&str; 12] = [
    "statistic",
    "between",
    "annotator",
    "other",
    "value",
    "low",
    "high",
    "clips",
    "opinions",
    "unit",
    "units",
    "draws",
];

/// One coefficient.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The coefficient's name, `cohen-kappa` for instance.
    pub statistic: String,
    /// Whose agreement: `all`, `pair` (`annotator` and `other`) or `others` (`annotator` with the majority or the
    /// consensus of the others).
    pub between: String,
    /// The annotator, for `pair` and `others`; nothing where `others` is that of all annotators, each with the others.
    pub annotator: Option<String>,
    /// The other annotator, for `pair`.
    pub other: Option<String>,
    /// The value, where it is defined.
    pub value: Option<f64>,
    /// The interval's lower limit.
    pub low: Option<f64>,
    /// The interval's upper limit.
    pub high: Option<f64>,
    /// The clips it rests on.
    pub clips: u64,
    /// The opinions on these clips that are compared; of drawings the comparisons, one a frame and pair.
    pub opinions: f64,
    /// What is resampled: `patient` or `clip`.
    pub unit: String,
    /// How many of these there are.
    pub units: u64,
    /// Bootstrap draws.
    pub draws: u64,
}

/// Writes `agreement.csv`.
pub fn write(all: &[Row]) -> Vec<u8> {
    let mut writer = rows::Writer::new(COLUMNS);
    for row in all {
        writer.row([
            row.statistic.as_str(),
            &row.between,
            row.annotator.as_deref().unwrap_or_default(),
            row.other.as_deref().unwrap_or_default(),
            &rows::maybe(row.value),
            &rows::maybe(row.low),
            &rows::maybe(row.high),
            &row.clips.to_string(),
            &rows::number(row.opinions),
            &row.unit,
            &row.units.to_string(),
            &row.draws.to_string(),
        ]);
    }
    writer.finish()
}

/// Reads `agreement.csv`; nothing where there is none.
///
/// # Errors
/// An artifact that can't be read.
pub fn read(folder: &dyn Folder) -> Result<Vec<Row>, ArtifactError> {
    if !folder.tree().files.contains_key(PATH) {
        return Ok(Vec::new());
    }
    let table = rows::read(folder, PATH, &COLUMNS.map(Wanted::required))?;
    let text = |column: &str, row| table.required(column).get(row).to_owned();
    let given = |column: &str, row| Some(text(column, row)).filter(|text| !text.is_empty());
    let number = |column: &str, row| rows::parse(&table, column, row);
    let maybe = |column: &str, row| number(column, row).map(|value| value.is_finite().then_some(value));
    (0..table.len())
        .map(|row| {
            Ok(Row {
                statistic: text("statistic", row),
                between: text("between", row),
                annotator: given("annotator", row),
                other: given("other", row),
                value: maybe("value", row)?,
                low: maybe("low", row)?,
                high: maybe("high", row)?,
                clips: number("clips", row)? as u64,
                opinions: number("opinions", row)?,
                unit: text("unit", row),
                units: number("units", row)? as u64,
                draws: number("draws", row)? as u64,
            })
        })
        .collect()
}
