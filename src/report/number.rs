//! Every number that the page shows, under a name, for programs.

use serde::Serialize;

use super::content::{Content, Contrast, Evaluation, Group, Published};
use super::slug::{Names, slug};

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
        }
    }
}

/// All numbers of `content`, in the order of the page.
pub(super) fn all(content: &Content) -> Vec<Number> {
    let mut numbers = Vec::new();
    for contrast in content.primary.iter().chain(&content.secondary) {
        of_contrast(contrast, &mut numbers);
    }
    for evaluation in &content.evaluations {
        of_evaluation(evaluation, &mut numbers);
    }
    of_cohort(content, &mut numbers);
    for curve in &content.training.curves {
        let path = format!("training/{}", slug(&curve.label));
        if let Some(last) = curve.points.last() {
            numbers.push(Number::plain(format!("{path}/updates"), last.update as f64, "updates"));
            numbers.push(Number::plain(format!("{path}/train-loss"), last.train_loss, ""));
            if let Some(loss) = last.validation_loss {
                numbers.push(Number::plain(format!("{path}/validation-loss"), loss, ""));
            }
        }
    }
    let mut names = Names::default();
    for number in &mut numbers {
        number.name = names.take(&number.name);
    }
    numbers
}

fn of_contrast(contrast: &Contrast, numbers: &mut Vec<Number>) {
    let path = format!("contrast/{}", slug(&contrast.name));
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
        of_published(test, &format!("{path}/published"), (contrast.patients, contrast.clips), numbers);
    }
}

/// The number of one test, or of one interval; no number where a test has none of its own.
fn of_published(told: &Published, path: &str, (patients, clips): (u64, u64), numbers: &mut Vec<Number>) {
    let path = format!("{path}/{}/{}", slug(&told.metric), slug(&told.method));
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

fn of_evaluation(evaluation: &Evaluation, numbers: &mut Vec<Number>) {
    for group in &evaluation.groups {
        let path = format!("{}/{}", slug(&evaluation.name), slug(&group.label));
        of_group(group, &path, numbers);
        for (_, told) in evaluation.published.iter().filter(|(label, _)| *label == group.label) {
            let cohort = group.scores.first().map_or((0, 0), |score| (score.patients, score.clips));
            of_published(told, &format!("published/{path}"), cohort, numbers);
        }
    }
    for summary in &evaluation.summaries {
        let path = format!("summaries/{}/{}/{}", slug(&evaluation.name), slug(&summary.label), slug(&summary.metric));
        for (what, value) in [("mean", summary.mean), ("sem", summary.sem), ("n", summary.n as f64)] {
            numbers.push(Number::plain(format!("{path}/{what}"), value, ""));
        }
    }
    for pair in &evaluation.against_people {
        let path =
            format!("against-people/{}/{}/{}", slug(&evaluation.name), slug(&pair.candidate), slug(&pair.people));
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
}

fn of_group(group: &Group, path: &str, numbers: &mut Vec<Number>) {
    for score in &group.scores {
        let path = format!("scores/{path}/{}", slug(&score.metric));
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
    if let Some(confusion) = &group.confusion {
        for (row, counts) in confusion.classes.iter().zip(&confusion.counts) {
            for (column, &count) in confusion.classes.iter().zip(counts) {
                let name = format!("confusion/{path}/{}/{}", slug(row), slug(column));
                numbers.push(Number::plain(name, count, "clips"));
            }
        }
    }
}

fn of_cohort(content: &Content, numbers: &mut Vec<Number>) {
    let counts = |name: String, clips: u64, patients: Option<u64>| Number {
        patients,
        clips: Some(clips),
        ..Number::plain(name, clips as f64, "clips")
    };
    for flow in &content.flows {
        for step in &flow.steps {
            let path = format!("flow/{}/{}", slug(&flow.title), slug(&step.title));
            numbers.push(counts(path.clone(), step.clips, step.patients));
            for left in &step.excluded {
                numbers.push(counts(format!("{path}/excluded/{}", slug(&left.reason)), left.clips, left.patients));
            }
        }
    }
    for set in &content.labels {
        let path = format!("labels/{}", slug(&set.name));
        for (class, count) in &set.classes {
            numbers.push(counts(format!("{path}/{}", slug(class)), *count, None));
        }
        numbers.push(counts(format!("{path}/unlabelled"), set.unlabelled, None));
        for (what, value) in [("opinions", set.opinions), ("annotators", set.annotators)] {
            numbers.extend(value.map(|value| Number::plain(format!("{path}/{what}"), value as f64, what)));
        }
        numbers.extend(set.agreement.map(|value| Number::plain(format!("{path}/agreement"), value, "")));
    }
    for annotator in &content.annotators {
        let path = format!("annotators/{}/{}", slug(&annotator.group), slug(&annotator.annotator));
        numbers.push(Number::plain(format!("{path}/opinions"), annotator.opinions as f64, "opinions"));
        for (what, value) in [("skill", annotator.skill), ("agreement", annotator.agreement)] {
            numbers.extend(value.map(|value| Number::plain(format!("{path}/{what}"), value, "")));
        }
    }
    for one in content.agreement.iter().filter(|one| !one.is_pair) {
        let path = format!("agreement/{}/{}/{}", slug(&one.labels), slug(&one.between), slug(&one.coefficient));
        numbers.push(Number {
            low: one.interval.map(|(low, _)| low),
            high: one.interval.map(|(_, high)| high),
            patients: (one.units.0 == "patient").then_some(one.units.1),
            clips: Some(one.clips),
            ..Number::plain(path, one.value.unwrap_or(f64::NAN), "")
        });
    }
}
