//! `crowdline why EXPERIMENT number:NAME`: where a number of a report comes from.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    artifact::Folder as _,
    cli::{Common, Ended, FAILED, Opened, WRONG, shown},
    name::{nearest, quoted},
    plan::Origin,
    recipe::Digest,
    schedule::explain::{Outlook, Prospect},
    stage,
    store::Store,
};

/// Names that are shown where a name is none.
const NEAR: usize = 12;

/// A report that was made: its address, whether it is what a run would make now, and what it says of numbers.
struct Made {
    address: String,
    up_to_date: bool,
    numbers: Vec<Value>,
    chains: Chains,
}

/// `chains.json`.
#[derive(Deserialize)]
struct Chains {
    tasks: Vec<Task>,
    chains: Vec<Chain>,
}

#[derive(Deserialize, serde::Serialize)]
struct Task {
    address: String,
    kind: String,
    method: String,
    key: Digest,
    output: Digest,
    environment: String,
    reads: Vec<Read>,
}

#[derive(Deserialize, serde::Serialize)]
struct Read {
    port: String,
    from: Option<String>,
    content: Digest,
}

#[derive(Deserialize)]
struct Chain {
    name: String,
    task: String,
    files: Vec<String>,
    facts: Vec<(String, String)>,
    tasks: Vec<usize>,
    beside: Vec<usize>,
}

/// Tells of the number of that name, in the report of that name where there are several.
pub(super) fn tell(
    common: &Common,
    opened: &Opened,
    store: &Store,
    prospects: &[Prospect],
    name: &str,
    report: Option<&str>,
) -> Result<(), Ended> {
    let made = reports(opened, store, prospects, report)?;
    let found = made.iter().filter_map(|made| Some((made, made.numbers.iter().find(|number| number["name"] == name)?)));
    match found.collect::<Vec<_>>().as_slice() {
        [(made, number)] => {
            say(common, opened, made, number);
            Ok(())
        }
        [] => Err(Ended::with(WRONG, unknown(&made, name))),
        several => {
            let names: Vec<&str> = several.iter().map(|(made, _)| made.address.as_str()).collect();
            let first = names[0];
            let message =
                format!("number `{name}` is in the reports {}: choose with `--report {first}`", quoted(&names));
            Err(Ended::with(WRONG, message))
        }
    }
}

/// The reports that were made, as they are now or as the last run left them.
fn reports(opened: &Opened, store: &Store, prospects: &[Prospect], wanted: Option<&str>) -> Result<Vec<Made>, Ended> {
    let fail = |error: &dyn std::fmt::Display| Ended::with(FAILED, error);
    let chosen = wanted.map(|name| opened.find(&[name.to_owned()])).transpose()?;
    let trace = store.trace(&opened.source.name());
    let (mut made, mut asked) = (Vec::new(), Vec::new());
    for prospect in prospects {
        let task = &opened.plan.tasks[prospect.task];
        let tells = stage::find(task.kind.name()).is_some_and(|stage| stage.is_shown());
        if !tells || chosen.as_ref().is_some_and(|chosen| !chosen.contains(&prospect.task)) {
            continue;
        }
        asked.push(task.address.as_str());
        let up_to_date = prospect.outlook == Outlook::Cached;
        let last = trace.get(&task.address).map(|step| step.output).filter(|output| store.tree(output).is_ok());
        let Some(output) = prospect.output.or(last) else { continue };
        let folder = store.folder(&output).map_err(|error| fail(&error))?;
        if !folder.tree().files.contains_key("chains.json") {
            let remedy = format!("`crowdline run {}` makes it again", shown(&opened.source.path));
            return Err(fail(&format!(
                "report `{}` does not tell where its numbers come from; {remedy}",
                task.address
            )));
        }
        let text = |path: &str| folder.text(path).map_err(|error| fail(&error));
        let unreadable = |error: serde_json::Error| fail(&format!("report `{}`: {error}", task.address));
        made.push(Made {
            address: task.address.clone(),
            up_to_date,
            numbers: serde_json::from_str(&text("numbers.json")?).map_err(unreadable)?,
            chains: serde_json::from_str(&text("chains.json")?).map_err(unreadable)?,
        });
    }
    if asked.is_empty() {
        let message = match wanted {
            Some(name) => format!("`{name}` is no report"),
            None => "the experiment has no report: add a table such as `[report.paper]`".to_owned(),
        };
        return Err(Ended::with(WRONG, message));
    }
    if made.is_empty() {
        let run = format!("`crowdline run {}` makes it", shown(&opened.source.path));
        return Err(fail(&format!("{}: not made yet; {run}", quoted(&asked))));
    }
    Ok(made)
}

/// Names that begin so or are near, for a name that is none.
fn unknown(made: &[Made], name: &str) -> String {
    let mut names: Vec<&str> =
        made.iter().flat_map(|made| &made.numbers).filter_map(|number| number["name"].as_str()).collect();
    names.dedup();
    let holds: Vec<&str> = names.iter().copied().filter(|other| !name.is_empty() && other.contains(name)).collect();
    let remedy = match (holds.as_slice(), nearest(name, names.iter().copied())) {
        ([], Some(near)) => format!("did you mean `{near}`?"),
        ([], None) => "numbers.json of the report lists the names".to_owned(),
        (holds, _) => {
            let more = holds.len().saturating_sub(NEAR);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("names that hold it are {}{more}", quoted(holds.iter().take(NEAR)))
        }
    };
    format!("no number `{name}`: {remedy}")
}

fn say(common: &Common, opened: &Opened, made: &Made, number: &Value) {
    let chain = number["chain"].as_str().and_then(|name| made.chains.chains.iter().find(|chain| chain.name == name));
    let tasks =
        |places: &[usize]| -> Vec<&Task> { places.iter().filter_map(|at| made.chains.tasks.get(*at)).collect() };
    if common.json {
        let chain = chain.map(|chain| {
            let beside: Vec<&str> = tasks(&chain.beside).iter().map(|task| task.address.as_str()).collect();
            json!({
                "name": chain.name, "task": chain.task, "files": chain.files, "facts": chain.facts,
                "tasks": tasks(&chain.tasks), "beside": beside,
            })
        });
        let (report, up_to_date) = (&made.address, made.up_to_date);
        let line =
            json!({"event": "number", "report": report, "up_to_date": up_to_date, "number": number, "chain": chain});
        say!("{line}");
        return;
    }
    let text = |key: &str| number[key].as_str().unwrap_or_default();
    let value = |key: &str| number[key].as_f64().map(|value| value.to_string());
    let interval = value("low").zip(value("high")).map_or(String::new(), |(low, high)| format!(" [{low}, {high}]"));
    let unit = if text("unit").is_empty() { String::new() } else { format!(" {}", text("unit")) };
    say!("{}  {}{interval}{unit}", text("name"), value("value").unwrap_or_else(|| "without a value".to_owned()));
    let file = shown(&opened.source.path);
    if !made.up_to_date {
        say!("  report {} is out of date: `crowdline why {file} {}` says why", made.address, made.address);
    }
    let line = |name: &str, text: &str| say!("  {name:<14} {text}");
    if !text("what").is_empty() {
        line("what", text("what"));
    }
    let counted = |key: &str| number[key].as_u64().map(|count| format!("{count} {key}"));
    let sample: Vec<String> = [counted("patients"), counted("clips")].into_iter().flatten().collect();
    if !sample.is_empty() {
        line("on", &sample.join(", "));
    }
    let Some(chain) = chain else {
        line("comes from", "the report does not tell");
        return;
    };
    chain.facts.iter().for_each(|(name, text)| line(&name.to_lowercase(), text));
    let folder = format!("of {} (`crowdline show {file} {} --path`)", chain.task, chain.task);
    line("files", &format!("{} {folder}", chain.files.join(", ")));
    say!("  rests on");
    for task in tasks(&chain.tasks) {
        say!("    {}  {}  asked {}, came {}", task.address, task.kind, task.key.short(), task.output.short());
        for (raw, read) in task.reads.iter().filter(|read| read.from.is_none()).enumerate() {
            say!("      {}: {}, content {}", read.port, table(opened, task, read, raw), read.content.short());
        }
    }
    let beside = tasks(&chain.beside);
    if !beside.is_empty() {
        let names: Vec<&str> = beside.iter().map(|task| task.address.as_str()).collect();
        say!("  scored beside it, with a say only in which clips are counted");
        say!("    {}", names.join(", "));
    }
}

/// A file of the user's as the experiment names it now: the so-many-th that the task reads.
fn table(opened: &Opened, task: &Task, read: &Read, number: usize) -> String {
    let known = opened.plan.tasks.iter().find(|known| known.address == task.address);
    let files = known.into_iter().flat_map(|known| known.inputs.values().flatten());
    let mut files = files.filter_map(|input| match &input.from {
        Origin::File { shown, .. } => Some(shown.clone()),
        Origin::Task { .. } => None,
    });
    files.nth(number).unwrap_or_else(|| format!("a file at `{}`", read.port))
}
