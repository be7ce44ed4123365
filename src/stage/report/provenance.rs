//! From what, and by what, every number was made.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    job::Past,
    report::content::{Provenance, Recipe, Stage, Task},
};

/// `reads` tells of each stage which stages it reads.
pub(super) fn told(history: &[Past], reads: &BTreeMap<String, Vec<String>>) -> Provenance {
    let environment = |past: &Past| {
        past.environment.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
    };
    let tasks = history
        .iter()
        .map(|past| Task {
            address: past.address.clone(),
            kind: past.recipe.kind.clone(),
            method: past
                .recipe
                .methods
                .iter()
                .map(|(name, version)| format!("{name} {version}"))
                .collect::<Vec<_>>()
                .join(", "),
            key: past.key.short(),
            output: past.output.short(),
            environment: environment(past),
        })
        .collect();
    let recipes = history
        .iter()
        .map(|past| Recipe {
            address: past.address.clone(),
            text: serde_json::to_string_pretty(&past.recipe).unwrap_or_default(),
        })
        .collect();
    let trained: BTreeSet<String> =
        history.iter().filter(|past| past.recipe.kind == "train").map(environment).collect();
    let notices = if trained.len() > 1 {
        vec![format!(
            "The models were trained in {} different environments ({}); differences between arms may come from that.",
            trained.len(),
            trained.into_iter().collect::<Vec<_>>().join(" / ")
        )]
    } else {
        Vec::new()
    };
    let program = format!("crowdline {}", env!("CARGO_PKG_VERSION"));
    Provenance { program, stages: stages(history, reads), tasks, recipes, notices }
}

fn stages(history: &[Past], reads: &BTreeMap<String, Vec<String>>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for past in history {
        let name = past.address.split('[').next().unwrap_or_default();
        if let Some(stage) = stages.iter_mut().find(|stage| stage.name == name) {
            stage.tasks += 1;
            continue;
        }
        let reads = reads.get(name).cloned().unwrap_or_default();
        stages.push(Stage { name: name.to_owned(), kind: past.recipe.kind.clone(), tasks: 1, reads });
    }
    stages
}
