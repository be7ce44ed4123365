//! `crowdline check`.

use std::collections::BTreeSet;

use clap::Args;

use super::{Common, Ended, WRONG};
use crate::schedule::explain::Cause;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    common: Common,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let store = self.common.store(&opened.machine)?;
        let problems: BTreeSet<String> = self
            .common
            .explain(&opened, &store)
            .into_iter()
            .filter_map(|prospect| match prospect.cause {
                Some(Cause::Unreadable(message)) => {
                    Some(format!("{}: {message}", opened.plan.tasks[prospect.task].stage))
                }
                _ => None,
            })
            .collect();
        for problem in &problems {
            if self.common.json {
                say!("{}", serde_json::json!({"event": "error", "message": problem}));
            } else {
                tell!("error: {problem}");
            }
        }
        if !problems.is_empty() {
            return Err(Ended(WRONG));
        }
        let stages: BTreeSet<&str> = opened.plan.tasks.iter().map(|task| task.stage.as_str()).collect();
        let (tasks, stages) = (opened.plan.tasks.len(), stages.len());
        if self.common.json {
            say!("{}", serde_json::json!({"event": "checked", "stages": stages, "tasks": tasks}));
        } else {
            say!("ok: {stages} stages, {tasks} tasks");
        }
        Ok(())
    }
}
