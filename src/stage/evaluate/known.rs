//! Known answers of scored patients: whoever was chosen by them knows some of the reference.

use std::collections::{BTreeSet, HashMap};

use crate::stage::{StageError, clips::some};

/// Refuses an arm whose annotators were measured by known answers on clips of patients it is scored on.
pub(super) fn refuse(
    arm: &str,
    known: &[String],
    scored: &BTreeSet<&str>,
    patients: &HashMap<&str, &str>,
) -> Result<(), StageError> {
    let strangers = || known.iter().map(String::as_str).filter(|clip| !patients.contains_key(clip));
    if strangers().next().is_some() {
        return Err(StageError::Input(format!(
            "`{arm}` rests on known answers to the clips {}, which the clip table does not have: whose they are can't be \
             checked; add them to `clips` with their patients",
            some(strangers())
        )));
    }
    let leaked = || known.iter().map(String::as_str).filter(|clip| scored.contains(patients[clip]));
    if leaked().next().is_none() {
        return Ok(());
    }
    let whose: BTreeSet<&str> = leaked().map(|clip| patients[clip]).collect();
    Err(StageError::Input(format!(
        "`{arm}` rests on known answers to {} clips of patients it is scored on: {} of {}; aggregate anew for each fold \
         (`split` and `matrix.fold`), or take the known answers from patients nobody is scored on",
        leaked().count(),
        some(leaked()),
        some(whose)
    )))
}
