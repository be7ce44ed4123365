//! From the frames of a source to the frames kept of it, in as few passes as there can be.
//!
//! One pass does where the choice of frames and the plan of their geometry are known before; else a first pass surveys the
//! clip. Frames of the survey are held while there is room for them, so that most clips are decoded once all the same.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use image::GrayImage;

use super::{
    Clip, Extra, Settings, Source,
    choose::{self, Chosen},
    error::DecodeError,
    geometry::{Hints, Plan, Statistics},
};

/// Room for frames that wait until it is known which are kept, shared by all clips that are decoded at a time.
#[derive(Debug)]
pub struct Room(AtomicUsize);

impl Room {
    /// So many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }

    fn take(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(bytes)).is_ok()
    }
}

/// Frames that wait, and the room they hold.
struct Waiting<'a> {
    room: &'a Room,
    held: usize,
    frames: Option<Vec<GrayImage>>,
}

impl<'a> Waiting<'a> {
    fn new(room: &'a Room) -> Self {
        Self { room, held: 0, frames: Some(Vec::new()) }
    }

    /// Keeps the frame; without room for it, none.
    fn push(&mut self, frame: GrayImage) {
        let Some(frames) = &mut self.frames else { return };
        let bytes = frame.as_raw().len();
        if self.room.take(bytes) {
            self.held += bytes;
            frames.push(frame);
        } else {
            self.release();
        }
    }

    fn release(&mut self) {
        self.frames = None;
        self.room.0.fetch_add(std::mem::take(&mut self.held), Ordering::AcqRel);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

/// All that bears on one clip.
pub(super) struct Asked<'a> {
    pub(super) settings: &'a Settings,
    pub(super) extra: &'a Extra,
    pub(super) room: &'a Room,
    pub(super) cancel: &'a AtomicBool,
}

pub(super) fn collect(source: &dyn Source, asked: &Asked<'_>) -> Result<Clip, DecodeError> {
    let mut frames = Frames::new(source, asked);
    let counted = frames.statistics || (asked.extra.at.is_none() && asked.settings.needs_count());
    let expected = source.about().frames;
    if !counted {
        let pass = frames.pass(None)?;
        let chosen = frames.choose(pass)?;
        return frames.finish(pass, chosen);
    }
    if let Some(expected) = expected.filter(|_| !frames.statistics)
        // A clip said to be empty or too short is refused only once it has been counted.
        && let Ok(chosen) = frames.choose(expected)
        && frames.pass(Some(&chosen))? == expected
    {
        return frames.finish(expected, chosen);
    }
    let (waiting, count) = frames.survey()?;
    let chosen = frames.choose(count)?;
    match &waiting.frames {
        Some(whole) => frames.convert(whole, &chosen)?,
        None => {
            let second = frames.pass(Some(&chosen))?;
            if second != count {
                return Err(DecodeError::Unstable { first: count, second });
            }
        }
    }
    drop(waiting);
    frames.finish(count, chosen)
}

struct Frames<'a> {
    source: &'a dyn Source,
    asked: &'a Asked<'a>,
    hints: Hints,
    /// Whether the geometry depends on what all frames show.
    statistics: bool,
    size: Option<(u32, u32)>,
    plan: Option<Plan>,
    surveyed: Option<Statistics>,
    fps: Option<f64>,
    kept: BTreeMap<usize, GrayImage>,
}

impl<'a> Frames<'a> {
    fn new(source: &'a dyn Source, asked: &'a Asked<'a>) -> Self {
        let mut hints = asked.extra.hints.clone();
        hints.add(&source.about().regions, source.about().mm_per_pixel);
        let statistics = asked.settings.geometry.needs_statistics();
        Self {
            source,
            asked,
            hints,
            statistics,
            size: None,
            plan: None,
            surveyed: None,
            fps: None,
            kept: BTreeMap::new(),
        }
    }

    /// Decodes and converts what is chosen, or what can be chosen without counting; the number of frames of the clip.
    fn pass(&mut self, chosen: Option<&Chosen>) -> Result<usize, DecodeError> {
        let asked = self.asked;
        let numbers: Option<Vec<usize>> = match (chosen, &asked.extra.at) {
            (Some(chosen), _) => {
                let mut numbers: Vec<usize> = chosen.frames.iter().flatten().copied().collect();
                numbers.sort_unstable();
                Some(numbers)
            }
            (None, Some(at)) => Some(at.clone()),
            (None, None) => None,
        };
        let wanted = |number: usize| match &numbers {
            Some(numbers) => numbers.binary_search(&number).is_ok(),
            None => match asked.settings.sample {
                choose::Sample::Stride { every, from } => {
                    number.checked_sub(from as usize).is_some_and(|past| past % (every.max(1) as usize) == 0)
                }
                _ => true,
            },
        };
        self.kept.clear();
        let source = self.source;
        let pass = source.pass(&wanted, &mut |number, frame| {
            self.look(number, &frame)?;
            let frame = self.plan()?.apply(&frame);
            self.kept.insert(number, frame);
            Ok(())
        })?;
        self.fps = pass.fps;
        if pass.frames == 0 { Err(DecodeError::NoFrames) } else { Ok(pass.frames) }
    }

    /// Decodes every frame, holds them while there is room, and adds up what the geometry needs.
    fn survey(&mut self) -> Result<(Waiting<'a>, usize), DecodeError> {
        let (source, room) = (self.source, self.asked.room);
        let mut waiting = Waiting::new(room);
        let mut statistics = None;
        let pass = source.pass(&|_| true, &mut |number, frame| {
            self.look(number, &frame)?;
            if self.statistics {
                statistics.get_or_insert_with(|| Statistics::new(frame.width(), frame.height())).add(&frame);
            }
            waiting.push(frame);
            Ok(())
        })?;
        self.fps = pass.fps;
        self.surveyed = statistics;
        if pass.frames == 0 { Err(DecodeError::NoFrames) } else { Ok((waiting, pass.frames)) }
    }

    fn look(&mut self, number: usize, frame: &GrayImage) -> Result<(), DecodeError> {
        if self.asked.cancel.load(Ordering::Relaxed) {
            return Err(DecodeError::Cancelled);
        }
        let (width, height) = frame.dimensions();
        if width == 0 || height == 0 {
            return Err(DecodeError::NoFrames);
        }
        let (expected_width, expected_height) = *self.size.get_or_insert((width, height));
        if (width, height) != (expected_width, expected_height) {
            let frame = format!("frame {number}");
            return Err(DecodeError::Sizes { frame, width, height, expected_width, expected_height });
        }
        Ok(())
    }

    fn plan(&mut self) -> Result<&Plan, DecodeError> {
        if self.plan.is_none() {
            let (width, height) = self.size.ok_or(DecodeError::NoFrames)?;
            let settings = &self.asked.settings.geometry;
            self.plan = Some(Plan::new(width, height, settings, &self.hints, self.surveyed.as_ref())?);
        }
        self.plan.as_ref().ok_or(DecodeError::NoFrames)
    }

    fn choose(&mut self, count: usize) -> Result<Chosen, DecodeError> {
        if let Some(at) = &self.asked.extra.at {
            if let Some(missing) = at.iter().find(|frame| **frame >= count) {
                return Err(DecodeError::NoSuchFrame { frame: *missing, count });
            }
            return Ok(Chosen { frames: at.iter().copied().map(Some).collect(), windows: 1 });
        }
        let dropped: Vec<usize> =
            if self.surveyed.is_some() { self.plan()?.dropped_frames().to_vec() } else { Vec::new() };
        let mut candidates: Vec<usize> = (0..count).filter(|frame| dropped.binary_search(frame).is_err()).collect();
        if let Some(rate) = self.asked.settings.rate {
            let times = self.source.times(count)?.ok_or(DecodeError::NoTimes)?;
            candidates = choose::at_rate(&times, &candidates, rate);
        }
        choose::choose(self.asked.settings, &candidates)
    }

    fn convert(&mut self, whole: &[GrayImage], chosen: &Chosen) -> Result<(), DecodeError> {
        self.kept.clear();
        for number in chosen.frames.iter().flatten() {
            if !self.kept.contains_key(number) {
                let frame = self.plan()?.apply(&whole[*number]);
                self.kept.insert(*number, frame);
            }
        }
        Ok(())
    }

    fn finish(mut self, count: usize, chosen: Chosen) -> Result<Clip, DecodeError> {
        let plan = self.plan.take().ok_or(DecodeError::NoFrames)?;
        let (width, height) = plan.geometry().output();
        let mut pixels = Vec::with_capacity(chosen.frames.len() * width * height);
        let second = self.kept.len();
        let lost = || DecodeError::Unstable { first: count, second };
        let in_order = chosen.frames.windows(2).all(|pair| pair[0] < pair[1]);
        for number in &chosen.frames {
            match number {
                // A frame that is not used again makes room for the next.
                Some(number) if in_order => pixels.extend(self.kept.remove(number).ok_or_else(lost)?.into_raw()),
                Some(number) => pixels.extend_from_slice(self.kept.get(number).ok_or_else(lost)?.as_raw()),
                None => pixels.resize(pixels.len() + width * height, 0),
            }
        }
        Ok(Clip {
            frames: chosen.frames.len(),
            height,
            width,
            fps: self.fps.filter(|fps| fps.is_finite() && *fps > 0.0),
            source_frames: count,
            numbers: chosen.frames,
            windows: chosen.windows,
            geometry: plan.geometry().clone(),
            findings: plan.findings().clone(),
            pixels,
        })
    }
}
