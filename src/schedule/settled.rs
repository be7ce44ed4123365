//! The short way: when nothing a run relied on looks different, it would end as it did.

use std::path::Path;

use super::{Run, State, report_folder};
use crate::{
    event::{Event, Summary},
    recipe::Digest,
    stage, store,
};

/// Ends a run before it begins, where nothing has changed since one that asked for the same and found or made everything.
pub fn settled(root: &Path, asked: &Digest, observe: &mut dyn FnMut(&Event)) -> Option<Summary> {
    let settled = store::settled(root, asked)?;
    observe(&Event::Planned { tasks: settled.addresses.len() });
    let summary = Summary { cached: settled.addresses.len(), ..Summary::default() };
    let mut shown = settled.shown.into_iter().peekable();
    for task in settled.addresses {
        let written = shown.next_if(|(address, _)| *address == task);
        observe(&Event::Cached { task });
        if let Some((task, path)) = written {
            observe(&Event::Written { task, path, files: 0 });
        }
    }
    observe(&Event::Finished(summary));
    Some(summary)
}

impl Run<'_> {
    /// Leaves a note for [`settled`] where there is nothing left to do.
    pub(super) fn settle(&self) {
        let done = self.states.iter().all(|state| matches!(state, State::Known | State::Unwanted));
        let Some(asked) = self.options.asked.filter(|_| done && !self.stopped) else { return };
        let tasks = self.plan.order.iter().filter(|task| self.states[**task] == State::Known);
        let addresses: Vec<String> = tasks.clone().map(|task| self.plan.tasks[*task].address.clone()).collect();
        let is_shown = |task: &&usize| stage::find(self.plan.tasks[**task].kind.name()).is_some_and(|s| s.is_shown());
        let page = |address: &String| report_folder(self.options, address).join("index.html");
        let shown = tasks.filter(is_shown).map(|task| &self.plan.tasks[*task].address);
        let shown = shown.map(|address| (address.clone(), page(address))).collect();
        self.store.settle(&asked, &self.options.experiment, addresses, shown);
    }
}
