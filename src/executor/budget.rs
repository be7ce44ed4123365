//! What running jobs may take of this machine together, and what they have taken.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use crate::{
    job::Job,
    plan::TaskId,
    stage::{self, Needs, Place},
};

/// What all jobs together may take.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    /// Threads.
    pub threads: usize,
    /// Memory, in bytes; nothing where it is not counted.
    pub memory: Option<u64>,
    /// Slots of accelerators.
    pub gpus: usize,
    /// Where models compute. Slots are numbered from that accelerator on.
    pub place: Place,
    /// Limits by kind.
    pub kinds: BTreeMap<String, Limits>,
    /// How often long tasks keep what they have.
    pub checkpoint_every: Duration,
}

/// What the tasks of a kind take, where the machine's owner knows better than the kind, and how many run at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How many run at once.
    pub at_once: Option<usize>,
    /// Threads of each.
    pub threads: Option<usize>,
    /// Accelerators of each.
    pub gpus: Option<usize>,
}

impl Budget {
    /// What a job takes. One that asks for more than there is gets all there is, so that it runs alone and not never.
    pub(super) fn needs(&self, job: &Job) -> Needs {
        let stage = stage::find(&job.recipe.kind);
        let own = stage.map_or(Needs::threads(1), |stage| stage.needs(job, self.threads));
        let accelerated = self.place != Place::Cpu && stage.is_some_and(|stage| stage.computes_models());
        let limits = self.kinds.get(&job.recipe.kind).copied().unwrap_or_default();
        Needs {
            threads: limits.threads.unwrap_or(own.threads).clamp(1, self.threads.max(1)),
            memory: own.memory.min(self.memory.unwrap_or(0)),
            gpus: limits.gpus.unwrap_or(own.gpus).max(usize::from(accelerated)),
        }
    }
}

/// What is taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    running: BTreeMap<TaskId, (String, Needs, Vec<usize>)>,
}

impl Taken {
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn fits(&self, budget: &Budget, job: &Job) -> bool {
        let needs = budget.needs(job);
        let sum = |of: &dyn Fn(&Needs) -> u64| self.running.values().map(|(_, needs, _)| of(needs)).sum::<u64>();
        let threads = sum(&|needs| needs.threads as u64) + needs.threads as u64 <= budget.threads.max(1) as u64;
        let memory = budget.memory.is_none_or(|memory| sum(&|needs| needs.memory) + needs.memory <= memory);
        let gpus = needs.gpus > budget.gpus || self.free(budget).len() >= needs.gpus;
        let of_kind = self.running.values().filter(|(kind, _, _)| *kind == job.recipe.kind).count();
        let limit = budget.kinds.get(&job.recipe.kind).and_then(|limits| limits.at_once);
        threads && memory && gpus && limit.is_none_or(|limit| of_kind < limit.max(1))
    }

    fn free(&self, budget: &Budget) -> Vec<usize> {
        let taken: Vec<usize> = self.running.values().flat_map(|(_, _, slots)| slots).copied().collect();
        let first = if let Place::Cuda(first) = budget.place { first } else { 0 };
        (first..first + budget.gpus).filter(|slot| !taken.contains(slot)).collect()
    }

    /// Takes what a job needs; returns it with the slots of accelerators that are its own.
    pub(super) fn take(&mut self, budget: &Budget, task: TaskId, job: &Job) -> (Needs, Vec<usize>) {
        let needs = budget.needs(job);
        let slots: Vec<usize> = self.free(budget).into_iter().take(needs.gpus).collect();
        self.running.insert(task, (job.recipe.kind.clone(), needs, slots.clone()));
        (needs, slots)
    }

    pub(super) fn give_back(&mut self, task: TaskId) {
        self.running.remove(&task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Digest, Recipe};

    fn job(kind: &str, placement: serde_json::Value) -> Job {
        let recipe = Recipe {
            classes: None,
            experiment: None,
            inputs: BTreeMap::new(),
            kind: kind.to_owned(),
            methods: BTreeMap::new(),
            parameters: serde_json::json!({}),
            seed: None,
            upstream: BTreeMap::new(),
            version: 1,
        };
        let (address, key) = (kind.to_owned(), Digest::of(kind.as_bytes()));
        Job {
            address,
            coordinates: Vec::new(),
            recipe,
            placement,
            key,
            inputs: BTreeMap::new(),
            reads: Vec::new(),
            history: Vec::new(),
        }
    }

    fn budget() -> Budget {
        Budget { threads: 8, memory: Some(1000), gpus: 1, kinds: BTreeMap::new(), ..Budget::default() }
    }

    #[test]
    fn two_never_share_an_accelerator() {
        let (budget, mut taken) = (budget(), Taken::default());
        let wants = job("command", serde_json::json!({"gpus": 1}));
        assert!(taken.fits(&budget, &wants));
        assert_eq!(taken.take(&budget, 0, &wants).1, [0]);
        assert!(!taken.fits(&budget, &wants));
        assert!(taken.fits(&budget, &job("command", serde_json::json!({}))), "what needs none is not held up");
        taken.give_back(0);
        assert!(taken.fits(&budget, &wants));
    }

    #[test]
    fn a_training_on_accelerators_has_one_to_itself_counted_from_the_named_one() {
        let (budget, mut taken) = (Budget { gpus: 2, place: Place::Cuda(1), ..budget() }, Taken::default());
        let train = job("train", serde_json::json!({}));
        assert_eq!(taken.take(&budget, 0, &train).1, [1]);
        assert_eq!(taken.take(&budget, 1, &train).1, [2]);
        assert!(!taken.fits(&budget, &train));
        assert!(taken.fits(&budget, &job("split", serde_json::json!({}))));
        let budget = Budget { place: Place::Cpu, ..budget };
        assert!(Taken::default().take(&budget, 0, &train).1.is_empty(), "on the processor none is taken");
    }

    #[test]
    fn memory_and_threads_are_counted_and_what_wants_too_much_runs_alone() {
        let (budget, mut taken) = (budget(), Taken::default());
        let half = job("command", serde_json::json!({"memory": 600, "threads": 2}));
        let all = job("command", serde_json::json!({"memory": 5000, "threads": 100}));
        assert!(taken.fits(&budget, &all), "alone it may run");
        taken.take(&budget, 0, &half);
        assert!(!taken.fits(&budget, &half), "the memory would not do");
        assert!(!taken.fits(&budget, &all));
        assert!(taken.fits(&budget, &job("command", serde_json::json!({"threads": 6}))));
        assert!(!taken.fits(&budget, &job("command", serde_json::json!({"threads": 7}))));
    }

    #[test]
    fn a_kind_can_be_limited() {
        let mut budget = budget();
        let limits = Limits { at_once: Some(1), threads: Some(3), gpus: None };
        budget.kinds.insert("train".to_owned(), limits);
        let mut taken = Taken::default();
        let train = job("train", serde_json::json!({}));
        assert_eq!(taken.take(&budget, 0, &train).0.threads, 3);
        assert!(!taken.fits(&budget, &train));
        assert!(taken.fits(&budget, &job("split", serde_json::json!({}))));
    }
}
