//! A small experiment and the engine, in this process.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::AtomicBool, mpsc},
};

use crowdline::{
    artifact::Folder as _,
    event::{Event, Summary},
    executor::{
        Budget,
        local::{Local, Shared},
    },
    plan::Plan,
    recipe::Digest,
    schedule::{
        self, Options,
        explain::{Looking, Prospect, explain},
    },
    spec::Source,
    stage::{self, Place, Tools},
    store::{Opening, Store, disk::Watcher},
};

/// Everything but a training: many small files, items, an evaluation and a report.
const EXPERIMENT: &str = r#"
title = "Small"
seed = 3
classes = ["none", "discrete", "confluent"]
[simulate.cohort]
method.phantom = { patients = 3, clips_per_patient = 1, frames = 2, width = 32, height = 32 }
[decode.frames]
clips = "@cohort.clips"
[split.patients]
clips = "@cohort.clips"
folds = 2
[aggregate.crowd]
opinions = "@cohort.crowd"
method.majority = { ties = "ordinal-low" }
[aggregate.experts]
opinions = "@cohort.experts"
method.majority = { ties = "ordinal-low" }
[evaluate.labels]
clips = "@cohort.clips"
candidate = "@crowd"
reference = "@experts"
replicates = 100
"#;

pub struct Engine {
    folder: tempfile::TempDir,
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub summary: Summary,
    /// Outputs by address, of tasks that are known.
    pub outputs: BTreeMap<String, Digest>,
    /// Tasks reported done, and reported cached.
    pub done: BTreeSet<String>,
    pub cached: BTreeSet<String>,
    /// Failures and warnings.
    pub told: Vec<String>,
}

impl Engine {
    /// With the small experiment.
    pub fn new() -> Self {
        Self::with(EXPERIMENT)
    }

    /// With an experiment.
    pub fn with(experiment: &str) -> Self {
        // In memory where that can be had: thousands of runs would mostly wait for a disk.
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let engine = Self { folder: folder.or_else(|_| tempfile::tempdir()).unwrap() };
        engine.write("x.toml", experiment);
        engine
    }

    /// Writes a file beside the experiment.
    pub fn write(&self, path: &str, text: &str) {
        std::fs::write(self.folder.path().join(path), text).unwrap();
    }

    fn store(&self, watcher: Option<Arc<dyn Watcher>>) -> Store {
        let opening = Opening { watcher, ..Opening::default() };
        Store::open_with(&self.folder.path().join("cache"), opening).unwrap()
    }

    fn plan(&self, set: &[String]) -> Plan {
        let source = Source::read(&self.folder.path().join("x.toml"), set).unwrap();
        let planned = source.parse().and_then(|experiment| Plan::new(experiment, &stage::kinds()));
        planned.unwrap_or_else(|problems| panic!("{set:?}: {problems:?}"))
    }

    /// What a run with overrides would do, task by task.
    pub fn prospects(&self, set: &[String]) -> BTreeMap<String, Prospect> {
        let (plan, store) = (self.plan(set), self.store(None));
        let tools = Tools::new("no-such-program".into(), Place::Cpu);
        let prospects = explain(&plan, &store, &tools, "x", Looking::default());
        prospects.into_iter().map(|prospect| (plan.tasks[prospect.task].address.clone(), prospect)).collect()
    }

    /// Runs the experiment, on one thread, so that operations come in one order.
    pub fn run(&self, watcher: Option<Arc<dyn Watcher>>) -> Ran {
        let (plan, store) = (self.plan(&[]), self.store(watcher));
        let (cancel, tools) = (AtomicBool::new(false), Tools::new("no-such-program".into(), Place::Cpu));
        let budget = Budget { threads: 1, ..Budget::default() };
        let shared =
            Shared { store: &store, cancel: &cancel, tools: &tools, budget, logs: self.folder.path().join("logs") };
        let options = Options {
            experiment: "x".to_owned(),
            reports: self.folder.path().join("reports"),
            targets: Vec::new(),
            force: false,
            fail_fast: false,
            strict_environment: false,
            asked: None,
        };
        let (mut done, mut cached, mut told) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let mut observe = |event: &Event| match event {
            Event::Done { task, .. } => drop(done.insert(task.clone())),
            Event::Cached { task } => drop(cached.insert(task.clone())),
            Event::Failed { task, message } | Event::Warning { task, message } => {
                told.push(format!("{task}: {message}"))
            }
            _ => {}
        };
        let (sender, reports) = mpsc::channel();
        let outcome = std::thread::scope(|scope| {
            let mut executor = Local::new(scope, &shared, sender);
            schedule::run(&plan, &store, &tools, &mut executor, &reports, &options, &cancel, &mut observe)
        });
        let outputs = outcome.past.iter().flatten().map(|past| (past.address.clone(), past.output)).collect();
        Ran { summary: outcome.summary, outputs, done, cached, told }
    }

    /// Whether everything that is called finished can be read, every byte of it, by a process that knows nothing.
    pub fn is_whole(&self) -> bool {
        let store = self.store(None);
        store.all().keys().filter_map(|key| store.finished(key)).all(|record| match store.folder(&record.output) {
            Ok(folder) => folder.tree().files.keys().all(|path| folder.open(path).is_ok()),
            // The output of an item is an object.
            Err(_) => store.object(&record.output).is_ok(),
        })
    }
}
