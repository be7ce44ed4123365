//! What an aggregation of drawings made, frame by frame, and the artifact of it.

use super::{Taken, found, study};
use crate::{
    artifact::{
        Tree, agreement,
        lines::{self, Aggregation, Line, Origin, Rater, RestsOn},
    },
    crowd::drawn::{Consensus, Drawn, Method, Part, ProbabilityMask, Summary},
    stage::{Context, Output, StageError, aggregate::parameters::Parameters},
};

/// What was made so far.
pub(super) struct Outcome<'a> {
    context: &'a Context<'a>,
    taken: &'a Taken,
    method: &'a Method,
    /// Whether probabilities are kept.
    probabilities: bool,
    /// Masks and probabilities, stored as they come: all of them at once would be too many.
    tree: Tree,
    frames: Vec<lines::Frame>,
    lines: Vec<Line>,
    origins: Vec<Origin>,
    /// How often somebody the table does not name looked at a frame, and drew on it.
    anonymous: [u64; 2],
}

impl<'a> Outcome<'a> {
    pub(super) fn new(context: &'a Context<'a>, taken: &'a Taken, method: &'a Method, probabilities: bool) -> Self {
        let (tree, frames, lines, origins) = Default::default();
        Self { context, taken, method, probabilities, tree, frames, lines, origins, anonymous: [0, 0] }
    }

    /// Takes the consensus on frame number `at`.
    pub(super) fn add(&mut self, at: usize, consensus: Consensus) -> Result<(), StageError> {
        let (clip, frame) = &self.taken.frames[at];
        let mut row = study::row(clip, *frame, &self.taken.pictures[at]);
        row.viewers = consensus.viewers;
        row.decided = consensus.decided;
        row.iterations = consensus.fit.map(|fit| fit.iterations);
        row.converged = consensus.fit.map(|fit| fit.converged);
        for Part { overlap, .. } in consensus.parts.iter().filter(|part| part.annotator.is_none()) {
            self.anonymous[0] += 1;
            self.anonymous[1] += u64::from(overlap.own > 0);
        }
        let in_mm = consensus.in_mm;
        let found = match consensus.drawn {
            Drawn::Lines(lines) => {
                let one = |line: &crate::crowd::drawn::Line| Line {
                    clip: clip.clone(),
                    frame: *frame,
                    ends: [line.x1, line.y1, line.x2, line.y2],
                    rests_on: RestsOn { support: line.support, viewers: line.viewers, spread: line.spread, in_mm },
                };
                self.lines.extend(lines.iter().map(one));
                lines.len() as u64
            }
            Drawn::Origins(origins) => {
                let one = |origin: &crate::crowd::drawn::Origin| Origin {
                    clip: clip.clone(),
                    frame: *frame,
                    position: [origin.x, origin.y],
                    rests_on: RestsOn {
                        support: origin.support,
                        viewers: origin.viewers,
                        spread: origin.spread,
                        in_mm,
                    },
                };
                self.origins.extend(origins.iter().map(one));
                origins.len() as u64
            }
            Drawn::Mask(mask) => {
                let area = mask.mask.area();
                if consensus.decided {
                    self.store(clip, *frame, mask)?;
                }
                area
            }
        };
        row.found = consensus.decided.then_some(found);
        self.frames.push(row);
        Ok(())
    }

    /// Stores the mask of a frame.
    fn store(
        &mut self,
        clip: &str,
        frame: u32,
        ProbabilityMask { mask, probability }: ProbabilityMask,
    ) -> Result<(), StageError> {
        let mut put = |path: String, bytes: &[u8]| -> Result<(), StageError> {
            self.tree.files.insert(path, self.context.store.put(bytes)?);
            Ok(())
        };
        let pixels = mask.pixels().map(u8::from).collect();
        put(lines::mask_path(clip, frame), &lines::write_pixels(mask.size(), pixels))?;
        if self.probabilities {
            let shares: Vec<f32> = probability.iter().map(|share| *share as f32).collect();
            put(lines::probability_path(clip, frame), &lines::write_pixels(mask.size(), shares))?;
        }
        Ok(())
    }

    /// Frames on which an iterative method did not converge.
    pub(super) fn not_converged(&self) -> u64 {
        self.frames.iter().filter(|frame| frame.converged == Some(false)).count() as u64
    }

    /// The artifact. `unviewed` are the decoded frames nobody looked at.
    pub(super) fn finish(
        mut self,
        parameters: &Parameters,
        summary: &Summary,
        agreement: &[agreement::Row],
        unviewed: Vec<lines::Frame>,
    ) -> Result<Output, StageError> {
        let counts = summary.counts;
        let found = found(self.method);
        let about = Aggregation {
            method: self.method.name().to_owned(),
            found,
            drawings: self.taken.drawings.len() as u64,
            viewings: self.taken.viewings.len() as u64,
            excluded: self.taken.excluded.clone(),
            without_fold: parameters.fold,
            unlisted: counts.unlisted,
            unviewed: unviewed.len() as u64,
            repeated: counts.repeated,
            cut_lines: counts.clipped.cut_lines,
            dropped: counts.clipped.dropped,
            moved_points: counts.clipped.moved_points,
            overhanging_polygons: counts.clipped.overhanging_polygons,
            iterations: self.frames.iter().filter_map(|frame| frame.iterations).max(),
            not_converged: self.not_converged(),
        };
        self.frames.extend(unviewed);
        self.frames.sort_by(|a, b| (&a.clip, a.frame).cmp(&(&b.clip, b.frame)));
        let raters = self.raters(parameters, summary);
        let (store, mut output) = (self.context.store, Output { tree: self.tree, ..Output::default() });
        output.add(store, lines::FRAMES, &lines::write_frames(&self.frames, found))?;
        match found {
            lines::Found::Lines => output.add(store, lines::LINES, &lines::write_lines(&self.lines)).map(drop)?,
            lines::Found::Origins => {
                output.add(store, lines::ORIGINS, &lines::write_origins(&self.origins)).map(drop)?
            }
            lines::Found::Pixels => {}
        }
        output.add(store, agreement::PATH, &agreement::write(agreement))?;
        output.add(store, lines::ANNOTATORS, &lines::write_raters(&raters))?;
        let about = serde_json::to_vec_pretty(&about).map_err(|error| StageError::Failed(error.to_string()))?;
        output.add(store, lines::AGGREGATION, &about)?;
        Ok(output)
    }

    /// Who drew or looked, by id; those without a name are one row, unless `raters` says who they are.
    fn raters(&self, parameters: &Parameters, summary: &Summary) -> Vec<Rater> {
        let group = &parameters.rater_group;
        let mut raters: Vec<Rater> = self
            .taken
            .annotators
            .iter()
            .zip(&summary.annotators)
            .map(|(id, summary)| Rater {
                annotator: Some(id.clone()),
                group: group.clone(),
                viewed: summary.viewed,
                drawn_on: summary.drawn_on,
                overlap: Some([summary.overlap.own, summary.overlap.other, summary.overlap.shared]),
                skill: summary.skill.map(|skill| [skill.sensitivity(), skill.specificity()]),
            })
            .collect();
        let [viewed, drawn_on] = self.anonymous;
        let one = |annotator| Rater { annotator, group: group.clone(), viewed, drawn_on, overlap: None, skill: None };
        if viewed > 0 && parameters.raters.is_empty() {
            raters.push(one(None));
        } else if viewed > 0 {
            raters.extend(parameters.raters.iter().map(|id| one(Some(id.clone()))));
        }
        raters
    }
}
