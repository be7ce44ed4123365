//! Starting tasks: here, where there is room and nobody else runs them, or waiting for who does.

use std::time::Duration;

use super::{Executor, Job, Reservation, Reserved, Run, TaskId};

/// How often it is looked whether another process has finished a task.
const LOOK_EVERY: Duration = Duration::from_millis(40);

impl Run<'_> {
    /// Starts what there is room for. The first that doesn't fit waits, and all behind it, so that a job that wants
    /// every thread gets its turn.
    pub(super) fn start(&mut self, executor: &mut dyn Executor) {
        while let Some((_, job)) = self.queue.front() {
            if self.stopped {
                let (task, _) = self.queue.pop_front().unwrap_or_else(|| unreachable!("it was there"));
                self.skip(task, None);
                continue;
            }
            if !executor.fits(job) {
                return;
            }
            let Some((task, job)) = self.queue.pop_front() else { return };
            match self.store.reserve(&job.key) {
                Ok(Reserved::Here(reservation)) => self.begin(task, job, reservation, executor),
                Ok(Reserved::Elsewhere) => self.elsewhere.push((task, job)),
                Err(error) => self.fail(task, error.to_string(), false),
            }
        }
    }

    fn begin(&mut self, task: TaskId, job: Job, reservation: Reservation, executor: &mut dyn Executor) {
        // Another process may have recorded it since it was looked up; now nobody else can.
        if !self.options.force
            && self.store.refresh().is_ok()
            && let Some(record) = self.found(&job)
        {
            drop(reservation);
            return self.cached(task, job, record);
        }
        executor.start(task, job.clone(), self.queue.is_empty());
        self.running.insert(task, (job, reservation));
    }

    /// Takes note of what other processes finished, and takes over what they left.
    pub(super) fn look_elsewhere(&mut self) {
        if self.elsewhere.is_empty() {
            return;
        }
        if self.store.refresh().is_err() {
            return;
        }
        for (task, job) in std::mem::take(&mut self.elsewhere) {
            if self.stopped {
                self.skip(task, None);
                continue;
            }
            match self.found(&job) {
                Some(record) if !self.options.force => self.cached(task, job, record),
                // It goes through the queue again, where it is reserved or found held once more.
                _ => self.queue.push_back((task, job)),
            }
        }
    }

    /// How long to wait for news at most.
    pub(super) fn patience(&self) -> Duration {
        let elsewhere = if self.elsewhere.is_empty() { Duration::from_secs(3600) } else { LOOK_EVERY };
        self.unkept.patience().min(elsewhere)
    }
}
