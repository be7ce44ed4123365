//! Masks of shapes against the definition, pixel by pixel.

use rand::RngExt;

use super::{close, line};
use crate::crowd::drawn::raster::rasterise;
use crate::crowd::drawn::{Frame, Length, Mask, Position, Shape};
use crate::random::stream;

const FRAME: Frame = Frame { width: 37, height: 29, mm_per_pixel: Some([0.5, 0.8]) };

fn mask(shape: Shape, width: Length) -> Mask {
    rasterise(&[shape], &FRAME, &width.on(&FRAME))
}

/// The distance of `point` to the segment.
fn to_segment(point: Position, from: Position, to: Position) -> f64 {
    let (d, p) = ([to[0] - from[0], to[1] - from[1]], [point[0] - from[0], point[1] - from[1]]);
    let squared = d[0] * d[0] + d[1] * d[1];
    let share = if squared > 0.0 { ((p[0] * d[0] + p[1] * d[1]) / squared).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (p[0] - share * d[0], p[1] - share * d[1]);
    (x * x + y * y).sqrt()
}

fn centre(index: usize) -> Position {
    [(index % 37) as f64 + 0.5, (index / 37) as f64 + 0.5]
}

#[test]
fn lines_hold_the_centres_within_half_their_width() {
    let mut random = stream(1, "lines of the test", &[]);
    let mut coordinate = |size: f64| random.random_range(-0.3 * size..1.3 * size);
    for case in 0..200 {
        let (from, mut to) = ([coordinate(37.0), coordinate(29.0)], [coordinate(37.0), coordinate(29.0)]);
        match case % 5 {
            0 => to[0] = from[0],
            1 => to[1] = from[1],
            2 => to = from,
            _ => {}
        }
        let mm = f64::from(case % 7) + 0.9;
        let found = mask(line(from[0], from[1], to[0], to[1]), Length::Mm(mm));
        let scaled = |position: Position| [position[0] * 0.5, position[1] * 0.8];
        for (index, set) in found.pixels().enumerate() {
            let distance = to_segment(scaled(centre(index)), scaled(from), scaled(to));
            assert!(set == (distance <= mm / 2.0) || close(distance, mm / 2.0, 1e-9), "{from:?} {to:?} {mm} {index}");
        }
    }
}

#[test]
fn thin_lines_have_no_gaps() {
    for end in 0..=37 {
        let found = mask(line(0.3, 0.2, f64::from(end), 29.0), Length::Px(0.01));
        assert!((0..29).all(|row| (0..37).any(|column| found.at(row * 37 + column))), "{end}");
    }
}

#[test]
fn polygons_hold_the_centres_inside_and_on_their_outline() {
    let mut random = stream(2, "polygons of the test", &[]);
    for case in 0..300 {
        // Half of them through pixel centres, where every rule differs; most cross themselves.
        let mut coordinate = |size: f64| {
            let drawn: f64 = random.random_range(-0.2 * size..1.2 * size);
            if case % 2 == 0 { drawn.floor() + 0.5 } else { drawn }
        };
        let rings: Vec<Vec<Position>> = (0..1 + case % 3)
            .map(|_| (0..3 + case % 6).map(|_| [coordinate(37.0), coordinate(29.0)]).collect())
            .collect();
        let found = mask(Shape::Polygon(rings.clone()), Length::Px(1.0));
        let segments: Vec<[Position; 2]> = rings
            .iter()
            .flat_map(|ring| (0..ring.len()).map(|at| [ring[at], ring[(at + 1) % ring.len()]]).collect::<Vec<_>>())
            .collect();
        for (index, set) in found.pixels().enumerate() {
            let [x, y] = centre(index);
            let crossed = segments
                .iter()
                .filter(|[a, b]| (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]);
            let edge = segments.iter().map(|[a, b]| to_segment([x, y], *a, *b)).fold(f64::INFINITY, f64::min);
            let expected = crossed.count() % 2 == 1 || edge < 1e-12;
            assert!(set == expected || (edge > 0.0 && edge < 1e-9), "{rings:?} at {x} {y}: {set}");
        }
    }
}

#[test]
fn points_are_discs_and_shapes_unite() {
    let disc = mask(Shape::Point([18.5, 14.5]), Length::Px(4.0));
    assert_eq!(disc.area(), 13);
    let ring = |low: f64, high: f64| vec![[low, low], [high, low], [high, high], [low, high]];
    let holed = mask(Shape::Polygon(vec![ring(2.0, 20.0), ring(6.0, 12.0)]), Length::Px(1.0));
    assert_eq!(holed.area(), 18 * 18 - 6 * 6);
    let both = [Shape::Polygon(vec![ring(2.0, 20.0)]), Shape::Polygon(vec![ring(6.0, 12.0)])];
    assert_eq!(rasterise(&both, &FRAME, &Length::Px(1.0).on(&FRAME)).area(), 18 * 18);
}
