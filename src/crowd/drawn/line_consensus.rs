//! Line consensus: lines that enough annotators drew, each as the median of theirs.
//!
//! Lines are the same when they have origin and direction in common (see `line_distance.rs`) and are brought together by
//! optimal assignment (see `cluster.rs`; assignment by Kuhn 1955, average linkage by Sokal & Michener 1958). The
//! representation of B-lines by line segments, and the origin as what identifies one, follow Lucassen et al. 2023
//! (IEEE J. Biomed. Health Inform., arXiv 2302.07844).

use serde::{Deserialize, Serialize};

use super::cluster::{clusters, median};
use super::line_distance::Path;
use super::method::{Combine, Outcome};
use super::panel::Sheet;
use super::shape::{Position, Shape};
use super::{Consensus, Drawn, DrawnError, Frame, Length, Line, Ruler};

/// The parameters of line consensus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LineConsensus {
    /// Lines further apart than this are not the same one, in mm; 5 where no unit is given.
    pub match_mm: Option<f64>,
    /// The same in pixels of the source.
    pub match_px: Option<f64>,
    /// The same in percent of the frame's diagonal.
    pub match_percent: Option<f64>,
    /// The share of a frame's viewers who must have drawn a line, at least, for it to be kept: above 0, at most 1.
    pub support: f64,
    /// Frames with fewer viewers stay undecided, which is not the same as having no line.
    pub minimum_viewers: u32,
}

impl Default for LineConsensus {
    fn default() -> Self {
        Self { match_mm: None, match_px: None, match_percent: None, support: 0.5, minimum_viewers: 1 }
    }
}

impl Combine for LineConsensus {
    fn version(&self) -> u32 {
        1
    }

    fn outcome(&self) -> Outcome {
        Outcome::Lines
    }

    fn check(&self) -> Result<Length, DrawnError> {
        check_support(self.support)?;
        Length::given("match", [self.match_mm, self.match_px, self.match_percent], 5.0)
    }

    fn combine(&self, frame: &Frame, sheets: &[Sheet], limit: &Ruler) -> Consensus {
        let drawn: Vec<Vec<&[Position]>> = sheets.iter().map(|sheet| sheet.lines().collect()).collect();
        let paths = |ruler: &Ruler| -> Vec<Vec<Path>> {
            drawn.iter().map(|lines| lines.iter().map(|line| Path::new(line, ruler)).collect()).collect()
        };
        let unscaled = Ruler { scale: [1.0, 1.0], limit: f64::INFINITY };
        let (measured, in_pixels, reported) = (paths(limit), paths(&unscaled), Ruler::of(frame));
        let decided = sheets.len() >= self.minimum_viewers as usize;
        let mut consensus = Consensus::new(frame, sheets, decided, drawn.iter().map(|own| own.len() as u64));
        let mut lines = Vec::new();
        for members in clusters(&measured, limit.limit) {
            if !decided || !supported(members.len(), sheets.len(), self.support) {
                continue;
            }
            let ends: Vec<[Position; 2]> =
                members.iter().map(|(viewer, line)| in_pixels[*viewer][*line].ends()).collect();
            let middle = |end: usize, axis: usize| median(ends.iter().map(|ends| ends[end][axis]).collect());
            let [[x1, y1], [x2, y2]] = [0, 1].map(|end| [0, 1].map(|axis| middle(end, axis)));
            let line = Path::new(&[[x1, y1], [x2, y2]], &reported);
            let apart = |(viewer, at): &(usize, usize)| Path::new(drawn[*viewer][*at], &reported).distance(&line);
            let spread = median(members.iter().map(apart).collect());
            let support = members.len() as f64 / sheets.len() as f64;
            members.iter().for_each(|(viewer, _)| consensus.parts[*viewer].overlap.shared += 1);
            lines.push(Line { x1, y1, x2, y2, support, viewers: sheets.len() as u32, spread });
        }
        lines.sort_by(|a, b| {
            let key = |line: &Line| [line.x1, line.y1, line.x2, line.y2, line.support];
            let differing = key(a).into_iter().zip(key(b)).map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne());
            differing.unwrap_or(std::cmp::Ordering::Equal)
        });
        consensus.parts.iter_mut().for_each(|part| part.overlap.other = lines.len() as u64);
        consensus.drawn = Drawn::Lines(lines);
        consensus
    }
}

/// Whether `members` of `viewers` are the share asked for, a share that falls short by rounding alone included.
pub(super) fn supported(members: usize, viewers: usize, share: f64) -> bool {
    members as f64 >= share * viewers as f64 - 1e-9
}

/// Fails where the share is none.
pub(super) fn check_support(support: f64) -> Result<(), DrawnError> {
    if support > 0.0 && support <= 1.0 {
        return Ok(());
    }
    Err(DrawnError::Parameter { parameter: "support", value: support, allowed: "a share above 0 and at most 1" })
}

impl Sheet {
    /// The lines among the shapes.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[Position]> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Line(line) => Some(line.as_slice()),
            Shape::Point(_) | Shape::Polygon(_) => None,
        })
    }
}
