//! The command line. Each command is a file.

use std::{
    ffi::OsString,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Args, Parser, Subcommand};

use crate::{
    plan::Plan,
    schedule::explain::{Looking, Prospect, explain},
    spec::{Diagnostic, Source},
    stage::{self, Place, Tools},
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

mod bundle;
mod check;
mod diff;
mod doctor;
mod fsck;
mod gc;
mod graph;
mod init;
mod log;
mod machine;
mod plan;
mod predict;
mod problems;
mod run;
mod schema;
mod show;
mod verify;
mod why;

use machine::Machine;

/// A run stopped by a signal, as shells count it.
const INTERRUPTED: u8 = 130;
/// The user's file or command is wrong.
const WRONG: u8 = 2;
/// Verification found a difference.
const DIFFERENT: u8 = 3;
/// A stage failed.
const FAILED: u8 = 1;

#[derive(Debug, Parser)]
#[command(name = "crowdline", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 a stage failed, 2 the experiment or the command is wrong,\n3 verification found a difference, 130 stopped by Ctrl-C (what is finished is kept)."
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
    /// Say why a task would run, field by field, or where a number of a report comes from.
    Why(why::Why),
    /// Read the experiment and its tables, and say what is wrong.
    Check(check::Check),
    /// Show what a stage made.
    Show(show::Show),
    /// Say what trained models make of other clips.
    Predict(predict::Predict),
    /// Print what a task said while it ran last.
    Log(log::Log),
    /// Make everything anew in an empty store and hold it against the lock; also of a bundle.
    Verify(verify::Verify),
    /// Put an experiment and all it made into one file that can be checked anywhere.
    Bundle(bundle::BundleCommand),
    /// Say what differs between two experiments or locks: recipes, outputs, numbers.
    Diff(diff::Diff),
    /// Remove what neither a lock nor the last runs need.
    Gc(gc::Gc),
    /// Compare everything in the store with its digest.
    Fsck(fsck::Fsck),
    /// Draw the stages or tasks, each with what a run would do with it.
    Graph(graph::Graph),
    /// Print the JSON Schema of experiment files, for editors.
    Schema(schema::Schema),
    /// Write a small experiment to start from.
    Init(init::Init),
    /// Say what this machine has, and what is missing.
    Doctor(doctor::Doctor),
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
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
    /// Where models compute: cpu, or cuda:N for the first of the CUDA devices that --gpus counts [default: cpu].
    #[arg(long, value_name = "DEVICE", env = "CROWDLINE_DEVICE")]
    device: Option<Place>,
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
        Command::Predict(command) => command.run(),
        Command::Log(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Bundle(command) => command.run(),
        Command::Diff(command) => command.run(),
        Command::Gc(command) => command.run(),
        Command::Fsck(command) => command.run(),
        Command::Graph(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Init(command) => command.run(),
        Command::Doctor(command) => command.run(),
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
    machine: Machine,
    /// How long reading the text took.
    parse: Duration,
    /// How long making tasks of it took.
    expand: Duration,
}

impl Common {
    fn open(&self) -> Result<Opened, Ended> {
        let (machine, source) = self.read()?;
        self.plan(machine, source)
    }

    /// Reads the machine's settings and the experiment's text.
    fn read(&self) -> Result<(Machine, Source), Ended> {
        let machine = Machine::read().map_err(|message| Ended::with(WRONG, message))?;
        let source = Source::read(&self.experiment, &self.set).map_err(|error| Ended::with(WRONG, error))?;
        Ok((machine, source))
    }

    /// Makes a plan of the experiment's text.
    fn plan(&self, machine: Machine, source: Source) -> Result<Opened, Ended> {
        let (begun, mut parse) = (Instant::now(), Duration::ZERO);
        let planned = source.parse().and_then(|experiment| {
            parse = begun.elapsed();
            Plan::new(experiment, &stage::kinds())
        });
        let expand = begun.elapsed() - parse;
        match planned {
            Ok(plan) if plan.tasks.is_empty() => {
                let at =
                    Diagnostic::new(0..0, "the experiment has no stage").help("add a table such as `[decode.frames]`");
                problems::print(&source, &[at], self.json);
                Err(Ended(WRONG))
            }
            Ok(plan) => Ok(Opened { source, plan, machine, parse, expand }),
            Err(problems) => {
                problems::print(&source, &problems, self.json);
                Err(Ended(WRONG))
            }
        }
    }

    fn store(&self, machine: &Machine) -> Result<Store, Ended> {
        Store::open(&machine.cache(self.cache.as_deref())).map_err(|error| Ended::with(FAILED, error))
    }

    /// What a run would do.
    fn explain(&self, opened: &Opened, store: &Store) -> Vec<Prospect> {
        let tools = self.tools(&opened.machine);
        explain(&opened.plan, store, &tools, &opened.source.name(), Looking::default())
    }

    fn tools(&self, machine: &Machine) -> Tools {
        machine.tools(self.ffmpeg.as_deref(), self.device)
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

/// Where the logs of an experiment's tasks lie.
fn logs(store: &Store, experiment: &str) -> PathBuf {
    store.root().join("logs").join(crate::artifact::escape(experiment))
}

/// A path as the user would write it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Whether people are watching.
fn watched() -> bool {
    std::io::stderr().is_terminal()
}
