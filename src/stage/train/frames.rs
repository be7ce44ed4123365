//! Training on drawings: frames in, pixels out.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use super::{
    clips::StoredClips,
    parameters::{ByClass, ON_FRAMES, Parameters, Target as Asked},
    session::{self, Session},
    sides::{self, Labelled, Sides},
};
use crate::{
    artifact::{
        Folder as _, frames,
        labels::{self, Label},
        lines::Found,
        maps::{self, Wide},
        model as files, split,
    },
    crowd::drawn::{Length, Mask},
    decode::{
        self,
        geometry::{Geometry, Point},
    },
    model::{self, Example, Lessons, Maps, ModelError, Target},
    stage::{
        Context, Output, StageError,
        drawings::{self, Drawn},
    },
};

/// What belongs in frames, as large as these are.
struct Held(Vec<Vec<u8>>);

impl Maps for Held {
    fn map(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
        self.0.get(index).map(|map| Cow::Borrowed(&map[..])).ok_or(ModelError::UnknownMap { map: index })
    }
}

/// A decided frame that was decoded.
struct Lesson {
    /// Row of the clip, and the frame's place in it.
    clip: usize,
    index: usize,
    /// Its number among the decided ones.
    drawn: usize,
}

pub(super) fn run(context: &Context<'_>, parameters: &Parameters) -> Result<Output, StageError> {
    let frames = context.artifact("frames")?;
    let clips = StoredClips::open(&frames, true)?;
    let drawn = Drawn::read(context.artifact("labels")?)?;
    let (asked, wide) = target(parameters, drawn.found)?;
    let geometries: BTreeMap<String, Geometry> = serde_json::from_str(&frames.text("geometry.json")?)
        .map_err(|error| StageError::Failed(format!("geometry.json: {error}")))?;
    let sources: HashMap<String, Vec<Option<usize>>> =
        frames::read_sources(&frames)?.into_iter().map(|source| (source.clip, source.numbers)).collect();
    let lessons = lessons(context, &clips, &drawn, &sources)?;
    let sides = Sides {
        clips: &clips,
        split: split::read(&context.artifact("split")?)?,
        labels: labels_of(&drawn),
        only: context.optional("only")?.map(|only| Ok::<_, StageError>(labels_of(&Drawn::read(only)?))).transpose()?,
        skipped: frames::read_skipped(&frames)?.into_iter().map(|skipped| skipped.clip).collect(),
        fold: parameters.fold,
    };
    let parts = sides.divide(parameters.validation, context.seed())?;
    let start = session::start(context, &sides, &parts)?;

    let mut held = Held(Vec::new());
    let mut groups: HashMap<usize, usize> = HashMap::new();
    let mut examples = |part: &[Labelled]| -> Result<Vec<Example>, StageError> {
        let mut examples = Vec::new();
        for labelled in part {
            for lesson in lessons.iter().filter(|lesson| lesson.clip == labelled.clip) {
                context.check_cancelled()?;
                let geometry = &geometries[&clips.rows[lesson.clip].clip];
                let map = scaled(&mask(&drawn, lesson.drawn, asked, wide)?, geometry);
                let group = usize::from(!drawn.is_empty(lesson.drawn));
                groups.insert(held.0.len(), group);
                let clip = clips.windows(lesson.clip).start + lesson.index;
                examples.push(Example { clip, target: Target::Map(held.0.len()), group, weight: 1.0 });
                held.0.push(map);
            }
        }
        Ok(examples)
    };
    let (mut training, mut watched) = (examples(&parts.training)?, examples(&parts.validation)?);
    if parameters.shuffle {
        deal(&mut training, &mut watched, &groups, context.seed());
    }
    let names = ON_FRAMES.map(str::to_owned);
    if let Some(weights) = session::weights(&parameters.frame_weights, &names, &training) {
        training.iter_mut().for_each(|example| example.weight = weights[example.group]);
    }
    if training.is_empty() {
        return Err(StageError::Input(
            "no decided frame is left to train on: check the drawings, the split and `only`".to_owned(),
        ));
    }
    let lessons = Lessons {
        classes: 1,
        clips: &clips,
        maps: &held,
        training: &training,
        validation: &watched,
        start: start.as_deref(),
    };
    let session = Session { context, parameters, clips: &clips, names: &names, noun: "frames" };
    let mut settings = session.settings(&lessons);
    if let ByClass::Given(given) = &parameters.class_weights {
        settings.class_weights = vec![given.get(ON_FRAMES[1]).copied().unwrap_or(1.0) as f32];
    }
    let (trained, mut output) = session.train(&settings, &lessons)?;

    let store = context.store;
    let mut rows = Vec::new();
    let mut kept: Vec<(String, serde_json::Value)> = Vec::new();
    for (clip, part) in &parts.held_out {
        context.check_cancelled()?;
        let row = &clips.rows[*clip];
        let which: Vec<usize> = clips.windows(*clip).collect();
        let found = model::segment(&trained.weights, &clips, &which, context.threads, context.place());
        let found = found.map_err(|error| session.told(error))?.concat();
        let name = maps::path(&row.clip);
        output.add(store, name, &decode::write_npy([which.len(), row.height, row.width], &found))?;
        for (index, number) in sources[&row.clip].iter().enumerate() {
            let Some(frame) = number else { continue };
            let (clip, patient) = (row.clip.clone(), row.patient.clone());
            rows.push(maps::Row { clip, patient, part: *part, frame: *frame as u32, index });
        }
        let geometry = serde_json::to_value(&geometries[&row.clip]).unwrap_or_default();
        kept.push((row.clip.clone(), geometry));
    }
    let learned = parts.training.iter().map(|l| (l, false)).chain(parts.validation.iter().map(|l| (l, true)));
    let learned = learned.map(|(l, watched)| (clips.rows[l.clip].clip.as_str(), ON_FRAMES[l.label], watched));
    output.add(store, "training.csv", &files::write_training(learned))?;
    output.add(store, "annotators.csv", &labels::write_raters(&drawn.raters()?, &[]))?;
    output.add(store, maps::MAPS, &maps::write(&rows))?;
    output.add(store, maps::GEOMETRY, &frames::write_geometries(&kept))?;
    let found = match asked {
        Asked::Mask => Found::Pixels,
        Asked::Line(_) => Found::Lines,
        Asked::Origin(_) => Found::Origins,
    };
    let target = serde_json::to_vec_pretty(&maps::Target { found, width: wide });
    output.add(store, maps::TARGET, &target.map_err(|error| StageError::Failed(error.to_string()))?)?;
    Ok(output)
}

/// What is asked for, where the drawings have it.
fn target(parameters: &Parameters, found: Found) -> Result<(Asked, Option<Wide>), StageError> {
    let asked = parameters.target.ok_or_else(|| StageError::Input("`target` is missing".to_owned()))?;
    let wide = asked.wide().map_err(StageError::Input)?;
    let remedy = match (asked, found) {
        (Asked::Mask, Found::Pixels)
        | (Asked::Line(_), Found::Lines)
        | (Asked::Origin(_), Found::Lines | Found::Origins) => {
            return Ok((asked, wide));
        }
        (_, Found::Pixels) => "the aggregation makes masks: give `target = \"mask\"`, or aggregate to lines",
        (Asked::Mask, _) => "the aggregation makes lines: give `target.line` or `target.origin`, or aggregate to masks",
        (Asked::Line(_), _) => "the aggregation makes origins: give `target.origin`, or aggregate to lines",
    };
    Err(StageError::Input(format!("`target` does not fit `labels`: {remedy}")))
}

/// The decided frames that were decoded.
fn lessons(
    context: &Context<'_>,
    clips: &StoredClips<'_>,
    drawn: &Drawn<'_>,
    sources: &HashMap<String, Vec<Option<usize>>>,
) -> Result<Vec<Lesson>, StageError> {
    let mut lessons = Vec::new();
    let mut missing = 0;
    for (number, frame) in drawn.frames.iter().enumerate() {
        let place =
            |numbers: &Vec<Option<usize>>| numbers.iter().position(|other| *other == Some(frame.frame as usize));
        match clips.index.get(&frame.clip).zip(sources.get(&frame.clip).and_then(place)) {
            Some((&clip, index)) => lessons.push(Lesson { clip, index, drawn: number }),
            None => missing += 1,
        }
    }
    if lessons.is_empty() {
        return Err(StageError::Input(format!(
            "none of the {} decided frames was decoded: decode exactly these with `at = \"frames.csv\"`",
            drawn.frames.len()
        )));
    }
    if missing > 0 {
        context.warn(format!(
            "{missing} of {} decided frames were not decoded and are not learned from",
            drawn.frames.len()
        ));
    }
    if drawn.undecided > 0 {
        context.log(format!("{} frames had too few viewers to be decided", drawn.undecided));
    }
    Ok(lessons)
}

/// Clips with a decided frame, as if they were labelled: by whether anything was found on any.
fn labels_of(drawn: &Drawn<'_>) -> Vec<Label> {
    let mut clips: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, frame) in drawn.frames.iter().enumerate() {
        let label = clips.entry(&frame.clip).or_default();
        *label = (*label).max(usize::from(!drawn.is_empty(at)));
    }
    let label = |(clip, label): (&str, usize)| Label {
        clip: clip.to_owned(),
        label: Some(label),
        probabilities: Vec::new(),
        opinions: 0.0,
        agreement: f64::NAN,
        difficulty: None,
    };
    clips.into_iter().map(label).collect()
}

/// The pixels of the source that are learned.
fn mask(drawn: &Drawn<'_>, at: usize, asked: Asked, wide: Option<Wide>) -> Result<Mask, StageError> {
    let width = wide.map(length);
    match (asked, width) {
        (Asked::Origin(_), Some(width)) => {
            drawings::rasterised(&drawings::origins(&drawn.shapes[at]), &drawings::size(&drawn.frames[at]), width)
        }
        _ => drawn.mask(at, width),
    }
}

pub(super) fn length(wide: Wide) -> Length {
    match wide {
        Wide::Mm(mm) => Length::Mm(mm),
        Wide::Px(px) => Length::Px(px),
        Wide::Percent(percent) => Length::Percent(percent),
    }
}

/// A mask of the source as the frames show it: of each pixel the share of four places in it that belong, in 255ths.
fn scaled(mask: &Mask, geometry: &Geometry) -> Vec<u8> {
    let (width, height) = geometry.output();
    let [columns, rows] = mask.size().map(f64::from);
    let mut map = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let inside = |(dx, dy): (f64, f64)| {
                let at = geometry.to_source(Point { x: x as f64 + dx, y: y as f64 + dy });
                let is_there = at.x >= 0.0 && at.y >= 0.0 && at.x < columns && at.y < rows;
                is_there && mask.at(at.y as usize * columns as usize + at.x as usize)
            };
            let places = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
            let share = places.into_iter().filter(|place| inside(*place)).count();
            map.push((share * 255 / 4) as u8);
        }
    }
    map
}

/// Deals the maps out anew among the frames a model sees.
fn deal(training: &mut [Example], watched: &mut [Example], groups: &HashMap<usize, usize>, seed: u64) {
    let all = training.iter_mut().chain(watched).collect::<Vec<_>>();
    let numbers: Vec<usize> = sides::dealt(all.len(), seed);
    for (example, number) in all.into_iter().zip(numbers) {
        example.target = Target::Map(number);
        example.group = groups[&number];
    }
}
