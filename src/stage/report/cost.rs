//! What the labels behind an evaluation's numbers took: opinions, and money where a price is given.
//!
//! ```text
//! group ──▶ its models ──▶ the clips they learned from ┐
//!             │                                        ├─▶ opinions on these clips ──▶ × price
//!             └─▶ the labels they learned ─────────────┘
//! ```
//!
//! A clip that several of a group's models learned from (folds, seeds) is paid for once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Parameters, Read, chains::History};
use crate::{
    artifact::{Folder as _, labels, lines, model, scores::Group},
    job::Past,
    name::{nearest, quoted},
    report::content::{Cost, Costs, Evaluation},
    stage::{Context, StageError},
};

/// Adds to each told evaluation what its labels took, where that differs between its groups or has a price.
pub(super) fn add(
    evaluations: &mut [Evaluation],
    context: &Context<'_>,
    read: &[Read],
    parameters: &Parameters,
) -> Result<(), StageError> {
    let history = &context.job.history;
    refuse_unknown(history, &parameters.prices)?;
    let history = History::new(history);
    let metric =
        parameters.compare.0.iter().find(|(name, _)| name == "primary").map(|(_, primary)| primary.metric.name());
    for (told, read) in evaluations.iter_mut().zip(read) {
        let mut rows = Vec::new();
        for (group, shown) in read.evaluation.groups.iter().zip(&told.groups) {
            let of = |name: &str| shown.scores.iter().find(|score| score.metric == name);
            let Some(score) = metric.and_then(of).or_else(|| of("auroc")).or(shown.scores.first()) else { continue };
            for (source, (clips, opinions)) in taken(context, &history, &read.address, group)? {
                let price = parameters.prices.get(&source).copied();
                rows.push(Cost {
                    group: shown.label.clone(),
                    clips,
                    opinions,
                    price,
                    total: price.map(|price| price * opinions),
                    score: score.clone(),
                    source,
                });
            }
        }
        let differ = rows.iter().any(|row| row.opinions != rows[0].opinions);
        if differ || rows.iter().any(|row| row.price.is_some()) {
            told.costs = Some(Costs { currency: parameters.currency.clone(), rows });
        }
    }
    Ok(())
}

/// A price for something that is no label source here would be dropped without a word.
fn refuse_unknown(history: &[Past], prices: &BTreeMap<String, f64>) -> Result<(), StageError> {
    let sources: BTreeSet<&str> =
        history.iter().filter(|past| past.recipe.kind == "aggregate").map(Past::stage).collect();
    let Some(name) = prices.keys().find(|name| !sources.contains(name.as_str())) else { return Ok(()) };
    let remedy = match nearest(name, sources.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the label sources are {}", quoted(&sources)),
    };
    Err(StageError::Input(format!("`prices.{name}`: no label source of this report has that name; {remedy}")))
}

/// Clips and counted opinions by label source.
fn taken(
    context: &Context<'_>,
    history: &History<'_>,
    evaluation: &str,
    group: &Group,
) -> Result<BTreeMap<String, (u64, f64)>, StageError> {
    let mut by_source: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for past in history.task(evaluation).map(|past| history.judged(past, group)).unwrap_or_default() {
        for (labels, learned) in learned(context, history, past)? {
            let folder = context.store.folder(&labels.output)?;
            if folder.tree().files.contains_key(lines::FRAMES) {
                continue;
            }
            let classes = labels.recipe.classes.clone().unwrap_or_default();
            let clips = by_source.entry(labels.stage().to_owned()).or_default();
            for label in labels::read_labels(&folder, &classes)? {
                let counts = learned.as_ref().map_or(label.label.is_some(), |learned| learned.contains(&label.clip));
                if counts {
                    let most = clips.entry(label.clip).or_insert(0.0);
                    *most = most.max(label.opinions);
                }
            }
        }
    }
    let sum = |(source, clips): (String, BTreeMap<String, f64>)| (source, (clips.len() as u64, clips.values().sum()));
    Ok(by_source.into_iter().map(sum).collect())
}

/// Labels, and the clips whose labels were learned; without these, all that are labelled.
type Learned<'h> = (&'h Past, Option<BTreeSet<String>>);

/// What a task learned.
fn learned<'h>(context: &Context<'_>, history: &History<'h>, past: &'h Past) -> Result<Vec<Learned<'h>>, StageError> {
    let made = |port: &str| {
        let from = past.reads.iter().filter(|read| read.port == port).filter_map(|read| read.from.as_ref());
        from.filter_map(|address| history.task(address)).collect::<Vec<_>>()
    };
    Ok(match past.recipe.kind.as_str() {
        "aggregate" => vec![(past, None)],
        "train" => {
            let training = model::read_training(&context.store.folder(&past.output)?)?;
            let clips: BTreeSet<String> = training.into_iter().map(|(clip, ..)| clip).collect();
            made("labels").into_iter().map(|labels| (labels, Some(clips.clone()))).collect()
        }
        "select" => {
            let mut all = Vec::new();
            for candidate in made("models") {
                all.extend(learned(context, history, candidate)?);
            }
            all
        }
        _ => Vec::new(),
    })
}
