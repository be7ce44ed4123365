//! `command`: any program, with declared inputs and outputs: the way in for somebody else's baseline.
//!
//! The program runs in an empty folder of its own. Its inputs lie there under `inputs/`, read-only; of the environment it sees
//! what the experiment lets through; what it leaves at the declared places is its output, and nothing else.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Needs, Output, Stage, StageError, Tools, declare};
use crate::{
    artifact::Type,
    job::Job,
    plan::{Port, Problem, Surroundings, kind},
    recipe::Digest,
};

mod memory;
mod outputs;
mod process;
mod template;
mod workplace;

use memory::Memory;
use process::Ended;
use workplace::Workplace;

/// Parameters of `[command.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The program and its arguments. `{inputs.NAME}`, `{outputs.NAME}`, `{threads}` and `{COORDINATE}` are filled in.
    run: Vec<String>,
    /// What it makes: a name for each file or folder, and its path in the folder the program runs in.
    outputs: BTreeMap<String, String>,
    /// Variables of the environment it is given, with their values.
    #[serde(default)]
    set: BTreeMap<String, String>,
    /// Variables of this machine's environment that are let through to it.
    #[serde(default)]
    environment: Vec<String>,
    /// How often a failed attempt is repeated.
    #[serde(default)]
    retries: u32,
    /// Seconds after which an attempt is stopped.
    #[serde(default)]
    timeout: Option<f64>,
    /// How many threads it uses.
    #[serde(default = "one")]
    threads: usize,
    /// How much memory it uses, such as `"4 GB"`.
    #[serde(default)]
    memory: Option<Memory>,
    /// How many accelerators it uses.
    #[serde(default)]
    gpus: usize,
}

fn one() -> usize {
    1
}

/// The parameters that say how it runs and not what comes out.
#[derive(Debug, Deserialize)]
struct Placement {
    #[serde(default)]
    retries: u32,
    #[serde(default)]
    timeout: Option<f64>,
    #[serde(default = "one")]
    threads: usize,
    #[serde(default)]
    memory: Option<Memory>,
    #[serde(default)]
    gpus: usize,
}

impl Placement {
    fn of(job: &Job) -> Result<Self, StageError> {
        Self::deserialize(&job.placement).map_err(|error| StageError::Failed(error.to_string()))
    }
}

/// The kind.
#[derive(Debug)]
pub(super) struct Command;

declare! {
    Command, "command", version 1, Parameters,
    "run a program of your own on declared inputs",
    ports [Port::keyed(
        "inputs",
        &[Type::Frames, Type::Labels, Type::Lines, Type::Split, Type::Model, Type::Scores, Type::Report, Type::Files],
    )],
    makes Type::Files,
    {
        fn members(&self, parameters: &Value) -> Vec<(String, String)> {
            let outputs = kind::parameters::<Parameters>(parameters).map(|parameters| parameters.outputs);
            outputs.unwrap_or_default().into_iter().map(|(name, path)| (name, outputs::tidy(&path))).collect()
        }

        fn unkeyed(&self) -> &'static [&'static str] {
            &["retries", "timeout", "threads", "memory", "gpus"]
        }

        fn settle(&self, mut parameters: Value, coordinates: &[(String, String)]) -> Value {
            template::settle(&mut parameters, coordinates);
            parameters
        }

        fn speaks_of(&self, parameters: &Value, coordinate: &str) -> bool {
            template::texts(parameters).any(|text| template::names(text).any(|name| name == coordinate))
        }

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            kind::parameters::<Parameters>(parameters).map_or_else(|_| Vec::new(), |own| check(parameters, &own, around))
        }
    }
}

fn check(written: &Value, parameters: &Parameters, around: &Surroundings<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    match parameters.run.first().map(String::as_str) {
        None | Some("") => {
            problems.push(Problem::new(
                "run",
                "`run` names no program",
                "write `run = [\"python3\", \"{inputs.script}\"]`",
            ));
        }
        Some(program) if program.contains(['/', '\\']) && !program.starts_with('/') && !program.starts_with('{') => {
            problems.push(Problem::new(
                "run",
                format!("the program `{program}` is a file beside the experiment, but no input"),
                format!(
                    "add `inputs.program = \"{program}\"` and run `{{inputs.program}}`: a change of it is then seen"
                ),
            ));
        }
        Some(_) => {}
    }
    let mut known: Vec<String> = around.keys.iter().map(|key| format!("inputs.{key}")).collect();
    known.extend(parameters.outputs.keys().map(|name| format!("outputs.{name}")));
    known.push("threads".to_owned());
    // Their values stand in the texts already; their names are here to be suggested.
    known.extend(around.coordinates.iter().map(|(name, _)| name.clone()));
    for name in template::texts(written).flat_map(template::names) {
        if !known.iter().any(|other| other == name) {
            let near = crate::name::nearest(name, known.iter().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => format!("it can be {}", crate::name::quoted(known.iter().map(|name| format!("{{{name}}}")))),
            };
            problems.push(Problem::new("run", format!("nothing is called `{{{name}}}`"), help));
        }
    }
    for key in around.keys.iter().filter(|key| !is_plain(key)) {
        let message = format!("`{key}` can't be the name of an input");
        problems.push(Problem::new("inputs", message, "use letters, digits, `_` and `-`"));
    }
    problems.extend(outputs::check(&parameters.outputs));
    if parameters.threads == 0 {
        problems.push(Problem::new("threads", "`threads` is 0", "give at least 1"));
    }
    if parameters.timeout.is_some_and(|seconds| !(seconds > 0.0 && seconds < 1e9)) {
        problems.push(Problem::new("timeout", "`timeout` is no time", "give seconds, such as 3600"));
    }
    problems
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

impl Stage for Command {
    fn nouns(&self) -> [&'static str; 2] {
        ["command", "commands"]
    }

    fn needs(&self, job: &Job, _budget: usize) -> Needs {
        Placement::of(job).map_or(Needs::threads(1), |placement| Needs {
            threads: placement.threads,
            memory: placement.memory.map_or(0, Memory::bytes),
            gpus: placement.gpus,
        })
    }

    /// What a program makes may depend on them.
    fn takes_idle_threads(&self) -> bool {
        false
    }

    /// The variables that are let through: they may bear on what the program makes. A digest stands for each value, since it is
    /// recorded and published with the lock, and may be a secret.
    fn environment(&self, job: &Job, _tools: &Tools) -> BTreeMap<String, String> {
        let parameters = kind::parameters::<Parameters>(&job.recipe.parameters);
        let names = parameters.map(|parameters| parameters.environment).unwrap_or_default();
        let value = |name: &String| {
            let value = std::env::var_os(name);
            value.map_or_else(String::new, |value| Digest::of(value.as_encoded_bytes()).short())
        };
        names.iter().map(|name| (format!("environment.{name}"), value(name))).collect()
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        let placement = Placement::of(context.job)?;
        let attempts = placement.retries + 1;
        for attempt in 1..=attempts {
            // Each attempt begins in a folder of its own, so that none sees what a failed one left.
            let place = Workplace::make(context)?;
            let result = self.attempt(context, &parameters, &placement, &place);
            place.check_inputs(context)?;
            match result {
                Err(StageError::Failed(message)) if attempt < attempts => {
                    context.warn(format!("attempt {attempt} of {attempts} failed, trying again: {message}"));
                }
                result => return result,
            }
        }
        Err(StageError::Failed("it was never attempted".to_owned()))
    }
}

impl Command {
    fn attempt(
        &self,
        context: &Context<'_>,
        parameters: &Parameters,
        placement: &Placement,
        place: &Workplace,
    ) -> Result<Output, StageError> {
        let fill = |name: &str| match name.split_once('.') {
            Some(("inputs", key)) => place.input(key),
            Some(("outputs", key)) => parameters.outputs.get(key).map(|path| outputs::tidy(path)),
            _ => (name == "threads").then(|| context.threads.to_string()),
        };
        let arguments: Vec<String> = parameters.run.iter().map(|text| template::fill(text, &fill)).collect();
        let (program, arguments) =
            arguments.split_first().ok_or_else(|| StageError::Input("`run` names no program".to_owned()))?;
        for path in parameters.outputs.values() {
            place.make_room(&outputs::tidy(path))?;
        }
        let mut command = std::process::Command::new(place.program(program));
        command.args(arguments).current_dir(place.path()).env_clear().envs(place.environment(context));
        for name in &parameters.environment {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        for (name, text) in &parameters.set {
            command.env(name, template::fill(text, &fill));
        }
        context.log(format!("$ {program} {}", arguments.join(" ")));
        let limit = placement.timeout.map(Duration::from_secs_f64);
        let log = |line: String| context.log(line);
        let ran =
            process::run(&mut command, limit, context.cancel, &log).map_err(|error| not_started(program, &error))?;
        match ran.ended {
            Ended::Exited(status) if status.success() => outputs::collect(context, place.path(), &parameters.outputs),
            Ended::Exited(status) => {
                Err(StageError::Failed(format!("`{program}` ended with {status}{}", said(&ran.last_lines))))
            }
            Ended::TimedOut => Err(StageError::Failed(format!(
                "`{program}` was stopped after {} s, its `timeout`{}",
                placement.timeout.unwrap_or_default(),
                said(&ran.last_lines)
            ))),
            Ended::Cancelled => Err(StageError::Cancelled),
        }
    }
}

fn not_started(program: &str, error: &std::io::Error) -> StageError {
    match error.kind() {
        std::io::ErrorKind::NotFound => StageError::Input(format!(
            "there is no program `{program}` on this machine's PATH: install it, or correct `run`"
        )),
        std::io::ErrorKind::PermissionDenied => StageError::Input(format!(
            "`{program}` can't be executed: set its executable bit, or run it with its interpreter"
        )),
        _ => StageError::Failed(format!("can't start `{program}`: {error}")),
    }
}

/// What a program said last, for a message.
fn said(lines: &[String]) -> String {
    if lines.is_empty() { " and said nothing".to_owned() } else { format!("; it said\n    {}", lines.join("\n    ")) }
}
