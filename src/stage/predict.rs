//! What trained models say of clips that no experiment has: decoded as theirs were, predicted by all of them, the mean.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use rayon::prelude::*;
use serde_json::Value;

use super::{Place, StageError, Tools, decode as stage, pool};
use crate::{
    decode::{self, Decoder, Extra, Ffmpeg, Room, Settings},
    label,
    model::{self, ClipShape, Clips, ModelError},
    table::{self, Mapping, Wanted},
};

/// Clips that are decoded, and then predicted, at once.
const GROUP: usize = 32;
/// Bytes for frames that wait until it is known which are kept.
const ROOM: usize = 512 << 20;

/// A clip and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How it is called.
    pub clip: String,
    /// A file, or a folder of pictures.
    pub path: PathBuf,
}

/// What models say of a clip.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// The probability of each class, and the number of the most probable one.
    Classes { probabilities: Vec<f64>, label: usize },
    /// What is on each frame.
    Maps {
        /// Frames, rows, columns.
        shape: [usize; 3],
        /// Probabilities in 255ths.
        levels: Vec<u8>,
        /// The source frame each is; nothing for a black one.
        numbers: Vec<Option<usize>>,
    },
}

/// Told what is said of a clip, or why nothing can be.
pub type Take<'a> = dyn FnMut(&Source, Result<Said, String>) -> Result<(), StageError> + 'a;

/// Models of one kind, and how what they learned from was decoded.
#[derive(Debug)]
pub struct Models {
    weights: Vec<Vec<u8>>,
    shape: ClipShape,
    of_frames: bool,
    settings: Settings,
}

impl Models {
    /// Models by their weights; `decoding` are the parameters of the `decode` task they learned from.
    ///
    /// # Errors
    /// Weights that can't be read, or are of models that don't belong together; a decoding that needs tables.
    pub fn new(weights: Vec<Vec<u8>>, decoding: &Value) -> Result<Self, StageError> {
        let wrong = |error: ModelError| StageError::Input(error.to_string());
        let about: Vec<model::Description> =
            weights.iter().map(|weights| model::describe(weights)).collect::<Result<_, _>>().map_err(wrong)?;
        let [first, others @ ..] = &about[..] else {
            return Err(StageError::Input("there is no model to predict with".to_owned()));
        };
        let kind = |about: &model::Description| (about.of_frames, about.classes, about.input);
        if others.iter().any(|other| kind(other) != kind(first)) {
            return Err(StageError::Input(
                "the models look at frames of different shapes, or tell different things".into(),
            ));
        }
        let (shape, of_frames) = (first.input, first.of_frames);
        Ok(Self { weights, shape, of_frames, settings: stage::settings_of(decoding)? })
    }

    /// Whether they find pixels of frames, and not classes of clips.
    pub fn of_frames(&self) -> bool {
        self.of_frames
    }

    /// Predicts every clip, in order; `take` is handed what is said of each, or why nothing can be. It ends the work by
    /// saying so.
    ///
    /// # Errors
    /// A place where the models can't be computed, threads that can't be started, a stop, or what `take` says.
    pub fn predict(
        &self,
        clips: &[Source],
        tools: &Tools,
        threads: usize,
        cancel: &AtomicBool,
        take: &mut Take<'_>,
    ) -> Result<(), StageError> {
        for weights in &self.weights {
            model::check_place(weights, tools.place).map_err(|error| StageError::Input(error.to_string()))?;
        }
        let pool = pool(threads)?;
        let (ffmpeg, room) = (Ffmpeg { program: tools.ffmpeg.clone() }, Room::new(ROOM));
        let decoder = Decoder { settings: &self.settings, ffmpeg: &ffmpeg, room: &room, cancel };
        let decoded = |source: &Source| decoder.decode(&source.path, &Extra::default());
        for group in clips.chunks(GROUP) {
            let decoded: Vec<_> = pool.install(|| group.par_iter().map(decoded).collect());
            for (source, clip) in group.iter().zip(decoded) {
                if cancel.load(Ordering::Relaxed) {
                    return Err(StageError::Cancelled);
                }
                let said =
                    clip.map_err(|error| error.to_string()).and_then(|clip| self.say(&clip, threads, tools.place));
                take(source, said)?;
            }
        }
        Ok(())
    }

    fn say(&self, clip: &decode::Clip, threads: usize, place: Place) -> Result<Said, String> {
        let windows = if self.of_frames { clip.frames } else { clip.windows.max(1) };
        let frames = clip.frames / windows.max(1);
        let shape = ClipShape { frames, height: clip.height, width: clip.width };
        if shape != self.shape {
            return Err(format!("it decodes to {shape}, and the models look at {}", self.shape));
        }
        let inputs = Windows { shape, pixels: &clip.pixels };
        let which: Vec<usize> = (0..windows).collect();
        let count = self.weights.len();
        if self.of_frames {
            let mut sums = vec![0u32; clip.pixels.len()];
            for weights in &self.weights {
                let maps = model::segment(weights, &inputs, &which, threads, place);
                let maps = maps.map_err(|error| error.to_string())?;
                sums.iter_mut().zip(maps.iter().flatten()).for_each(|(sum, level)| *sum += u32::from(*level));
            }
            let levels = sums.into_iter().map(|sum| ((sum as usize + count / 2) / count) as u8).collect();
            let shape = [clip.frames, clip.height, clip.width];
            return Ok(Said::Maps { shape, levels, numbers: clip.numbers.clone() });
        }
        let mut said = Vec::with_capacity(count * windows);
        for weights in &self.weights {
            let found = model::predict(weights, &inputs, &which, threads, place);
            said.extend(found.map_err(|error| error.to_string())?);
        }
        let probabilities = label::mean(said);
        Ok(Said::Classes { label: label::most_probable(&probabilities), probabilities })
    }
}

/// A decoded clip's windows, or frames, one after the other.
struct Windows<'a> {
    shape: ClipShape,
    pixels: &'a [u8],
}

impl Clips for Windows<'_> {
    fn len(&self) -> usize {
        self.pixels.len() / self.shape.bytes().max(1)
    }

    fn shape(&self) -> ClipShape {
        self.shape
    }

    fn frames(&self, index: usize) -> Result<std::borrow::Cow<'_, [u8]>, ModelError> {
        let size = self.shape.bytes();
        Ok(std::borrow::Cow::Borrowed(&self.pixels[index * size..][..size]))
    }
}

/// The bytes of a `.npy` file of frames, rows and columns.
pub fn npy(shape: [usize; 3], levels: &[u8]) -> Vec<u8> {
    decode::write_npy(shape, levels)
}

/// The clips that are named: in tables (`.csv`, columns `clip` and `path`, paths beside the table), or as files and folders of
/// pictures, which are called by their names without ending.
///
/// # Errors
/// A table that can't be read, a clip that stands twice or whose file is not there.
pub fn sources(named: &[PathBuf]) -> Result<Vec<Source>, StageError> {
    let mut all: Vec<Source> = Vec::new();
    for path in named {
        let shown = path.display().to_string();
        if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("csv")) {
            let clip = path.file_stem().map_or(shown.clone(), |stem| stem.to_string_lossy().into_owned());
            all.push(Source { clip, path: path.clone() });
            continue;
        }
        let bytes = std::fs::read(path).map_err(|error| StageError::Input(format!("can't read `{shown}`: {error}")))?;
        let wanted = [Wanted::required("clip"), Wanted::file("path")];
        let table = table::read(&bytes[..], &shown, &wanted, &Mapping::default())?;
        for row in 0..table.len() {
            let (clip, file) = (table.required("clip").get(row), table.required("path").get(row));
            if clip.is_empty() || file.is_empty() {
                let blank = if clip.is_empty() { "`clip` is blank" } else { "`path` is blank" };
                return Err(table.error(row, blank.to_owned(), "give every clip a name and a file").into());
            }
            let path = path.parent().unwrap_or(Path::new("")).join(file);
            if !path.exists() {
                return Err(table
                    .error(row, format!("there is no file `{file}`"), "paths lie beside the table")
                    .into());
            }
            all.push(Source { clip: clip.to_owned(), path });
        }
    }
    let mut seen: BTreeMap<&str, &Path> = BTreeMap::new();
    for source in &all {
        let Source { clip, path } = source;
        if !path.exists() {
            return Err(StageError::Input(format!("there is no file `{}`", path.display())));
        }
        if let Some(other) = seen.insert(clip, path) {
            return Err(StageError::Input(format!(
                "two clips are called `{clip}`: `{}` and `{}`; give a table with columns `clip` and `path` that tells them apart",
                other.display(),
                path.display()
            )));
        }
    }
    match all.is_empty() {
        true => Err(StageError::Input("no clip is named".to_owned())),
        false => Ok(all),
    }
}
