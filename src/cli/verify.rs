//! `crowdline verify`.

use std::{collections::BTreeMap, sync::mpsc};

use clap::Args;

use super::{
    Common, DIFFERENT, Ended, FAILED, Opened, WRONG, diff,
    run::{CANCEL, Resources, execute},
    shown, watched,
};
use crate::{
    event::Event,
    executor::local::{Local, Shared},
    job::Past,
    lock::{
        Lock, Locked,
        verdict::{self, Verdict},
    },
    plan::TaskId,
    progress::{Bars, Progress, Silent},
    recipe::Digest,
    schedule::{
        Options,
        anew::{AnewError, anew, recorded},
    },
    store::{ImportError, Store},
};

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    common: Common,
    /// Make every task anew from its recorded inputs: says which task is to blame.
    #[arg(long, conflicts_with = "chain")]
    each: bool,
    /// Make everything anew from the raw files [default].
    #[arg(long)]
    chain: bool,
    /// Only so many tasks, drawn by the lock's content.
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// How far results from another environment may be off.
    #[arg(long, value_name = "X", default_value_t = 0.01)]
    tolerance: f64,
    #[command(flatten)]
    resources: Resources,
}

/// What became of a task.
struct Finding {
    address: String,
    verdict: Verdict,
    numbers: Vec<(String, Option<f64>, Option<f64>, Verdict)>,
    /// Why, where a verdict needs words.
    remark: Option<String>,
}

impl Finding {
    fn of(address: &str, verdict: Verdict, remark: Option<String>) -> Self {
        Self { address: address.to_owned(), verdict, numbers: Vec::new(), remark }
    }
}

impl Verify {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let store = self.common.store(&opened.machine)?;
        let path = Lock::path(&opened.source.path);
        let lock = Lock::read(&path).map_err(|error| Ended::with(WRONG, error))?.ok_or_else(|| {
            let remedy = format!("`crowdline run {}` writes it", shown(&opened.source.path));
            Ended::with(WRONG, format!("there is no lock {}: {remedy}", shown(&path)))
        })?;
        let scratch = store.work_folder().map_err(|error| Ended::with(FAILED, error))?;
        let fresh = Store::open(&scratch.path().join("cache")).map_err(|error| Ended::with(FAILED, error))?;
        let drawn = self.draw(&opened, &lock);
        let mut findings = if self.each {
            self.each(&opened, &store, &fresh, &lock, &drawn)?
        } else {
            self.chain(&opened, &store, &fresh, &lock, &drawn, &scratch.path().join("reports"))?
        };
        if self.sample.is_none() {
            let planned: BTreeMap<&str, ()> =
                opened.plan.tasks.iter().map(|task| (task.address.as_str(), ())).collect();
            let unplanned = lock.task.keys().filter(|address| !planned.contains_key(address.as_str()));
            findings.extend(unplanned.map(|address| Finding::of(address, Verdict::NotPlanned, None)));
        }
        self.tell(&findings)
    }

    /// The tasks to be made anew: all, or some that anybody who has the lock draws as well.
    fn draw(&self, opened: &Opened, lock: &Lock) -> Vec<TaskId> {
        let text = lock.text();
        let mut tasks: Vec<TaskId> = opened.plan.order.clone();
        if let Some(count) = self.sample {
            let lot = |task: &TaskId| Digest::of(format!("{}{text}", opened.plan.tasks[*task].address).as_bytes());
            tasks.sort_by_cached_key(lot);
            tasks.truncate(count);
        }
        tasks
    }

    fn progress(&self) -> Box<dyn Progress> {
        if watched() && !self.common.json { Box::new(Bars::new(false)) } else { Box::new(Silent) }
    }

    /// Everything from the raw files.
    fn chain(
        &self,
        opened: &Opened,
        store: &Store,
        fresh: &Store,
        lock: &Lock,
        drawn: &[TaskId],
        reports: &std::path::Path,
    ) -> Result<Vec<Finding>, Ended> {
        let options = Options {
            experiment: opened.source.name(),
            reports: reports.to_owned(),
            targets: if self.sample.is_some() { drawn.to_vec() } else { Vec::new() },
            force: false,
            fail_fast: false,
            strict_environment: false,
            asked: None,
        };
        let budget = self.resources.budget(&opened.machine);
        let mut failures: BTreeMap<String, String> = BTreeMap::new();
        let mut progress = Listening { shown: self.progress(), failures: &mut failures };
        let outcome = execute(&self.common, opened, fresh, budget, &options, &mut progress)?;
        if CANCEL.load(std::sync::atomic::Ordering::SeqCst) {
            return super::run::ended(&outcome).map(|()| Vec::new());
        }
        let finding = |task: &TaskId| {
            let address = &opened.plan.tasks[*task].address;
            match &outcome.past[*task] {
                Some(past) => self.judge(past, lock, store, fresh),
                None => Finding::of(address, Verdict::NotMade, failures.get(address).cloned()),
            }
        };
        Ok(drawn.iter().map(finding).collect())
    }

    /// Every task from its recorded inputs.
    fn each(
        &self,
        opened: &Opened,
        store: &Store,
        fresh: &Store,
        lock: &Lock,
        drawn: &[TaskId],
    ) -> Result<Vec<Finding>, Ended> {
        let tools = self.common.tools(&opened.machine);
        let budget = self.resources.budget(&opened.machine);
        let logs = super::logs(fresh, "verify");
        let shared = Shared { store: fresh, cancel: &CANCEL, tools: &tools, budget, logs };
        let mut progress = self.progress();
        progress.show(&Event::Planned { tasks: drawn.len() });
        let (sender, reports) = mpsc::channel();
        let findings = std::thread::scope(|scope| {
            let mut executor = Local::new(scope, &shared, sender);
            let mut findings = Vec::new();
            for (task, job) in recorded(&opened.plan, store) {
                if !drawn.contains(&task) {
                    continue;
                }
                let address = &opened.plan.tasks[task].address;
                let job = match job {
                    Ok(job) => job,
                    Err(reason) => {
                        findings.push(Finding::of(address, Verdict::NotMade, Some(reason)));
                        continue;
                    }
                };
                let mut observe = |event: &Event| progress.show(event);
                match anew(task, &job, store, fresh, &mut executor, &reports, &mut observe) {
                    Ok(done) => {
                        progress.show(&Event::Done {
                            task: address.clone(),
                            seconds: done.seconds,
                            items_executed: done.items.0,
                            items_cached: done.items.1,
                        });
                        let (recipe, key, output) = (job.recipe, job.key, done.output);
                        let past = Past { address: job.address, recipe, key, output, environment: done.environment };
                        findings.push(self.judge(&past, lock, store, fresh));
                    }
                    Err(AnewError::Input(error @ ImportError::Artifact(_))) => {
                        findings.push(Finding::of(address, Verdict::DamagedInput, Some(error.to_string())));
                    }
                    Err(error) => findings.push(Finding::of(address, Verdict::NotMade, Some(error.to_string()))),
                }
            }
            findings
        });
        progress.show(&Event::Finished(crate::event::Summary::default()));
        Ok(findings)
    }

    fn judge(&self, past: &Past, lock: &Lock, store: &Store, fresh: &Store) -> Finding {
        let Some(locked) = lock.task.get(&past.address) else {
            return Finding::of(&past.address, Verdict::NotLocked, None);
        };
        let anew = Locked::of(past, fresh);
        let Ok(now) = fresh.folder(&past.output) else { return Finding::of(&past.address, Verdict::NotMade, None) };
        let before = store.folder(&locked.output).ok();
        let before = before.as_ref().map(|folder| folder as &dyn crate::artifact::Folder);
        let verdict = verdict::of_task(locked, &anew, before, &now, self.tolerance);
        let remark = (verdict == Verdict::OtherRecipe)
            .then(|| "the experiment or its data changed since the lock was written".to_owned());
        let numbers = verdict::of_numbers(locked, &anew, self.tolerance);
        Finding { address: past.address.clone(), verdict, numbers, remark }
    }

    fn tell(&self, findings: &[Finding]) -> Result<(), Ended> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut numbers, mut wrong) = (0, 0);
        for finding in findings {
            *counts.entry(finding.verdict.words()).or_default() += 1;
            numbers += finding.numbers.len();
            let off: Vec<_> =
                finding.numbers.iter().filter(|(_, _, _, verdict)| *verdict != Verdict::Identical).collect();
            wrong += off.iter().filter(|(_, _, _, verdict)| !verdict.is_fine()).count();
            if self.common.json {
                let line = serde_json::json!({
                    "event": "verified", "task": finding.address, "verdict": finding.verdict.words(),
                    "remark": finding.remark, "numbers": finding.numbers.len(),
                    "off": off.iter().map(|(name, then, now, verdict)| serde_json::json!({
                        "number": name, "lock": then, "now": now, "verdict": verdict.words(),
                    })).collect::<Vec<_>>(),
                });
                say!("{line}");
                continue;
            }
            let remark = finding.remark.as_ref().map_or(String::new(), |remark| format!("  ({remark})"));
            say!("{:<17} {}{remark}", finding.verdict.words(), finding.address);
            for (name, then, now, verdict) in off {
                say!("  {:<15} {name}  {} → {}", verdict.words(), diff::number(*then), diff::number(*now));
            }
        }
        let fine = wrong == 0 && findings.iter().all(|finding| finding.verdict.is_fine());
        if self.common.json {
            let line = serde_json::json!({
                "event": "finished", "verdicts": counts, "numbers": numbers, "numbers_off": wrong, "borne_out": fine,
            });
            say!("{line}");
        } else {
            let parts: Vec<String> = counts.iter().map(|(words, count)| format!("{count} {words}")).collect();
            say!("{}; {numbers} reported numbers, {wrong} of them not as locked", parts.join(", "));
        }
        if fine { Ok(()) } else { Err(Ended(DIFFERENT)) }
    }
}

/// Shows what happens and remembers why tasks failed.
struct Listening<'a> {
    shown: Box<dyn Progress>,
    failures: &'a mut BTreeMap<String, String>,
}

impl Progress for Listening<'_> {
    fn show(&mut self, event: &Event) {
        if let Event::Failed { task, message } = event {
            self.failures.insert(task.clone(), message.clone());
        }
        self.shown.show(event);
    }
}
