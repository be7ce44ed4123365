//! Which tasks can be decided: those whose upstream is known, in the plan's order.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::plan::{Plan, TaskId};

/// Counts, for every task, the inputs that are not known yet.
#[derive(Debug)]
pub(super) struct Ready {
    /// Distinct tasks each one reads that are not known.
    open: Vec<usize>,
    /// The tasks that read each one.
    readers: Vec<Vec<TaskId>>,
    /// Position of each task in the plan's order.
    position: Vec<usize>,
    heap: BinaryHeap<Reverse<(usize, TaskId)>>,
}

impl Ready {
    /// Over the tasks that are wanted.
    pub(super) fn new(plan: &Plan, wanted: &[bool]) -> Self {
        let count = plan.tasks.len();
        let mut ready = Self {
            open: vec![0; count],
            readers: vec![Vec::new(); count],
            position: vec![0; count],
            heap: BinaryHeap::new(),
        };
        for (position, &task) in plan.order.iter().enumerate() {
            ready.position[task] = position;
            if !wanted[task] {
                continue;
            }
            for from in distinct(plan, task) {
                ready.readers[from].push(task);
                ready.open[task] += 1;
            }
            if ready.open[task] == 0 {
                ready.push(task);
            }
        }
        ready
    }

    /// A task to be decided, or decided again.
    pub(super) fn push(&mut self, task: TaskId) {
        self.heap.push(Reverse((self.position[task], task)));
    }

    /// Whether no task can be decided.
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The next task that can be decided.
    pub(super) fn pop(&mut self) -> Option<TaskId> {
        self.heap.pop().map(|Reverse((_, task))| task)
    }

    /// Something is known of a task: those that wait for nothing else can be decided.
    pub(super) fn settled(&mut self, task: TaskId) {
        for reader in std::mem::take(&mut self.readers[task]) {
            self.open[reader] -= 1;
            if self.open[reader] == 0 {
                self.push(reader);
            }
        }
    }

    /// What was known of `from` no longer is, and `task` has to wait for it.
    pub(super) fn wait_again(&mut self, task: TaskId, from: TaskId) {
        self.readers[from].push(task);
        self.open[task] += 1;
    }
}

fn distinct(plan: &Plan, task: TaskId) -> Vec<TaskId> {
    let mut from = plan.upstream(task);
    from.sort_unstable();
    from.dedup();
    from
}
