//! `crowdline graph`.

use std::{collections::BTreeSet, path::PathBuf};

use clap::{Args, ValueEnum};

use super::{Common, Ended, FAILED, Opened, shown, why};
use crate::{
    graph::{self, Drawing, Group, Node, State},
    schedule::explain::{Cause, Outlook, Prospect},
};

#[derive(Debug, Args)]
pub(super) struct Graph {
    #[command(flatten)]
    common: Common,
    /// The language of the picture [default: what the ending of FILE says, else dot].
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Draw every task, not one box a stage.
    #[arg(long)]
    tasks: bool,
    /// Write the picture to a file.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For Graphviz.
    Dot,
    /// For Markdown on forges and in editors.
    Mermaid,
    /// A picture of its own, for browsers.
    Svg,
}

impl Graph {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let store = self.common.store(&opened.machine)?;
        let mut prospects = self.common.explain(&opened, &store);
        prospects.sort_by_key(|prospect| prospect.task);
        let drawing = if self.tasks { tasks(&opened, &prospects) } else { stages(&opened, &prospects) };
        let text = if self.common.json {
            format!("{}\n", serde_json::json!({"event": "graph", "drawing": drawing}))
        } else {
            match self.format() {
                Format::Dot => graph::dot(&drawing),
                Format::Mermaid => graph::mermaid(&drawing),
                Format::Svg => graph::svg(&drawing),
            }
        };
        match &self.output {
            None => say!("{}", text.trim_end_matches('\n')),
            Some(path) => std::fs::write(path, text)
                .map_err(|error| Ended::with(FAILED, format!("can't write the picture {}: {error}", shown(path))))?,
        }
        Ok(())
    }

    fn format(&self) -> Format {
        let ending = self.output.as_deref().and_then(|path| path.extension()).and_then(|ending| ending.to_str());
        self.format.unwrap_or(match ending {
            Some("svg") => Format::Svg,
            Some("mmd" | "mermaid") => Format::Mermaid,
            _ => Format::Dot,
        })
    }
}

/// One node a stage.
fn stages(opened: &Opened, prospects: &[Prospect]) -> Drawing {
    let plan = &opened.plan;
    let (names, stage_of) = names(opened);
    let nodes = names
        .iter()
        .enumerate()
        .map(|(stage, name)| {
            let own: Vec<&Prospect> = prospects.iter().filter(|prospect| stage_of[prospect.task] == stage).collect();
            let states: Vec<State> = own.iter().map(|prospect| state(prospect)).collect();
            let counts: Vec<String> = State::ALL
                .into_iter()
                .map(|state| (state, states.iter().filter(|other| **other == state).count()))
                .filter(|(_, count)| *count > 0)
                .map(|(state, count)| format!("{count} {}", counted(state)))
                .collect();
            let kind = plan.tasks[own[0].task].kind;
            let tasks = if own.len() == 1 { "1 task".to_owned() } else { format!("{} tasks", own.len()) };
            let details = vec![format!("{} · {tasks}", kind.name()), counts.join(", ")];
            let told = format!("{name}\n{}: {}\n{tasks}: {}", kind.name(), kind.about(), counts.join(", "));
            let state = states.into_iter().max().unwrap_or(State::Cached);
            Node { name: (*name).to_owned(), details, group: None, state, told }
        })
        .collect();
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for task in 0..plan.tasks.len() {
        edges.extend(plan.upstream(task).into_iter().map(|from| (stage_of[from], stage_of[task])));
    }
    edges.retain(|(from, to)| from != to);
    Drawing { title: title(opened), groups: Vec::new(), nodes, edges: once(edges) }
}

/// One node a task; stages of several tasks are frames.
fn tasks(opened: &Opened, prospects: &[Prospect]) -> Drawing {
    let plan = &opened.plan;
    let (names, stage_of) = names(opened);
    let framed: Vec<usize> = (0..names.len())
        .filter(|stage| plan.tasks.iter().zip(&stage_of).any(|(task, of)| of == stage && !task.coordinates.is_empty()))
        .collect();
    let nodes = prospects
        .iter()
        .map(|prospect| {
            let task = &plan.tasks[prospect.task];
            let coordinates: Vec<String> =
                task.coordinates.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let group = framed.iter().position(|stage| *stage == stage_of[prospect.task]);
            let (name, details) = match group {
                Some(_) => (coordinates.join(" "), Vec::new()),
                None => (task.stage.clone(), vec![task.kind.name().to_owned()]),
            };
            let state = state(prospect);
            let cause = prospect.cause.as_ref().map(|cause| format!(" ({})", why::brief(opened, prospect.task, cause)));
            let reads: Vec<&str> =
                plan.upstream(prospect.task).into_iter().map(|from| plan.tasks[from].address.as_str()).collect();
            let reads = if reads.is_empty() { String::new() } else { format!("\nreads {}", reads.join(", ")) };
            let told = format!("{}\n{}{}{reads}", task.address, state.word(), cause.unwrap_or_default());
            Node { name, details, group, state, told }
        })
        .collect();
    let edges = (0..plan.tasks.len()).flat_map(|task| plan.upstream(task).into_iter().map(move |from| (from, task)));
    let kind =
        |stage: usize| stage_of.iter().position(|of| *of == stage).map_or("", |task| plan.tasks[task].kind.name());
    let groups = framed
        .iter()
        .map(|&stage| {
            // The last coordinate varies fastest, so its values stand side by side.
            let own = plan.tasks.iter().zip(&stage_of).filter(|(_, of)| **of == stage);
            let last: BTreeSet<_> = own.filter_map(|(task, _)| task.coordinates.last()).collect();
            Group { name: format!("{} · {}", names[stage], kind(stage)), period: last.len() }
        })
        .collect();
    Drawing { title: title(opened), groups, nodes, edges: once(edges.collect()) }
}

/// The stages in the order of the file, and which of them each task belongs to.
fn names(opened: &Opened) -> (Vec<&str>, Vec<usize>) {
    let mut names: Vec<&str> = Vec::new();
    let mut stage_of = Vec::new();
    for task in &opened.plan.tasks {
        let found = names.iter().position(|name| *name == task.stage);
        stage_of.push(found.unwrap_or(names.len()));
        if found.is_none() {
            names.push(&task.stage);
        }
    }
    (names, stage_of)
}

/// Each edge once.
fn once(mut edges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    edges.sort_unstable();
    edges.dedup();
    edges
}

fn state(prospect: &Prospect) -> State {
    match (prospect.outlook, &prospect.cause) {
        (_, Some(Cause::Unreadable(_))) => State::Unreadable,
        (Outlook::Cached, _) => State::Cached,
        (Outlook::Run, _) => State::Run,
        (Outlook::WaitsOnContent, _) => State::WaitsOnContent,
    }
}

/// A state's word behind a number.
fn counted(state: State) -> &'static str {
    match state {
        State::Run => "to run",
        State::WaitsOnContent => "waiting",
        State::Cached | State::Unreadable => state.word(),
    }
}

fn title(opened: &Opened) -> String {
    opened.plan.told["title"].as_str().map_or_else(|| opened.source.name(), str::to_owned)
}
