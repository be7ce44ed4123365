//! An arm that shares annotators with its judge is refused, or told of beside every number.

use std::collections::BTreeSet;

use crate::{artifact::labels::Rater, name::quoted, stage::StageError};

/// Annotators who made both. The same id in two groups is two people; an opinion without an author is nobody's, and whose
/// opinions don't count made nothing.
pub(super) fn shared(candidate: &[Rater], judges: &[Rater]) -> Vec<String> {
    let people = |raters: &[Rater]| -> BTreeSet<(String, String)> {
        let counted = raters.iter().filter(|rater| rater.counted > 0.0);
        counted.filter_map(|rater| Some((rater.group.clone(), rater.annotator.clone()?))).collect()
    };
    people(candidate).intersection(&people(judges)).map(|(_, id)| id.clone()).collect()
}

/// Whether it is known of every opinion who gave it.
pub(super) fn known(raters: &[Rater]) -> bool {
    raters.iter().all(|rater| rater.annotator.is_some() || rater.counted == 0.0)
}

/// Refuses a candidate that shares annotators with the reference, unless the experiment allows it.
pub(super) fn refuse_shared(
    candidate: &str,
    raters: &[Rater],
    judges: &[Rater],
    reference: &str,
    allowed: bool,
) -> Result<(), StageError> {
    let shared = shared(raters, judges);
    if shared.is_empty() || allowed {
        return Ok(());
    }
    Err(StageError::Input(format!(
        "`{}` and its reference `@{reference}` share the annotators {}: whoever teaches must not judge; \
         give them different `annotators`, or set `allow_shared_raters = true` and the report says so",
        candidate,
        quoted(&shared)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rater(id: Option<&str>, group: &str) -> Rater {
        let annotator = id.map(str::to_owned);
        Rater {
            annotator,
            group: group.to_owned(),
            opinions: 1.0,
            counted: 1.0,
            skill: None,
            known_seen: None,
            known_accuracy: None,
            confusion: None,
        }
    }

    #[test]
    fn the_same_id_is_the_same_person_within_a_group() {
        let judges = [rater(Some("e1"), ""), rater(Some("e2"), "")];
        assert_eq!(shared(&[rater(Some("e2"), ""), rater(Some("e3"), "")], &judges), ["e2"]);
        assert!(shared(&[rater(Some("e2"), "other hospital")], &judges).is_empty());
        assert!(shared(&[rater(None, "")], &[rater(None, "")]).is_empty());
        assert!(!known(&[rater(None, "")]));
        let nobody = Rater { counted: 0.0, ..rater(Some("e2"), "") };
        assert!(shared(&[nobody], &judges).is_empty());
    }
}
