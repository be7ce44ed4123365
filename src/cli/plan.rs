//! `crowdline plan`.

use std::collections::BTreeMap;

use clap::Args;

use super::{Common, Ended, why};
use crate::{
    progress::duration,
    schedule::explain::{Outlook, Prospect, explain},
};

#[derive(Debug, Args)]
pub(super) struct PlanCommand {
    #[command(flatten)]
    common: Common,
    /// List cached tasks too.
    #[arg(long, short)]
    verbose: bool,
}

impl PlanCommand {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let store = self.common.store(&opened.machine)?;
        let prospects = explain(&opened.plan, &store, &opened.source.name());
        for prospect in &prospects {
            let address = &opened.plan.tasks[prospect.task].address;
            let cause = prospect.cause.as_ref().map(|cause| why::brief(&opened, prospect.task, cause));
            if self.common.json {
                let line = serde_json::json!({
                    "event": "task", "task": address, "state": prospect.outlook, "cause": cause,
                    "seconds": prospect.seconds,
                });
                say!("{line}");
            } else if prospect.outlook != Outlook::Cached || self.verbose {
                let state = match prospect.outlook {
                    Outlook::Cached => "cached",
                    Outlook::Run => "run",
                    Outlook::WaitsOnContent => "waits",
                };
                say!("{state:<7} {address}{}", cause.map_or(String::new(), |cause| format!("  ({cause})")));
            }
        }
        let of = |outlook| prospects.iter().filter(move |prospect| prospect.outlook == outlook).count();
        let (cached, run, waits) = (of(Outlook::Cached), of(Outlook::Run), of(Outlook::WaitsOnContent));
        let (seconds, unknown) = price(&opened.plan, &prospects);
        if self.common.json {
            let line = serde_json::json!({
                "event": "planned", "cached": cached, "run": run, "waits-on-content": waits,
                "seconds": seconds, "tasks_of_unknown_time": unknown,
            });
            say!("{line}");
            return Ok(());
        }
        let mut line = format!("{run} to run, {waits} waiting on content, {cached} cached");
        if run + waits > 0 && seconds > 0.0 {
            line += &format!("; about {} of work if everything waiting changes", duration(seconds));
        }
        if unknown > 0 && run + waits > 0 {
            line += &format!("; {unknown} never ran, so their time is unknown");
        }
        say!("{line}");
        Ok(())
    }
}

/// Seconds of work, from the last time at the same address or the mean of the stage; and how many tasks have neither.
fn price(plan: &crate::plan::Plan, prospects: &[Prospect]) -> (f64, usize) {
    let mut stages: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for prospect in prospects {
        if let Some(seconds) = prospect.seconds {
            stages.entry(&plan.tasks[prospect.task].stage).or_default().push(seconds);
        }
    }
    let mut sum = 0.0;
    let mut unknown = 0;
    for prospect in prospects.iter().filter(|prospect| prospect.outlook != Outlook::Cached) {
        let stage = stages.get(plan.tasks[prospect.task].stage.as_str());
        match prospect.seconds.or_else(|| stage.map(|all| all.iter().sum::<f64>() / all.len() as f64)) {
            Some(seconds) => sum += seconds,
            None => unknown += 1,
        }
    }
    (sum, unknown)
}
