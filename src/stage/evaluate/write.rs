//! The files of an evaluation.

use super::{candidates::Candidate, cohort::Cohort, paired, score::Scored};
use crate::{
    artifact::{
        rows::{self, Writer},
        scores::{self, Evaluation, Group, Score},
    },
    metric::inference::Method,
    stage::{Output, StageError},
    store::Store,
};

pub(super) fn write(
    store: &Store,
    scored: &Scored,
    candidates: &[Candidate],
    cohort: &Cohort,
    method: Method,
) -> Result<Output, StageError> {
    let evaluation = &scored.evaluation;
    let mut output = Output::default();
    output.add(store, "scores.csv", &scores_table(evaluation))?;
    output.add(store, "paired.csv", &paired::table(scored, method))?;
    output.add(store, "published.csv", &published(evaluation))?;
    output.add(store, "roc.csv", &roc(evaluation))?;
    output.add(store, "pr.csv", &precision_recall(evaluation))?;
    output.add(store, "reliability.csv", &reliability(evaluation))?;
    output.add(store, "roc_band.csv", &roc_band(evaluation))?;
    output.add(store, "confusion.csv", &confusion(evaluation))?;
    output.add(store, "flow.csv", &flow(evaluation))?;
    output.add(store, "summary.csv", &summary(evaluation))?;
    output.add(store, "against_people.csv", &against_people(evaluation))?;
    output.add(store, "predictions.csv", &predictions(evaluation, candidates, cohort))?;
    output.add(store, scores::REPLICATES, &scores::write_rows(&scored.replicates))?;
    output.add(store, scores::JACKKNIFE, &scores::write_rows(&scored.jackknife))?;
    let json = serde_json::to_vec_pretty(evaluation).map_err(|error| StageError::Failed(error.to_string()))?;
    output.add(store, "evaluation.json", &json)?;
    Ok(output)
}

/// An evaluation of frames, with a table of what each adds.
pub(super) fn frames(store: &Store, scored: &Scored, table: &[u8], method: Method) -> Result<Output, StageError> {
    let evaluation = &scored.evaluation;
    let mut output = Output::default();
    output.add(store, "scores.csv", &scores_table(evaluation))?;
    output.add(store, "paired.csv", &paired::table(scored, method))?;
    output.add(store, "flow.csv", &flow(evaluation))?;
    output.add(store, "frames.csv", table)?;
    output.add(store, scores::REPLICATES, &scores::write_rows(&scored.replicates))?;
    output.add(store, scores::JACKKNIFE, &scores::write_rows(&scored.jackknife))?;
    let json = serde_json::to_vec_pretty(evaluation).map_err(|error| StageError::Failed(error.to_string()))?;
    output.add(store, "evaluation.json", &json)?;
    Ok(output)
}

/// A table whose first columns say which group a row is about.
struct Grouped {
    keys: Vec<String>,
    writer: Writer,
}

impl Grouped {
    fn new(evaluation: &Evaluation, columns: &[&str]) -> Self {
        let mut keys: Vec<String> = Vec::new();
        for (key, _) in evaluation.groups.iter().flat_map(|group| &group.coordinates) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        let all = std::iter::once("source").chain(keys.iter().map(String::as_str)).chain(columns.iter().copied());
        Self { writer: Writer::new(all), keys }
    }

    fn row(&mut self, group: &Group, values: impl IntoIterator<Item = String>) {
        let place = self.keys.iter().map(|key| group.coordinate(key).unwrap_or_default().to_owned());
        self.writer.row(std::iter::once(group.source.clone()).chain(place).chain(values));
    }
}

fn scores_table(evaluation: &Evaluation) -> Vec<u8> {
    let columns = [
        "metric",
        "value",
        "low",
        "high",
        "standard_error",
        "patients",
        "effective_patients",
        "clips",
        "seeds",
        "undefined_draws",
        "subgroup",
    ];
    let mut table = Grouped::new(evaluation, &columns);
    let mut write = |group: &Group, subgroup: &str, scores: &[Score], [patients, clips]: [usize; 2]| {
        for score in scores {
            let values = [
                score.metric.clone(),
                rows::maybe(score.value),
                rows::maybe(score.low),
                rows::maybe(score.high),
                rows::maybe(score.standard_error),
                patients.to_string(),
                score.effective_patients.to_string(),
                clips.to_string(),
                group.seeds.len().to_string(),
                score.undefined.to_string(),
                subgroup.to_owned(),
            ];
            table.row(group, values);
        }
    };
    for group in &evaluation.groups {
        write(group, "", &group.scores, [evaluation.patients, evaluation.clips]);
    }
    for subgroup in &evaluation.subgroups {
        for (group, scores) in evaluation.groups.iter().zip(&subgroup.groups) {
            write(group, &subgroup.name(), scores, [subgroup.patients, subgroup.clips]);
        }
    }
    table.writer.finish()
}

/// The intervals of single groups as published studies give them.
fn published(evaluation: &Evaluation) -> Vec<u8> {
    let columns = ["metric", "method", "unit", "value", "low", "high", "patients", "clips", "reason"];
    let mut table = Grouped::new(evaluation, &columns);
    for told in evaluation.published.iter().filter(|told| told.baseline.is_none()) {
        let values = [
            told.metric.clone(),
            told.method.clone(),
            told.unit.clone(),
            rows::maybe(told.value),
            rows::maybe(told.low),
            rows::maybe(told.high),
            evaluation.patients.to_string(),
            evaluation.clips.to_string(),
            told.reason.clone().unwrap_or_default(),
        ];
        table.row(&evaluation.groups[told.candidate], values);
    }
    table.writer.finish()
}

fn roc(evaluation: &Evaluation) -> Vec<u8> {
    let mut table = Grouped::new(evaluation, &["false_positive_rate", "true_positive_rate"]);
    for group in &evaluation.groups {
        for (x, y) in &group.roc {
            table.row(group, [rows::number(*x), rows::number(*y)]);
        }
    }
    table.writer.finish()
}

fn precision_recall(evaluation: &Evaluation) -> Vec<u8> {
    let mut table = Grouped::new(evaluation, &["recall", "precision"]);
    for group in &evaluation.groups {
        for (recall, precision) in &group.pr {
            table.row(group, [rows::number(*recall), rows::number(*precision)]);
        }
    }
    table.writer.finish()
}

fn reliability(evaluation: &Evaluation) -> Vec<u8> {
    let mut table = Grouped::new(evaluation, &["predicted", "observed", "clips_times_seeds"]);
    for group in &evaluation.groups {
        for bin in &group.reliability {
            table.row(group, [rows::number(bin.predicted), rows::number(bin.observed), bin.clips.to_string()]);
        }
    }
    table.writer.finish()
}

fn roc_band(evaluation: &Evaluation) -> Vec<u8> {
    let mut table = Grouped::new(evaluation, &["false_positive_rate", "true_positive_rate", "low", "high"]);
    for group in &evaluation.groups {
        for (x, y, low, high) in &group.roc_band {
            table.row(group, [x, y, low, high].map(|value| rows::number(*value)));
        }
    }
    table.writer.finish()
}

fn confusion(evaluation: &Evaluation) -> Vec<u8> {
    let mut table = Grouped::new(evaluation, &["reference", "predicted", "clips_times_seeds"]);
    for group in &evaluation.groups {
        for (reference, row) in evaluation.classes.iter().zip(&group.confusion) {
            for (predicted, count) in evaluation.classes.iter().zip(row) {
                table.row(group, [reference.clone(), predicted.clone(), count.to_string()]);
            }
        }
    }
    table.writer.finish()
}

fn flow(evaluation: &Evaluation) -> Vec<u8> {
    let mut writer = Writer::new(["step", "excluded_because", "patients", "clips"]);
    for step in &evaluation.flow {
        writer.row([step.title.as_str(), "", &step.patients.to_string(), &step.clips.to_string()]);
        for (reason, clips, patients) in &step.excluded {
            writer.row([step.title.as_str(), reason, &patients.to_string(), &clips.to_string()]);
        }
    }
    writer.finish()
}

fn summary(evaluation: &Evaluation) -> Vec<u8> {
    let mut writer = Writer::new(["source", "metric", "mean", "sem", "n"]);
    for s in &evaluation.summaries {
        writer.row([&s.source, &s.metric, &rows::number(s.mean), &rows::number(s.sem), &s.n.to_string()]);
    }
    writer.finish()
}

fn against_people(evaluation: &Evaluation) -> Vec<u8> {
    let columns = ["people", "n", "right", "people_right", "difference", "low", "high", "t", "degrees", "p"];
    let mut table = Grouped::new(evaluation, &columns);
    for pair in &evaluation.against_people {
        let values = [
            pair.people.clone(),
            pair.n.to_string(),
            rows::number(pair.right),
            rows::number(pair.people_right),
            rows::number(pair.difference),
            rows::maybe(pair.low),
            rows::maybe(pair.high),
            rows::maybe(pair.test.map(|test| test.t)),
            pair.test.map_or_else(String::new, |test| test.degrees.to_string()),
            rows::maybe(pair.test.map(|test| test.p)),
        ];
        table.row(&evaluation.groups[pair.candidate], values);
    }
    table.writer.finish()
}

fn predictions(evaluation: &Evaluation, candidates: &[Candidate], cohort: &Cohort) -> Vec<u8> {
    let classes = evaluation.classes.iter().map(|class| format!("p_{class}"));
    let columns = ["seed", "clip", "patient", "fold", "reference", "predicted"].map(str::to_owned);
    let columns: Vec<String> = columns.into_iter().chain(classes).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Grouped::new(evaluation, &columns);
    for (group, candidate) in evaluation.groups.iter().zip(candidates) {
        for judgements in &candidate.seeds {
            for member in &cohort.clips {
                let judgement = &judgements.of[&member.clip];
                let fold = if candidate.is_model { judgement.stratum.to_string() } else { String::new() };
                let start = [
                    judgements.seed.clone(),
                    member.clip.clone(),
                    cohort.patients[member.patient as usize].clone(),
                    fold,
                    evaluation.classes[member.reference].clone(),
                    evaluation.classes[judgement.label].clone(),
                ];
                table.row(group, start.into_iter().chain(judgement.probabilities.iter().map(|p| rows::number(*p))));
            }
        }
    }
    table.writer.finish()
}
