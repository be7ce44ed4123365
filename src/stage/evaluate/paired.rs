//! `paired.csv`: every difference of two groups, from the same draws of patients, and the other tests of the two.

use std::collections::BTreeMap;

use super::score::Scored;
use crate::{
    artifact::{
        rows::{self, Writer},
        scores::Told,
    },
    metric::{
        self,
        inference::{Limits, Method, benjamini_hochberg, holm},
    },
};

/// One row a pair of groups, metric and test, the earlier group as the baseline. p-values are two-sided; adjusted ones are
/// over the pairs that a test tells of in a metric.
pub(super) fn table(scored: &Scored, method: Method) -> Vec<u8> {
    let evaluation = &scored.evaluation;
    let mut told: Vec<Told> = bootstrapped(scored, method);
    told.extend(evaluation.published.iter().filter(|told| told.baseline.is_some()).cloned());
    let columns = ["candidate", "baseline", "metric", "test", "unit", "difference", "statistic", "low", "high"];
    let columns = columns.into_iter().chain(["p", "p_holm", "p_benjamini_hochberg", "patients", "clips", "reason"]);
    let mut writer = Writer::new(columns);
    for (one, adjusted) in told.iter().zip(adjusted(&told)) {
        writer.row([
            evaluation.groups[one.candidate].name(),
            one.baseline.map_or_else(String::new, |at| evaluation.groups[at].name()),
            one.metric.clone(),
            one.method.clone(),
            one.unit.clone(),
            rows::maybe(one.value),
            rows::maybe(one.statistic),
            rows::maybe(one.low),
            rows::maybe(one.high),
            rows::maybe(one.p),
            rows::maybe(adjusted.map(|(holm, _)| holm)),
            rows::maybe(adjusted.map(|(_, rate)| rate)),
            evaluation.patients.to_string(),
            evaluation.clips.to_string(),
            one.reason.clone().unwrap_or_default(),
        ]);
    }
    writer.finish()
}

/// The differences of the bootstrap.
fn bootstrapped(scored: &Scored, method: Method) -> Vec<Told> {
    let evaluation = &scored.evaluation;
    let groups = evaluation.groups.len();
    let pairs = (0..groups).flat_map(|baseline| (baseline + 1..groups).map(move |candidate| (candidate, baseline)));
    let metrics = || evaluation.metrics.iter().enumerate();
    pairs
        .flat_map(|(candidate, baseline)| metrics().map(move |(m, name)| (candidate, baseline, m, name)))
        .map(|(candidate, baseline, m, name)| {
            let estimate = metric::difference(&scored.estimate(candidate, m), &scored.estimate(baseline, m));
            let limits = Limits::new(method, &estimate);
            let interval = limits.as_ref().ok().map(|limits| limits.between((1.0 - evaluation.level) / 2.0));
            let p = |limits: &Limits| (2.0 * limits.p_above(0.0).min(limits.p_below(0.0))).min(1.0);
            Told {
                candidate,
                baseline: Some(baseline),
                metric: name.clone(),
                method: format!("bootstrap-{}", method.name()),
                unit: "patients".to_owned(),
                value: estimate.value,
                low: interval.map(|interval| interval.low),
                high: interval.map(|interval| interval.high),
                statistic: None,
                p: limits.as_ref().ok().map(p),
                reason: limits.err().map(|error| error.to_string()),
            }
        })
        .collect()
}

/// For each p-value Holm's and Benjamini & Hochberg's, over those of the same test and metric.
fn adjusted(told: &[Told]) -> Vec<Option<(f64, f64)>> {
    let mut adjusted = vec![None; told.len()];
    let mut families: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, one) in told.iter().enumerate().filter(|(_, one)| one.p.is_some()) {
        families.entry((&one.metric, &one.method)).or_default().push(at);
    }
    for members in families.values() {
        let p: Vec<f64> = members.iter().filter_map(|at| told[*at].p).collect();
        for (at, both) in members.iter().zip(holm(&p).into_iter().zip(benjamini_hochberg(&p))) {
            adjusted[*at] = Some(both);
        }
    }
    adjusted
}
