//! Checkpoints of a training, in the store's scratch.

use std::{
    cell::Cell,
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{model::Keeper, stage::Context};

/// Keeps a checkpoint every so many seconds. Where it can't, the training goes on without.
pub(super) struct Scratch<'c, 'a> {
    context: &'c Context<'a>,
    environment: BTreeMap<String, String>,
    last: Cell<Instant>,
    every: Duration,
}

impl<'c, 'a> Scratch<'c, 'a> {
    pub(super) fn new(context: &'c Context<'a>) -> Self {
        let environment = crate::stage::environment(context.job, context.tools);
        Self { context, environment, last: Cell::new(Instant::now()), every: context.checkpoint_every }
    }

    /// Once the training is done.
    pub(super) fn clear(&self) {
        self.context.store.drop_checkpoint(&self.context.job.key);
    }
}

impl Keeper for Scratch<'_, '_> {
    fn last(&self) -> Option<Vec<u8>> {
        self.context.store.checkpoint(&self.context.job.key, &self.environment)
    }

    fn is_due(&self, _update: u64) -> bool {
        self.last.get().elapsed() >= self.every
    }

    fn keep(&self, bytes: Vec<u8>) {
        if let Err(error) = self.context.store.keep_checkpoint(&self.context.job.key, &self.environment, &bytes) {
            self.context.log(format!("no checkpoint was kept: {error}"));
        }
        self.last.set(Instant::now());
    }
}
