//! Numbers where they stand: each opens what it is and where it comes from.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::report::chain::Chains;
use crate::report::content::{Chain, Content};
use crate::report::format;
use crate::report::number::Number;
use crate::report::table::Table;

/// Numbers in the list of those that stand nowhere else, at most; and tasks of all chains together that the page lists.
const LONGEST: usize = 1000;

/// A number as it stands on the page.
#[derive(Debug, Clone, Serialize)]
pub(in crate::report) struct Told {
    /// Its name, which is its `id`: made of slugs and slashes, so that templates write it as it is.
    pub id: String,
    what: String,
    /// At full precision, with its interval.
    value: String,
    /// Patients and clips, where known.
    sample: Option<String>,
    facts: Vec<(String, String)>,
    task: Option<String>,
    files: Vec<String>,
    /// The `id` of its chain, made likewise.
    chain: Option<String>,
}

/// A chain on the page.
#[derive(Debug, Serialize)]
pub(super) struct Listed<'a> {
    name: &'a str,
    chain: &'a Chain,
    /// Address, kind and digests of what was asked and what came, and what was read that no task made.
    tasks: Vec<Link<'a>>,
    /// Tasks that are in `chains.json` only.
    more: usize,
}

/// A task of a chain.
#[derive(Debug, Serialize)]
struct Link<'a> {
    address: &'a str,
    kind: &'a str,
    key: String,
    output: String,
    /// Port and digest of each file of the user's.
    files: Vec<(&'a str, String)>,
}

/// Numbers that have no place yet, by the path that tables know them by.
pub(super) struct Unplaced<'a> {
    content: &'a Content,
    waiting: BTreeMap<&'a str, VecDeque<&'a Number>>,
}

impl<'a> Unplaced<'a> {
    pub(super) fn new(content: &'a Content, numbers: &'a [Number]) -> Self {
        let mut waiting: BTreeMap<&str, VecDeque<&Number>> = BTreeMap::new();
        for number in numbers {
            waiting.entry(&number.path).or_default().push_back(number);
        }
        Self { content, waiting }
    }

    /// The number of a path; of several, which were told apart in the order of the content, the next.
    pub(super) fn take(&mut self, path: &str) -> Option<Told> {
        let number = self.waiting.get_mut(path)?.pop_front()?;
        Some(self.told(number))
    }

    /// Gives every cell that shows a number that number.
    pub(super) fn fill(&mut self, table: &mut Table) {
        for cell in table.rows.iter_mut().flatten() {
            cell.told = cell.number.as_ref().and_then(|path| self.take(path));
        }
    }

    /// Those that got no place, in order, as far as a page can hold them, and how many more there are.
    pub(super) fn rest(self, numbers: &[Number]) -> (Vec<Told>, usize) {
        let open: std::collections::BTreeSet<&str> =
            self.waiting.values().flatten().map(|number| number.name.as_str()).collect();
        let left = numbers.iter().filter(|number| open.contains(number.name.as_str()));
        (left.take(LONGEST).map(|number| self.told(number)).collect(), open.len().saturating_sub(LONGEST))
    }

    fn told(&self, number: &Number) -> Told {
        let chain = number.chain_at.map(|at| &self.content.chains[at]);
        let shown =
            |value: f64| if value.is_finite() { format::raw(value).replace('-', "−") } else { "–".to_owned() };
        let interval = match (number.low, number.high) {
            (Some(low), Some(high)) if low.is_finite() && high.is_finite() => {
                format!(" [{}, {}]", shown(low), shown(high))
            }
            _ => String::new(),
        };
        let sample = match (number.patients, number.clips) {
            (patients, Some(clips)) => Some(format::cohort(patients, clips)),
            (Some(patients), None) => Some(format::counted(patients, "patient")),
            (None, None) => None,
        };
        let unit = if number.unit.is_empty() { String::new() } else { format!(" {}", number.unit) };
        Told {
            id: number.name.clone(),
            what: number.what.clone(),
            value: format!("{}{interval}{unit}", shown(number.value)),
            sample,
            facts: chain.map(|chain| chain.facts.clone()).unwrap_or_default(),
            task: chain.map(|chain| chain.task.clone()),
            files: chain.map(|chain| chain.files.clone()).unwrap_or_default(),
            chain: number.chain.as_ref().map(|name| format!("chain/{name}")),
        }
    }
}

/// Every chain, with as many tasks as a page can hold.
pub(super) fn listed<'a>(content: &'a Content, chains: &'a Chains<'a>) -> Vec<Listed<'a>> {
    let known: BTreeMap<&str, &crate::report::content::Task> =
        content.provenance.tasks.iter().map(|task| (task.address.as_str(), task)).collect();
    let mut room = LONGEST;
    content
        .chains
        .iter()
        .zip(&chains.names)
        .map(|(chain, name)| {
            let tasks: Vec<Link<'_>> = chain
                .tasks
                .iter()
                .filter_map(|address| known.get(address.as_str()))
                .take(room)
                .map(|task| Link {
                    address: &task.address,
                    kind: &task.kind,
                    key: format::digest(&task.key),
                    output: format::digest(&task.output),
                    files: task
                        .reads
                        .iter()
                        .filter(|read| read.from.is_none())
                        .map(|read| (read.port.as_str(), format::digest(&read.content)))
                        .collect(),
                })
                .collect();
            room -= tasks.len();
            Listed { name, chain, more: chain.tasks.len() - tasks.len(), tasks }
        })
        .collect()
}
