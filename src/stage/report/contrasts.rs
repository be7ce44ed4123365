//! Declared comparisons and their verdicts: one primary, the others after it in order, guarded by floor and control.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::{Parameters, Read, find};
use crate::{
    metric::{self, Estimate, Metric},
    report::content::{self, Contrast, Direction, Reason},
    stage::StageError,
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
        let mut contrast = one(name, compare, parameters.alpha, read)?;
        if let Some(after) = &stopped {
            contrast.verdict = content::Verdict::NotTested;
            contrast.reasons = vec![Reason::Order { after: after.clone() }];
        } else {
            if !guards.is_empty() {
                contrast.verdict = content::Verdict::Inconclusive;
                contrast.reasons.retain(|reason| !matches!(reason, Reason::Bound));
                contrast.reasons.extend(guards.iter().cloned());
            }
            let shown = matches!(contrast.verdict, content::Verdict::Superior | content::Verdict::NonInferior);
            if !shown {
                stopped = Some(name.clone());
            }
        }
        judged.push(contrast);
    }
    let mut judged = judged.into_iter();
    Ok((judged.next(), judged.collect()))
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
    if let Some(control) = &parameters.control {
        let (found, group, m) = find(read, &control.along, &control.at, control.metric, "control")?;
        let score = &found.evaluation.groups[group].scores[m];
        let interval = metric::percentile_interval(&found.replicates[group * found.evaluation.metrics.len() + m], 0.95);
        let (low, high) = interval.map_or((f64::NAN, f64::NAN), |interval| (interval.low, interval.high));
        if !(low <= CHANCE && CHANCE <= high) {
            reasons.push(Reason::Control {
                group: format!("{} {}", control.along, control.at),
                title: control.metric.title().to_owned(),
                value: score.value.unwrap_or(f64::NAN),
                low,
                high,
                chance: CHANCE,
            });
        }
    }
    Ok(reasons)
}

/// The AUROC of guessing.
const CHANCE: f64 = 0.5;

fn one(name: &str, compare: &Compare, alpha: f64, read: &[Read]) -> Result<Contrast, StageError> {
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
    let estimate = |group: usize| Estimate {
        value: evaluation.groups[group].scores[m].value,
        replicates: found.replicates[group * evaluation.metrics.len() + m].clone(),
    };
    let result = metric::contrast(&estimate(candidate), &estimate(baseline), compare.margin, alpha);
    let seeds = evaluation.groups[candidate].seeds.iter().filter(|seed| !seed.is_empty()).count();
    let mut contrast = Contrast {
        name: name.to_owned(),
        along: compare.along.clone(),
        candidate: compare.candidate.clone(),
        baseline: compare.baseline.clone(),
        metric: compare.metric.name().to_owned(),
        title: compare.metric.title().to_owned(),
        direction: Direction::Higher,
        margin: compare.margin,
        alpha,
        level: 1.0 - 2.0 * alpha,
        patients: evaluation.patients as u64,
        clips: evaluation.clips as u64,
        seeds: if evaluation.subject == "models" { seeds.max(1) as u64 } else { 0 },
        resampled: super::evaluations::resampled(evaluation),
        test: "one-sided percentile bootstrap of the paired difference".to_owned(),
        notices: notices(evaluation, [candidate, baseline]),
        ..Contrast::default()
    };
    match result {
        Some(result) => {
            contrast.difference = result.difference;
            contrast.low = result.low;
            contrast.high = result.high;
            contrast.bound = result.bound;
            contrast.verdict = match result.verdict {
                metric::Verdict::Superior => content::Verdict::Superior,
                metric::Verdict::NonInferior => content::Verdict::NonInferior,
                metric::Verdict::Inferior => content::Verdict::Inferior,
                metric::Verdict::Inconclusive => content::Verdict::Inconclusive,
            };
            if contrast.verdict == content::Verdict::Inconclusive {
                contrast.reasons.push(Reason::Bound);
            }
        }
        None => contrast.reasons.push(Reason::Other(
            "the difference is undefined in most draws of patients: too few patients, or one class only".to_owned(),
        )),
    }
    Ok(contrast)
}

fn notices(evaluation: &crate::artifact::scores::Evaluation, groups: [usize; 2]) -> Vec<String> {
    groups
        .into_iter()
        .map(|group| &evaluation.groups[group])
        .filter(|group| !group.shared_raters.is_empty())
        .map(|group| format!("{}: {}", group.name(), super::evaluations::shared(group, &evaluation.reference)))
        .collect()
}
