//! Recording what was made, several tasks at a time: bringing bytes to the disk takes longer than many a task.

use std::time::{Duration, Instant};

use super::{Event, Job, Phase, Run, State, TaskId};
use crate::{
    executor::Done,
    recipe::Digest,
    store::{Kept, Made, New, Record, Reservation},
};

/// What was made waits so long for others.
const GROUP_FOR: Duration = Duration::from_millis(50);
/// And for no more than so many.
const GROUP_OF: usize = 1024;

/// Tasks that ran and are not recorded yet.
#[derive(Debug, Default)]
pub(super) struct Unkept {
    tasks: Vec<Waiting>,
    since: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    task: TaskId,
    event: Event,
    new: New,
    _reservation: Reservation,
}

impl Unkept {
    pub(super) fn is_due(&self) -> bool {
        self.tasks.len() >= GROUP_OF || self.since.is_some_and(|since| since.elapsed() >= GROUP_FOR)
    }

    pub(super) fn patience(&self) -> Duration {
        self.since.map_or(Duration::MAX, |since| GROUP_FOR.saturating_sub(since.elapsed()))
    }
}

impl Run<'_> {
    /// Takes note of what a task made. What reads it can begin; that it is done is said once it is recorded.
    pub(super) fn done(&mut self, task: TaskId, job: Job, reservation: Reservation, done: Done) {
        self.summary.items_executed += done.items.0;
        self.summary.items_cached += done.items.1;
        let record = Record {
            key: job.key,
            output: done.output,
            seconds: done.seconds,
            environment: done.environment.clone(),
            note: done.note,
        };
        let made = Made::Tree { tree: done.tree, recipe: job.recipe.canonical() };
        let event = Event::Done {
            task: job.address.clone(),
            seconds: done.seconds,
            items_executed: done.items.0,
            items_cached: done.items.1,
        };
        self.unkept.since.get_or_insert_with(Instant::now);
        self.unkept.tasks.push(Waiting { task, event, new: New { record, made }, _reservation: reservation });
        let mut output = done.output;
        if let Some(first) = self.store.finished(&job.key).filter(|first| first.output != output) {
            self.warn_differs(&job.address, output, first.output);
            output = first.output;
        }
        self.know(task, job, output, done.environment);
    }

    /// Records everything that was made.
    pub(super) fn keep_all(&mut self) {
        let waiting = std::mem::take(&mut self.unkept);
        if waiting.tasks.is_empty() {
            return;
        }
        let begun = Instant::now();
        let new = waiting.tasks.iter().map(|waiting| waiting.new.clone()).collect();
        let kept = self.store.commit(new, self.options.strict_environment);
        self.timings.add(Phase::Record, begun);
        match kept {
            Err(error) => {
                let message = error.to_string();
                for waiting in waiting.tasks {
                    self.past[waiting.task] = None;
                    self.trace.remove(&self.plan.tasks[waiting.task].address);
                    self.states[waiting.task] = State::Waiting;
                    self.fail(waiting.task, message.clone(), false);
                }
            }
            Ok(fates) => {
                for (waiting, fate) in waiting.tasks.into_iter().zip(fates) {
                    if let Kept::Differs(first) = fate {
                        self.differs(waiting.task, &first);
                    }
                    self.summary.executed += 1;
                    (self.observe)(&waiting.event);
                }
            }
        }
    }

    /// Another process recorded another output in the meantime: what was made from this one runs again next time.
    fn differs(&mut self, task: TaskId, first: &Record) {
        let address = self.plan.tasks[task].address.clone();
        let Some(past) = self.past[task].as_mut().filter(|past| past.output != first.output) else { return };
        let second = std::mem::replace(&mut past.output, first.output);
        if let Some(step) = self.trace.get_mut(&address) {
            step.output = first.output;
        }
        self.warn_differs(&address, second, first.output);
    }

    fn warn_differs(&mut self, address: &str, second: Digest, first: Digest) {
        let message = format!(
            "the same recipe made another output before ({} then, {} now): it is not deterministic; the first is kept",
            first.short(),
            second.short()
        );
        (self.observe)(&Event::Warning { task: address.to_owned(), message });
    }
}
