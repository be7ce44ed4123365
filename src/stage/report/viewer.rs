//! Clips that are worth a look, with their frames and what is said of them.

use std::collections::BTreeMap;

use super::{Parameters, Read, chains::History, evaluations};
use crate::{
    artifact::{Folder, frames, scores::Group},
    decode::{self, geometry::Geometry},
    report::{
        self,
        content::{Role, Source, ViewedClip, Viewer},
    },
    stage::{Context, StageError},
    store::Stored,
};

mod choose;
mod drawn;
mod said;

use choose::{Measured, Why, choose};

/// Frames of a clip, at most, from the most to the fewest that are tried to keep the pictures small.
const FRAMES: [usize; 3] = [16, 8, 4];
/// The longest side of a frame in pixels.
const SIDE: u32 = 160;
/// What all pictures may take, in bytes; on the page each takes a third more.
const ROOM: usize = 2_000_000;

/// What is said of clips, whatever it is: labels, or drawings on frames.
#[derive(Default)]
struct Told<'a> {
    sources: Vec<Source>,
    /// By clip, what is needed to choose and to show.
    clips: BTreeMap<String, Clip>,
    /// Shapes of sources that draw.
    drawn: Vec<drawn::Drawing<'a>>,
    /// How a measure reads: what a disagreement of models or people is.
    measure: &'static str,
}

/// One clip as it is told of.
#[derive(Default)]
struct Clip {
    said: Vec<report::content::Said>,
    models: Option<f64>,
    people: Option<f64>,
    doubt: Option<f64>,
}

/// A group as tables call it, where no other evaluation may call another so.
fn shown(group: &Group, of: &Read, read: &[Read]) -> String {
    let alike = read.iter().filter(|other| other.evaluation.subject == of.evaluation.subject).count();
    if alike == 1 { evaluations::label(group, &of.evaluation) } else { group.name() }
}

pub(super) fn read(context: &Context<'_>, read: &[Read], parameters: &Parameters) -> Result<Viewer, StageError> {
    let history = History::new(&context.job.history);
    let mut told = said::read(context, read, parameters)?;
    if told.clips.is_empty() {
        told = drawn::read(context, read, &history)?;
    }
    if told.clips.is_empty() {
        return Ok(Viewer::default());
    }
    let Some(folder) = context.optional("frames")? else {
        let missing = "Give the report `frames = \"@…\"`, the decoded clips, to see here those on which models or people and the \
                       reference disagree most.";
        return Ok(Viewer { missing: Some(missing.to_owned()), ..Viewer::default() });
    };
    let pictures = Pictures::read(folder)?;
    let measured: Vec<Measured> = told
        .clips
        .iter()
        .filter(|(clip, _)| pictures.numbers.contains_key(*clip))
        .map(|(clip, of)| Measured { clip: clip.clone(), models: of.models, people: of.people, doubt: of.doubt })
        .collect();
    let chosen = choose(&measured);
    let mut notes = Vec::new();
    for (at, most) in FRAMES.into_iter().enumerate() {
        let last = at + 1 == FRAMES.len();
        let mut clips = Vec::new();
        let mut bytes = 0;
        for (place, why, much) in &chosen {
            context.check_cancelled()?;
            let clip = pictures.clip(&told, &measured[*place].clip, most, (*why, *much))?;
            bytes += clip.jpeg.len() + clip.drawn.iter().map(|overlay| overlay.path.len()).sum::<usize>();
            if bytes > ROOM {
                break;
            }
            clips.push(clip);
        }
        if clips.len() < chosen.len() && !last {
            continue;
        }
        if clips.len() < chosen.len() {
            let (shown, all) = (clips.len(), chosen.len());
            notes.push(format!("{shown} of the {all} clips chosen are shown, to keep the page small."));
        }
        let longest = chosen.iter().map(|(place, _, _)| pictures.numbers[&measured[*place].clip].len()).max();
        if let Some(longest) = longest.filter(|longest| *longest > most) {
            notes.push(format!(
                "Clips of up to {longest} frames are shown by at most {most} of them, to keep the page small."
            ));
        }
        return Ok(Viewer { sources: told.sources, clips, notes, missing: None });
    }
    Ok(Viewer::default())
}

/// Decoded clips.
struct Pictures<'a> {
    folder: Stored<'a>,
    /// Of each clip the source frame of every frame.
    numbers: BTreeMap<String, Vec<Option<usize>>>,
    geometries: BTreeMap<String, Geometry>,
}

impl<'a> Pictures<'a> {
    fn read(folder: Stored<'a>) -> Result<Self, StageError> {
        let numbers = frames::read_sources(&folder)?.into_iter().map(|source| (source.clip, source.numbers)).collect();
        let geometries = serde_json::from_str(&folder.text("geometry.json")?)
            .map_err(|error| StageError::Failed(format!("geometry.json: {error}")))?;
        Ok(Self { folder, numbers, geometries })
    }

    fn clip(
        &self,
        told: &Told<'_>,
        clip: &str,
        most: usize,
        (why, much): (Why, f64),
    ) -> Result<ViewedClip, StageError> {
        let numbers = &self.numbers[clip];
        let kept = spread(numbers, most, &|number| told.drawn.iter().any(|drawing| drawing.has(clip, number)));
        let blob = frames::open(&self.folder, clip)?;
        let fail = |error: decode::DecodeError| StageError::Failed(format!("clip `{clip}`: {error}"));
        let (shape, pixels) = decode::read_npy(&blob).map_err(fail)?;
        let strip = decode::strip(shape, pixels, &kept, SIDE).map_err(fail)?;
        let size = [strip.size.width, strip.size.height];
        let frames: Vec<Option<u64>> = kept.iter().map(|at| numbers[*at].map(|number| number as u64)).collect();
        let mut overlays = Vec::new();
        if let Some(geometry) = self.geometries.get(clip) {
            for drawing in &told.drawn {
                overlays.extend(drawing.over(clip, &frames, geometry, size)?);
            }
        }
        let of = &told.clips[clip];
        Ok(ViewedClip {
            clip: clip.to_owned(),
            why: heading(why, &told.sources).to_owned(),
            how_much: match why {
                Why::Doubt => format!("entropy {much:.2} of 1"),
                _ if told.drawn.is_empty() => format!("{}: {much:.2}", told.measure),
                _ => format!("{}: {}", told.measure, report::format::quantity(much)),
            },
            said: of.said.clone(),
            jpeg: strip.jpeg,
            size,
            frames,
            drawn: overlays,
        })
    }
}

fn heading(why: Why, sources: &[Source]) -> &'static str {
    let models = sources.iter().any(|source| source.role == Role::Model);
    match why {
        Why::Models => "Models and reference disagree most",
        Why::People if sources.iter().any(|source| source.role == Role::Reference) => {
            "People and reference disagree most"
        }
        Why::People => "Drawings disagree most",
        Why::Doubt => "Least certain",
        Why::Agreement if models => "Models and people agree with the reference",
        Why::Agreement => "All agree",
    }
}

/// Which of a clip's frames are shown: those that were drawn on, as far as there is room, and others spread evenly.
fn spread(numbers: &[Option<usize>], most: usize, drawn: &dyn Fn(u32) -> bool) -> Vec<usize> {
    let evenly = |of: &[usize], count: usize| -> Vec<usize> {
        (0..count.min(of.len())).map(|at| of[(2 * at + 1) * of.len() / (2 * count.min(of.len()))]).collect()
    };
    let on = |at: &usize| numbers[*at].is_some_and(|number| drawn(number as u32));
    let (first, others): (Vec<usize>, Vec<usize>) = (0..numbers.len()).partition(on);
    let mut kept = evenly(&first, most);
    kept.extend(evenly(&others, most - kept.len()));
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_were_drawn_on_come_first_and_others_evenly() {
        let numbers: Vec<Option<usize>> = (0..40).map(Some).collect();
        assert_eq!(spread(&numbers, 4, &|_| false), [5, 15, 25, 35]);
        assert_eq!(spread(&numbers, 4, &|number| number == 7 || number == 8), [7, 8, 11, 30]);
        assert_eq!(spread(&numbers[..3], 16, &|_| true), [0, 1, 2]);
        assert!(spread(&[], 4, &|_| true).is_empty());
    }
}
