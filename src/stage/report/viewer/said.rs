//! What label sources and models say of clips, from the predictions that evaluations keep.

use std::collections::BTreeMap;

use super::{Clip, Told, choose::doubt, shown};
use crate::{
    artifact::{
        Folder as _, rows,
        scores::{Evaluation, Group},
    },
    report::content::{Role, Said, Source},
    stage::{
        Context, StageError,
        report::{Parameters, Read},
    },
    table::Wanted,
};

/// Sources on a page, at most: beyond that a table beside a clip is no longer read.
const SOURCES: usize = 12;

/// What one source says of one clip, added up over seeds.
#[derive(Default)]
struct Sum {
    reference: usize,
    label: usize,
    probabilities: Vec<f64>,
    seeds: usize,
}

/// By clip, what a group says; nothing for drawings, whose evaluations keep no predictions.
pub(super) fn read<'a>(context: &Context<'a>, read: &[Read], parameters: &Parameters) -> Result<Told<'a>, StageError> {
    let mut told =
        Told { measure: "share of probability not given to the reference's class, in the mean", ..Told::default() };
    let mut distances: BTreeMap<String, [(f64, usize); 3]> = BTreeMap::new();
    for (one, (folder, _, _)) in read.iter().zip(context.artifacts("evaluations")?) {
        let evaluation = &one.evaluation;
        if !folder.tree().files.contains_key("predictions.csv") {
            continue;
        }
        let reference = place(&mut told.sources, &evaluation.reference, Role::Reference);
        let models = evaluation.subject == "models";
        let groups = predictions(&folder, evaluation)?;
        for (group, clips) in evaluation.groups.iter().zip(groups) {
            let role = if models { Role::Model } else { Role::People };
            let source = place(&mut told.sources, &shown(group, one, read), role);
            let counts = !is_control(group, parameters);
            for (clip, sum) in clips {
                let probabilities: Vec<f64> = sum.probabilities.iter().map(|p| p / sum.seeds as f64).collect();
                if counts {
                    let distances = distances.entry(clip.clone()).or_default();
                    let add = |to: &mut (f64, usize), value: f64| *to = (to.0 + value, to.1 + 1);
                    add(
                        &mut distances[usize::from(!models)],
                        1.0 - probabilities.get(sum.reference).copied().unwrap_or(0.0),
                    );
                    if !models {
                        add(&mut distances[2], doubt(&probabilities));
                    }
                }
                let of: &mut Clip = told.clips.entry(clip).or_default();
                let class = |at: usize| evaluation.classes.get(at).cloned().unwrap_or_default();
                let mut say = |source: Option<usize>, label: usize, probabilities: &[f64]| {
                    let Some(source) = source else { return };
                    if of.said.iter().all(|said| said.source != source) {
                        let probabilities = evaluation.classes.iter().cloned().zip(probabilities.iter().copied());
                        of.said.push(Said { source, label: class(label), probabilities: probabilities.collect() });
                    }
                };
                say(reference, sum.reference, &[]);
                // Over several seeds the most probable class of the mean; of one the label itself.
                let mean = || {
                    probabilities
                        .iter()
                        .enumerate()
                        .fold(0, |best, (at, p)| if *p > probabilities[best] { at } else { best })
                };
                say(source, if sum.seeds > 1 { mean() } else { sum.label }, &probabilities);
            }
        }
    }
    for (clip, [models, people, doubt]) in distances {
        let mean = |(sum, count): (f64, usize)| (count > 0).then(|| sum / count as f64);
        let of = told.clips.entry(clip).or_default();
        (of.models, of.people, of.doubt) = (mean(models), mean(people), mean(doubt));
        of.said.sort_by_key(|said| said.source);
    }
    Ok(told)
}

/// The place of a source, which is given one while there is room.
fn place(sources: &mut Vec<Source>, name: &str, role: Role) -> Option<usize> {
    let known = sources.iter().position(|source| source.name == name && source.role == role);
    if known.is_none() && sources.len() < SOURCES {
        sources.push(Source { name: name.to_owned(), role });
        return Some(sources.len() - 1);
    }
    known
}

/// Whether a group is meant to have learned nothing: where it disagrees says nothing of a clip.
fn is_control(group: &Group, parameters: &Parameters) -> bool {
    parameters.control.as_ref().is_some_and(|control| {
        if control.along == "candidate" {
            group.source == control.at
        } else {
            group.coordinate(&control.along) == Some(&control.at)
        }
    })
}

/// Of every group, what it says of each clip.
fn predictions(
    folder: &dyn crate::artifact::Folder,
    evaluation: &Evaluation,
) -> Result<Vec<BTreeMap<String, Sum>>, StageError> {
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in evaluation.groups.iter().flat_map(|group| &group.coordinates) {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let classes: Vec<String> = evaluation.classes.iter().map(|class| format!("p_{class}")).collect();
    let columns = ["source", "clip", "reference", "predicted"].into_iter().chain(keys.iter().copied());
    let wanted: Vec<Wanted> = columns.chain(classes.iter().map(String::as_str)).map(Wanted::required).collect();
    let table = rows::read(folder, "predictions.csv", &wanted)?;
    let mut all: Vec<BTreeMap<String, Sum>> = evaluation.groups.iter().map(|_| BTreeMap::new()).collect();
    for row in 0..table.len() {
        let cell = |name: &str| table.required(name).get(row);
        let is = |group: &&Group| {
            group.source == cell("source")
                && keys.iter().all(|key| group.coordinate(key).unwrap_or_default() == cell(key))
        };
        let Some(group) = evaluation.groups.iter().position(|group| is(&group)) else { continue };
        let class = |name: &str| evaluation.classes.iter().position(|class| class == cell(name)).unwrap_or_default();
        let sum = all[group].entry(cell("clip").to_owned()).or_default();
        (sum.reference, sum.label, sum.seeds) = (class("reference"), class("predicted"), sum.seeds + 1);
        sum.probabilities.resize(classes.len(), 0.0);
        for (to, name) in sum.probabilities.iter_mut().zip(&classes) {
            *to += rows::parse(&table, name, row)?;
        }
    }
    Ok(all)
}
