//! What was found held against what is there, frame by frame: shapes matched, pixels counted.

use std::collections::HashMap;

use super::{Candidate, Place, Source, Where};
use crate::{
    artifact::{
        Folder as _,
        lines::{Found, Frame},
        maps::{self, Wide},
    },
    crowd::drawn::{self, Content, Drawing, Drawings, Length, Mask, Measure, Shape, Unit, Unviewed, Viewed},
    decode,
    metric::{self, Counts, FrameCase, Outlines},
    stage::{
        Context, StageError,
        drawings::{self, Drawn},
        evaluate::{Parameters, Rule, detect::Map},
    },
};

/// The lines or origins of a frame.
#[derive(Debug, Clone, Copy)]
struct Matched {
    /// As the rule counts them.
    counts: Counts,
    /// How many were found and are there.
    numbers: [u64; 2],
}

/// How two drawings of each frame are compared.
type Compare =
    fn(Measure, &Drawings<'_>, &std::sync::atomic::AtomicBool) -> Result<Vec<drawn::FrameAgreement>, drawn::DrawnError>;

/// The mask of what is there on frame *n*, numbered 2 *n*, and of what was found there, numbered 2 *n* + 1.
type Masks<'m> = Box<dyn Fn(u32) -> Result<Mask, StageError> + Sync + 'm>;

/// What is compared.
pub(super) struct Comparison<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) parameters: &'a Parameters,
    pub(super) reference: &'a Drawn<'a>,
    pub(super) sources: &'a [Source<'a>],
}

impl Comparison<'_> {
    /// What each scored frame adds.
    pub(super) fn cases(
        &self,
        candidate: &Candidate,
        places: &HashMap<Place, Vec<Where>>,
        scored: &[usize],
        patient: &dyn Fn(usize) -> u32,
    ) -> Result<Vec<FrameCase>, StageError> {
        let frames: Vec<drawn::Frame> = scored.iter().map(|at| drawings::size(&self.reference.frames[*at])).collect();
        let places: Vec<&[Where]> = scored
            .iter()
            .map(|at| {
                let Frame { clip, frame, .. } = &self.reference.frames[*at];
                &places[&(clip.clone(), *frame)][..]
            })
            .collect();
        let finds = candidate.target.map(|target| target.found);
        let mut shapes: Option<Vec<Vec<Shape>>> = None;
        if self.reference.found != Found::Pixels && finds != Some(Found::Pixels) {
            let mut all = Vec::with_capacity(scored.len());
            for (places, at) in places.iter().zip(scored) {
                self.context.check_cancelled()?;
                all.push(self.shapes(places, finds, &self.reference.frames[*at].clip)?);
            }
            shapes = Some(all);
        }
        let are_lines = |found: Option<Found>| found.is_none_or(|found| found == Found::Lines);
        let lines = match &shapes {
            Some(found) if self.reference.found == Found::Lines && are_lines(self.found_by(&places, finds)) => {
                let there: Vec<&[Shape]> = scored.iter().map(|at| &self.reference.shapes[*at][..]).collect();
                Some(self.matched(Measure::Lines, &there, found, &frames)?)
            }
            _ => None,
        };
        let origins = match &shapes {
            Some(found) => {
                let there: Vec<Vec<Shape>> =
                    scored.iter().map(|at| drawings::origins(&self.reference.shapes[*at])).collect();
                let there: Vec<&[Shape]> = there.iter().map(Vec::as_slice).collect();
                let found: Vec<Vec<Shape>> = found.iter().map(|shapes| drawings::origins(shapes)).collect();
                Some(self.matched(Measure::Origins, &there, &found, &frames)?)
            }
            None => None,
        };
        let masks = self.masks(candidate, &places, scored, &frames);
        let pixels = masks.as_ref().map(|masks| self.pixels(masks, &frames)).transpose()?;
        let asked = self.parameters.metrics.iter().flatten().any(|metric| metric.needs_outlines());
        let outlines = masks.filter(|_| asked).map(|masks| self.outlines(&masks, scored, &frames)).transpose()?;
        let matched = |of: &Option<Vec<Matched>>, number: usize| of.as_ref().map(|all| all[number]);
        let case = |(number, at): (usize, &usize)| {
            let (lines, origins) = (matched(&lines, number), matched(&origins, number));
            FrameCase {
                pixels: pixels.as_ref().map(|counts| counts[number]),
                lines: lines.map(|lines| lines.counts),
                origins: origins.map(|origins| origins.counts),
                numbers: lines.or(origins).map(|all| all.numbers),
                outlines: outlines.as_ref().map(|outlines| outlines[number]),
                ..FrameCase::of(patient(*at))
            }
        };
        let mut cases: Vec<FrameCase> = scored.iter().enumerate().map(case).collect();
        let clips: Vec<&str> = scored.iter().map(|at| self.reference.frames[*at].clip.as_str()).collect();
        let mut names = clips.clone();
        names.sort_unstable();
        names.dedup();
        let clip_of: Vec<usize> = clips.iter().map(|clip| names.partition_point(|other| other < clip)).collect();
        metric::tell_clip_counts(&mut cases, &clip_of, self.parameters.frame_to_clip);
        Ok(cases)
    }

    /// What kind of thing a candidate finds: a model what it learned, people what was made of their drawings.
    fn found_by(&self, places: &[&[Where]], finds: Option<Found>) -> Option<Found> {
        finds.or_else(|| match &self.sources[places[0][0].0] {
            Source::Drawn(drawn) => Some(drawn.found),
            Source::Model { .. } => None,
        })
    }

    /// The lines or origins on a frame.
    fn shapes(&self, places: &[Where], finds: Option<Found>, clip: &str) -> Result<Vec<Shape>, StageError> {
        match (&self.sources[places[0].0], finds) {
            (Source::Drawn(drawn), _) => Ok(drawn.shapes[places[0].1].clone()),
            (Source::Model { .. }, Some(finds)) => Ok(self.map(places, clip)?.shapes(self.parameters.threshold, finds)),
            (Source::Model { .. }, None) => Ok(Vec::new()),
        }
    }

    /// The mean of the models' maps of a frame.
    fn map(&self, places: &[Where], clip: &str) -> Result<Map<'_>, StageError> {
        let mut sum: Vec<f64> = Vec::new();
        let mut geometry = None;
        for (source, index) in places {
            let Source::Model { folder, geometries } = &self.sources[*source] else { continue };
            let blob = folder.open(&maps::path(clip))?;
            let read =
                decode::read_npy(&blob).map_err(|error| StageError::Failed(format!("clip `{clip}`: {error}")))?;
            let ([_, height, width], levels) = read;
            let levels = &levels[index * height * width..][..height * width];
            sum.resize(levels.len(), 0.0);
            sum.iter_mut().zip(levels).for_each(|(sum, level)| *sum += f64::from(*level) / 255.0);
            geometry = geometries.get(clip);
        }
        let count = places.len() as f64;
        sum.iter_mut().for_each(|sum| *sum /= count);
        let geometry = geometry.ok_or_else(|| StageError::Failed(format!("clip `{clip}` has no geometry")))?;
        Ok(Map { geometry, values: sum })
    }

    /// What is matched of what is there and what was found, frame by frame.
    fn matched(
        &self,
        measure: fn(Length) -> Measure,
        there: &[&[Shape]],
        found: &[Vec<Shape>],
        frames: &[drawn::Frame],
    ) -> Result<Vec<Matched>, StageError> {
        let length = self.parameters.tolerance().ok_or_else(|| {
            StageError::Input("how near a line must come is not told: give `match = { mm = 5 }`".to_owned())
        })?;
        let mut rows = Vec::new();
        for (frame, (there, found)) in there.iter().zip(found).enumerate() {
            for (annotator, shapes) in [(0, *there), (1, &found[..])] {
                if !shapes.is_empty() {
                    let (frame, annotator) = (frame as u32, Some(annotator));
                    rows.push(Drawing { frame, annotator, content: Content::Shapes(shapes) });
                }
            }
        }
        let one_to_one = self.agreed(drawn::agreement, measure(length), &rows, frames, &drawn::no_masks)?;
        let many_to_one = match self.parameters.matching.unwrap_or_default().rule {
            Rule::OneToOne => None,
            Rule::ManyToOne => Some(self.agreed(drawn::reached, measure(length), &rows, frames, &drawn::no_masks)?),
        };
        let one = |(frame, all): (usize, &Counts)| Matched {
            counts: many_to_one.as_ref().map_or(*all, |counts| counts[frame]),
            numbers: [all.found, all.there],
        };
        Ok(one_to_one.iter().enumerate().map(one).collect())
    }

    fn agreed(
        &self,
        compare: Compare,
        measure: Measure,
        rows: &[Drawing<'_>],
        frames: &[drawn::Frame],
        masks: &(dyn Fn(u32) -> Result<Mask, String> + Sync),
    ) -> Result<Vec<Counts>, StageError> {
        let drawings = Drawings {
            drawings: rows,
            viewed: Viewed::Assumed(Unviewed::All),
            frames,
            annotators: 2,
            unit: Unit::Pixels,
            masks,
        };
        let found =
            compare(measure, &drawings, self.context.cancel).map_err(|error| StageError::Input(error.to_string()))?;
        let mut counts = vec![Counts::default(); frames.len()];
        for one in found {
            for pair in one.pairs {
                let overlap = pair.overlap;
                counts[one.frame as usize] =
                    Counts { there: overlap.own, found: overlap.other, shared: overlap.shared };
            }
        }
        Ok(counts)
    }

    /// Masks, where both sides have them, or lines and origins as wide as the model learned them.
    fn masks<'m>(
        &'m self,
        candidate: &'m Candidate,
        places: &'m [&'m [Where]],
        scored: &'m [usize],
        frames: &'m [drawn::Frame],
    ) -> Option<Masks<'m>> {
        let width = candidate.target.and_then(|target| target.width).map(|wide| match wide {
            Wide::Mm(mm) => Length::Mm(mm),
            Wide::Px(px) => Length::Px(px),
            Wide::Percent(percent) => Length::Percent(percent),
        });
        let comparable = match (self.reference.found, candidate.target) {
            (Found::Pixels, None) => self.found_by(places, None) == Some(Found::Pixels),
            (Found::Pixels, Some(target)) => target.found == Found::Pixels,
            (_, Some(target)) => target.found != Found::Pixels,
            (_, None) => false,
        };
        if !comparable {
            return None;
        }
        let of_origins = candidate.target.is_some_and(|target| target.found == Found::Origins);
        Some(Box::new(move |number: u32| {
            let (frame, is_found) = (number as usize / 2, number % 2 == 1);
            let at = scored[frame];
            let size = [frames[frame].width, frames[frame].height];
            if !is_found {
                return match width {
                    Some(width) if of_origins => {
                        drawings::rasterised(&drawings::origins(&self.reference.shapes[at]), &frames[frame], width)
                    }
                    width => self.reference.mask(at, width),
                };
            }
            match &self.sources[places[frame][0].0] {
                Source::Drawn(drawn) => drawn.mask(places[frame][0].1, None),
                Source::Model { .. } => {
                    let clip = &self.reference.frames[at].clip;
                    let mask = self.map(places[frame], clip)?.mask(self.parameters.threshold, size);
                    mask.ok_or_else(|| StageError::Failed(format!("the map of `{clip}` has another size")))
                }
            }
        }))
    }

    /// The pixels of each frame.
    fn pixels(&self, mask: &Masks<'_>, frames: &[drawn::Frame]) -> Result<Vec<Counts>, StageError> {
        let row =
            |number: u32| Drawing { frame: number / 2, annotator: Some(number % 2), content: Content::Mask(number) };
        let rows: Vec<Drawing<'_>> = (0..2 * frames.len() as u32).map(row).collect();
        let masks = |number: u32| mask(number).map_err(|error| error.to_string());
        self.agreed(drawn::agreement, Measure::Dice(Length::Px(1.0)), &rows, frames, &masks)
    }

    /// How far the outlines lie apart on each frame.
    fn outlines(
        &self,
        mask: &Masks<'_>,
        scored: &[usize],
        frames: &[drawn::Frame],
    ) -> Result<Vec<Outlines>, StageError> {
        let one = |(number, frame): (usize, &drawn::Frame)| {
            self.context.check_cancelled()?;
            let mm = frame.mm_per_pixel.ok_or_else(|| {
                let Frame { clip, frame, .. } = &self.reference.frames[scored[number]];
                StageError::Input(format!(
                    "`hd95` and `assd` are in mm, and frame {frame} of clip `{clip}` has no mm per pixel: give `decode` its \
                     geometry, or leave them out of `metrics`"
                ))
            })?;
            let pixels = |number: usize| Ok::<_, StageError>(mask(number as u32)?.pixels().collect::<Vec<bool>>());
            Ok(metric::outlines(&pixels(2 * number + 1)?, &pixels(2 * number)?, frame.width as usize, mm))
        };
        frames.iter().enumerate().map(one).collect()
    }
}
