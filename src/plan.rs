//! The typed DAG: from stage tables to tasks and what each reads.
//!
//! The planner is handed a table of kinds. It strips ports, `matrix` and `seed` from a stage's table, expands the matrix,
//! lets the kind read the rest, and connects ports by joining coordinates. It reports every problem it can find at once.

use std::{collections::BTreeMap, ops::Range, path::PathBuf};

use petgraph::{algo::toposort, graph::DiGraph};
use serde_json::Value;

use crate::{
    artifact::Type,
    label::Classes,
    spec::{Diagnostic, Experiment},
    table::Mapping,
};

mod connect;
mod connection;
mod draft;
pub mod kind;
mod matrix;
mod reference;

pub use connect::address;
pub use kind::{Arity, Kind, Port, Problem, Surroundings};

/// Index of a task in [`Plan::tasks`].
pub type TaskId = usize;

/// One concrete instance of a stage.
pub struct Task {
    /// Stage name and coordinates: `classifier[arm=same,fold=0]`.
    pub address: String,
    /// The stage's name.
    pub stage: String,
    /// The coordinates in the order of the matrix.
    pub coordinates: Vec<(String, String)>,
    /// The kind.
    pub kind: &'static dyn Kind,
    /// Parameters in canonical form.
    pub parameters: Value,
    /// Parameters that say how it runs and not what comes out.
    pub placement: Value,
    /// The seed, for kinds that use one.
    pub seed: Option<u64>,
    /// What is connected to each port, in order.
    pub inputs: BTreeMap<&'static str, Vec<Input>>,
    /// Where each field stands in the text.
    pub places: BTreeMap<String, Range<usize>>,
}

impl Task {
    /// What it makes.
    pub fn output(&self) -> Type {
        self.kind.output(&self.connected())
    }

    /// Whether it reads labels.
    pub fn uses_classes(&self) -> bool {
        self.kind.uses_classes(&self.connected())
    }

    fn connected(&self) -> Vec<&'static str> {
        self.inputs.keys().copied().collect()
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").field("address", &self.address).field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

/// What a port reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name in a keyed port.
    pub key: Option<String>,
    /// Where it comes from.
    pub from: Origin,
    /// How a table is read.
    pub mapping: Mapping,
}

/// Where an input comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The output of a task.
    Task {
        /// The task.
        task: TaskId,
        /// For one member of the output: its path there.
        path: Option<String>,
    },
    /// A table of the user's.
    File {
        /// The path, relative to where the program runs.
        path: PathBuf,
        /// The path as written.
        shown: String,
    },
}

/// The typed DAG of an experiment.
#[derive(Debug)]
pub struct Plan {
    /// The tasks in the order of the file.
    pub tasks: Vec<Task>,
    /// The tasks so that each stands behind what it reads.
    pub order: Vec<TaskId>,
    /// The experiment's classes.
    pub classes: Classes,
    /// What kinds that tell history print of the experiment.
    pub told: Value,
    /// Where the data come from.
    pub data: Option<String>,
}

impl Plan {
    /// Makes the plan of an experiment.
    ///
    /// # Errors
    /// Every problem found, in the order of the file.
    pub fn new(experiment: Experiment<'_>, kinds: &[&'static dyn Kind]) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let told = serde_json::json!({
            "title": experiment.title, "data": experiment.data, "caveats": experiment.caveats,
        });
        let (classes, data) = (experiment.classes.clone(), experiment.data.clone());
        let (drafts, unread) = draft::read(experiment, kinds, &mut problems);
        let tasks = connect::connect(drafts, &unread, &mut problems);
        let order = order(&tasks, &mut problems);
        if problems.is_empty() {
            return Ok(Self { tasks: tasks.into_iter().map(|(task, _)| task).collect(), order, classes, told, data });
        }
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        problems.dedup();
        Err(problems)
    }

    /// The tasks a task reads.
    pub fn upstream(&self, task: TaskId) -> Vec<TaskId> {
        upstream(&self.tasks[task]).collect()
    }

    /// The tasks that a name means: a stage, an address, or a stage with some coordinates.
    ///
    /// # Errors
    /// The nearest right names.
    pub fn find(&self, name: &str) -> Result<Vec<TaskId>, String> {
        let text = if name.starts_with('@') { name.to_owned() } else { format!("@{name}") };
        let reference: reference::Reference = text.parse()?;
        let found: Vec<TaskId> = (0..self.tasks.len())
            .filter(|&id| {
                let task = &self.tasks[id];
                task.stage == reference.stage && reference.select.iter().all(|pair| task.coordinates.contains(pair))
            })
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let stages = || self.tasks.iter().map(|task| task.stage.as_str());
        let near = if stages().any(|stage| stage == reference.stage) {
            let tasks = self.tasks.iter().filter(|task| task.stage == reference.stage);
            crate::name::nearest(name, tasks.map(|task| task.address.as_str()))
        } else {
            crate::name::nearest(&reference.stage, stages())
        };
        let mut names: Vec<&str> = stages().collect();
        names.dedup();
        Err(match near {
            Some(near) => format!("no task `{name}`: did you mean `{near}`?"),
            None => format!("no task `{name}`: the stages are {}", crate::name::quoted(names)),
        })
    }
}

fn upstream(task: &Task) -> impl Iterator<Item = TaskId> + '_ {
    task.inputs.values().flatten().filter_map(|input| match input.from {
        Origin::Task { task, .. } => Some(task),
        Origin::File { .. } => None,
    })
}

fn order(tasks: &[(Task, Range<usize>)], problems: &mut Vec<Diagnostic>) -> Vec<TaskId> {
    let mut graph = DiGraph::<TaskId, ()>::with_capacity(tasks.len(), tasks.len());
    // Nodes are added last to first: the sort, which walks them backwards, then keeps the order of the file among tasks that
    // don't depend on each other.
    let mut nodes: Vec<_> = (0..tasks.len()).rev().map(|task| graph.add_node(task)).collect();
    nodes.reverse();
    for (id, (task, _)) in tasks.iter().enumerate() {
        for from in upstream(task) {
            graph.add_edge(nodes[from], nodes[id], ());
        }
    }
    match toposort(&graph, None) {
        Ok(sorted) => sorted.into_iter().map(|node| graph[node]).collect(),
        Err(_) => {
            for part in petgraph::algo::tarjan_scc(&graph) {
                let mut round: Vec<TaskId> = part.iter().map(|node| graph[*node]).collect();
                round.sort_unstable();
                let (task, span) = &tasks[round[0]];
                let itself = upstream(task).any(|id| id == round[0]);
                if round.len() > 1 || itself {
                    let mut names: Vec<&str> = round.iter().map(|&id| tasks[id].0.stage.as_str()).collect();
                    names.dedup();
                    names.push(names[0]);
                    problems.push(
                        Diagnostic::new(span.clone(), format!("a circle of references: {}", names.join(" → ")))
                            .help("a stage can't read what is made from its own output"),
                    );
                }
            }
            Vec::new()
        }
    }
}
