//! `select`: of several models that were trained on the same patients, the one that did best on those set aside.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Context, Output, Stage, StageError, declare};
use crate::{
    artifact::{Folder, Type, model, rows},
    plan::{Port, address},
};

/// The file that says what was chosen among.
const SELECTION: &str = "selection.csv";

/// Parameters of `[select.NAME]`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    /// What decides.
    by: By,
}

/// What decides between models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum By {
    /// The lowest validation loss.
    #[default]
    Loss,
    /// The highest share of validation clips that are right, or Dice of validation frames; where that ties, the lowest loss.
    Score,
}

/// The kind.
#[derive(Debug)]
pub(super) struct Select;

declare! {
    Select, "select", version 1, Parameters,
    "keep the model that did best on the training patients set aside",
    ports [Port::one("models", &[Type::Model]).many()],
    makes Type::Model,
    {}
}

/// A model that may be chosen.
struct Entrant<'a> {
    name: String,
    folder: &'a dyn Folder,
    loss: f64,
    score: f64,
}

impl Stage for Select {
    fn nouns(&self) -> [&'static str; 2] {
        ["selection", "selections"]
    }

    fn distance(&self, one: &dyn Folder, other: &dyn Folder) -> Option<f64> {
        super::train::distance_of_models(one, other)
    }

    fn summary(&self, output: &dyn Folder) -> Vec<String> {
        output.text(SELECTION).map_or(Vec::new(), |text| text.lines().map(str::to_owned).collect())
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let Parameters { by } = context.parameters()?;
        let models = context.artifacts("models")?;
        let mut entrants = Vec::new();
        let mut set_aside: Option<(String, BTreeSet<String>)> = None;
        for (folder, stage, coordinates) in &models {
            let name = address(stage, coordinates);
            let clips = model::read_training(folder)?.into_iter().filter(|(.., validation)| *validation);
            let clips: BTreeSet<String> = clips.map(|(clip, ..)| clip).collect();
            match &set_aside {
                Some((first, others)) if *others != clips => {
                    return Err(StageError::Input(format!(
                        "{first} and {name} were validated on different clips, so that neither can be called better: give them the \
                         same `labels`, `only`, `seed` and `validation`, and name those that differ in a `matrix` of the selection"
                    )));
                }
                Some(_) => {}
                None => set_aside = Some((name.clone(), clips)),
            }
            let history = model::read_history(folder)?;
            let taken = history
                .iter()
                .rfind(|point| point.taken)
                .and_then(|point| point.validation_loss.zip(point.validation_score));
            let Some((loss, score)) = taken else {
                return Err(StageError::Input(format!("{name} was not validated: train it with `validation` above 0")));
            };
            entrants.push(Entrant { name, folder, loss, score });
        }
        let chosen = best(&entrants, by).ok_or_else(|| StageError::Input("there is no model to select".to_owned()))?;
        context.log(format!("{} of {} models: {}", chosen + 1, entrants.len(), entrants[chosen].name));
        let mut output = Output { tree: entrants[chosen].folder.tree().clone(), ..Output::default() };
        // What an earlier selection chose among is told by its own output.
        output.add(context.store, SELECTION, &written(&entrants, chosen))?;
        Ok(output)
    }
}

/// The place of the best; of several that are alike the first.
fn best(entrants: &[Entrant<'_>], by: By) -> Option<usize> {
    let worse = |entrant: &Entrant<'_>| match by {
        By::Loss => [entrant.loss, 0.0],
        By::Score => [-entrant.score, entrant.loss],
    };
    let compare = |one: &[f64; 2], other: &[f64; 2]| one[0].total_cmp(&other[0]).then(one[1].total_cmp(&other[1]));
    let places = entrants.iter().map(worse).enumerate();
    places.min_by(|(_, one), (_, other)| compare(one, other)).map(|(at, _)| at)
}

fn written(entrants: &[Entrant<'_>], chosen: usize) -> Vec<u8> {
    let mut writer = rows::Writer::new(["model", "validation_loss", "validation_score", "chosen"]);
    for (at, entrant) in entrants.iter().enumerate() {
        let is_chosen = if at == chosen { "1" } else { "0" };
        writer.row([&entrant.name, &rows::number(entrant.loss), &rows::number(entrant.score), is_chosen]);
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Tree;

    #[test]
    fn the_first_of_the_best_is_kept() {
        struct Nothing(Tree);
        impl Folder for Nothing {
            fn tree(&self) -> &Tree {
                &self.0
            }

            fn open(&self, path: &str) -> Result<crate::artifact::Blob, crate::artifact::ArtifactError> {
                Err(crate::artifact::ArtifactError::Missing { path: path.to_owned() })
            }
        }
        let folder = Nothing(Tree::default());
        let entrant = |(loss, score)| Entrant { name: String::new(), folder: &folder, loss, score };
        let entrants: Vec<Entrant<'_>> = [(0.7, 0.8), (0.5, 0.7), (0.5, 0.8), (0.6, 0.8)].map(entrant).into();
        assert_eq!(
            [best(&entrants, By::Loss), best(&entrants, By::Score), best(&[], By::Loss)],
            [Some(1), Some(2), None]
        );
    }
}
