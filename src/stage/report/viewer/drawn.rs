//! What people drew and models found on frames, as paths over the pictures.

use std::collections::{BTreeMap, BTreeSet};

use super::{Told, shown};
use crate::{
    artifact::{
        Folder as _,
        lines::{self, Found},
        maps, rows,
    },
    decode::{
        self,
        geometry::{Geometry, Point},
    },
    report::content::{Overlay, Role, Source},
    stage::{
        Context, StageError,
        drawings::Drawn,
        report::{Read, chains::History},
    },
    store::Stored,
    table::Wanted,
};

mod over;

use over::Over;

/// From which level a pixel of a map belongs, as `evaluate` has it unless told otherwise.
const LEVEL: u8 = 128;

/// A source that draws.
pub(super) struct Drawing<'a> {
    source: usize,
    /// Which frames it says something of, by clip.
    frames: BTreeMap<String, BTreeMap<u32, usize>>,
    by: By<'a>,
}

enum By<'a> {
    People(Box<Drawn<'a>>),
    Models(Vec<Model<'a>>),
}

/// A model of frames and the clips it was kept from.
struct Model<'a> {
    folder: Stored<'a>,
    geometries: BTreeMap<String, Geometry>,
    /// By clip and frame, the place in the clip's file.
    rows: BTreeMap<(String, u32), usize>,
}

/// The drawings a report knows of: references and candidates of its evaluations, their models, and its label sources.
pub(super) fn read<'a>(context: &Context<'a>, read: &[Read], history: &History<'_>) -> Result<Told<'a>, StageError> {
    let mut told = Told { measure: "lines, origins or pixels more or fewer", ..Told::default() };
    let mut asked: Vec<(&str, Role)> = Vec::new();
    for past in read.iter().filter_map(|one| history.task(&one.address)) {
        for (port, role) in [("reference", Role::Reference), ("candidate", Role::People)] {
            let reads = past.reads.iter().filter(|read| read.port == port);
            asked.extend(reads.filter_map(|read| Some((read.from.as_deref()?, role))));
        }
    }
    let labels = context.job.reads.iter().filter(|read| read.port == "labels");
    asked.extend(labels.filter_map(|read| Some((read.from.as_deref()?, Role::People))));
    let mut seen = BTreeSet::new();
    for (address, role) in asked {
        let Some(past) = history.task(address).filter(|_| seen.insert(address)) else { continue };
        let folder = context.store.folder(&past.output)?;
        if Drawn::is(&folder) {
            told.sources.push(Source { name: address.to_owned(), role });
            let drawn = Drawn::read(folder)?;
            let mut frames: BTreeMap<String, BTreeMap<u32, usize>> = BTreeMap::new();
            for (at, frame) in drawn.frames.iter().enumerate() {
                frames.entry(frame.clip.clone()).or_default().insert(frame.frame, at);
            }
            told.drawn.push(Drawing { source: told.sources.len() - 1, frames, by: By::People(Box::new(drawn)) });
        }
    }
    for one in read {
        let Some(past) = history.task(&one.address) else { continue };
        for group in &one.evaluation.groups {
            models(context, &mut told, &shown(group, one, read), &history.judged(past, group))?;
        }
    }
    let mut scored = false;
    for (one, (folder, _, _)) in read.iter().zip(context.artifacts("evaluations")?) {
        if folder.tree().files.contains_key("frames.csv") {
            scored = true;
            mismatches(&mut told, &folder, one.evaluation.subject == "models")?;
        }
    }
    if scored {
        told.measure = "lines, origins or pixels missed or too many";
    } else {
        differences(&mut told);
    }
    for clip in told.drawn.iter().flat_map(|drawing| drawing.frames.keys()) {
        told.clips.entry(clip.clone()).or_default();
    }
    Ok(told)
}

/// The models of one group, as one source; of several seeds the first that was kept from a clip is shown.
fn models<'a>(
    context: &Context<'a>,
    told: &mut Told<'a>,
    name: &str,
    tasks: &[&crate::job::Past],
) -> Result<(), StageError> {
    let mut found = Vec::new();
    let mut frames: BTreeMap<String, BTreeMap<u32, usize>> = BTreeMap::new();
    for past in tasks {
        let folder = context.store.folder(&past.output)?;
        if !folder.tree().files.contains_key(maps::MAPS) {
            continue;
        }
        let geometries = serde_json::from_str(&folder.text(maps::GEOMETRY)?)
            .map_err(|error| StageError::Failed(format!("geometry.json: {error}")))?;
        let mut rows = BTreeMap::new();
        for row in maps::read(&folder)? {
            frames.entry(row.clip.clone()).or_default().entry(row.frame).or_insert(found.len());
            rows.insert((row.clip, row.frame), row.index);
        }
        found.push(Model { folder, geometries, rows });
    }
    if !found.is_empty() {
        told.sources.push(Source { name: name.to_owned(), role: Role::Model });
        told.drawn.push(Drawing { source: told.sources.len() - 1, frames, by: By::Models(found) });
    }
    Ok(())
}

/// By clip, how many lines, else origins, else pixels an evaluation's candidates missed or found too many: the sum over
/// frames, in the mean over candidates and seeds.
fn mismatches(told: &mut Told<'_>, folder: &Stored<'_>, models: bool) -> Result<(), StageError> {
    let counted =
        ["lines", "origins", "pixels"].map(|what| ["found", "there", "shared"].map(|side| format!("{what}_{side}")));
    let columns = ["candidate", "seed", "clip"].into_iter().chain(counted.iter().flatten().map(String::as_str));
    let table = rows::read(folder, "frames.csv", &columns.map(Wanted::required).collect::<Vec<_>>())?;
    let mut sums: BTreeMap<String, BTreeMap<(String, String), f64>> = BTreeMap::new();
    for row in 0..table.len() {
        let cell = |name: &str| table.required(name).get(row).to_owned();
        for sides in &counted {
            let number = |side: usize| rows::parse(&table, &sides[side], row);
            let [found, there, shared] = [number(0)?, number(1)?, number(2)?];
            if found.is_finite() {
                let of = sums.entry(cell("clip")).or_default().entry((cell("candidate"), cell("seed"))).or_default();
                *of += found + there - 2.0 * shared;
                break;
            }
        }
    }
    for (clip, by) in sums {
        let mean = by.values().sum::<f64>() / by.len() as f64;
        let of = told.clips.entry(clip).or_default();
        *(if models { &mut of.models } else { &mut of.people }) = Some(mean);
    }
    Ok(())
}

/// How many lines, origins or pixels there are, by clip and frame.
type Counts<'c> = BTreeMap<(&'c str, u32), u64>;

/// What people drew, counted on the frames they decided.
fn counts<'c>(drawing: &'c Drawing<'_>) -> Option<(Found, Counts<'c>)> {
    let By::People(drawn) = &drawing.by else { return None };
    let count = |frame: &'c lines::Frame| Some(((frame.clip.as_str(), frame.frame), frame.found?));
    Some((drawn.found, drawn.frames.iter().filter_map(count).collect()))
}

/// By clip, by how many lines, origins or pixels drawings differ: the sum over the frames that both of a pair decided, in
/// the mean over pairs of drawings of the same kind.
fn differences(told: &mut Told<'_>) {
    let people: Vec<(Found, Counts<'_>)> = told.drawn.iter().filter_map(counts).collect();
    let mut sums: BTreeMap<String, (f64, usize)> = BTreeMap::new();
    for (at, (found, counts)) in people.iter().enumerate() {
        for (_, others) in people[at + 1..].iter().filter(|(other, _)| other == found) {
            let mut clips: BTreeMap<&str, u64> = BTreeMap::new();
            for (place, count) in counts {
                if let Some(other) = others.get(place) {
                    *clips.entry(place.0).or_default() += count.abs_diff(*other);
                }
            }
            for (clip, differ) in clips {
                let sum = sums.entry(clip.to_owned()).or_default();
                *sum = (sum.0 + differ as f64, sum.1 + 1);
            }
        }
    }
    for (clip, (sum, pairs)) in sums {
        told.clips.entry(clip).or_default().people = Some(sum / pairs as f64);
    }
}

impl Drawing<'_> {
    /// Whether it says something of a frame.
    pub(super) fn has(&self, clip: &str, frame: u32) -> bool {
        matches!(self.by, By::People(_)) && self.frames.get(clip).is_some_and(|frames| frames.contains_key(&frame))
    }

    /// What it draws over frames side by side, each of this size; nothing where it draws nothing.
    pub(super) fn over(
        &self,
        clip: &str,
        frames: &[Option<u64>],
        geometry: &Geometry,
        size: [u32; 2],
    ) -> Result<Option<Overlay>, StageError> {
        let (mut path, mut filled, mut first) = (String::new(), false, None);
        let Some(known) = self.frames.get(clip) else { return Ok(None) };
        for (slot, number) in frames.iter().enumerate() {
            let Some((frame, at)) = number.and_then(|n| Some((n as u32, *known.get(&(n as u32))?))) else { continue };
            let over = Over { geometry, size, left: slot as u32 * size[0] };
            let before = path.len();
            match &self.by {
                By::People(drawn) if drawn.found == Found::Pixels => {
                    let mask = drawn.mask(at, None)?;
                    let of = &drawn.frames[at];
                    filled = true;
                    over.area(&mut path, &|point| {
                        let (x, y) = (point.x as i64, point.y as i64);
                        let inside = x >= 0 && y >= 0 && x < i64::from(of.width) && y < i64::from(of.height);
                        inside && mask.at(y as usize * of.width as usize + x as usize)
                    });
                }
                By::People(drawn) => drawn.shapes[at].iter().for_each(|shape| over.shape(&mut path, shape)),
                By::Models(models) => {
                    let model = &models[at];
                    let key = (clip.to_owned(), frame);
                    let (Some(row), Some(own)) = (model.rows.get(&key), model.geometries.get(clip)) else { continue };
                    let blob = model.folder.open(&maps::path(clip))?;
                    let fail = |error| StageError::Failed(format!("clip `{clip}`: {error}"));
                    let ([_, height, width], levels) = decode::read_npy(&blob).map_err(fail)?;
                    let Some(map) = levels.get(row * height * width..(row + 1) * height * width) else { continue };
                    filled = true;
                    over.area(&mut path, &|point| {
                        let Point { x, y } = own.to_output(point);
                        let inside = x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64;
                        inside && map[y as usize * width + x as usize] >= LEVEL
                    });
                }
            }
            if path.len() > before {
                first.get_or_insert(slot);
            }
        }
        Ok(first.map(|first| Overlay { source: self.source, path, filled, first }))
    }
}
