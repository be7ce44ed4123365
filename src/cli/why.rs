//! `crowdline why`.

use clap::Args;

use super::{Common, Ended, Opened, shown};
use crate::{
    plan::TaskId,
    recipe::Change,
    schedule::explain::{Cause, Outlook, explain, place, readable},
};

#[derive(Debug, Args)]
pub(super) struct Why {
    #[command(flatten)]
    common: Common,
    /// The stage or task, such as `classifier` or `classifier[fold=0]`.
    task: String,
}

impl Why {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let wanted = opened.find(std::slice::from_ref(&self.task))?;
        let store = self.common.store(&opened.machine)?;
        let prospects = explain(&opened.plan, &store, &opened.source.name());
        for prospect in prospects.iter().filter(|prospect| wanted.contains(&prospect.task)) {
            let address = &opened.plan.tasks[prospect.task].address;
            let lines = match &prospect.cause {
                None => Vec::new(),
                Some(Cause::Changed(changes)) => {
                    changes.iter().map(|change| told(&opened, prospect.task, change)).collect()
                }
                Some(cause) => vec![brief(&opened, prospect.task, cause)],
            };
            if self.common.json {
                let line = serde_json::json!({
                    "event": "task", "task": address, "state": prospect.outlook, "causes": lines,
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
            for line in lines {
                say!("  {line}");
            }
        }
        Ok(())
    }
}

/// A cause in a few words.
pub(super) fn brief(opened: &Opened, task: TaskId, cause: &Cause) -> String {
    match cause {
        Cause::NeverRan => "never ran".to_owned(),
        Cause::OutputGone => "its output is gone or damaged".to_owned(),
        Cause::Upstream(tasks) => {
            let more = if tasks.len() > 2 { format!(" and {} more", tasks.len() - 2) } else { String::new() };
            format!("depends on the content of {}{more}", tasks[..tasks.len().min(2)].join(", "))
        }
        Cause::Unreadable(message) => message.clone(),
        Cause::Changed(changes) => {
            let names: Vec<String> = changes.iter().map(|change| field(opened, task, change)).collect();
            format!("changed: {}", names.join(", "))
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

fn told(opened: &Opened, task: TaskId, change: &Change) -> String {
    let source = &opened.source;
    let at =
        place(&opened.plan, task, &change.field).map_or(String::new(), |span| match source.override_at(span.start) {
            Some(_) => "--set  ".to_owned(),
            None => format!("{}:{}  ", shown(&source.path), source.line(span.start)),
        });
    let content = if change.field.starts_with("inputs.") { "content " } else { "" };
    // A recipe leaves defaults out; where the file says one, it is shown as written.
    let written =
        |field: &str| opened.plan.tasks[task].places.get(field).map(|span| source.text[span.clone()].to_owned());
    let new = match (&change.new, change.field.strip_prefix("parameters.").and_then(written)) {
        (None, Some(written)) => written,
        (new, _) => readable(new.as_ref()),
    };
    let old = readable(change.old.as_ref());
    format!("{at}{}  {content}{old} → {new}", field(opened, task, change))
}
