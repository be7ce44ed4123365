//! What annotators draw, and how it comes to lie in a frame.

use serde::{Deserialize, Serialize};

use super::Frame;

/// A position: x to the right, y down.
pub type Position = [f64; 2];

/// One thing drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A single position.
    Point(Position),
    /// A line of two or more positions. All may be the same: a line of length zero, which a single position is too.
    Line(Vec<Position>),
    /// Rings of three or more positions each; the last joins the first whether it repeats it or not. The first ring is
    /// the outline and the others are holes, though by the even-odd rule that needs no telling.
    Polygon(Vec<Vec<Position>>),
}

impl Shape {
    /// What kind of shape it is, in words.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Point(_) => "point",
            Self::Line(_) => "line",
            Self::Polygon(_) => "polygon",
        }
    }

    /// Every position of the shape.
    pub(super) fn positions(&self) -> impl Iterator<Item = &Position> {
        let (one, line, rings): (&[Position], &[Position], &[Vec<Position>]) = match self {
            Self::Point(point) => (std::slice::from_ref(point), &[], &[]),
            Self::Line(line) => (&[], line, &[]),
            Self::Polygon(rings) => (&[], &[], rings),
        };
        one.iter().chain(line).chain(rings.iter().flatten())
    }
}

/// What the numbers of a table of drawings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Pixels of the source, 0 being the outer edge of the first pixel, whose centre lies at 0.5: what a canvas in a
    /// browser and SVG count in.
    #[default]
    Pixels,
    /// Pixels of the source, 0 being the centre of the first pixel: rows and columns of an array.
    PixelCentres,
    /// Percent of the frame's width and height; 0 and 100 are its outer edges.
    Percent,
}

impl Unit {
    /// Its name in the experiment file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pixels => "pixels",
            Self::PixelCentres => "pixel-centres",
            Self::Percent => "percent",
        }
    }

    /// `position` in pixels, 0 being the outer edge of the first pixel.
    pub fn to_pixels(self, position: Position, frame: &Frame) -> Position {
        let [x, y] = position;
        match self {
            Self::Pixels => position,
            Self::PixelCentres => [x + 0.5, y + 0.5],
            Self::Percent => [x / 100.0 * f64::from(frame.width), y / 100.0 * f64::from(frame.height)],
        }
    }
}

/// What had to be done to shapes that leave their frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clipped {
    /// Lines cut at the frame's border. Their direction is kept, which moving their ends inside would not do.
    pub cut_lines: u64,
    /// Lines and polygons dropped, because no part of them lies in the frame.
    pub dropped: u64,
    /// Points moved to the nearest position in the frame.
    pub moved_points: u64,
    /// Polygons that reach beyond the frame. They are kept as drawn; a mask ends at the border by itself.
    pub overhanging_polygons: u64,
}

impl Clipped {
    pub(super) fn add(&mut self, other: Self) {
        self.cut_lines += other.cut_lines;
        self.dropped += other.dropped;
        self.moved_points += other.moved_points;
        self.overhanging_polygons += other.overhanging_polygons;
    }
}

/// `shape`, given in `unit`, in pixels of `frame` and inside of it; `None` where nothing of it is inside.
pub(super) fn place(shape: &Shape, unit: Unit, frame: &Frame, clipped: &mut Clipped) -> Option<Shape> {
    let [width, height] = frame.extent();
    let inside = |[x, y]: Position| (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
    match shape {
        Shape::Point(point) => {
            let [x, y] = unit.to_pixels(*point, frame);
            clipped.moved_points += u64::from(!inside([x, y]));
            Some(Shape::Point([x.clamp(0.0, width), y.clamp(0.0, height)]))
        }
        Shape::Line(line) => {
            let mut line: Vec<_> = line.iter().map(|position| unit.to_pixels(*position, frame)).collect();
            if let [only] = line[..] {
                line.push(only);
            }
            if !line.is_empty() && line.iter().all(|position| inside(*position)) {
                return Some(Shape::Line(line));
            }
            let longest = longest_piece(&line, [width, height]);
            *if longest.is_some() { &mut clipped.cut_lines } else { &mut clipped.dropped } += 1;
            longest.map(Shape::Line)
        }
        Shape::Polygon(rings) => {
            let rings: Vec<Vec<_>> =
                rings.iter().map(|ring| ring.iter().map(|p| unit.to_pixels(*p, frame)).collect()).collect();
            let mut positions = rings.iter().flatten();
            if positions.clone().all(|position| inside(*position)) {
                return Some(Shape::Polygon(rings));
            }
            let start = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
            let (low, high) = positions.try_fold(start, |(low, high), [x, y]| {
                Some(([low[0].min(*x), low[1].min(*y)], [high[0].max(*x), high[1].max(*y)]))
            })?;
            let apart = high[0] < 0.0 || high[1] < 0.0 || low[0] > width || low[1] > height;
            *if apart { &mut clipped.dropped } else { &mut clipped.overhanging_polygons } += 1;
            (!apart).then_some(Shape::Polygon(rings))
        }
    }
}

/// The longest stretch of a line within the frame; a line of several positions may leave it and come back.
fn longest_piece(line: &[Position], extent: [f64; 2]) -> Option<Vec<Position>> {
    let mut pieces: Vec<Vec<Position>> = Vec::new();
    for ends in line.windows(2) {
        let Some([from, to]) = within(ends[0], ends[1], extent) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
    }
    // Of equally long pieces the first: `max_by` alone would take the last.
    pieces.into_iter().rev().max_by(|a, b| length(a).total_cmp(&length(b)))
}

/// The length of a line, in the unit of its positions.
pub(super) fn length(line: &[Position]) -> f64 {
    line.windows(2).map(|ends| distance(ends[0], ends[1])).sum()
}

/// The distance of two positions.
pub(super) fn distance(a: Position, b: Position) -> f64 {
    let (x, y) = (a[0] - b[0], a[1] - b[1]);
    // A square root is rounded correctly everywhere; `hypot` is not.
    (x * x + y * y).sqrt()
}

/// The part of a segment inside `[0, extent]` (Liang and Barsky 1984, ACM Trans. Graph. 3:1–22).
fn within(from: Position, to: Position, extent: [f64; 2]) -> Option<[Position; 2]> {
    let (mut first, mut last) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let step = to[axis] - from[axis];
        if step == 0.0 {
            if !(0.0..=extent[axis]).contains(&from[axis]) {
                return None;
            }
            continue;
        }
        let (low, high) = (-from[axis] / step, (extent[axis] - from[axis]) / step);
        first = first.max(low.min(high));
        last = last.min(low.max(high));
    }
    let at = |share: f64| -> Position {
        let along = |axis: usize| (from[axis] + share * (to[axis] - from[axis])).clamp(0.0, extent[axis]);
        [along(0), along(1)]
    };
    (first <= last).then(|| [if first == 0.0 { from } else { at(first) }, if last == 1.0 { to } else { at(last) }])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { width: 200, height: 100, mm_per_pixel: None };

    fn placed(shape: &Shape, unit: Unit) -> (Option<Shape>, Clipped) {
        let mut clipped = Clipped::default();
        (place(shape, unit, &FRAME, &mut clipped), clipped)
    }

    #[test]
    fn units_become_pixels_from_the_outer_edge() {
        let point = |x, y| Shape::Point([x, y]);
        assert_eq!(placed(&point(50.0, 100.0), Unit::Percent).0, Some(point(100.0, 100.0)));
        assert_eq!(placed(&point(0.0, 99.0), Unit::PixelCentres).0, Some(point(0.5, 99.5)));
        assert_eq!(placed(&point(0.0, 99.0), Unit::Pixels).0, Some(point(0.0, 99.0)));
    }

    #[test]
    fn lines_are_cut_at_the_border_and_keep_their_direction() {
        let (line, clipped) = placed(&Shape::Line(vec![[0.0, 0.0], [100.0, 200.0]]), Unit::Percent);
        assert_eq!(line, Some(Shape::Line(vec![[0.0, 0.0], [100.0, 100.0]])));
        assert_eq!(clipped, Clipped { cut_lines: 1, ..Clipped::default() });

        // It leaves twice; the part that comes back is the longer one.
        let winding = Shape::Line(vec![[10.0, 10.0], [10.0, -10.0], [30.0, -10.0], [30.0, 60.0], [30.0, 160.0]]);
        assert_eq!(placed(&winding, Unit::Pixels).0, Some(Shape::Line(vec![[30.0, 0.0], [30.0, 60.0], [30.0, 100.0]])));

        let (none, clipped) = placed(&Shape::Line(vec![[-5.0, 0.0], [-1.0, 50.0]]), Unit::Pixels);
        assert_eq!((none, clipped.dropped), (None, 1));
    }

    #[test]
    fn points_are_moved_and_polygons_kept() {
        let (point, clipped) = placed(&Shape::Point([101.7, -2.0]), Unit::Percent);
        assert_eq!((point, clipped.moved_points), (Some(Shape::Point([200.0, 0.0])), 1));
        let over = Shape::Polygon(vec![vec![[-9.0, 1.0], [9.0, 1.0], [9.0, 9.0]]]);
        let (kept, clipped) = placed(&over, Unit::Pixels);
        assert_eq!((kept, clipped.overhanging_polygons), (Some(over), 1));
        let apart = Shape::Polygon(vec![vec![[-9.0, 1.0], [-1.0, 1.0], [-3.0, 9.0]]]);
        assert_eq!(placed(&apart, Unit::Pixels).1.dropped, 1);
    }
}
