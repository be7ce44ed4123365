//! From what, and by what, every number was made.

use std::collections::BTreeSet;

use crate::{
    job::{self, Past},
    report::content::{Provenance, Read, Recipe, Stage, Task},
};

pub(super) fn told(history: &[Past]) -> Provenance {
    let environment = |past: &Past| {
        past.environment.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
    };
    let tasks = history
        .iter()
        .map(|past| Task {
            address: past.address.clone(),
            kind: past.recipe.kind.clone(),
            method: methods(past),
            key: past.key.to_string(),
            output: past.output.to_string(),
            environment: environment(past),
            reads: past
                .reads
                .iter()
                .map(|read| Read {
                    port: read.port.clone(),
                    from: read.from.clone(),
                    content: read.content.to_string(),
                })
                .collect(),
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
    Provenance { program, stages: stages(history), tasks, recipes, notices }
}

/// A task's methods and their versions.
pub(super) fn methods(past: &Past) -> String {
    past.recipe.methods.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ")
}

/// The stages in the order of the history, each with the stages that its tasks read, in the order of names.
fn stages(history: &[Past]) -> Vec<Stage> {
    let mut stages: Vec<(Stage, BTreeSet<&str>)> = Vec::new();
    for past in history {
        let at = stages.iter().position(|(stage, _)| stage.name == past.stage()).unwrap_or_else(|| {
            let (name, kind) = (past.stage().to_owned(), past.recipe.kind.clone());
            stages.push((Stage { name, kind, tasks: 0, reads: Vec::new() }, BTreeSet::new()));
            stages.len() - 1
        });
        let (stage, reads) = &mut stages[at];
        stage.tasks += 1;
        let from = past.reads.iter().filter_map(|read| read.from.as_deref());
        reads.extend(from.map(job::stage));
    }
    let told = |(stage, reads): (Stage, BTreeSet<&str>)| Stage {
        reads: reads.into_iter().map(str::to_owned).collect(),
        ..stage
    };
    stages.into_iter().map(told).collect()
}
