//! The names of numbers, put together in one place: the page and the files must mean the same by them.

use crate::report::content::{
    AgainstPeople, Agreement, Annotator, Contrast, Cost, Curve, Evaluation, Flow, FlowStep, Group, LabelSet, Published,
    Score, Subgroup, Summary,
};
use crate::report::slug::slug;

pub(in crate::report) fn contrast(contrast: &Contrast) -> String {
    format!("contrast/{}", slug(&contrast.name))
}

/// What the tests of a contrast have in common that published studies give.
pub(in crate::report) fn tests(of: &Contrast) -> String {
    format!("{}/published", contrast(of))
}

/// One of these tests, or one of the intervals of a group.
pub(in crate::report) fn method(path: &str, told: &Published) -> String {
    format!("{path}/{}/{}", slug(&told.metric), slug(&told.method))
}

/// What a group's numbers have in common, behind the word for what they are.
pub(in crate::report) fn group(evaluation: &Evaluation, group: &Group) -> String {
    format!("{}/{}", slug(&evaluation.name), slug(&group.label))
}

pub(in crate::report) fn score(evaluation: &Evaluation, of: &Group, score: &Score) -> String {
    format!("scores/{}/{}", group(evaluation, of), slug(&score.metric))
}

pub(in crate::report) fn published(evaluation: &Evaluation, of: &Group) -> String {
    format!("published/{}", group(evaluation, of))
}

pub(in crate::report) fn part(evaluation: &Evaluation, part: &Subgroup, of: &Group, score: &Score) -> String {
    let place = slug(&format!("{} {}", part.column, part.value));
    format!("subgroups/{}/{place}/{}", group(evaluation, of), slug(&score.metric))
}

pub(in crate::report) fn cost(evaluation: &Evaluation, cost: &Cost) -> String {
    format!("cost/{}/{}/{}", slug(&evaluation.name), slug(&cost.group), slug(&cost.source))
}

pub(in crate::report) fn summary(evaluation: &Evaluation, summary: &Summary) -> String {
    format!("summaries/{}/{}/{}", slug(&evaluation.name), slug(&summary.label), slug(&summary.metric))
}

pub(in crate::report) fn people(evaluation: &Evaluation, pair: &AgainstPeople) -> String {
    format!("against-people/{}/{}/{}", slug(&evaluation.name), slug(&pair.candidate), slug(&pair.people))
}

pub(in crate::report) fn step(flow: &Flow, step: &FlowStep) -> String {
    format!("flow/{}/{}", slug(&flow.title), slug(&step.title))
}

pub(in crate::report) fn labels(set: &LabelSet) -> String {
    format!("labels/{}", slug(&set.name))
}

pub(in crate::report) fn annotator(annotator: &Annotator) -> String {
    format!("annotators/{}/{}", slug(&annotator.group), slug(&annotator.annotator))
}

pub(in crate::report) fn agreement(one: &Agreement) -> String {
    format!("agreement/{}/{}/{}", slug(&one.labels), slug(&one.between), slug(&one.coefficient))
}

pub(in crate::report) fn training(curve: &Curve) -> String {
    format!("training/{}", slug(&curve.label))
}
