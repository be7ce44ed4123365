//! `decode`: clip files to grey frames, clip by clip.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Items, Needs, Output, Stage, StageError, Tools, clips, context::Notice, declare};
use crate::{
    artifact::{
        Entry, Type,
        frames::{self, Clip, Skipped},
    },
    decode::{self, DecodeError, Ffmpeg, Short, Size},
    job::{Job, Located, Place, TableInput},
    plan::{Port, Problem, Surroundings, kind},
    recipe::{Digest, ItemRecipe},
    store::{Made, New, Record, Store, intake},
    table::{Table, Wanted},
};

/// Parameters of `[decode.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Parameters {
    /// How many frames to take, evenly over the clip; all where not given.
    frames: Option<u32>,
    /// The size frames are resized to; as they are where not given.
    size: Option<Size>,
    /// What to do with a clip that has fewer frames than asked for.
    short: Short,
    /// What to do with a clip that can't be decoded.
    on_error: OnError,
}

impl Parameters {
    /// What bears on a single clip.
    fn settings(&self) -> decode::Settings {
        decode::Settings { frames: self.frames, size: self.size, short: self.short }
    }
}

/// What to do with a clip that can't be decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OnError {
    /// Stop, after all others were tried.
    #[default]
    Fail,
    /// Leave it out, and list it in the report.
    Skip,
}

/// What an item's record says beside the digest of its frames.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Note {
    size: u64,
    frames: usize,
    height: usize,
    width: usize,
    fps: Option<f64>,
    source_frames: usize,
}

/// Decoded clips are recorded in groups of this many, so that an interrupted run keeps almost everything.
const GROUP: usize = 64;

/// The kind.
#[derive(Debug)]
pub(super) struct Decode;

declare! {
    Decode, "decode", version 1, Parameters,
    "decode clip files to grey frames of one size",
    ports [Port::table("clips")],
    makes Type::Frames,
    {
        fn methods(&self, _parameters: &Value) -> BTreeMap<String, u32> {
            BTreeMap::from([("decode".to_owned(), decode::VERSION)])
        }

        fn columns(&self, _port: &str, _parameters: &Value) -> Vec<Wanted> {
            let mut columns = clips::columns("patient");
            columns.push(Wanted::file("path"));
            columns
        }

        fn check(&self, parameters: &Value, _around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(parameters) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let mut problems = Vec::new();
            if parameters.frames == Some(0) {
                problems.push(Problem::new("frames", "`frames` is 0", "leave it out for all frames"));
            }
            if parameters.size.is_some_and(|size| size.width == 0 || size.height == 0) {
                problems.push(Problem::new("size", "`size` has no area", "give `{ width = 96, height = 96 }`"));
            }
            problems
        }
    }
}

impl Stage for Decode {
    fn nouns(&self) -> [&'static str; 2] {
        ["decoding", "decodings"]
    }

    fn needs(&self, _job: &Job, budget: usize) -> Needs {
        Needs::threads(budget)
    }

    fn items(&self, job: &Job, store: &Store) -> Option<Items> {
        let parameters: Parameters = kind::parameters(&job.recipe.parameters).ok()?;
        let settings = serde_json::to_value(parameters.settings()).ok()?;
        let Some(Located::Table(input)) = job.inputs.get("clips")?.first() else { return None };
        let records: Vec<Option<Record>> = input
            .files
            .iter()
            .map(|content| content.and_then(|content| store.record(&item(content, &settings).key())))
            .collect();
        let times: Vec<f64> = records.iter().flatten().map(|record| record.seconds).collect();
        let (total, missing) = (records.len(), records.len() - times.len());
        let mean = (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64);
        Some(Items { missing, total, unit: "clips", seconds: mean.map(|mean| mean * missing as f64) })
    }

    fn environment(&self, _job: &Job, tools: &Tools) -> BTreeMap<String, String> {
        tools.ffmpeg_version().map(|version| ("ffmpeg".to_owned(), version)).into_iter().collect()
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        let (table, input) = context.required_table("clips")?;
        let rows = clips::read(&table, "patient")?;
        let work = Work::new(context, &table, input, &parameters)?;
        let total = rows.len() as u64;
        let done = AtomicU64::new(0);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(context.threads)
            .build()
            .map_err(|error| StageError::Failed(format!("can't start {} threads: {error}", context.threads)))?;
        let results: Vec<Result<(Clip, Entry), DecodeFailure>> = pool.install(|| {
            rows.par_iter()
                .map(|row| {
                    let result = work.clip(row);
                    context.progress(done.fetch_add(1, Ordering::Relaxed) + 1, total, "clips");
                    result
                })
                .collect()
        });
        work.commit(0)?;
        (context.observe)(Notice::Items(work.made.into_inner(), work.found.into_inner()));
        context.check_cancelled()?;
        gather(context, &table, rows, results, parameters.on_error)
    }
}

/// The recipe of one clip.
fn item(content: Digest, settings: &Value) -> ItemRecipe {
    let parameters = settings.clone();
    ItemRecipe { item: "decode.clip".to_owned(), version: decode::VERSION, content, parameters }
}

/// Why a clip was not decoded.
enum DecodeFailure {
    Clip(String),
    Store(StageError),
}

struct Work<'a> {
    context: &'a Context<'a>,
    table: &'a Table,
    input: &'a TableInput,
    settings: decode::Settings,
    parameters: Value,
    ffmpeg: Ffmpeg,
    open: Mutex<Vec<New>>,
    made: AtomicU64,
    found: AtomicU64,
}

impl<'a> Work<'a> {
    fn new(
        context: &'a Context<'a>,
        table: &'a Table,
        input: &'a TableInput,
        parameters: &Parameters,
    ) -> Result<Self, StageError> {
        let settings = parameters.settings();
        Ok(Self {
            context,
            table,
            input,
            parameters: serde_json::to_value(&settings).map_err(|error| StageError::Failed(error.to_string()))?,
            settings,
            ffmpeg: Ffmpeg { program: context.tools.ffmpeg.clone() },
            open: Mutex::default(),
            made: AtomicU64::new(0),
            found: AtomicU64::new(0),
        })
    }

    fn clip(&self, row: &clips::Row) -> Result<(Clip, Entry), DecodeFailure> {
        self.context.check_cancelled().map_err(DecodeFailure::Store)?;
        let named = self.table.required("path").get(row.row);
        let Some(content) = self.input.files[row.row] else {
            return Err(DecodeFailure::Clip(format!("there is no file `{named}`")));
        };
        let item = item(content, &self.parameters);
        let (output, note) = match self.found(&item) {
            Some(found) => {
                self.found.fetch_add(1, Ordering::Relaxed);
                found
            }
            None => self.decode(&item, content, named)?,
        };
        let clip = Clip {
            clip: row.clip.clone(),
            patient: row.patient.clone(),
            frames: note.frames,
            height: note.height,
            width: note.width,
            fps: note.fps,
            source_frames: note.source_frames,
            digest: output.to_string(),
        };
        Ok((clip, Entry { digest: output, size: note.size }))
    }

    fn found(&self, item: &ItemRecipe) -> Option<(Digest, Note)> {
        let record = self.context.item(item)?;
        Some((record.output, serde_json::from_value(record.note?).ok()?))
    }

    fn decode(&self, item: &ItemRecipe, content: Digest, named: &str) -> Result<(Digest, Note), DecodeFailure> {
        let begun = Instant::now();
        if matches!(self.input.place, Place::Artifact { .. }) {
            // Decoders read from the disk: what they read there is compared with its digest before.
            self.context.store.check(&content).map_err(|error| DecodeFailure::Store(error.into()))?;
        }
        let path = self.path(content, named);
        let clip =
            decode::decode(&path, &self.settings, &self.ffmpeg, self.context.cancel).map_err(|error| match error {
                DecodeError::Cancelled => DecodeFailure::Store(StageError::Cancelled),
                error => DecodeFailure::Clip(format!("`{named}`: {error}")),
            })?;
        // The file is read twice, for its digest and for its frames; both must be of the same bytes.
        if matches!(self.input.place, Place::File(_)) && self.context.store.stat.digest(&path).ok() != Some(content) {
            return Err(DecodeFailure::Clip(format!("`{named}` changed while it was read; run again")));
        }
        let entry =
            self.context.store.put(&decode::write_npy(&clip)).map_err(|error| DecodeFailure::Store(error.into()))?;
        let note = Note {
            size: entry.size,
            frames: clip.frames,
            height: clip.height,
            width: clip.width,
            fps: clip.fps,
            source_frames: clip.source_frames,
        };
        let record = Record {
            key: item.key(),
            output: entry.digest,
            seconds: begun.elapsed().as_secs_f64(),
            environment: BTreeMap::new(),
            note: serde_json::to_value(note).ok(),
        };
        self.made.fetch_add(1, Ordering::Relaxed);
        self.open.lock().expect("no holder panics").push(New { record, made: Made::Object });
        self.commit(GROUP).map_err(DecodeFailure::Store)?;
        Ok((entry.digest, note))
    }

    fn path(&self, content: Digest, named: &str) -> PathBuf {
        match &self.input.place {
            Place::File(table) => intake::beside(table, named),
            Place::Artifact { .. } => self.context.store.object_path(&content),
        }
    }

    /// Records what is decoded, once at least `group` clips are.
    fn commit(&self, group: usize) -> Result<(), StageError> {
        let records = {
            let mut open = self.open.lock().expect("no holder panics");
            if open.len() < group || open.is_empty() {
                return Ok(());
            }
            std::mem::take(&mut *open)
        };
        self.context.store.commit(records, false)?;
        Ok(())
    }
}

fn gather(
    context: &Context<'_>,
    table: &Table,
    rows: Vec<clips::Row>,
    results: Vec<Result<(Clip, Entry), DecodeFailure>>,
    on_error: OnError,
) -> Result<Output, StageError> {
    let mut output = Output::default();
    let mut decoded = Vec::new();
    let mut skipped = Vec::new();
    for (row, result) in rows.into_iter().zip(results) {
        match result {
            Ok((clip, entry)) => {
                output.tree.files.insert(frames::path(&clip.clip), entry);
                decoded.push(clip);
            }
            Err(DecodeFailure::Store(error)) => return Err(error),
            Err(DecodeFailure::Clip(reason)) => {
                let at = table.line(row.row);
                skipped.push((at, Skipped { clip: row.clip, patient: row.patient, reason }));
            }
        }
    }
    if !skipped.is_empty() && (on_error == OnError::Fail || decoded.is_empty()) {
        let lines: Vec<String> = skipped
            .iter()
            .map(|(line, s)| format!("\n  {}:{line}: clip `{}`: {}", table.file, s.clip, s.reason))
            .collect();
        let remedy = "mend or remove them, or set `on_error = \"skip\"` to leave them out and list them in the report";
        return Err(StageError::Input(format!(
            "{} of {} clips can't be decoded:{}\n  {remedy}",
            skipped.len(),
            skipped.len() + decoded.len(),
            lines.concat()
        )));
    }
    for (_, s) in &skipped {
        context.warn(format!("clip `{}` left out: {}", s.clip, s.reason));
    }
    let skipped: Vec<Skipped> = skipped.into_iter().map(|(_, s)| s).collect();
    output.add(context.store, "clips.csv", &frames::write_clips(&decoded))?;
    output.add(context.store, "skipped.csv", &frames::write_skipped(&skipped))?;
    Ok(output)
}
