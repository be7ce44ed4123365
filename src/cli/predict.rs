//! `crowdline predict`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::{Common, Ended, FAILED, INTERRUPTED, Opened, WRONG, run, shown, watched};
use crate::{
    artifact::{Folder as _, Type, model as files, rows::Writer},
    plan::{Origin, Task},
    schedule::explain::{Outlook, Prospect},
    stage::{
        StageError,
        predict::{Models, Said, Source, sources},
    },
    store::Store,
};

/// The probability from which on a pixel counts, in 255ths.
const HALF: u8 = 128;

/// Decodes clips as the models' own were and prints what the models say of them: of classes a table with a row a clip, of
/// several models (folds, seeds) the mean; of frames a folder with a map for each.
#[derive(Debug, Args)]
pub(super) struct Predict {
    #[command(flatten)]
    common: Common,
    /// The trained models: a stage or tasks of it, such as `classifier[arm=crowd]`.
    model: String,
    /// Clip files, folders of pictures, or tables (.csv) with columns `clip` and `path`.
    #[arg(required = true)]
    clips: Vec<PathBuf>,
    /// The file, or for models of frames the folder, to write [default: standard output].
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// How many threads may be used [default: all cores].
    #[arg(long, value_name = "N", env = "CROWDLINE_THREADS")]
    threads: Option<usize>,
}

/// The models that are asked, and what each learned from.
struct Asked {
    models: Models,
    learned: BTreeMap<String, usize>,
    classes: Vec<String>,
}

impl Predict {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let wanted = opened.find(std::slice::from_ref(&self.model))?;
        let tasks: Vec<&Task> = wanted.iter().map(|at| &opened.plan.tasks[*at]).collect();
        one_arm(&tasks)?;
        let clips = sources(&self.clips).map_err(ended)?;
        let store = self.common.store(&opened.machine)?;
        let explained = self.common.explain(&opened, &store);
        let asked = self.asked(&opened, &store, &tasks, &explained)?;
        let folder = match (&self.output, asked.models.of_frames()) {
            (None, true) => {
                return Err(Ended::with(WRONG, "these models find pixels of frames: say where with `--output FOLDER`"));
            }
            (Some(folder), true) => Some(folder.as_path()),
            _ => None,
        };
        run::stop_on_signal()?;
        let bar = if watched() { ProgressBar::new(clips.len() as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{bar:28.cyan/dim} {pos}/{len} clips  {elapsed}, about {eta} left");
        bar.set_style(style.expect("the template is right").progress_chars("━╸─"));
        let mut table = match folder {
            Some(_) => Writer::new(["clip", "frame", "index", "share", "highest", "learned_by"]),
            None => {
                let columns = ["clip", "label"].into_iter().map(str::to_owned);
                let classes = asked.classes.iter().map(|class| format!("p_{class}"));
                Writer::new(columns.chain(classes).chain(["learned_by".to_owned()]))
            }
        };
        let (mut failed, mut known) = (0, 0);
        let mut take = |source: &Source, said: Result<Said, String>| -> Result<(), StageError> {
            bar.inc(1);
            let learned = asked.learned.get(&source.clip).copied().unwrap_or(0);
            known += usize::from(learned > 0);
            match said {
                Ok(said) => {
                    if self.common.json {
                        bar.suspend(|| say!("{}", line(&asked, source, &said, learned)));
                    }
                    row(&mut table, &asked, source, said, learned, folder)
                }
                Err(message) => {
                    failed += 1;
                    bar.suspend(|| tell!("{} ({}): {message}", source.clip, source.path.display()));
                    Ok(())
                }
            }
        };
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = self.threads.or(opened.machine.threads).unwrap_or_else(cores).max(1);
        let tools = self.common.tools(&opened.machine);
        let done = asked.models.predict(&clips, &tools, threads, &run::CANCEL, &mut take);
        bar.finish_and_clear();
        done.map_err(ended)?;
        let bytes = table.finish();
        match (folder, &self.output) {
            (Some(folder), _) => write(&folder.join("frames.csv"), &bytes),
            (None, Some(file)) => write(file, &bytes),
            (None, None) if self.common.json => Ok(()),
            (None, None) => {
                say!("{}", String::from_utf8_lossy(&bytes).trim_end());
                Ok(())
            }
        }
        .map_err(|message| Ended::with(FAILED, message))?;
        if known > 0 {
            tell!(
                "{known} of these clips are called like clips that models learned from (column `learned_by`): of those it is no prediction"
            );
        }
        match failed {
            0 => Ok(()),
            _ => Err(Ended::with(FAILED, format!("{failed} of {} clips could not be predicted", clips.len()))),
        }
    }

    /// Reads the models.
    fn asked(&self, opened: &Opened, store: &Store, tasks: &[&Task], explained: &[Prospect]) -> Result<Asked, Ended> {
        let fail = |error: &dyn std::fmt::Display| Ended::with(FAILED, error);
        let (mut weights, mut learned) = (Vec::new(), BTreeMap::new());
        for task in tasks {
            let made = explained.iter().find(|prospect| opened.plan.tasks[prospect.task].address == task.address);
            let Some(output) = made.filter(|p| p.outlook == Outlook::Cached).and_then(|p| p.output) else {
                let run = format!("crowdline run {} {}", shown(&opened.source.path), task.address);
                return Err(Ended::with(FAILED, format!("{} is not trained yet; `{run}` does it", task.address)));
            };
            let folder = store.folder(&output).map_err(|error| fail(&error))?;
            weights.push(folder.open("model.safetensors").map_err(|error| fail(&error))?.to_vec());
            let clips = files::read_training(&folder).map_err(|error| fail(&error))?;
            let clips: BTreeSet<String> = clips.into_iter().map(|(clip, ..)| clip).collect();
            clips.into_iter().for_each(|clip| *learned.entry(clip).or_default() += 1);
        }
        let decoding = decoding(opened, tasks)?;
        let models = Models::new(weights, decoding).map_err(ended)?;
        Ok(Asked { models, learned, classes: opened.plan.classes.names().to_vec() })
    }
}

/// Refuses what is no training, and models that are not of one arm.
fn one_arm(tasks: &[&Task]) -> Result<(), Ended> {
    if let Some(other) = tasks.iter().find(|task| !task.kind.outputs().contains(&Type::Model)) {
        let remedy = "name a stage of kind `train` or `select`";
        return Err(Ended::with(WRONG, format!("`{}` is no model: {remedy}", other.address)));
    }
    let arm = |task: &Task| -> Vec<(String, String)> {
        let varied = |(key, _): &&(String, String)| key != "fold" && key != "seed";
        task.coordinates.iter().filter(varied).cloned().collect()
    };
    let mut arms: Vec<Vec<(String, String)>> = Vec::new();
    for task in tasks {
        let arm = arm(task);
        if !arms.contains(&arm) {
            arms.push(arm);
        }
    }
    if arms.len() < 2 {
        return Ok(());
    }
    let name = |arm: &Vec<(String, String)>| {
        let pairs: Vec<String> = arm.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("{}[{}]", tasks[0].stage, pairs.join(","))
    };
    let names: Vec<String> = arms.iter().map(name).collect();
    Err(Ended::with(WRONG, format!("these are models of {} kinds; name one of {}", arms.len(), names.join(", "))))
}

/// The training behind a model: itself, or of a selection the first it chose among.
fn training<'o>(opened: &'o Opened, task: &'o Task) -> &'o Task {
    match task.inputs.get("models").and_then(|models| models.first()).map(|input| &input.from) {
        Some(Origin::Task { task, .. }) => training(opened, &opened.plan.tasks[*task]),
        _ => task,
    }
}

/// The parameters of the decoding that all of these learned from.
fn decoding<'o>(opened: &'o Opened, tasks: &[&Task]) -> Result<&'o Value, Ended> {
    let mut found: Option<&Task> = None;
    for task in tasks {
        let trained = training(opened, task);
        let input = trained.inputs.get("frames").and_then(|inputs| inputs.first());
        let Some(Origin::Task { task: of, .. }) = input.map(|input| &input.from) else {
            return Err(Ended::with(WRONG, format!("{} has no frames", task.address)));
        };
        let of = &opened.plan.tasks[*of];
        if of.kind.name() != "decode" {
            let message = format!(
                "the frames of {} are made by `{}`, which can't be done to other clips",
                task.address, of.stage
            );
            return Err(Ended::with(WRONG, message));
        }
        if found.is_some_and(|found| found.parameters != of.parameters) {
            return Err(Ended::with(WRONG, "these models learned from clips that were decoded in different ways"));
        }
        found = Some(of);
    }
    let found = found.ok_or_else(|| Ended::with(WRONG, "no model is named"))?;
    if found.inputs.contains_key("at") && found.parameters["frames"].is_null() {
        tell!("the frames of `{}` were named by a table; of these clips all are taken", found.address);
    }
    Ok(&found.parameters)
}

/// What is said of a clip, for programs.
fn line(asked: &Asked, source: &Source, said: &Said, learned: usize) -> Value {
    let Source { clip, .. } = source;
    match said {
        Said::Classes { probabilities, .. } => {
            let probabilities: BTreeMap<&String, &f64> = asked.classes.iter().zip(probabilities).collect();
            serde_json::json!({ "clip": clip, "probabilities": probabilities, "learned_by": learned })
        }
        Said::Maps { shape, .. } => {
            let map = crate::artifact::maps::path(clip);
            serde_json::json!({ "clip": clip, "map": map, "shape": shape, "learned_by": learned })
        }
    }
}

/// Adds what is said of a clip to the table; maps are files of their own.
fn row(
    table: &mut Writer,
    asked: &Asked,
    source: &Source,
    said: Said,
    learned: usize,
    folder: Option<&Path>,
) -> Result<(), StageError> {
    match said {
        Said::Classes { probabilities, label } => {
            let numbers = probabilities.iter().map(f64::to_string);
            let label = asked.classes.get(label).cloned().unwrap_or_default();
            table.row([source.clip.clone(), label].into_iter().chain(numbers).chain([learned.to_string()]));
        }
        Said::Maps { shape, levels, numbers } => {
            let area = (shape[1] * shape[2]).max(1);
            for (index, (map, number)) in levels.chunks_exact(area).zip(&numbers).enumerate() {
                let there = map.iter().filter(|level| **level >= HALF).count();
                let highest = map.iter().copied().max().unwrap_or(0);
                table.row([
                    source.clip.clone(),
                    number.map_or_else(String::new, |number| number.to_string()),
                    index.to_string(),
                    (there as f64 / area as f64).to_string(),
                    (f64::from(highest) / 255.0).to_string(),
                    learned.to_string(),
                ]);
            }
            let path = folder.unwrap_or(Path::new("")).join(crate::artifact::maps::path(&source.clip));
            let bytes = crate::stage::predict::npy(shape, &levels);
            write(&path, &bytes).map_err(StageError::Failed)?;
        }
    }
    Ok(())
}

/// Writes a file and the folders above it.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, bytes));
    made.map_err(|error| format!("can't write {}: {error}", path.display()))
}

fn ended(error: StageError) -> Ended {
    match error {
        StageError::Cancelled => Ended(INTERRUPTED),
        error @ StageError::Input(_) => Ended::with(WRONG, error),
        error => Ended::with(FAILED, error),
    }
}
