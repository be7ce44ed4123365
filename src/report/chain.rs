//! Where numbers come from, as a file: chains that refer to a table of tasks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ReportError;
use super::content::{Content, Subject};
use super::number::path;
use super::slug::{Names, slug};

/// The chains of a content under names of their own.
#[derive(Debug)]
pub(super) struct Chains<'a> {
    content: &'a Content,
    /// One a chain, in their order.
    pub names: Vec<String>,
}

/// A chain of `chains.json`.
#[derive(Serialize)]
struct Written<'a> {
    name: &'a str,
    task: &'a str,
    files: &'a [String],
    facts: &'a [(String, String)],
    metrics: &'a [(String, String)],
    /// Places in the table of tasks.
    tasks: Vec<usize>,
    beside: Vec<usize>,
}

impl<'a> Chains<'a> {
    /// Names the chains of `content`.
    pub(super) fn new(content: &'a Content) -> Self {
        let mut names = Names::default();
        let names = content.chains.iter().map(|chain| names.take(&wanted(content, &chain.subject))).collect();
        Self { content, names }
    }

    /// The place of the chain of a subject.
    pub(super) fn of(&self, subject: &Subject) -> Option<usize> {
        self.content.chains.iter().position(|chain| chain.subject == *subject)
    }

    /// The file: one task and one chain a line.
    pub(super) fn file(&self) -> Result<String, ReportError> {
        let tasks = &self.content.provenance.tasks;
        let at: BTreeMap<&str, usize> =
            tasks.iter().enumerate().map(|(at, task)| (task.address.as_str(), at)).collect();
        let places = |addresses: &[String]| -> Vec<usize> {
            addresses.iter().filter_map(|address| at.get(address.as_str()).copied()).collect()
        };
        let chains: Vec<Written<'_>> = self
            .content
            .chains
            .iter()
            .zip(&self.names)
            .map(|(chain, name)| Written {
                name,
                task: &chain.task,
                files: &chain.files,
                facts: &chain.facts,
                metrics: &chain.metrics,
                tasks: places(&chain.tasks),
                beside: places(&chain.beside),
            })
            .collect();
        let (tasks, chains) = (super::lines(tasks)?, super::lines(&chains)?);
        Ok(format!("{{\n\"tasks\": {},\n\"chains\": {}\n}}\n", tasks.trim_end(), chains.trim_end()))
    }
}

/// What a chain is called: what its numbers' names begin with, as far as they have that in common.
fn wanted(content: &Content, subject: &Subject) -> String {
    let named = |name: Option<String>| name.unwrap_or_else(|| "x".to_owned());
    match subject {
        Subject::Contrast(at) => named(content.primary.iter().chain(&content.secondary).nth(*at).map(path::contrast)),
        Subject::Group { evaluation, group } => named(content.evaluations.get(*evaluation).and_then(|evaluation| {
            evaluation.groups.get(*group).map(|group| format!("scores/{}", path::group(evaluation, group)))
        })),
        Subject::Evaluation(at) => {
            named(content.evaluations.get(*at).map(|evaluation| format!("evaluation/{}", slug(&evaluation.name))))
        }
        Subject::Flow(at) => named(content.flows.get(*at).map(|flow| format!("flow/{}", slug(&flow.title)))),
        Subject::Labels(name) => format!("labels/{}", slug(name)),
        Subject::Training(at) => named(content.training.curves.get(*at).map(path::training)),
    }
}
