//! Tests and intervals as published studies give them, in the words of the page.

use super::evaluations;
use crate::{
    artifact::scores::{Evaluation, Told},
    report::content::Published,
};

/// The tests of two groups: candidate minus baseline, whichever of the two the evaluation holds against the other.
pub(super) fn tests(evaluation: &Evaluation, candidate: usize, baseline: usize) -> Vec<Published> {
    let told = |told: &Told| match (told.candidate, told.baseline?) {
        pair if pair == (candidate, baseline) => Some(published(told)),
        pair if pair == (baseline, candidate) => Some(turned(published(told))),
        _ => None,
    };
    evaluation.published.iter().filter_map(told).collect()
}

/// The intervals of single groups, with their labels.
pub(super) fn intervals(evaluation: &Evaluation) -> Vec<(String, Published)> {
    let label = |told: &Told| evaluations::label(&evaluation.groups[told.candidate], evaluation);
    let singles = evaluation.published.iter().filter(|told| told.baseline.is_none());
    singles.map(|told| (label(told), published(told))).collect()
}

fn published(told: &Told) -> Published {
    let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
    Published {
        metric: told.metric.clone(),
        title: evaluations::title(&told.metric),
        method: told.method.clone(),
        method_title: title(&told.method).to_owned(),
        unit: told.unit.clone(),
        value: number(told.value),
        low: number(told.low),
        high: number(told.high),
        statistic: number(told.statistic),
        p: number(told.p),
        reason: told.reason.clone(),
    }
}

/// The difference the other way round. McNemar's statistic is a count, which has no sign to turn.
fn turned(test: Published) -> Published {
    let statistic = if test.method.starts_with("mcnemar") { test.statistic } else { -test.statistic };
    Published { value: -test.value, low: -test.high, high: -test.low, statistic, ..test }
}

/// A method as people write it.
fn title(method: &str) -> &str {
    match method {
        "wilson" => "Wilson",
        "clopper-pearson" => "Clopper–Pearson (exact)",
        "mcnemar-exact" => "McNemar, exact",
        "mcnemar-mid-p" => "McNemar, mid-p",
        "paired-t" => "Paired t",
        "delong" => "DeLong",
        "obuchowski" => "Obuchowski (clustered)",
        "permutation" => "Permutation of patients",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_the_other_way_round_turns_its_interval_and_its_statistic() {
        let told = Told {
            candidate: 1,
            baseline: Some(0),
            metric: "auroc".to_owned(),
            method: "delong".to_owned(),
            unit: "clips".to_owned(),
            value: Some(0.1),
            low: Some(-0.05),
            high: Some(0.25),
            statistic: Some(1.3),
            p: Some(0.19),
            reason: None,
        };
        let there = published(&told);
        assert_eq!((there.title.as_str(), there.method_title.as_str()), ("AUROC", "DeLong"));
        let back = turned(there.clone());
        assert_eq!((back.value, back.low, back.high, back.statistic, back.p), (-0.1, -0.25, 0.05, -1.3, 0.19));
        assert_eq!(turned(back), there);
        let counted = turned(Published { method: "mcnemar-exact".to_owned(), statistic: 3.0, ..there });
        assert_eq!(counted.statistic, 3.0);
    }
}
