//! `crowdline verify`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{atomic::Ordering, mpsc},
};

use clap::Args;

use super::{
    Common, DIFFERENT, Ended, FAILED, Opened, WRONG, diff,
    machine::Machine,
    run::{CANCEL, Resources, execute},
    shown, watched,
};
use crate::{
    event::{Event, Summary},
    exchange::{self, ExchangeError},
    executor::local::{Local, Shared},
    job::{Job, Located, Past, Place},
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

/// What is verified against what.
struct Case {
    lock: Lock,
    /// What was made before; in a bundle, what it says was made.
    store: Store,
    /// The jobs with their recorded inputs, by address, or why there is none.
    jobs: Vec<(String, Result<Job, String>)>,
    machine: Machine,
    /// The experiment, where everything can be made from the raw files.
    whole: Option<Opened>,
}

impl Verify {
    pub(super) fn run(self) -> Result<(), Ended> {
        let scratch =
            tempfile::tempdir().map_err(|error| Ended::with(FAILED, format!("can't make a folder: {error}")))?;
        let is_archive = std::fs::File::open(&self.common.experiment)
            .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut [0; 2]).map(|()| file))
            .is_ok_and(|_| self.common.experiment.extension().is_some_and(|ending| ending == "zip"));
        let case = if is_archive { self.bundle(scratch.path())? } else { self.experiment()? };
        let fresh = Store::open(&scratch.path().join("cache")).map_err(|error| Ended::with(FAILED, error))?;
        let drawn = self.draw(&case);
        let mut findings = match &case.whole {
            Some(opened) if !self.each => self.chain(opened, &case, &fresh, &drawn, &scratch.path().join("reports"))?,
            _ => self.each(&case, &fresh, &drawn),
        };
        if self.sample.is_none() {
            let known: BTreeSet<&str> = case.jobs.iter().map(|(address, _)| address.as_str()).collect();
            let unplanned = case.lock.task.keys().filter(|address| !known.contains(address.as_str()));
            findings.extend(unplanned.map(|address| Finding::of(address, Verdict::NotPlanned, None)));
        }
        self.tell(&findings)
    }

    fn experiment(&self) -> Result<Case, Ended> {
        let opened = self.common.open()?;
        let store = self.common.store(&opened.machine)?;
        let path = Lock::path(&opened.source.path);
        let lock = Lock::read(&path).map_err(|error| Ended::with(WRONG, error))?.ok_or_else(|| {
            let remedy = format!("`crowdline run {}` writes it", shown(&opened.source.path));
            Ended::with(WRONG, format!("there is no lock {}: {remedy}", shown(&path)))
        })?;
        let address = |task: usize| opened.plan.tasks[task].address.clone();
        // What is recorded is only asked for where it is used: looking at every input takes its time.
        let jobs = if self.each {
            recorded(&opened.plan, &store).into_iter().map(|(task, job)| (address(task), job)).collect()
        } else {
            opened.plan.order.iter().map(|task| (address(*task), Err("it was not looked up".to_owned()))).collect()
        };
        Ok(Case { lock, store, jobs, machine: opened.machine.clone(), whole: Some(opened) })
    }

    fn bundle(&self, scratch: &Path) -> Result<Case, Ended> {
        let given = exchange::open(&self.common.experiment, scratch).map_err(|error| {
            let system = matches!(error, ExchangeError::Store(_) | ExchangeError::File { .. });
            Ended::with(if system { FAILED } else { DIFFERENT }, error)
        })?;
        if self.chain && !given.inputs {
            let message = "the bundle holds no raw files, so nothing can be made from them: leave out `--chain`";
            return Err(Ended::with(WRONG, message));
        }
        let machine = Machine::read().map_err(|message| Ended::with(WRONG, message))?;
        let whole = (self.chain && given.inputs)
            .then(|| {
                let common = Common { experiment: given.experiment.clone(), set: Vec::new(), ..self.common.clone() };
                common.open()
            })
            .transpose()?;
        let jobs = given.jobs.into_iter().map(|job| (job.address.clone(), readable(job))).collect();
        Ok(Case { lock: given.lock, store: given.store, jobs, machine, whole })
    }

    /// The tasks to be made anew: all, or some that anybody who has the lock draws as well.
    fn draw(&self, case: &Case) -> BTreeSet<String> {
        let text = case.lock.text();
        let mut tasks: Vec<String> = case.jobs.iter().map(|(address, _)| address.clone()).collect();
        if let Some(count) = self.sample {
            tasks.sort_by_cached_key(|address| Digest::of(format!("{address}{text}").as_bytes()));
            tasks.truncate(count);
        }
        tasks.into_iter().collect()
    }

    fn progress(&self) -> Box<dyn Progress> {
        if watched() && !self.common.json { Box::new(Bars::new(false)) } else { Box::new(Silent) }
    }

    /// Everything from the raw files.
    fn chain(
        &self,
        opened: &Opened,
        case: &Case,
        fresh: &Store,
        drawn: &BTreeSet<String>,
        reports: &Path,
    ) -> Result<Vec<Finding>, Ended> {
        let wanted = |task: &&TaskId| drawn.contains(&opened.plan.tasks[**task].address);
        let wanted: Vec<TaskId> = opened.plan.order.iter().filter(wanted).copied().collect();
        let options = Options {
            experiment: opened.source.name(),
            reports: reports.to_owned(),
            targets: wanted.clone(),
            force: false,
            fail_fast: false,
            strict_environment: false,
            asked: None,
        };
        let budget = self.resources.budget(&case.machine, self.common.tools(&case.machine).place);
        let mut failures: BTreeMap<String, String> = BTreeMap::new();
        let mut progress = Listening { shown: self.progress(), failures: &mut failures };
        let outcome = execute(&self.common, opened, fresh, budget, &options, &mut progress)?;
        if CANCEL.load(Ordering::SeqCst) {
            return super::run::ended(&outcome).map(|()| Vec::new());
        }
        let finding = |task: &TaskId| {
            let address = &opened.plan.tasks[*task].address;
            match &outcome.past[*task] {
                Some(past) => self.judge(past, case, fresh),
                None => Finding::of(address, Verdict::NotMade, failures.get(address).cloned()),
            }
        };
        Ok(wanted.iter().map(finding).collect())
    }

    /// Every task from its recorded inputs.
    fn each(&self, case: &Case, fresh: &Store, drawn: &BTreeSet<String>) -> Vec<Finding> {
        let tools = self.common.tools(&case.machine);
        let budget = self.resources.budget(&case.machine, self.common.tools(&case.machine).place);
        let shared =
            Shared { store: fresh, cancel: &CANCEL, tools: &tools, budget, logs: super::logs(fresh, "verify") };
        let mut progress = self.progress();
        progress.show(&Event::Planned { tasks: drawn.len() });
        let (sender, reports) = mpsc::channel();
        let findings = std::thread::scope(|scope| {
            let mut executor = Local::new(scope, &shared, sender);
            let mut findings = Vec::new();
            let jobs = case.jobs.iter().filter(|(address, _)| drawn.contains(address));
            for (number, (address, job)) in jobs.enumerate() {
                let job = match job {
                    Ok(job) => job,
                    Err(reason) => {
                        let verdict = if case.whole.is_none() { Verdict::NotChecked } else { Verdict::NotMade };
                        findings.push(Finding::of(address, verdict, Some(reason.clone())));
                        continue;
                    }
                };
                let made =
                    anew(number, job, &case.store, fresh, &mut executor, &reports, &mut |event| progress.show(event));
                match made {
                    Ok(done) => {
                        let (task, seconds, items) = (address.clone(), done.seconds, done.items);
                        progress.show(&Event::Done { task, seconds, items_executed: items.0, items_cached: items.1 });
                        let past = job.clone().past(done.output, done.environment);
                        findings.push(self.judge(&past, case, fresh));
                    }
                    Err(AnewError::Input(error @ ImportError::Artifact(_))) => {
                        findings.push(Finding::of(address, Verdict::DamagedInput, Some(error.to_string())));
                    }
                    Err(error) => findings.push(Finding::of(address, Verdict::NotMade, Some(error.to_string()))),
                }
            }
            findings
        });
        progress.show(&Event::Finished(Summary::default()));
        findings
    }

    fn judge(&self, past: &Past, case: &Case, fresh: &Store) -> Finding {
        let Some(locked) = case.lock.task.get(&past.address) else {
            return Finding::of(&past.address, Verdict::NotLocked, None);
        };
        let anew = Locked::of(past, fresh);
        let Ok(now) = fresh.folder(&past.output) else { return Finding::of(&past.address, Verdict::NotMade, None) };
        let before = case.store.folder(&locked.output).ok();
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

/// A job of a bundle, unless it reads raw files that are not in it.
fn readable(job: Job) -> Result<Job, String> {
    let missing = job.inputs.values().flatten().find_map(|located| {
        match located {
            Located::Table(input) => Some(&input.place),
            Located::Handed(handed) => Some(&handed.place),
            Located::Tree { .. } => None,
        }
        .filter(|place| matches!(place, Place::File(path) if !path.exists()))
    });
    match missing {
        Some(Place::File(path)) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Err(format!("it reads the raw file `{name}`, which is not in the bundle"))
        }
        _ => Ok(job),
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
