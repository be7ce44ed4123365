//! Where every number comes from: the tasks upstream of the one that made it, and no others.

use std::collections::BTreeSet;

use super::{
    Parameters, Read,
    contrasts::{self, Compare},
    evaluations, find,
    labels::Sources,
    provenance::methods,
};
use crate::{
    artifact::{
        Folder as _,
        scores::{Evaluation, Group},
    },
    job::Past,
    metric::inference::Method,
    report::{
        content::{Chain, Subject},
        format,
    },
    stage::{Context, StageError},
};

mod history;

pub(super) use history::History;

/// Files that hold numbers, or list the clips that these rest on, in the order in which a reader opens them.
const FILES: [&str; 16] = [
    "scores.csv",
    "paired.csv",
    "published.csv",
    "replicates.npy",
    "jackknife.npy",
    "confusion.csv",
    "flow.csv",
    "summary.csv",
    "against_people.csv",
    "predictions.csv",
    "frames.csv",
    "labels.csv",
    "lines.csv",
    "annotators.csv",
    "agreement.csv",
    "history.csv",
];

/// What a chain is made of.
struct Maker<'a> {
    context: &'a Context<'a>,
    history: History<'a>,
}

pub(super) fn told(
    context: &Context<'_>,
    read: &[Read],
    parameters: &Parameters,
    sources: &Sources,
    decoded: bool,
) -> Result<Vec<Chain>, StageError> {
    let maker = Maker { context, history: History::new(&context.job.history) };
    let mut chains = Vec::new();
    let declared = &parameters.compare.0;
    let ordered = declared.iter().filter(|(name, _)| name == "primary");
    let ordered = ordered.chain(declared.iter().filter(|(name, _)| name != "primary"));
    for (at, (name, compare)) in ordered.enumerate() {
        chains.extend(maker.contrast(at, name, compare, parameters, read)?);
    }
    for (at, one) in read.iter().enumerate() {
        for (which, group) in one.evaluation.groups.iter().enumerate() {
            chains.extend(maker.group(Subject::Group { evaluation: at, group: which }, one, group)?);
        }
        if !one.evaluation.summaries.is_empty() || !one.evaluation.against_people.is_empty() {
            let mut told = facts(one);
            told.push(interval(one, one.evaluation.level, &one.evaluation.interval));
            chains.extend(maker.whole(Subject::Evaluation(at), &one.address, &[], told)?);
        }
        let also = if decoded { maker.read_at("frames") } else { Vec::new() };
        let counted = "clips and patients left at each step, and those left out on the way, by reason";
        chains.extend(maker.whole(Subject::Flow(at), &one.address, &also, vec![("Counts".into(), counted.into())])?);
    }
    // Drawings have agreement and no labels.
    let labelled = sources.sets.iter().map(|set| set.name.as_str());
    let named: BTreeSet<&str> = labelled.chain(sources.agreement.iter().map(|one| one.labels.as_str())).collect();
    for source in named {
        let method = maker.history.task(source).map(methods).unwrap_or_default();
        let facts = vec![("Aggregated by".to_owned(), method)];
        chains.extend(maker.whole(Subject::Labels(source.to_owned()), source, &[], facts)?);
    }
    for (at, address) in maker.read_at("models").iter().enumerate() {
        let facts = maker.history.task(address).map(|past| training(&[past])).unwrap_or_default();
        chains.extend(maker.whole(Subject::Training(at), address, &[], facts)?);
    }
    Ok(chains)
}

impl Maker<'_> {
    /// The addresses of what the report reads at a port.
    fn read_at(&self, port: &str) -> Vec<String> {
        let reads = self.context.job.reads.iter().filter(|read| read.port == port);
        reads.filter_map(|read| read.from.clone()).collect()
    }

    /// A chain that holds everything upstream of a task.
    fn whole(
        &self,
        subject: Subject,
        task: &str,
        also: &[String],
        facts: Vec<(String, String)>,
    ) -> Result<Option<Chain>, StageError> {
        let own = self.history.upstream(also.iter().map(String::as_str).chain([task]));
        self.chain(subject, task, (own, BTreeSet::new()), facts, Vec::new())
    }

    fn chain(
        &self,
        subject: Subject,
        task: &str,
        (own, beside): (BTreeSet<usize>, BTreeSet<usize>),
        facts: Vec<(String, String)>,
        metrics: Vec<(String, String)>,
    ) -> Result<Option<Chain>, StageError> {
        let Some(past) = self.history.task(task) else { return Ok(None) };
        let folder = self.context.store.folder(&past.output)?;
        let files = FILES.iter().filter(|file| folder.tree().files.contains_key(**file));
        Ok(Some(Chain {
            subject,
            task: task.to_owned(),
            files: files.map(|file| (*file).to_owned()).collect(),
            facts,
            metrics,
            tasks: self.history.addresses(&own),
            beside: self.history.addresses(&beside),
        }))
    }

    fn group(&self, subject: Subject, read: &Read, group: &Group) -> Result<Option<Chain>, StageError> {
        let Some(past) = self.history.task(&read.address) else { return Ok(None) };
        let mut told = vec![("Scored".to_owned(), group.name())];
        told.extend(facts(read));
        told.push(interval(read, read.evaluation.level, &read.evaluation.interval));
        told.extend(training(&self.history.judged(past, group)));
        if !group.shared_raters.is_empty() {
            told.push(("Shared raters".to_owned(), evaluations::shared(group, &read.evaluation.reference)));
        }
        let metrics = group.scores.iter().map(|score| metric(past, &score.metric)).collect();
        self.chain(subject, &read.address, self.history.split(past, &[group]), told, metrics)
    }

    fn contrast(
        &self,
        at: usize,
        name: &str,
        compare: &Compare,
        parameters: &Parameters,
        read: &[Read],
    ) -> Result<Option<Chain>, StageError> {
        let what = format!("compare.{name}");
        let (found, candidate, _) = find(read, &compare.along, &compare.candidate, compare.metric, &what)?;
        let (_, baseline, _) = find(read, &compare.along, &compare.baseline, compare.metric, &what)?;
        let Some(past) = self.history.task(&found.address) else { return Ok(None) };
        let groups = [candidate, baseline].map(|group| &found.evaluation.groups[group]);
        let mut told = vec![
            ("Candidate".to_owned(), groups[0].name()),
            ("Baseline".to_owned(), groups[1].name()),
            (
                "Test".to_owned(),
                format!(
                    "{} at alpha {}, margin {}; both from the same draws",
                    contrasts::test(compare.goal, parameters.interval),
                    parameters.alpha,
                    compare.margin
                ),
            ),
        ];
        told.extend(facts(found));
        told.push(interval(found, 1.0 - 2.0 * parameters.alpha, parameters.interval.name()));
        told.extend(training(&groups.map(|group| self.history.judged(past, group)).concat()));
        let metrics = vec![metric(past, compare.metric.name())];
        self.chain(Subject::Contrast(at), &found.address, self.history.split(past, &groups), told, metrics)
    }
}

/// What holds for all numbers of an evaluation.
fn facts(read: &Read) -> Vec<(String, String)> {
    let evaluation = &read.evaluation;
    let fact = |name: &str, text: String| (name.to_owned(), text);
    let mut facts = vec![fact("Reference", evaluation.reference.clone())];
    facts.extend(evaluation.on.as_deref().map(|on| {
        let how = if on == "test" {
            "by the mean over the folds' models"
        } else {
            "each by the model kept from its patient's fold"
        };
        fact("Predictions", format!("{on}: {how}"))
    }));
    if !evaluation.positive.is_empty() {
        facts.push(fact("Positive", evaluation.positive.join(", ")));
    }
    facts
}

/// How limits come about at a level.
fn interval(read: &Read, level: f64, method: &str) -> (String, String) {
    let resampled = evaluations::resampled(&read.evaluation);
    let counted = if method == Method::Expanded.name() { counted(&read.evaluation) } else { String::new() };
    let (level, method) = (format::level(level), super::methods::limits(method));
    ("Interval".to_owned(), format!("{level} {method} bootstrap; resampled: {resampled}{counted}"))
}

/// As how many the patients count, where they are of unequal size.
fn counted(evaluation: &Evaluation) -> String {
    let scores = evaluation.groups.iter().flat_map(|group| &group.scores);
    let shown = scores.map(|score| format::quantity(score.effective_patients));
    let mut shown: Vec<String> = shown.collect::<BTreeSet<String>>().into_iter().collect();
    shown.retain(|count| *count != format::quantity(evaluation.patients as f64));
    match &shown[..] {
        [] => String::new(),
        counts => format!("; of unequal size, the patients count as {}", counts.join(" or ")),
    }
}

/// What is to be known of trained models.
fn training(tasks: &[&Past]) -> Vec<(String, String)> {
    let trained: Vec<&&Past> = tasks.iter().filter(|past| past.recipe.kind == "train").collect();
    if trained.is_empty() {
        return Vec::new();
    }
    let distinct = |texts: Vec<String>| {
        let texts: BTreeSet<String> = texts.into_iter().collect();
        texts.into_iter().collect::<Vec<_>>().join(" / ")
    };
    let along = |wanted: &str| {
        let values = trained.iter().flat_map(|past| &past.coordinates).filter(|(key, _)| key == wanted);
        let values: BTreeSet<&str> = values.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| format!("; {wanted}s {}", values.into_iter().collect::<Vec<_>>().join(", ")))
    };
    let seeds: BTreeSet<u64> = trained.iter().filter_map(|past| past.recipe.seed).collect();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let count = if trained.len() == 1 { "1 training".to_owned() } else { format!("{} trainings", trained.len()) };
    let count = format!("{count}{}", ["fold", "seed"].into_iter().filter_map(along).collect::<String>());
    vec![
        ("Models".to_owned(), distinct(trained.iter().map(|past| methods(past)).collect())),
        ("Trainings".to_owned(), format!("{count}; random numbers from seed {}", seeds.join(", "))),
    ]
}

/// A metric with its formula in words and the version that was computed.
fn metric(evaluation: &Past, name: &str) -> (String, String) {
    let words = evaluations::named(name).map_or("", |metric| metric.words());
    let version = evaluation.recipe.methods.get(name).map_or(String::new(), |version| format!(" ({name} {version})"));
    (name.to_owned(), format!("{words}{version}"))
}
