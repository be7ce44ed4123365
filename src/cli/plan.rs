//! `crowdline plan`.

use std::collections::BTreeMap;

use clap::Args;

use super::{Common, Ended, Opened, why};
use crate::{
    progress::duration,
    schedule::explain::{Looking, Outlook, Prospect, explain},
    stage,
};

#[derive(Debug, Args)]
pub(super) struct PlanCommand {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    assume: Assume,
    /// List cached tasks too.
    #[arg(long, short)]
    verbose: bool,
}

/// How the run would be called.
#[derive(Debug, Args)]
pub(super) struct Assume {
    /// As if the run were called with `--force`.
    #[arg(long)]
    force: bool,
    /// As if the run were called with `--strict-environment`.
    #[arg(long)]
    strict_environment: bool,
}

impl Assume {
    pub(super) fn looking(&self) -> Looking {
        Looking { force: self.force, strict_environment: self.strict_environment }
    }
}

impl PlanCommand {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let store = self.common.store(&opened.machine)?;
        let tools = self.common.tools(&opened.machine);
        let prospects = explain(&opened.plan, &store, &tools, &opened.source.name(), self.assume.looking());
        for prospect in &prospects {
            self.line(&opened, prospect);
        }
        let price = Price::of(&opened, &prospects);
        if self.common.json {
            say!("{}", price.json());
        } else {
            say!("{}", price.text());
        }
        Ok(())
    }

    fn line(&self, opened: &Opened, prospect: &Prospect) {
        let address = &opened.plan.tasks[prospect.task].address;
        let mut cause = prospect.cause.as_ref().map(|cause| why::brief(opened, prospect.task, cause));
        if self.common.json {
            let line = serde_json::json!({
                "event": "task", "task": address, "state": prospect.outlook, "cause": cause,
                "causes": why::causes(opened, prospect), "seconds": prospect.seconds,
                "items": prospect.items.map(|items| [items.missing, items.total]),
            });
            say!("{line}");
            return;
        }
        if prospect.outlook == Outlook::Cached && !prospect.environment.is_empty() {
            let names: Vec<&str> = prospect.environment.iter().map(|(name, _, _)| name.as_str()).collect();
            cause = Some(format!("made in another environment: {}", names.join(", ")));
        } else if prospect.outlook == Outlook::Cached && !self.verbose {
            return;
        }
        let state = match prospect.outlook {
            Outlook::Cached => "cached",
            Outlook::Run => "run",
            Outlook::WaitsOnContent => "waits",
        };
        let items = prospect.items.filter(|items| items.missing < items.total);
        let items = items.map_or(String::new(), |items| {
            format!("  {} of {} {}", thousands(items.missing), thousands(items.total), items.unit)
        });
        say!("{state:<7} {address}{items}{}", cause.map_or(String::new(), |cause| format!("  ({cause})")));
    }
}

/// What a run would cost.
#[derive(Debug, Default)]
struct Price {
    cached: usize,
    run: usize,
    waits: usize,
    /// Seconds of work: of what is sure to run, and of what waits on content.
    seconds: [f64; 2],
    /// Tasks of which no time is known.
    unknown: usize,
    /// What is sure to run, by kind: in words.
    parts: Vec<String>,
}

impl Price {
    /// From the last time at the same address, or the mean of the stage.
    fn of(opened: &Opened, prospects: &[Prospect]) -> Self {
        let plan = &opened.plan;
        let mut stages: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for prospect in prospects {
            if let Some(seconds) = prospect.seconds {
                stages.entry(&plan.tasks[prospect.task].stage).or_default().push(seconds);
            }
        }
        let mut price = Self::default();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for prospect in prospects {
            let task = &plan.tasks[prospect.task];
            let waits = match prospect.outlook {
                Outlook::Cached => {
                    price.cached += 1;
                    continue;
                }
                Outlook::Run => {
                    price.run += 1;
                    0
                }
                Outlook::WaitsOnContent => {
                    price.waits += 1;
                    1
                }
            };
            let mean = stages.get(task.stage.as_str()).map(|all| all.iter().sum::<f64>() / all.len() as f64);
            let of_items = prospect.items.and_then(|items| items.seconds);
            match of_items.or(prospect.seconds).or(mean) {
                Some(seconds) => price.seconds[waits] += seconds,
                None => price.unknown += 1,
            }
            if waits == 0 {
                match prospect.items {
                    Some(items) => price.parts.push(format!(
                        "{} of {} {} to {}",
                        thousands(items.missing),
                        thousands(items.total),
                        items.unit,
                        task.kind.name()
                    )),
                    None => *kinds.entry(task.kind.name()).or_default() += 1,
                }
            }
        }
        price.parts.extend(kinds.into_iter().map(|(kind, count)| {
            let nouns = stage::find(kind).map_or(["task", "tasks"], stage::Stage::nouns);
            format!("{} {}", thousands(count), nouns[usize::from(count != 1)])
        }));
        price
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "event": "planned", "cached": self.cached, "run": self.run, "waits-on-content": self.waits,
            "seconds": self.seconds[0], "seconds_if_content_changes": self.seconds[0] + self.seconds[1],
            "tasks_of_unknown_time": self.unknown,
        })
    }

    fn text(&self) -> String {
        let (run, waits, cached) = (thousands(self.run), thousands(self.waits), thousands(self.cached));
        let mut text = format!("{run} to run, {waits} waiting on content, {cached} cached");
        if self.run + self.waits == 0 {
            return text;
        }
        let [sure, perhaps] = self.seconds;
        let mut parts = self.parts.clone();
        if sure > 0.0 {
            parts.push(format!("about {} of work", duration(sure)));
        }
        text += &format!("\n{}", parts.join(", "));
        if self.waits > 0 && perhaps > 0.0 {
            text += &format!("; {} more if everything that waits on content changes", duration(perhaps));
        }
        if self.unknown > 0 {
            let (count, verb) = (thousands(self.unknown), if self.unknown == 1 { "has" } else { "have" });
            text += &format!("; {count} {verb} never run, so their time is unknown");
        }
        text
    }
}

/// A count with its thousands set apart.
pub(super) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
