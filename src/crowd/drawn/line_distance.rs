//! How far apart two drawn lines are.
//!
//! Both lines are walked from their upper end over the length of the **shorter** one; the distance is the mean over
//! corresponding positions. That is what makes two B-lines one: the same origin at the pleural line and the same
//! direction. Where a B-line ends is no part of it, since the artefact fades into noise or runs out of the picture and
//! annotators stop where they like; the plain mean over corresponding positions would make a quarter of a line's length
//! outweigh a shift to the next line. Symmetric, not negative and 0 for a line and its beginning; no metric (the
//! triangle inequality can fail, because each pair has its own shorter line).
//!
//! A line of length zero is an origin: its distance is that of the two origins.

use std::cmp::Ordering;

use super::Ruler;
use super::shape::{Position, distance, length};

/// Positions compared, both ends among them.
const STOPS: usize = 17;

/// A line in the unit of a ruler, upper end first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    positions: Vec<Position>,
    length: f64,
}

impl Path {
    /// The path of a line drawn from top to bottom or from bottom to top; of a level line the left end is first. A
    /// single position is a path of length zero.
    pub(super) fn new(line: &[Position], ruler: &Ruler) -> Self {
        let mut positions: Vec<Position> = line.iter().map(|position| ruler.measure(*position)).collect();
        if let [first, .., last] = positions[..]
            && (last[1], last[0]) < (first[1], first[0])
        {
            positions.reverse();
        }
        let length = length(&positions);
        Self { positions, length }
    }

    /// Its two ends, the upper first.
    pub(super) fn ends(&self) -> [Position; 2] {
        [self.positions[0], self.positions[self.positions.len() - 1]]
    }

    /// A total order that looks at every position.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let coordinates = |path: &Self| path.positions.clone().into_iter().flatten();
        let mut pairs = coordinates(self).zip(coordinates(other)).map(|(a, b)| a.total_cmp(&b));
        pairs.find(|order| order.is_ne()).unwrap_or(self.positions.len().cmp(&other.positions.len()))
    }

    /// The positions after `0, reach / 16, … reach` of its length.
    fn stops(&self, reach: f64) -> [Position; STOPS] {
        let mut stops = [self.positions[0]; STOPS];
        let (mut walked, mut at) = (0.0, 0);
        for (stop, position) in stops.iter_mut().enumerate().skip(1) {
            let target = reach * stop as f64 / (STOPS - 1) as f64;
            while at + 1 < self.positions.len() {
                let [from, to] = [self.positions[at], self.positions[at + 1]];
                let step = distance(from, to);
                if walked + step >= target && step > 0.0 {
                    let share = (target - walked) / step;
                    *position = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
                    break;
                }
                *position = to;
                // The last segment is kept for rounding: a target may lie a hair behind the end.
                if at + 2 == self.positions.len() {
                    break;
                }
                walked += step;
                at += 1;
            }
        }
        stops
    }

    /// The distance to `other`, in the ruler's unit.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        let reach = self.length.min(other.length);
        if reach == 0.0 {
            return distance(self.positions[0], other.positions[0]);
        }
        let pairs = self.stops(reach).into_iter().zip(other.stops(reach));
        pairs.map(|(a, b)| distance(a, b)).sum::<f64>() / STOPS as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIXELS: Ruler = Ruler { scale: [1.0, 1.0], limit: f64::INFINITY };

    fn path(line: &[Position]) -> Path {
        Path::new(line, &PIXELS)
    }

    #[test]
    fn origin_and_direction_count_and_length_does_not() {
        let line = path(&[[10.0, 0.0], [10.0, 80.0]]);
        assert_eq!(line.distance(&path(&[[10.0, 40.0], [10.0, 0.0]])), 0.0);
        assert_eq!(line.distance(&path(&[[13.0, 4.0], [13.0, 30.0]])), 5.0);
        // They part like the legs of a triangle: 0 at the origin, 30 at the end.
        let fanned = path(&[[10.0, 0.0], [10.0 + 30.0, 80.0]]);
        let (short, leg) = (80.0, (30.0_f64 * 30.0 + 80.0 * 80.0).sqrt());
        let end = distance([10.0 + 30.0 * short / leg, 80.0 * short / leg], [10.0, 80.0]);
        assert!((line.distance(&fanned) - end / 2.0).abs() < 1e-12);
        assert_eq!(line.distance(&fanned), fanned.distance(&line));
    }

    #[test]
    fn bends_zero_length_and_scales() {
        let straight = path(&[[0.0, 0.0], [0.0, 16.0]]);
        let bent = path(&[[0.0, 0.0], [0.0, 0.0], [0.0, 8.0], [8.0, 8.0]]);
        // Equal for half the way, then apart by √2 a step.
        let expected = (1..=8).map(|step| f64::from(step) * 2.0_f64.sqrt()).sum::<f64>() / 17.0;
        assert!((straight.distance(&bent) - expected).abs() < 1e-12);
        assert_eq!(path(&[[3.0, 4.0]]).distance(&straight), 5.0);
        assert_eq!(path(&[[3.0, 4.0], [3.0, 4.0]]).distance(&straight), 5.0);
        let ruler = Ruler { scale: [0.5, 2.0], limit: 1.0 };
        assert_eq!(Path::new(&[[6.0, 2.0]], &ruler).distance(&Path::new(&[[0.0, 0.0]], &ruler)), 5.0);
    }
}
