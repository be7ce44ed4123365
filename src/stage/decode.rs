//! `decode`: clip files to grey frames, clip by clip.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Context, Items, Needs, Output, Stage, StageError, Tools, clips, context::Notice, declare};
use crate::{
    artifact::Type,
    decode::{
        self, Sample, Short, Size,
        geometry::{self, Crop, Deidentify, Intensity, Mask, Polar, Ratio, Resize, TitleFrames},
    },
    job::{Job, Located},
    plan::{Port, Problem, Surroundings, kind},
    store::{Record, Store},
    table::Wanted,
};

mod extra;
mod gather;
mod work;

use extra::Extras;
use gather::gather;
use work::{Work, item};

/// Parameters of `[decode.NAME]`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Parameters {
    /// How many frames to take; all that `sample` names where not given.
    frames: Option<u32>,
    /// How they are chosen.
    sample: Sample,
    /// Frames a second to bring clips to before frames are chosen; as stored where not given.
    rate: Option<f64>,
    /// What to do with a clip that has fewer frames than asked for.
    short: Short,
    /// What of the frame is the picture.
    mask: Mask,
    /// What the frame is cropped to.
    crop: Crop,
    /// The ratio of width to height that black on both sides brings it to.
    pad: Option<Ratio>,
    /// The size frames are resized to; as they are where not given.
    size: Option<Size>,
    /// How they are resized.
    resize: Resize,
    /// Polar coordinates in place of crop, padding and resizing.
    polar: Option<Polar>,
    /// Grey levels.
    intensity: Intensity,
    /// Whether burned-in text must be gone.
    deidentify: Deidentify,
    /// What to do with near-black frames at the beginning and the end of a clip.
    title_frames: TitleFrames,
    /// Whether a small picture of some frames of each clip is made, to look at.
    sheets: bool,
    /// What to do with a clip that can't be decoded.
    on_error: OnError,
}

impl Default for Parameters {
    fn default() -> Self {
        let decode::Settings { frames, sample, rate, short, geometry } = decode::Settings::default();
        let geometry::Settings { mask, crop, pad, size, resize, polar, intensity, deidentify, title_frames } = geometry;
        Self {
            frames,
            sample,
            rate,
            short,
            mask,
            crop,
            pad,
            size,
            resize,
            polar,
            intensity,
            deidentify,
            title_frames,
            sheets: true,
            on_error: OnError::default(),
        }
    }
}

impl Parameters {
    /// What bears on a single clip.
    fn settings(&self) -> decode::Settings {
        decode::Settings {
            frames: self.frames,
            sample: self.sample,
            rate: self.rate,
            short: self.short,
            geometry: geometry::Settings {
                mask: self.mask,
                crop: self.crop,
                pad: self.pad,
                size: self.size,
                resize: self.resize,
                polar: self.polar,
                intensity: self.intensity,
                deidentify: self.deidentify,
                title_frames: self.title_frames,
            },
        }
    }
}

/// What the parameters of a `decode` task do to a single clip of which nothing but the file is known.
///
/// # Errors
/// A decoding that needs to be told about each clip.
pub(super) fn settings_of(parameters: &Value) -> Result<decode::Settings, StageError> {
    let read: Parameters = kind::parameters(parameters).map_err(|error| StageError::Input(error.to_string()))?;
    if read.mask == Mask::Corners {
        let message =
            "the models learned from fans whose corners a table told, and of these clips there is no such table";
        return Err(StageError::Input(message.to_owned()));
    }
    Ok(read.settings())
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

/// The kind.
#[derive(Debug)]
pub(super) struct Decode;

declare! {
    Decode, "decode", version 3, Parameters,
    "decode clip files to grey frames",
    ports [
        Port::table("clips"),
        Port::table("at").optional(),
        Port::table("geometry").optional(),
    ],
    makes Type::Frames,
    {
        fn methods(&self, _parameters: &Value) -> BTreeMap<String, u32> {
            BTreeMap::from([("decode".to_owned(), decode::VERSION)])
        }

        fn columns(&self, port: &str, _parameters: &Value) -> Vec<Wanted> {
            match port {
                "at" => extra::AT.map(Wanted::required).to_vec(),
                "geometry" => extra::geometry_columns(),
                _ => {
                    let mut columns = clips::columns("patient");
                    columns.push(Wanted::file("path"));
                    columns
                }
            }
        }

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            let Ok(read) = kind::parameters::<Parameters>(parameters) else { return Vec::new() };
            let mut problems = Vec::new();
            if let Some((field, message, help)) = read.settings().check().err().and_then(|error| error.setting()) {
                problems.push(Problem::new(field, message, help));
            }
            if read.mask == Mask::Corners && !around.connected.contains(&"geometry") {
                let help = "add `geometry = \"geometry.csv\"`, a table with the corners of each clip";
                problems.push(Problem::new("mask", "`mask` is \"corners\" and no table says where they are", help));
            }
            if around.connected.contains(&"at") {
                let defaults = Parameters::default();
                let beside = [
                    ("frames", read.frames.is_some()),
                    ("sample", read.sample != defaults.sample),
                    ("rate", read.rate.is_some()),
                ];
                for (field, _) in beside.into_iter().filter(|(_, given)| *given) {
                    let message = format!("`{field}` beside `at`, which names every frame already");
                    problems.push(Problem::new(field, message, "keep one of them"));
                }
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
        let settings = parameters.settings();
        let table = |port: &str| match job.inputs.get(port)?.first()? {
            Located::Table(input) => Some(input),
            _ => None,
        };
        let input = table("clips")?;
        let extras = Extras::open(store, input, table("at"), table("geometry")).ok()?;
        let records: Vec<Option<Record>> = input
            .files
            .iter()
            .enumerate()
            .filter_map(|(row, content)| Some((content, extras.of_row(row)?)))
            .map(|(content, extra)| content.and_then(|content| store.record(&item(content, &settings, &extra).key())))
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
        let (at, geometry) = (context.table("at")?, context.table("geometry")?);
        let extras = Extras::of(&table, at.as_ref().map(|(at, _)| at), geometry.as_ref().map(|(table, _)| table))?;
        let work = Work::new(context, &table, input, &parameters, &extras);
        let pool = context.pool()?;
        let results = pool.install(|| work.all(&rows));
        work.commit(0)?;
        (context.observe)(Notice::Items(work.made.load(Ordering::Relaxed), work.found.load(Ordering::Relaxed)));
        context.check_cancelled()?;
        gather(context, &table, rows, results, &parameters)
    }
}
