//! The command line. Each command is a file.

use std::{
    ffi::OsString,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{
    plan::Plan,
    spec::{Diagnostic, Source},
    stage::{self, Tools},
    store::Store,
};

/// Prints a line to standard output. A reader that went away is no reason to fail.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout().lock(), $($text)*);
    }};
}

/// Prints a line to standard error.
macro_rules! tell {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr().lock(), $($text)*);
    }};
}

mod check;
mod graph;
mod init;
mod machine;
mod plan;
mod problems;
mod run;
mod schema;
mod show;
mod why;

/// A run stopped by a signal, as shells count it.
const INTERRUPTED: u8 = 130;
/// The user's file or command is wrong.
const WRONG: u8 = 2;
/// A stage failed.
const FAILED: u8 = 1;

#[derive(Debug, Parser)]
#[command(name = "crowdline", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 a stage failed, 2 the experiment or the command is wrong, 130 stopped by\nCtrl-C (what is finished is kept)."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run what is out of date.
    Run(run::Run),
    /// Say what would run, and why.
    Plan(plan::PlanCommand),
    /// Say why a task would run, field by field.
    Why(why::Why),
    /// Read the experiment and its tables, and say what is wrong.
    Check(check::Check),
    /// Show what a stage made.
    Show(show::Show),
    /// Draw the stages or tasks, each with what a run would do with it.
    Graph(graph::Graph),
    /// Print the JSON Schema of experiment files, for editors.
    Schema(schema::Schema),
    /// Write a small experiment to start from.
    Init(init::Init),
}

/// What every command takes.
#[derive(Debug, Args)]
struct Common {
    /// The experiment file.
    experiment: PathBuf,
    /// Where results are kept [default: cache].
    #[arg(long, value_name = "FOLDER", env = "CROWDLINE_CACHE")]
    cache: Option<PathBuf>,
    /// Override a value for this run: stage.field=value.
    #[arg(long, value_name = "KIND.STAGE.FIELD=VALUE")]
    set: Vec<String>,
    /// The ffmpeg program [default: ffmpeg on the path].
    #[arg(long, value_name = "PROGRAM", env = "CROWDLINE_FFMPEG")]
    ffmpeg: Option<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Why a command ended early; the code it exits with.
#[derive(Debug)]
struct Ended(u8);

impl Ended {
    /// With a message for people.
    fn with(code: u8, message: impl std::fmt::Display) -> Self {
        tell!("error: {message}");
        Self(code)
    }
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    main_with(std::env::args_os())
}

/// Runs the program.
pub fn main_with(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { WRONG } else { 0 });
        }
    };
    let result = match cli.command {
        Command::Run(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Why(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Show(command) => command.run(),
        Command::Graph(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Init(command) => command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended(code)) => ExitCode::from(code),
    }
}

/// An experiment that was read and planned.
#[derive(Debug)]
struct Opened {
    source: Source,
    plan: Plan,
    machine: machine::Machine,
}

impl Common {
    fn open(&self) -> Result<Opened, Ended> {
        let machine = machine::Machine::read().map_err(|message| Ended::with(WRONG, message))?;
        let source = Source::read(&self.experiment, &self.set).map_err(|error| Ended::with(WRONG, error))?;
        let planned = source.parse().and_then(|experiment| Plan::new(experiment, &stage::kinds()));
        match planned {
            Ok(plan) if plan.tasks.is_empty() => {
                let at =
                    Diagnostic::new(0..0, "the experiment has no stage").help("add a table such as `[decode.frames]`");
                problems::print(&source, &[at], self.json);
                Err(Ended(WRONG))
            }
            Ok(plan) => Ok(Opened { source, plan, machine }),
            Err(problems) => {
                problems::print(&source, &problems, self.json);
                Err(Ended(WRONG))
            }
        }
    }

    fn store(&self, machine: &machine::Machine) -> Result<Store, Ended> {
        let root = self.cache.clone().or_else(|| machine.cache.clone()).unwrap_or_else(|| PathBuf::from("cache"));
        Store::open(&root).map_err(|error| Ended::with(FAILED, error))
    }

    fn tools(&self, machine: &machine::Machine) -> Tools {
        let ffmpeg = self.ffmpeg.clone().or_else(|| machine.ffmpeg.clone());
        Tools { ffmpeg: ffmpeg.unwrap_or_else(|| PathBuf::from("ffmpeg")) }
    }
}

impl Opened {
    fn find(&self, names: &[String]) -> Result<Vec<usize>, Ended> {
        let mut found = Vec::new();
        for name in names {
            found.extend(self.plan.find(name).map_err(|message| Ended::with(WRONG, message))?);
        }
        Ok(found)
    }
}

/// A path as the user would write it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Whether people are watching.
fn watched() -> bool {
    std::io::stderr().is_terminal()
}
