//! Known answers: the clips by which annotators are measured.

use std::collections::{BTreeSet, HashMap};

use super::{
    opinions::classes_of,
    parameters::{Parameters, UnknownClips},
};
use crate::{
    stage::{StageError, clips::some},
    table::Table,
};

/// The class of every clip with a known answer.
pub(super) type Answers = HashMap<String, u16>;

/// Reads known answers; `opinions` is the table of all opinions.
///
/// # Errors
/// An unknown class, a clip with two answers, and clips nobody judged.
pub(super) fn read(
    table: &Table,
    opinions: &Table,
    classes: &[String],
    parameters: &Parameters,
) -> Result<Answers, StageError> {
    if table.is_empty() {
        return Err(StageError::Input(format!("{}: the table has no known answers; give some", table.file)));
    }
    let class_of = classes_of(table, classes)?;
    let (clips, labels) = (table.required("clip"), table.required("label"));
    let judged: BTreeSet<&str> = opinions.required("clip").symbols().iter().collect();
    let mut first_row: HashMap<&str, usize> = HashMap::new();
    let mut answers = Answers::new();
    for row in 0..table.len() {
        let clip = clips.get(row);
        if let Some(&first) = first_row.get(clip) {
            if labels.symbol(first) != labels.symbol(row) {
                let (line, one, other) = (table.line(first), labels.get(first), labels.get(row));
                let message = format!("the known answer of clip `{clip}` is `{one}` in line {line} and `{other}` here");
                return Err(table.error(row, message, "keep one of the two lines").into());
            }
            continue;
        }
        first_row.insert(clip, row);
        if judged.contains(clip) {
            answers.insert(clip.to_owned(), class_of[labels.symbol(row) as usize]);
        } else if parameters.unknown_clips == UnknownClips::Error {
            let missing = clips.symbols().iter().filter(|clip| !judged.contains(clip));
            let message = format!("no opinion is on the known-answer clips {}", some(missing));
            let remedy = "correct their names, or leave them out with `unknown_clips = \"drop\"`";
            return Err(table.error(row, message, remedy).into());
        }
    }
    Ok(answers)
}
