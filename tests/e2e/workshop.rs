//! A folder with an experiment in it, and what the binary makes of it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// A temporary folder to run experiments in.
pub struct Workshop {
    folder: tempfile::TempDir,
}

/// What a run of the binary left.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Workshop {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a file.
    pub fn with(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crowdline"));
        command.current_dir(self.folder.path()).args(arguments);
        for name in ["CROWDLINE_CACHE", "CROWDLINE_REPORTS", "CROWDLINE_THREADS", "CROWDLINE_DEVICE"] {
            command.env_remove(name);
        }
        command
    }

    pub fn crowdline(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().unwrap();
        Outcome {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs `x.toml`, which must succeed; the sum of the run.
    pub fn run(&self, more: &[&str]) -> Sum {
        let arguments: Vec<&str> = ["run", "x.toml", "--json"].into_iter().chain(more.iter().copied()).collect();
        let outcome = self.crowdline(&arguments);
        assert_eq!(outcome.code, 0, "{}\n{}", outcome.out, outcome.err);
        Sum::of(&outcome)
    }

    /// Runs `x.toml`, which must fail with exit code 2; everything it said.
    pub fn refused(&self) -> String {
        let outcome = self.crowdline(&["run", "x.toml"]);
        assert_eq!(outcome.code, 2, "{}\n{}", outcome.out, outcome.err);
        outcome.err
    }

    /// The output digest of every task of a stage, by address.
    pub fn digests(&self, stage: &str) -> Vec<(String, String)> {
        let outcome = self.crowdline(&["show", "x.toml", stage, "--json"]);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        let text =
            |line: &str, key: &str| serde_json::from_str::<Value>(line).unwrap()[key].as_str().unwrap().to_owned();
        outcome.out.lines().map(|line| (text(line, "task"), text(line, "digest"))).collect()
    }

    /// The folder of a task's files.
    pub fn files(&self, task: &str) -> PathBuf {
        let outcome = self.crowdline(&["show", "x.toml", task, "--path"]);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        self.path(outcome.out.trim())
    }

    /// A table of a task, as rows of cells.
    pub fn table(&self, task: &str, file: &str) -> Vec<Vec<String>> {
        rows(&self.files(task).join(file))
    }

    /// A score of an evaluation: value and interval.
    pub fn score(&self, stage: &str, arm: &str, metric: &str) -> (f64, f64, f64) {
        let table = self.table(stage, "scores.csv");
        let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
        let row = table.iter().find(|row| row[at("arm")] == arm && row[at("metric")] == metric).unwrap();
        let number = |name: &str| row[at(name)].parse().unwrap();
        (number("value"), number("low"), number("high"))
    }
}

/// The rows of a table, its header first.
pub fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// The sum of a run and the tasks that ran.
#[derive(Debug)]
pub struct Sum {
    pub executed: u64,
    pub cached: u64,
    pub items_executed: u64,
    pub items_cached: u64,
    /// Stages that ran, sorted, each once.
    pub ran: Vec<String>,
}

impl Sum {
    pub fn of(outcome: &Outcome) -> Self {
        let events: Vec<Value> = outcome.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let last = events.last().unwrap();
        assert_eq!(last["event"], "finished", "{last}");
        let number = |key: &str| last[key].as_u64().unwrap();
        let done = events.iter().filter(|event| event["event"] == "done");
        let mut ran: Vec<String> =
            done.map(|event| event["task"].as_str().unwrap().split('[').next().unwrap().to_owned()).collect();
        ran.sort();
        ran.dedup();
        Self {
            executed: number("executed"),
            cached: number("cached"),
            items_executed: number("items_executed"),
            items_cached: number("items_cached"),
            ran,
        }
    }
}

/// A whole experiment on a tiny phantom cohort: every kind of stage, done in a second or two.
pub const TINY: &str = r#"title = "Tiny"
seed = 7
classes = ["none", "discrete", "confluent"]

[simulate.cohort]
seed = 11
method.phantom = { patients = 9, clips_per_patient = 3, frames = 4, width = 32, height = 32 }

[decode.frames]
clips = "@cohort.clips"
frames = 3
size = { width = 16, height = 16 }

[split.patients]
clips = "@cohort.clips"
folds = 2

[aggregate.crowd]
opinions = "@cohort.crowd"
method.majority = { ties = "ordinal-low" }

[aggregate.expert]
opinions = "@cohort.experts"
annotators = ["e1", "e2", "e3"]
method.majority = { ties = "ordinal-low" }

[aggregate.judges]
opinions = "@cohort.experts"
annotators = ["e4", "e5", "e6"]
method = "majority"

[train.classifier]
frames = "@frames"
split = "@patients"
model.cnn-gru = { channels = [8, 8], hidden = 8 }
updates = 6
matrix.fold = [0, 1]

[train.classifier.matrix.arm]
expert = { labels = "@expert" }
crowd = { labels = "@crowd" }

[evaluate.models]
clips = "@cohort.clips"
models = "@classifier"
reference = "@judges"
on = "out-of-fold"
positive = ["discrete", "confluent"]
replicates = 200

[report.paper]
evaluations = "@models"
models = "@classifier"
compare.primary = { along = "arm", candidate = "crowd", baseline = "expert", metric = "auroc", margin = 0.05 }
"#;

/// The tiny experiment with one text replaced; the text must be there.
pub fn tiny_with(from: &str, to: &str) -> String {
    assert!(TINY.contains(from), "{from}");
    TINY.replace(from, to)
}
