//! Every number that the page shows, under a name, for programs.

use serde::Serialize;

use super::chain::Chains;
use super::content::{Content, Contrast, Evaluation, Group, Published, Subject};
use super::slug::{Names, slug};

pub(super) mod path;
mod words;

/// One number. A number without a value is `null` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Number {
    /// Path-like and unique, such as `scores/models/same/auroc`.
    pub name: String,
    pub value: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Empty for a pure number.
    pub unit: String,
    pub patients: Option<u64>,
    pub clips: Option<u64>,
    /// Whether it is a difference, which is written with its sign.
    #[serde(skip)]
    pub difference: bool,
    /// The name before it was told apart from others that would be the same.
    #[serde(skip)]
    pub path: String,
    /// What it is, in words; empty where its name says it.
    pub what: String,
    /// Which of the content's chains it comes from, where one is told.
    #[serde(skip)]
    pub chain_at: Option<usize>,
    /// The name of that chain in `chains.json`.
    pub chain: Option<String>,
}

impl Number {
    fn plain(name: String, value: f64, unit: &str) -> Self {
        Self {
            name,
            value,
            low: None,
            high: None,
            unit: unit.to_owned(),
            patients: None,
            clips: None,
            difference: false,
            path: String::new(),
            what: String::new(),
            chain_at: None,
            chain: None,
        }
    }
}

/// Tells which chain numbers come from.
fn about(numbers: &mut [Number], chains: &Chains<'_>, subject: &Subject) {
    let at = chains.of(subject);
    numbers.iter_mut().for_each(|number| number.chain_at = at);
}

/// All numbers of `content`, in the order of the page.
pub(super) fn all(content: &Content, chains: &Chains<'_>) -> Vec<Number> {
    let mut numbers = Vec::new();
    for (at, contrast) in content.primary.iter().chain(&content.secondary).enumerate() {
        let from = numbers.len();
        of_contrast(contrast, &mut numbers);
        about(&mut numbers[from..], chains, &Subject::Contrast(at));
    }
    for (at, evaluation) in content.evaluations.iter().enumerate() {
        of_evaluation(at, evaluation, chains, &mut numbers);
    }
    of_cohort(content, chains, &mut numbers);
    for (at, curve) in content.training.curves.iter().enumerate() {
        let from = numbers.len();
        let path = path::training(curve);
        if let Some(last) = curve.points.last() {
            numbers.push(Number::plain(format!("{path}/updates"), last.update as f64, "updates"));
            numbers.push(Number::plain(format!("{path}/train-loss"), last.train_loss, ""));
            if let Some(loss) = last.validation_loss {
                numbers.push(Number::plain(format!("{path}/validation-loss"), loss, ""));
            }
        }
        about(&mut numbers[from..], chains, &Subject::Training(at));
    }
    let mut names = Names::default();
    for number in &mut numbers {
        number.path.clone_from(&number.name);
        number.what = words::of(&number.path, number.chain_at.map(|at| &content.chains[at]));
        number.chain = number.chain_at.map(|at| chains.names[at].clone());
        number.name = names.take(&number.name);
    }
    numbers
}

fn of_contrast(contrast: &Contrast, numbers: &mut Vec<Number>) {
    let path = path::contrast(contrast);
    let signed = |what: &str, value: f64| Number {
        patients: Some(contrast.patients),
        clips: Some(contrast.clips),
        difference: true,
        ..Number::plain(format!("{path}/{what}"), value, "")
    };
    let (low, high) = (Some(contrast.low), Some(contrast.high));
    numbers.push(Number { low, high, ..signed("difference", contrast.difference) });
    numbers.push(signed("one-sided-bound", contrast.bound));
    for (what, value) in [
        ("margin", contrast.margin),
        ("alpha", contrast.alpha),
        ("level", contrast.level),
        ("seeds", contrast.seeds as f64),
        ("p", contrast.p),
    ] {
        numbers.push(Number::plain(format!("{path}/{what}"), value, ""));
    }
    numbers.extend(contrast.p_holm.map(|p| Number::plain(format!("{path}/p-holm"), p, "")));
    if let Some(power) = contrast.power {
        numbers.push(Number::plain(format!("{path}/power"), power.power, ""));
        let patients = power.patients.map(|patients| patients as f64);
        numbers.extend(patients.map(|value| Number::plain(format!("{path}/patients-needed"), value, "patients")));
    }
    for test in &contrast.published {
        of_published(test, &path::tests(contrast), (contrast.patients, contrast.clips), numbers);
    }
}

/// The number of one test, or of one interval; no number where a test has none of its own.
fn of_published(told: &Published, path: &str, (patients, clips): (u64, u64), numbers: &mut Vec<Number>) {
    let path = path::method(path, told);
    let plain = |name: String, value: f64| Number {
        patients: Some(patients),
        clips: Some(clips),
        ..Number::plain(name, value, "")
    };
    let limits = (!told.low.is_nan()).then_some((told.low, told.high));
    let is_test = !told.p.is_nan();
    numbers.push(Number {
        low: limits.map(|(low, _)| low),
        high: limits.map(|(_, high)| high),
        difference: is_test,
        ..plain(path.clone(), told.value)
    });
    if is_test {
        numbers.push(plain(format!("{path}/p"), told.p));
    }
}

fn of_evaluation(at: usize, evaluation: &Evaluation, chains: &Chains<'_>, numbers: &mut Vec<Number>) {
    for (which, group) in evaluation.groups.iter().enumerate() {
        let from = numbers.len();
        of_group(evaluation, group, numbers);
        for (_, told) in evaluation.published.iter().filter(|(label, _)| *label == group.label) {
            let cohort = group.scores.first().map_or((0, 0), |score| (score.patients, score.clips));
            of_published(told, &path::published(evaluation, group), cohort, numbers);
        }
        of_parts(evaluation, which, numbers);
        of_cost(evaluation, group, numbers);
        about(&mut numbers[from..], chains, &Subject::Group { evaluation: at, group: which });
    }
    let from = numbers.len();
    for summary in &evaluation.summaries {
        let path = path::summary(evaluation, summary);
        for (what, value) in [("mean", summary.mean), ("sem", summary.sem), ("n", summary.n as f64)] {
            numbers.push(Number::plain(format!("{path}/{what}"), value, ""));
        }
    }
    for pair in &evaluation.against_people {
        let path = path::people(evaluation, pair);
        let plain = |what: &str, value: f64| Number {
            patients: Some(pair.patients),
            clips: Some(pair.clips),
            ..Number::plain(format!("{path}/{what}"), value, "")
        };
        numbers.extend([("agrees", pair.right), ("people-agree", pair.people_right)].map(|(what, of)| plain(what, of)));
        let (low, high) = (Some(pair.low), Some(pair.high));
        numbers.push(Number { low, high, difference: true, ..plain("difference", pair.difference) });
        if let Some((t, degrees, p)) = pair.t_test {
            numbers.extend([("t", t), ("degrees", degrees as f64), ("p", p)].map(|(what, of)| plain(what, of)));
        }
    }
    about(&mut numbers[from..], chains, &Subject::Evaluation(at));
}

fn of_group(evaluation: &Evaluation, group: &Group, numbers: &mut Vec<Number>) {
    for score in &group.scores {
        let path = path::score(evaluation, group, score);
        let (patients, clips) = (Some(score.patients), Some(score.clips));
        let plain = |name: String, value: f64| Number { patients, clips, ..Number::plain(name, value, &score.unit) };
        numbers.push(Number { low: Some(score.low), high: Some(score.high), ..plain(path.clone(), score.value) });
        if let Some(sem) = score.sem {
            numbers.push(plain(format!("{path}/sem"), sem));
        }
        if let Some((worst, best)) = score.worst_to_best {
            numbers.push(plain(format!("{path}/worst-case"), worst));
            numbers.push(plain(format!("{path}/best-case"), best));
        }
    }
    if let Some(counts) = &group.counts {
        let path = path::group(evaluation, group);
        let signed = |what: &str, value: f64| Number {
            patients: Some(counts.patients),
            difference: true,
            ..Number::plain(format!("counts/{path}/{what}"), value, &counts.what)
        };
        numbers.extend(
            [("difference", counts.difference), ("lower-limit", counts.low), ("upper-limit", counts.high)]
                .map(|(what, value)| signed(what, value)),
        );
    }
    if let Some(confusion) = &group.confusion {
        let path = path::group(evaluation, group);
        for (row, counts) in confusion.classes.iter().zip(&confusion.counts) {
            for (column, &count) in confusion.classes.iter().zip(counts) {
                let name = format!("confusion/{path}/{}/{}", slug(row), slug(column));
                numbers.push(Number::plain(name, count, "clips"));
            }
        }
    }
}

/// The group's scores on parts of the clips.
fn of_parts(evaluation: &Evaluation, which: usize, numbers: &mut Vec<Number>) {
    for part in &evaluation.subgroups {
        for score in &part.scores[which] {
            let number =
                Number::plain(path::part(evaluation, part, &evaluation.groups[which], score), score.value, &score.unit);
            let (patients, clips) = (Some(part.patients), Some(part.clips));
            numbers.push(Number { low: Some(score.low), high: Some(score.high), patients, clips, ..number });
        }
    }
}

fn of_cost(evaluation: &Evaluation, group: &Group, numbers: &mut Vec<Number>) {
    let Some(costs) = &evaluation.costs else { return };
    for row in costs.rows.iter().filter(|row| row.group == group.label) {
        let path = path::cost(evaluation, row);
        let plain = |what: &str, value: f64, unit: &str| Number {
            clips: Some(row.clips),
            ..Number::plain(format!("{path}/{what}"), value, unit)
        };
        numbers.push(plain("opinions", row.opinions, "opinions"));
        numbers.extend(row.price.map(|price| plain("price", price, &costs.currency)));
        numbers.extend(row.total.map(|total| plain("total", total, &costs.currency)));
    }
}

fn of_cohort(content: &Content, chains: &Chains<'_>, numbers: &mut Vec<Number>) {
    let counts = |name: String, clips: u64, patients: Option<u64>| Number {
        patients,
        clips: Some(clips),
        ..Number::plain(name, clips as f64, "clips")
    };
    for (at, flow) in content.flows.iter().enumerate() {
        let from = numbers.len();
        for step in &flow.steps {
            let path = path::step(flow, step);
            numbers.push(counts(path.clone(), step.clips, step.patients));
            for left in &step.excluded {
                numbers.push(counts(format!("{path}/excluded/{}", slug(&left.reason)), left.clips, left.patients));
            }
        }
        about(&mut numbers[from..], chains, &Subject::Flow(at));
    }
    for set in &content.labels {
        let from = numbers.len();
        let path = path::labels(set);
        for (class, count) in &set.classes {
            numbers.push(counts(format!("{path}/{}", slug(class)), *count, None));
        }
        numbers.push(counts(format!("{path}/unlabelled"), set.unlabelled, None));
        for (what, value) in [("opinions", set.opinions), ("annotators", set.annotators)] {
            numbers.extend(value.map(|value| Number::plain(format!("{path}/{what}"), value as f64, what)));
        }
        numbers.extend(set.agreement.map(|value| Number::plain(format!("{path}/agreement"), value, "")));
        about(&mut numbers[from..], chains, &Subject::Labels(set.name.clone()));
    }
    for annotator in &content.annotators {
        let from = numbers.len();
        let path = path::annotator(annotator);
        numbers.push(Number::plain(format!("{path}/opinions"), annotator.opinions as f64, "opinions"));
        for (what, value) in [("skill", annotator.skill), ("agreement", annotator.agreement)] {
            numbers.extend(value.map(|value| Number::plain(format!("{path}/{what}"), value, "")));
        }
        about(&mut numbers[from..], chains, &Subject::Labels(annotator.group.clone()));
    }
    for one in content.agreement.iter().filter(|one| !one.is_pair) {
        let path = path::agreement(one);
        let from = numbers.len();
        numbers.push(Number {
            low: one.interval.map(|(low, _)| low),
            high: one.interval.map(|(_, high)| high),
            patients: (one.units.0 == "patient").then_some(one.units.1),
            clips: Some(one.clips),
            ..Number::plain(path, one.value.unwrap_or(f64::NAN), "")
        });
        about(&mut numbers[from..], chains, &Subject::Labels(one.labels.clone()));
    }
}
