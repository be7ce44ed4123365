//! Declared comparisons and their verdicts: one primary, the others after it in order, guarded by floor and control.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::{Control, Parameters, Read, find};
use crate::{
    metric::{
        self, Asked, Estimate, Goal, Metric,
        inference::{self, Design, Limits, Method},
    },
    report::content::{self, Contrast, Direction, Reason},
    stage::{self, StageError},
};

/// A declared comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Compare {
    /// The coordinate whose values are compared; `candidate` compares stages.
    pub(super) along: String,
    pub(super) candidate: String,
    pub(super) baseline: String,
    pub(super) metric: Metric,
    pub(super) margin: f64,
    #[serde(default, skip_serializing_if = "is_usual")]
    pub(super) goal: Goal,
}

/// What is shown where nothing is said stays out of the key.
fn is_usual(goal: &Goal) -> bool {
    *goal == Goal::default()
}

/// Comparisons in the order of the file: a table there, a list of pairs in a recipe, since order is part of what is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Contrasts(pub(super) Vec<(String, Compare)>);

impl<'de> Deserialize<'de> for Contrasts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Contrasts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "comparisons by name, such as `compare.primary = { along, candidate, baseline, metric, margin }`",
                )
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Contrasts, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Contrasts(all))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Contrasts, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = list.next_element()? {
                    all.push(entry);
                }
                Ok(Contrasts(all))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// The primary contrast and the others, each with its verdict.
pub(super) fn judge(parameters: &Parameters, read: &[Read]) -> Result<(Option<Contrast>, Vec<Contrast>), StageError> {
    let guards = guards(parameters, read)?;
    let declared = &parameters.compare.0;
    let ordered = declared.iter().filter(|(name, _)| name == "primary");
    let ordered = ordered.chain(declared.iter().filter(|(name, _)| name != "primary"));
    let mut judged: Vec<Contrast> = Vec::new();
    let mut stopped: Option<String> = None;
    for (name, compare) in ordered {
        let mut contrast = one(name, compare, parameters, read)?;
        if let Some(after) = &stopped {
            contrast.verdict = content::Verdict::NotTested;
            contrast.reasons = vec![Reason::Order { after: after.clone() }];
        } else {
            if !guards.is_empty() {
                contrast.verdict = content::Verdict::Inconclusive;
                contrast.reasons.retain(|reason| !matches!(reason, Reason::Bound));
                contrast.reasons.extend(guards.iter().cloned());
            }
            let shown = match compare.goal {
                Goal::NonInferiority => {
                    matches!(contrast.verdict, content::Verdict::Superior | content::Verdict::NonInferior)
                }
                Goal::Equivalence => contrast.verdict == content::Verdict::Equivalent,
            };
            if !shown {
                stopped = Some(name.clone());
            }
        }
        judged.push(contrast);
    }
    let mut judged = judged.into_iter();
    let (primary, mut secondary): (_, Vec<Contrast>) = (judged.next(), judged.collect());
    adjust(&mut secondary);
    Ok((primary, secondary))
}

/// Holm's adjustment over the secondary contrasts: beside the order they are tested in, what they show without one.
fn adjust(secondary: &mut [Contrast]) {
    let p: Vec<f64> = secondary.iter().map(|contrast| contrast.p).filter(|p| !p.is_nan()).collect();
    let told = secondary.iter_mut().filter(|contrast| !contrast.p.is_nan());
    told.zip(inference::holm(&p)).for_each(|(contrast, adjusted)| contrast.p_holm = Some(adjusted));
}

/// Why no comparison may be concluded: a floor that is not met, a control that learned something.
fn guards(parameters: &Parameters, read: &[Read]) -> Result<Vec<Reason>, StageError> {
    let mut reasons = Vec::new();
    if let Some(floor) = &parameters.floor {
        let (found, group, m) = find(read, &floor.along, &floor.at, floor.metric, "floor")?;
        let value = found.evaluation.groups[group].scores[m].value;
        if value.is_none_or(|value| value < floor.value) {
            reasons.push(Reason::Floor {
                group: format!("{} {}", floor.along, floor.at),
                title: floor.metric.title().to_owned(),
                value: value.unwrap_or(f64::NAN),
                declared: floor.value,
            });
        }
    }
    if let Some((control, chance)) = parameters.control.as_ref().and_then(Control::with_chance) {
        let (found, group, m) = find(read, &control.along, &control.at, control.metric, "control")?;
        let score = &found.evaluation.groups[group].scores[m];
        let limits = Limits::new(parameters.interval, &estimate(found, group, m)).ok();
        let interval = limits.map(|limits| limits.between(0.025));
        let (low, high) = interval.map_or((f64::NAN, f64::NAN), |interval| (interval.low, interval.high));
        if !(low <= chance && chance <= high) {
            reasons.push(Reason::Control {
                group: format!("{} {}", control.along, control.at),
                title: control.metric.title().to_owned(),
                value: score.value.unwrap_or(f64::NAN),
                low,
                high,
                chance,
            });
        }
    }
    Ok(reasons)
}

/// A group's estimate of a metric.
fn estimate(found: &Read, group: usize, metric: usize) -> Estimate {
    stage::estimates::of(&found.evaluation, &found.replicates, &found.jackknife, group, metric)
}

/// How likely a study shows its goal that is called large enough.
const WANTED: f64 = 0.8;

fn one(name: &str, compare: &Compare, parameters: &Parameters, read: &[Read]) -> Result<Contrast, StageError> {
    let what = format!("compare.{name}");
    let (found, candidate, m) = find(read, &compare.along, &compare.candidate, compare.metric, &what)?;
    let (other, baseline, _) = find(read, &compare.along, &compare.baseline, compare.metric, &what)?;
    if !std::ptr::eq(found, other) {
        return Err(StageError::Input(format!(
            "`{what}`: `{}` and `{}` are scored in different evaluations, which rest on different clips",
            compare.candidate, compare.baseline
        )));
    }
    let evaluation = &found.evaluation;
    let Compare { goal, margin, .. } = *compare;
    let alpha = parameters.alpha;
    let asked = Asked { goal, margin, alpha, method: parameters.interval };
    let result = metric::contrast(&estimate(found, candidate, m), &estimate(found, baseline, m), &asked);
    let seeds = evaluation.groups[candidate].seeds.iter().filter(|seed| !seed.is_empty()).count();
    let mut contrast = Contrast {
        name: name.to_owned(),
        along: compare.along.clone(),
        candidate: compare.candidate.clone(),
        baseline: compare.baseline.clone(),
        metric: compare.metric.name().to_owned(),
        title: compare.metric.title().to_owned(),
        direction: Direction::Higher,
        goal: match goal {
            Goal::NonInferiority => content::Goal::NonInferiority,
            Goal::Equivalence => content::Goal::Equivalence,
        },
        margin,
        alpha,
        level: 1.0 - 2.0 * alpha,
        patients: evaluation.patients as u64,
        clips: evaluation.clips as u64,
        seeds: if evaluation.subject == "models" { seeds.max(1) as u64 } else { 0 },
        resampled: super::evaluations::resampled(evaluation),
        test: test(goal, parameters.interval),
        published: super::published::tests(evaluation, candidate, baseline),
        notices: notices(evaluation, [candidate, baseline]),
        ..Contrast::default()
    };
    match result {
        Ok(result) => {
            contrast.difference = result.difference;
            contrast.low = result.low;
            contrast.high = result.high;
            contrast.bound = result.low;
            contrast.p = result.p;
            let design = Design { goal, margin, alpha };
            contrast.power = result.standard_error.and_then(|error| {
                let patients = design.patients(error, evaluation.patients, WANTED);
                Some(content::Power { power: design.power(error)?, wanted: WANTED, patients })
            });
            contrast.verdict = match result.verdict {
                metric::Verdict::Superior => content::Verdict::Superior,
                metric::Verdict::NonInferior => content::Verdict::NonInferior,
                metric::Verdict::Equivalent => content::Verdict::Equivalent,
                metric::Verdict::Inferior => content::Verdict::Inferior,
                metric::Verdict::Inconclusive => content::Verdict::Inconclusive,
            };
            if contrast.verdict == content::Verdict::Inconclusive {
                contrast.reasons.push(Reason::Bound);
            }
        }
        Err(error) => contrast.reasons.push(Reason::Other(format!("The difference has no limits: {error}."))),
    }
    Ok(contrast)
}

/// The test as a caption names it.
/// The test that decides, in words.
pub(super) fn test(goal: Goal, method: Method) -> String {
    let sides = match goal {
        Goal::NonInferiority => "one-sided",
        Goal::Equivalence => "two one-sided tests by the",
    };
    format!("{sides} {} bootstrap of the paired difference", super::methods::limits(method.name()))
}

fn notices(evaluation: &crate::artifact::scores::Evaluation, groups: [usize; 2]) -> Vec<String> {
    groups
        .into_iter()
        .map(|group| &evaluation.groups[group])
        .filter(|group| !group.shared_raters.is_empty())
        .map(|group| format!("{}: {}", group.name(), super::evaluations::shared(group, &evaluation.reference)))
        .collect()
}
