//! What is to be thought of a result that was made anew.

use serde::Serialize;

use super::Locked;
use crate::{artifact::Folder, stage};

/// A verdict on a task or a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "by")]
pub enum Verdict {
    /// The same to the last bit.
    Identical,
    /// It differs, was made in another environment or where nothing repeats to the bit, and is no further off than allowed.
    WithinTolerance(f64),
    /// It was made there too and differs, and nothing says how far off it is.
    OtherEnvironment,
    /// It differs.
    Different,
    /// Something else is asked for than the lock says.
    OtherRecipe,
    /// The lock does not know it.
    NotLocked,
    /// The experiment does not know it.
    NotPlanned,
    /// It could not be made.
    NotMade,
    /// It reads raw files that are not at hand.
    NotChecked,
    /// What it is to be made from is damaged.
    DamagedInput,
}

impl Verdict {
    /// Whether the lock is borne out, as far as that can be said.
    pub fn is_fine(self) -> bool {
        matches!(self, Self::Identical | Self::WithinTolerance(_) | Self::OtherEnvironment | Self::NotChecked)
    }

    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::WithinTolerance(_) => "within tolerance",
            Self::OtherEnvironment => "other environment",
            Self::Different => "different",
            Self::OtherRecipe => "other recipe",
            Self::NotLocked => "not in the lock",
            Self::NotPlanned => "not in the experiment",
            Self::NotMade => "not made",
            Self::NotChecked => "not checked",
            Self::DamagedInput => "damaged input",
        }
    }
}

/// Judges a task that was made anew. `before` is the locked output, where it is at hand.
pub fn of_task(
    locked: &Locked,
    anew: &Locked,
    before: Option<&dyn Folder>,
    now: &dyn Folder,
    tolerance: f64,
) -> Verdict {
    if locked.key != anew.key {
        return Verdict::OtherRecipe;
    }
    if locked.output == anew.output {
        return Verdict::Identical;
    }
    if locked.environment == anew.environment && stage::repeats(&anew.environment) {
        return Verdict::Different;
    }
    let distance = stage::find(&locked.kind).zip(before).and_then(|(stage, before)| stage.distance(before, now));
    match distance {
        Some(distance) if distance <= tolerance => Verdict::WithinTolerance(distance),
        Some(_) => Verdict::Different,
        None => Verdict::OtherEnvironment,
    }
}

/// Judges every number of a task: name, then, now, verdict.
pub fn of_numbers(locked: &Locked, anew: &Locked, tolerance: f64) -> Vec<(String, Option<f64>, Option<f64>, Verdict)> {
    let names: std::collections::BTreeSet<&String> = locked.numbers.keys().chain(anew.numbers.keys()).collect();
    let elsewhere = locked.environment != anew.environment || locked.key != anew.key;
    names
        .into_iter()
        .map(|name| {
            let (then, now) = (locked.numbers.get(name).copied(), anew.numbers.get(name).copied());
            let verdict = match (then, now) {
                (Some(a), Some(b)) if a.to_bits() == b.to_bits() => Verdict::Identical,
                (Some(a), Some(b)) if elsewhere && (a - b).abs() <= tolerance * a.abs().max(1.0) => {
                    Verdict::WithinTolerance((a - b).abs())
                }
                _ => Verdict::Different,
            };
            (name.clone(), then, now, verdict)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::recipe::Digest;

    fn locked(output: &[u8], machine: &str, number: f64) -> Locked {
        Locked {
            kind: "report".into(),
            key: Digest::of(b"k"),
            output: Digest::of(output),
            environment: BTreeMap::from([("processor".into(), machine.into())]),
            numbers: BTreeMap::from([("auroc".into(), number)]),
        }
    }

    #[test]
    fn only_another_environment_excuses_a_difference() {
        let verdict = |a: &Locked, b: &Locked| of_numbers(a, b, 1e-3)[0].3;
        let base = locked(b"1", "a", 0.9);
        assert_eq!(verdict(&base, &base), Verdict::Identical);
        assert_eq!(verdict(&base, &locked(b"1", "a", 0.9 + 1e-12)), Verdict::Different);
        assert!(matches!(verdict(&base, &locked(b"1", "b", 0.9005)), Verdict::WithinTolerance(_)));
        assert_eq!(verdict(&base, &locked(b"1", "b", 0.91)), Verdict::Different);
        let mut without = base.clone();
        without.numbers.clear();
        assert_eq!(verdict(&base, &without), Verdict::Different);
    }
}
