//! `crowdline show`.

use std::path::PathBuf;

use clap::Args;

use super::{Common, Ended, FAILED, Opened, shown};
use crate::{
    artifact::{Folder as _, Tree},
    recipe::Digest,
    schedule::explain::Outlook,
    stage,
    store::Store,
};

/// Rows of a table that are printed.
const ROWS: usize = 12;

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    common: Common,
    /// The stage or task, such as `frames` or `classifier[fold=0]`.
    task: String,
    /// Print only the folder the files lie in.
    #[arg(long)]
    path: bool,
}

impl Show {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let wanted = opened.find(std::slice::from_ref(&self.task))?;
        let store = self.common.store(&opened.machine)?;
        let mut missing = 0;
        for prospect in self.common.explain(&opened, &store) {
            if !wanted.contains(&prospect.task) {
                continue;
            }
            let address = &opened.plan.tasks[prospect.task].address;
            match prospect.output {
                Some(output) if prospect.outlook == Outlook::Cached => {
                    self.one(&opened, &store, prospect.task, &output)?
                }
                _ => {
                    missing += 1;
                    tell!("{address}: not made yet; `crowdline run {} {address}` makes it", shown(&opened.source.path));
                }
            }
        }
        if missing > 0 { Err(Ended(FAILED)) } else { Ok(()) }
    }

    fn one(&self, opened: &Opened, store: &Store, task: usize, output: &Digest) -> Result<(), Ended> {
        let fail = |error: &dyn std::fmt::Display| Ended::with(FAILED, error);
        let task = &opened.plan.tasks[task];
        let folder: PathBuf = store.root().join("shown").join(output.short());
        if self.path {
            store.write_out(output, &folder).map_err(|error| fail(&error))?;
            say!("{}", shown(&folder));
            return Ok(());
        }
        let files = store.folder(output).map_err(|error| fail(&error))?;
        let summary = stage::find(task.kind.name()).map(|stage| stage.summary(&files)).unwrap_or_default();
        if self.common.json {
            let line = serde_json::json!({
                "task": task.address, "type": task.output(), "digest": output, "files": files.tree(), "summary": summary,
            });
            say!("{line}");
            return Ok(());
        }
        say!("{}  {}  {}", task.address, task.output(), output.short());
        summary.iter().for_each(|line| say!("  {line}"));
        list(files.tree());
        let tables: Vec<&String> = files.tree().files.keys().filter(|path| path.ends_with(".csv")).collect();
        let first = [
            "scores.csv",
            "labels.csv",
            "lines.csv",
            "origins.csv",
            "split.csv",
            "clips.csv",
            "history.csv",
            "frames.csv",
        ];
        let table = first.iter().find_map(|name| tables.iter().find(|path| path == &name)).or(tables.first());
        if let Some(path) = table {
            let text = files.text(path).map_err(|error| fail(&error))?;
            say!("\n{path}");
            print_table(&text);
        }
        Ok(())
    }
}

/// Lists files; a folder of many is one line.
fn list(tree: &Tree) {
    let mut folders: std::collections::BTreeMap<&str, (usize, u64)> = std::collections::BTreeMap::new();
    for (path, entry) in &tree.files {
        match path.split_once('/') {
            Some((folder, _)) => {
                let sum = folders.entry(folder).or_default();
                *sum = (sum.0 + 1, sum.1 + entry.size);
            }
            None => say!("  {path:<28} {:>12}", bytes(entry.size)),
        }
    }
    for (folder, (count, size)) in folders {
        say!("  {:<28} {:>12}  {count} files", format!("{folder}/"), bytes(size));
    }
}

fn bytes(size: u64) -> String {
    match size {
        s if s < 10_000 => format!("{s} B"),
        s if s < 10_000_000 => format!("{} kB", s / 1000),
        s => format!("{} MB", s / 1_000_000),
    }
}

fn print_table(text: &str) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().filter_map(Result::ok).collect();
    let shown: Vec<Vec<String>> = rows.iter().take(ROWS + 1).map(|row| row.iter().map(rounded).collect()).collect();
    let columns = shown.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            shown.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    for row in &shown {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        say!("  {}", cells.join("  ").trim_end());
    }
    if rows.len() > ROWS + 1 {
        say!("  … {} rows more", rows.len() - ROWS - 1);
    }
}

/// Numbers with many digits are shortened for the eye; the files keep them.
fn rounded(cell: &str) -> String {
    match cell.parse::<f64>() {
        Ok(number) if cell.len() > 8 && cell.contains('.') => format!("{number:.4}"),
        _ if cell.chars().count() > 24 => cell.chars().take(23).chain(['…']).collect(),
        _ => cell.to_owned(),
    }
}
