//! Origin points: where enough annotators saw a B-line begin.
//!
//! The upper end of a line, or a point, is the line's origin at the pleural line (Lucassen et al. 2023, arXiv
//! 2302.07844, detect and score B-lines by it). Origins are brought together like lines (see `cluster.rs`); a cluster's
//! position is the mean of its members, weighted by the biweight `(1 − (d / 2r)²)²` (Beaton & Tukey 1974, Technometrics
//! 16:147–185) of the distance `d` to their median, `r` being the radius: one click astray moves it little.

use serde::{Deserialize, Serialize};

use super::cluster::{clusters, median};
use super::line_consensus::{check_support, supported};
use super::line_distance::Path;
use super::method::{Combine, Outcome};
use super::panel::Sheet;
use super::shape::{Position, Shape, distance};
use super::{Consensus, Drawn, DrawnError, Frame, Length, Origin, Ruler};

/// The parameters of the consensus of origins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OriginPoints {
    /// Origins further apart than this are not the same one, in mm; 5 where no unit is given.
    pub radius_mm: Option<f64>,
    /// The same in pixels of the source.
    pub radius_px: Option<f64>,
    /// The same in percent of the frame's diagonal.
    pub radius_percent: Option<f64>,
    /// The share of a frame's viewers who must have marked an origin, at least, for it to be kept: above 0, at most 1.
    pub support: f64,
    /// Frames with fewer viewers stay undecided, which is not the same as having no origin.
    pub minimum_viewers: u32,
}

impl Default for OriginPoints {
    fn default() -> Self {
        Self { radius_mm: None, radius_px: None, radius_percent: None, support: 0.5, minimum_viewers: 1 }
    }
}

impl Combine for OriginPoints {
    fn version(&self) -> u32 {
        1
    }

    fn outcome(&self) -> Outcome {
        Outcome::Origins
    }

    fn check(&self) -> Result<Length, DrawnError> {
        check_support(self.support)?;
        Length::given("radius", [self.radius_mm, self.radius_px, self.radius_percent], 5.0)
    }

    fn combine(&self, frame: &Frame, sheets: &[Sheet], limit: &Ruler) -> Consensus {
        let drawn: Vec<Vec<Position>> = sheets.iter().map(|sheet| sheet.origins().collect()).collect();
        let path = |origin: &Position| Path::new(&[*origin], limit);
        let paths: Vec<Vec<Path>> = drawn.iter().map(|origins| origins.iter().map(path).collect()).collect();
        let decided = sheets.len() >= self.minimum_viewers as usize;
        let reported = Ruler::of(frame);
        let mut consensus = Consensus::new(frame, sheets, decided, drawn.iter().map(|own| own.len() as u64));
        let mut origins = Vec::new();
        for members in clusters(&paths, limit.limit) {
            if !decided || !supported(members.len(), sheets.len(), self.support) {
                continue;
            }
            let mut marks: Vec<Position> = members.iter().map(|(viewer, at)| drawn[*viewer][*at]).collect();
            // One order for all, so that the sums don't depend on who comes first.
            marks.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
            let middle = [0, 1].map(|axis| median(marks.iter().map(|mark| mark[axis]).collect()));
            let weight = |mark: &Position| {
                let share = distance(limit.measure(*mark), limit.measure(middle)) / (2.0 * limit.limit);
                let rest = (1.0 - share * share).max(0.0);
                rest * rest
            };
            let total: f64 = marks.iter().map(weight).sum();
            let centroid = |axis: usize| marks.iter().map(|mark| weight(mark) * mark[axis]).sum::<f64>() / total;
            // Members can lie this far apart only if the distances within the cluster differ wildly; the median stands.
            let [x, y] = if total > 0.0 { [centroid(0), centroid(1)] } else { middle };
            let apart = |mark: &Position| distance(reported.measure(*mark), reported.measure([x, y]));
            let spread = median(marks.iter().map(apart).collect());
            let support = members.len() as f64 / sheets.len() as f64;
            members.iter().for_each(|(viewer, _)| consensus.parts[*viewer].overlap.shared += 1);
            origins.push(Origin { x, y, support, viewers: sheets.len() as u32, spread });
        }
        let key = |origin: &Origin| [origin.x, origin.y, origin.support];
        origins.sort_by(|a, b| {
            let differing = key(a).into_iter().zip(key(b)).map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne());
            differing.unwrap_or(std::cmp::Ordering::Equal)
        });
        consensus.parts.iter_mut().for_each(|part| part.overlap.other = origins.len() as u64);
        consensus.drawn = Drawn::Origins(origins);
        consensus
    }
}

impl Sheet {
    /// Points, and the upper ends of lines.
    pub(super) fn origins(&self) -> impl Iterator<Item = Position> {
        let unscaled = Ruler { scale: [1.0, 1.0], limit: f64::INFINITY };
        self.shapes.iter().filter_map(move |shape| match shape {
            Shape::Point(point) => Some(*point),
            Shape::Line(line) => Some(Path::new(line, &unscaled).ends()[0]),
            Shape::Polygon(_) => None,
        })
    }
}
