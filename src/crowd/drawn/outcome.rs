//! What a consensus holds.

use super::panel::Sheet;
use super::patterns::Patterns;
use super::{Counts, Frame, Mask, Ruler};

/// The consensus of the viewers of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// How many annotators looked at the frame.
    pub viewers: u32,
    /// Whether there were viewers enough. Where not, `drawn` is empty and says nothing about the frame.
    pub decided: bool,
    /// Whether spreads are in mm; in pixels where the frame's scale is unknown.
    pub in_mm: bool,
    /// The outcome.
    pub drawn: Drawn,
    /// One entry a viewer, annotators in order, those without a name last.
    pub parts: Vec<Part>,
    /// The fit, for methods that have one.
    pub fit: Option<Fit>,
}

/// What the viewers' drawings amount to.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawn {
    /// Lines, from left to right by their upper ends.
    Lines(Vec<Line>),
    /// Origins, from left to right.
    Origins(Vec<Origin>),
    /// A mask.
    Mask(ProbabilityMask),
}

/// A consensus line in pixels of the source, 0 being the outer edge of the first pixel; `(x1, y1)` is its upper end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Column of the upper end.
    pub x1: f64,
    /// Row of the upper end.
    pub y1: f64,
    /// Column of the lower end.
    pub x2: f64,
    /// Row of the lower end.
    pub y2: f64,
    /// The share of viewers who drew it.
    pub support: f64,
    /// How many looked at the frame.
    pub viewers: u32,
    /// The median distance of the annotators' lines to this one, in mm, or pixels where the scale is unknown.
    pub spread: f64,
}

/// A consensus origin in pixels of the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    /// Its column.
    pub x: f64,
    /// Its row.
    pub y: f64,
    /// The share of viewers who marked it.
    pub support: f64,
    /// How many looked at the frame.
    pub viewers: u32,
    /// The median distance of the annotators' origins to this one, in mm, or pixels where the scale is unknown.
    pub spread: f64,
}

/// A consensus mask with what led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbabilityMask {
    /// The pixels that belong to it.
    pub mask: Mask,
    /// What the method takes for the probability of each pixel, row by row: the share of viewers for pixel majority, their
    /// weighted share for RASA, the posterior for STAPLE and EM. NaN where nobody looked at the frame.
    pub probability: Vec<f64>,
}

/// How much two drawings have in common, in lines, origins or pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overlap {
    /// What the one has: lines, origins or pixels.
    pub own: u64,
    /// What the other has.
    pub other: u64,
    /// What they have in common: matched lines, or pixels in both.
    pub shared: u64,
}

impl Overlap {
    /// F1, which for pixels is the Dice coefficient; `None` where both are empty.
    pub fn f1(&self) -> Option<f64> {
        let sizes = self.own + self.other;
        (sizes > 0).then(|| 2.0 * self.shared as f64 / sizes as f64)
    }

    /// Intersection over union; `None` where both are empty.
    pub fn iou(&self) -> Option<f64> {
        let union = self.own + self.other - self.shared;
        (union > 0).then(|| self.shared as f64 / union as f64)
    }

    /// The counts of both added, for figures pooled over frames.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        Self { own: self.own + more.own, other: self.other + more.other, shared: self.shared + more.shared }
    }
}

/// One viewer's part in a consensus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Index of the annotator, `None` where the table does not say who it was.
    pub annotator: Option<u32>,
    /// What the annotator's drawing (own) has in common with the consensus (other). A line is shared where it became part
    /// of a consensus line.
    pub overlap: Overlap,
    /// What STAPLE makes of the annotator.
    pub skill: Option<Skill>,
}

/// STAPLE's expected counts of pixels, which can be added up over frames.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Skill {
    /// Expected pixels of the truth that the annotator drew on.
    pub hit: f64,
    /// Expected pixels of the truth.
    pub inside: f64,
    /// Expected pixels outside of the truth that the annotator left alone.
    pub left: f64,
    /// Expected pixels outside of the truth.
    pub outside: f64,
}

impl Skill {
    /// The share of the truth that was drawn; NaN where there is no truth.
    pub fn sensitivity(&self) -> f64 {
        self.hit / self.inside
    }

    /// The share of the rest that was left alone; NaN where there is no rest.
    pub fn specificity(&self) -> f64 {
        self.left / self.outside
    }
}

/// How an iterative fit went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Iterations done.
    pub iterations: u32,
    /// Whether the tolerance was reached before the iterations ran out.
    pub converged: bool,
}

impl Consensus {
    /// A consensus still without content; `sizes` is what each viewer drew.
    pub(super) fn new(frame: &Frame, sheets: &[Sheet], decided: bool, sizes: impl Iterator<Item = u64>) -> Self {
        let part = |(sheet, own): (&Sheet, u64)| {
            let overlap = Overlap { own, ..Overlap::default() };
            Part { annotator: sheet.annotator, overlap, skill: None }
        };
        Self {
            viewers: sheets.len() as u32,
            decided: decided && !sheets.is_empty(),
            in_mm: frame.mm_per_pixel.is_some(),
            drawn: Drawn::Lines(Vec::new()),
            parts: sheets.iter().zip(sizes).map(part).collect(),
            fit: None,
        }
    }

    /// The consensus on `masks`, one a viewer, by what `fit` makes of their patterns.
    pub(super) fn of_masks(
        frame: &Frame,
        sheets: &[Sheet],
        width: &Ruler,
        fit: impl FnOnce(&Patterns) -> MaskFit,
    ) -> Self {
        let masks: Vec<Mask> = sheets.iter().map(|sheet| sheet.to_mask(frame, width)).collect();
        let mut consensus = Self::new(frame, sheets, true, masks.iter().map(Mask::area));
        let mut mask = Mask::empty(frame.width, frame.height);
        if masks.is_empty() {
            let probability = vec![f64::NAN; mask.len()];
            consensus.drawn = Drawn::Mask(ProbabilityMask { mask, probability });
            return consensus;
        }
        let patterns = Patterns::new(&masks);
        let fit = fit(&patterns);
        let inside = patterns.spread(&fit.inside);
        inside.iter().enumerate().filter(|(_, inside)| **inside).for_each(|(pixel, _)| mask.set(pixel));
        for (viewer, (part, drawn)) in consensus.parts.iter_mut().zip(&masks).enumerate() {
            part.overlap.other = mask.area();
            part.overlap.shared = mask.shared(drawn);
            part.skill = fit.skills.get(viewer).copied();
        }
        consensus.fit = Some(Fit { iterations: fit.iterations, converged: fit.converged });
        consensus.drawn = Drawn::Mask(ProbabilityMask { mask, probability: patterns.spread(&fit.probability) });
        consensus
    }
}

/// What a method makes of the patterns of a frame.
#[derive(Debug)]
pub(super) struct MaskFit {
    /// Whether pixels of a pattern belong to the mask.
    pub(super) inside: Vec<bool>,
    /// Their probability.
    pub(super) probability: Vec<f64>,
    /// By viewer, for methods that have them.
    pub(super) skills: Vec<Skill>,
    /// Iterations done.
    pub(super) iterations: u32,
    /// Whether the tolerance was reached.
    pub(super) converged: bool,
}

impl MaskFit {
    /// The fit where nobody drew anything.
    pub(super) fn nothing(patterns: usize) -> Self {
        let (inside, probability) = (vec![false; patterns], vec![0.0; patterns]);
        Self { inside, probability, skills: Vec::new(), iterations: 0, converged: true }
    }
}

/// What the drawings of one annotator amount to over all frames.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Annotator {
    /// Frames viewed.
    pub viewed: u64,
    /// Frames drawn on.
    pub drawn_on: u64,
    /// Lines, origins or pixels: the annotator's own, the consensus' on the decided frames viewed, and those shared. What
    /// is own and not shared found no consensus, what is other and not shared was missed.
    pub overlap: Overlap,
    /// STAPLE's expected counts over all frames; `None` for other methods. Frames without truth add to specificity only.
    pub skill: Option<Skill>,
}

/// What an aggregation of drawings amounts to over all frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// One entry an annotator.
    pub annotators: Vec<Annotator>,
    /// What was found on the way.
    pub counts: Counts,
}

impl Summary {
    pub(super) fn new(annotators: usize, unlisted: u64) -> Self {
        let counts = Counts { unlisted, ..Counts::default() };
        Self { annotators: vec![Annotator::default(); annotators], counts }
    }

    pub(super) fn add(&mut self, consensus: &Consensus, counts: Counts) {
        self.counts.add(counts);
        self.counts.unviewed += u64::from(consensus.viewers == 0);
        for part in &consensus.parts {
            let Some(annotator) = part.annotator else { continue };
            let annotator = &mut self.annotators[annotator as usize];
            annotator.viewed += 1;
            annotator.drawn_on += u64::from(part.overlap.own > 0);
            if consensus.decided {
                annotator.overlap = annotator.overlap.plus(part.overlap);
            }
            if let Some(skill) = part.skill {
                let sum = annotator.skill.get_or_insert_default();
                sum.hit += skill.hit;
                sum.inside += skill.inside;
                sum.left += skill.left;
                sum.outside += skill.outside;
            }
        }
    }
}
