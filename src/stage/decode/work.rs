//! The clips of a task: found, or decoded and stored, each by itself.

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

use super::{Extras, Parameters, StageError};
use crate::{
    artifact::{Entry, frames},
    decode::{self, DecodeError, Decoder, Extra, Ffmpeg, Room, Settings, geometry},
    job::{Place, TableInput},
    recipe::{Digest, ItemRecipe},
    stage::{Context, clips::Row},
    store::{Made, New, Record, intake},
    table::Table,
};

/// Decoded clips are recorded in groups of this many, so that an interrupted run keeps almost everything.
const GROUP: usize = 64;
/// Videos go to the program in groups of up to this many.
const VIDEOS: usize = 8;
/// Bytes for frames that wait until it is known which are kept.
const ROOM: usize = 512 << 20;
/// Raised when contact sheets come out otherwise.
const SHEET_VERSION: u32 = 1;

/// What an item's record says beside the digest of its frames.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) size: u64,
    pub(super) frames: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) fps: Option<f64>,
    pub(super) source_frames: usize,
    pub(super) windows: usize,
    /// The source frame each frame is; nothing where they are all the source's, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) numbers: Option<Vec<Option<usize>>>,
    pub(super) geometry: geometry::Geometry,
    pub(super) findings: geometry::Findings,
}

/// A clip that is there.
pub(super) struct Decoded {
    pub(super) frames: Entry,
    pub(super) sheet: Option<Entry>,
    pub(super) note: Note,
}

/// Why a clip is not there.
pub(super) enum Failure {
    /// No frame of it was asked for.
    NotAsked,
    /// The clip is at fault.
    Clip(String),
    /// Something else is.
    Store(StageError),
}

/// The recipe of one clip.
pub(super) fn item(content: Digest, settings: &Settings, extra: &Extra) -> ItemRecipe {
    let parameters = serde_json::json!({ "settings": settings, "extra": extra });
    ItemRecipe { item: "decode.clip".to_owned(), version: decode::VERSION, content, parameters }
}

pub(super) struct Work<'a> {
    context: &'a Context<'a>,
    table: &'a Table,
    input: &'a TableInput,
    settings: Settings,
    sheets: bool,
    extras: &'a Extras,
    ffmpeg: Ffmpeg,
    room: Room,
    open: Mutex<Vec<New>>,
    done: AtomicU64,
    pub(super) made: AtomicU64,
    pub(super) found: AtomicU64,
}

/// A clip that is to be decoded.
struct Job<'r> {
    /// Its place among the rows.
    at: usize,
    named: &'r str,
    path: PathBuf,
    content: Digest,
    extra: Extra,
    item: ItemRecipe,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        context: &'a Context<'a>,
        table: &'a Table,
        input: &'a TableInput,
        parameters: &Parameters,
        extras: &'a Extras,
    ) -> Self {
        Self {
            context,
            table,
            input,
            settings: parameters.settings(),
            sheets: parameters.sheets,
            extras,
            ffmpeg: Ffmpeg { program: context.tools.ffmpeg.clone() },
            room: Room::new(ROOM),
            open: Mutex::default(),
            done: AtomicU64::new(0),
            made: AtomicU64::new(0),
            found: AtomicU64::new(0),
        }
    }

    /// Every row's clip, in the threads of the pool this is called in.
    pub(super) fn all(&self, rows: &[Row]) -> Vec<Result<Decoded, Failure>> {
        let total = rows.len();
        let looked: Vec<Result<Result<Decoded, Job<'_>>, Failure>> =
            rows.par_iter().enumerate().map(|(at, row)| self.look(at, row, total)).collect();
        let mut results: Vec<Option<Result<Decoded, Failure>>> = Vec::with_capacity(total);
        let (mut videos, mut others) = (Vec::new(), Vec::new());
        for outcome in looked {
            results.push(match outcome {
                Ok(Ok(decoded)) => Some(Ok(decoded)),
                Err(failure) => Some(Err(failure)),
                Ok(Err(job)) => {
                    if decode::needs_ffmpeg(&job.path) {
                        videos.push(job)
                    } else {
                        others.push(job)
                    }
                    None
                }
            });
        }
        // Few videos are dealt out to all threads rather than to one.
        let size = videos.len().div_ceil(rayon::current_num_threads()).clamp(1, VIDEOS);
        let groups: Vec<&[Job<'_>]> = others.chunks(1).chain(videos.chunks(size)).collect();
        let made: Vec<Vec<(usize, Result<Decoded, Failure>)>> =
            groups.par_iter().map(|jobs| self.make(jobs, total)).collect();
        for (at, result) in made.into_iter().flatten() {
            results[at] = Some(result);
        }
        results.into_iter().map(|result| result.unwrap_or(Err(Failure::Store(StageError::Cancelled)))).collect()
    }

    fn tell(&self, total: usize) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.context.progress(done, total as u64, "clips");
    }

    /// A row's clip as it was made before, or the job to make it.
    fn look<'r>(&'r self, at: usize, row: &Row, total: usize) -> Result<Result<Decoded, Job<'r>>, Failure> {
        self.context.check_cancelled().map_err(Failure::Store)?;
        let Some(extra) = self.extras.of_row(row.row) else { return Err(Failure::NotAsked) };
        let named = self.table.required("path").get(row.row);
        let Some(content) = self.input.files[row.row] else {
            return Err(Failure::Clip(format!("there is no file `{named}`")));
        };
        let item = item(content, &self.settings, &extra);
        if let Some((digest, note)) = self.found(&item) {
            self.found.fetch_add(1, Ordering::Relaxed);
            self.tell(total);
            let sheet = self.sheet(&digest, &note, None).map_err(Failure::Store)?;
            return Ok(Ok(Decoded { frames: Entry { digest, size: note.size }, sheet, note }));
        }
        let path = match &self.input.place {
            Place::File(table) => intake::beside(table, named),
            Place::Artifact { .. } => self.context.store.object_path(&content),
        };
        Ok(Err(Job { at, named, path, content, extra, item }))
    }

    fn found(&self, item: &ItemRecipe) -> Option<(Digest, Note)> {
        let record = self.context.item(item)?;
        Some((record.output, serde_json::from_value(record.note?).ok()?))
    }

    fn make(&self, jobs: &[Job<'_>], total: usize) -> Vec<(usize, Result<Decoded, Failure>)> {
        let begun = Instant::now();
        let (mut done, mut sound) = (Vec::with_capacity(jobs.len()), Vec::with_capacity(jobs.len()));
        for job in jobs {
            match self.before(job) {
                Ok(()) => sound.push((job.path.as_path(), &job.extra)),
                Err(failure) => done.push((job.at, Err(failure))),
            }
        }
        let decoder =
            Decoder { settings: &self.settings, ffmpeg: &self.ffmpeg, room: &self.room, cancel: self.context.cancel };
        let clips = match sound[..] {
            [] => Vec::new(),
            [(path, extra)] => vec![decoder.decode(path, extra)],
            _ => decoder.decode_videos(&sound),
        };
        let seconds = begun.elapsed().as_secs_f64() / sound.len().max(1) as f64;
        let failed: Vec<usize> = done.iter().map(|(at, _)| *at).collect();
        for (job, clip) in jobs.iter().filter(|job| !failed.contains(&job.at)).zip(clips) {
            done.push((job.at, self.keep(job, clip, seconds)));
            self.tell(total);
        }
        done
    }

    fn before(&self, job: &Job<'_>) -> Result<(), Failure> {
        self.context.check_cancelled().map_err(Failure::Store)?;
        if matches!(self.input.place, Place::Artifact { .. }) {
            // Decoders read from the disk: what they read there is compared with its digest before.
            self.context.store.check(&job.content).map_err(|error| Failure::Store(error.into()))?;
        }
        Ok(())
    }

    fn keep(&self, job: &Job<'_>, clip: Result<decode::Clip, DecodeError>, seconds: f64) -> Result<Decoded, Failure> {
        let named = job.named;
        let clip = clip.map_err(|error| match error {
            DecodeError::Cancelled => Failure::Store(StageError::Cancelled),
            error => Failure::Clip(format!("`{named}`: {error}")),
        })?;
        // The file is read twice, for its digest and for its frames; both must be of the same bytes.
        if matches!(self.input.place, Place::File(_))
            && self.context.store.stat.digest(&job.path).ok() != Some(job.content)
        {
            return Err(Failure::Clip(format!("`{named}` changed while it was read; run again")));
        }
        let store = |bytes: &[u8]| self.context.store.put(bytes).map_err(|error| Failure::Store(error.into()));
        let frames = store(&decode::write_npy([clip.frames, clip.height, clip.width], &clip.pixels))?;
        let in_order = clip.frames == clip.source_frames && clip.numbers.iter().copied().eq((0..clip.frames).map(Some));
        let note = Note {
            size: frames.size,
            frames: clip.frames,
            height: clip.height,
            width: clip.width,
            fps: clip.fps,
            source_frames: clip.source_frames,
            windows: clip.windows,
            numbers: (!in_order).then_some(clip.numbers),
            geometry: clip.geometry,
            findings: clip.findings,
        };
        self.record(&job.item, frames.digest, seconds, serde_json::to_value(&note).ok())?;
        self.made.fetch_add(1, Ordering::Relaxed);
        let sheet = self.sheet(&frames.digest, &note, Some(&clip.pixels)).map_err(Failure::Store)?;
        Ok(Decoded { frames, sheet, note })
    }

    /// The contact sheet of frames, an item of its own: made of `pixels`, or of the frames as stored.
    fn sheet(&self, frames: &Digest, note: &Note, pixels: Option<&[u8]>) -> Result<Option<Entry>, StageError> {
        if !self.sheets {
            return Ok(None);
        }
        let item = ItemRecipe {
            item: "decode.sheet".to_owned(),
            version: SHEET_VERSION,
            content: *frames,
            parameters: Value::Null,
        };
        if let Some(record) = self.context.item(&item)
            && let Some(size) = record.note.as_ref().and_then(Value::as_u64)
        {
            return Ok(Some(Entry { digest: record.output, size }));
        }
        let failed = |error: DecodeError| StageError::Failed(format!("contact sheet: {error}"));
        let begun = Instant::now();
        let sheet = match pixels {
            Some(pixels) => decode::contact_sheet([note.frames, note.height, note.width], pixels),
            None => {
                self.context.store.check(frames)?;
                let gone = |_| StageError::Failed("the frames are gone from the store; run again".to_owned());
                let stored = self.context.store.object(frames).map_err(gone)?;
                decode::read_npy(&stored).and_then(|(shape, pixels)| decode::contact_sheet(shape, pixels))
            }
        };
        let entry = self.context.store.put(&sheet.map_err(failed)?)?;
        let seconds = begun.elapsed().as_secs_f64();
        match self.record(&item, entry.digest, seconds, Some(entry.size.into())) {
            Err(Failure::Store(error)) => Err(error),
            _ => Ok(Some(entry)),
        }
    }

    fn record(&self, item: &ItemRecipe, output: Digest, seconds: f64, note: Option<Value>) -> Result<(), Failure> {
        let record = Record { key: item.key(), output, seconds, environment: BTreeMap::new(), note };
        self.open.lock().expect("no holder panics").push(New { record, made: Made::Object });
        self.commit(GROUP).map_err(Failure::Store)
    }

    /// Records what is decoded, once at least `group` items are.
    pub(super) fn commit(&self, group: usize) -> Result<(), StageError> {
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

/// The rows of the frames' artifact for a clip.
pub(super) fn clip(row: &Row, decoded: &Decoded) -> frames::Clip {
    let note = &decoded.note;
    frames::Clip {
        clip: row.clip.clone(),
        patient: row.patient.clone(),
        frames: note.frames,
        height: note.height,
        width: note.width,
        fps: note.fps,
        source_frames: note.source_frames,
        windows: note.windows,
        mm_per_pixel: note.geometry.output_mm_per_pixel(),
        fan_found: note.findings.found.map(|found| found.name().to_owned()),
        fan_share: note.findings.fan_share,
        marks: note.findings.marks.len(),
        title_frames: note.findings.title_frames.len(),
        digest: decoded.frames.digest.to_string(),
    }
}
