//! `crowdline why`.

use clap::Args;

use super::{Common, Ended, Opened, plan::Assume, shown};
use crate::{
    plan::TaskId,
    recipe::Change,
    schedule::explain::{Cause, Outlook, Prospect, Reason, explain, place, readable},
};

mod number;

#[derive(Debug, Args)]
pub(super) struct Why {
    #[command(flatten)]
    common: Common,
    /// The stage or task, such as `classifier` or `classifier[fold=0]`; or number:NAME for where a number of a report
    /// comes from.
    task: String,
    /// Of several reports, the one whose number it is.
    #[arg(long, value_name = "STAGE")]
    report: Option<String>,
    #[command(flatten)]
    assume: Assume,
}

impl Why {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let number = self.task.strip_prefix("number:");
        let wanted = if number.is_none() { opened.find(std::slice::from_ref(&self.task))? } else { Vec::new() };
        if number.is_none() && self.report.is_some() {
            let message = "--report chooses the report of a number: write `number:NAME`, as numbers.json names it";
            return Err(Ended::with(super::WRONG, message));
        }
        let store = self.common.store(&opened.machine)?;
        let tools = self.common.tools(&opened.machine);
        let prospects = explain(&opened.plan, &store, &tools, &opened.source.name(), self.assume.looking());
        if let Some(name) = number {
            return number::tell(&self.common, &opened, &store, &prospects, name, self.report.as_deref());
        }
        for prospect in prospects.iter().filter(|prospect| wanted.contains(&prospect.task)) {
            let address = &opened.plan.tasks[prospect.task].address;
            if self.common.json {
                let line = serde_json::json!({
                    "event": "task", "task": address, "state": prospect.outlook, "causes": causes(&opened, prospect),
                    "key": prospect.key, "output": prospect.output,
                });
                say!("{line}");
                continue;
            }
            let state = match prospect.outlook {
                Outlook::Cached => "up to date",
                Outlook::Run => "would run",
                Outlook::WaitsOnContent => "depends on what comes out upstream",
            };
            say!("{address}: {state}");
            for line in lines(&opened, prospect) {
                say!("  {line}");
            }
        }
        Ok(())
    }
}

/// Everything there is to say of a task, a line each.
fn lines(opened: &Opened, prospect: &Prospect) -> Vec<String> {
    let task = prospect.task;
    let differs =
        |(name, then, now): &(String, String, String)| format!("made in another environment: {name}  {then} → {now}");
    match &prospect.cause {
        None | Some(Cause::OtherEnvironment(_)) => prospect.environment.iter().map(differs).collect(),
        Some(Cause::Changed(changes)) => {
            changes.iter().map(|(reason, change)| told(opened, task, *reason, change)).collect()
        }
        Some(cause) => vec![brief(opened, task, cause)],
    }
}

/// The causes for programs: what kind of cause, and for a change the field, old and new value, file and line.
pub(super) fn causes(opened: &Opened, prospect: &Prospect) -> Vec<serde_json::Value> {
    use serde_json::json;
    let file = shown(&opened.source.path);
    match &prospect.cause {
        None => Vec::new(),
        Some(Cause::NeverRan) => vec![json!({"cause": "never-ran"})],
        Some(Cause::DamagedOutput) => vec![json!({"cause": "damaged-output"})],
        Some(Cause::Forced) => vec![json!({"cause": "forced"})],
        Some(Cause::Upstream(tasks)) => vec![json!({"cause": "upstream-output", "waits_on": tasks})],
        Some(Cause::Unreadable(message)) => vec![json!({"cause": "unreadable", "message": message})],
        Some(Cause::OtherEnvironment(differences)) => differences
            .iter()
            .map(|(name, then, now)| json!({"cause": "other-environment", "field": name, "old": then, "new": now}))
            .collect(),
        Some(Cause::Changed(changes)) => changes
            .iter()
            .map(|(reason, change)| {
                let span = place(&opened.plan, prospect.task, &change.field);
                let line = span.filter(|span| opened.source.override_at(span.start).is_none());
                let line = line.map(|span| opened.source.line(span.start));
                json!({
                    "cause": reason, "field": field(opened, prospect.task, change), "old": change.old, "new": change.new,
                    "file": line.map(|_| &file), "line": line,
                })
            })
            .collect(),
    }
}

/// A cause in a few words.
pub(super) fn brief(opened: &Opened, task: TaskId, cause: &Cause) -> String {
    match cause {
        Cause::NeverRan => "never ran".to_owned(),
        Cause::DamagedOutput => "damaged output: it is gone or not what it was".to_owned(),
        Cause::Forced => "forced".to_owned(),
        Cause::OtherEnvironment(differences) => {
            let names: Vec<&str> = differences.iter().map(|(name, _, _)| name.as_str()).collect();
            format!("other environment: {}", names.join(", "))
        }
        Cause::Upstream(tasks) => {
            let more = if tasks.len() > 2 { format!(" and {} more", tasks.len() - 2) } else { String::new() };
            let names: Vec<String> = tasks.iter().take(2).map(|task| format!("@{task}")).collect();
            format!("depends on the content of {}{more}", names.join(", "))
        }
        Cause::Unreadable(message) => message.clone(),
        Cause::Changed(changes) => {
            let names: Vec<String> = changes
                .iter()
                .map(|(reason, change)| format!("{} {}", reason.words(), field(opened, task, change)))
                .collect();
            names.join(", ")
        }
    }
}

/// A field's name as the experiment writes it.
fn field(opened: &Opened, task: TaskId, change: &Change) -> String {
    let task = &opened.plan.tasks[task];
    let stage = || format!("{}.{}", task.kind.name(), task.stage);
    match change.field.split_once('.') {
        Some(("parameters" | "inputs", name)) => format!("{}.{name}", stage()),
        Some(("methods", name)) => format!("version of {name}"),
        Some(("upstream", name)) => format!("recipe of {name}"),
        Some(("experiment", name)) => name.to_owned(),
        _ if change.field == "version" => format!("version of {}", task.kind.name()),
        _ => change.field.clone(),
    }
}

fn told(opened: &Opened, task: TaskId, reason: Reason, change: &Change) -> String {
    let source = &opened.source;
    let at =
        place(&opened.plan, task, &change.field).map_or(String::new(), |span| match source.override_at(span.start) {
            Some(_) => "--set  ".to_owned(),
            None => format!("{}:{}  ", shown(&source.path), source.line(span.start)),
        });
    // A recipe leaves defaults out; where the file says one, it is shown as written.
    let written =
        |field: &str| opened.plan.tasks[task].places.get(field).map(|span| source.text[span.clone()].to_owned());
    let new = match (&change.new, change.field.strip_prefix("parameters.").and_then(written)) {
        (None, Some(written)) => written,
        (new, _) => readable(new.as_ref()),
    };
    let old = readable(change.old.as_ref());
    format!("{at}{}  {old} → {new}  ({})", field(opened, task, change), reason.words())
}
