//! Origins that several detections may find.

use std::sync::atomic::AtomicBool;

use super::{FRAME, Row, drawings, row, table};
use crate::crowd::drawn::{Drawings, Length, Measure, Overlap, Shape, Unviewed, Viewed, agreement, reached};

fn points(points: &[[f64; 2]]) -> Vec<Shape> {
    points.iter().copied().map(Shape::Point).collect()
}

fn overlaps(rows: &[Row], frames: usize, length: Length, many: bool) -> Vec<Overlap> {
    let (drawings, frames) = (drawings(rows), vec![FRAME; frames]);
    let viewed = Viewed::Assumed(Unviewed::All);
    let table = Drawings { viewed, ..table(&drawings, &frames, 2) };
    let compare = if many { reached } else { agreement };
    let found = compare(Measure::Origins(length), &table, &AtomicBool::new(false)).unwrap();
    found.iter().map(|frame| frame.pairs[0].overlap).collect()
}

/// Three detections around one of two origins and one near nothing: one origin is found, one is missed, one detection is
/// false. One to one, two of the three around it are false as well.
#[test]
fn several_detections_of_one_origin_count_once() {
    let there = row(0, 0, &points(&[[20.0, 20.0], [80.0, 20.0]]));
    let found = row(0, 1, &points(&[[18.0, 20.0], [20.0, 24.0], [22.0, 18.0], [50.0, 70.0]]));
    let rows = [there, found];
    assert_eq!(overlaps(&rows, 1, Length::Px(5.0), true), [Overlap { own: 2, other: 2, shared: 1 }]);
    assert_eq!(overlaps(&rows, 1, Length::Px(5.0), false), [Overlap { own: 2, other: 4, shared: 1 }]);
    // A millimetre is two pixels, and what lies at the length itself counts.
    assert_eq!(overlaps(&rows, 1, Length::Mm(1.0), true), [Overlap { own: 2, other: 4, shared: 1 }]);
    let at_the_length = [row(0, 0, &points(&[[20.0, 20.0]])), row(0, 1, &points(&[[23.0, 24.0]]))];
    assert_eq!(overlaps(&at_the_length, 1, Length::Px(5.0), true)[0].shared, 1);
}

/// One detection between two origins finds both.
#[test]
fn one_detection_may_find_several_origins() {
    let rows = [row(0, 0, &points(&[[20.0, 20.0], [28.0, 20.0]])), row(0, 1, &points(&[[24.0, 20.0]]))];
    assert_eq!(overlaps(&rows, 1, Length::Px(5.0), true), [Overlap { own: 2, other: 2, shared: 2 }]);
    assert_eq!(overlaps(&rows, 1, Length::Px(5.0), false), [Overlap { own: 2, other: 1, shared: 1 }]);
}

/// With numpy 2.4.6, for frames 0 to 11 and points `(k*a + f*17) % 100, (k*b + f*29) % 80`:
///
/// ```python
/// t, p = points(f, f % 4, 37, 23), points(f + 3, f*5 % 7, 13, 41)
/// d = np.sqrt(((p[:, None] - t[None])**2).sum(-1))           # of frames with both; else all of p false, all of t missed
/// (d.min(0) <= 35).sum(), (d.min(1) > 35).sum(), (d.min(0) > 35).sum()
/// ```
#[test]
fn true_and_false_positives_and_misses_are_those_of_the_published_rule() {
    let expected = [
        [0, 0, 0],
        [1, 4, 0],
        [1, 2, 1],
        [0, 1, 3],
        [0, 6, 0],
        [1, 2, 0],
        [1, 1, 1],
        [0, 0, 3],
        [0, 5, 0],
        [1, 2, 0],
        [1, 0, 1],
        [3, 3, 0],
    ];
    let made = |f: usize, n: usize, a: usize, b: usize| -> Vec<[f64; 2]> {
        (0..n).map(|k| [((k * a + f * 17) % 100) as f64, ((k * b + f * 29) % 80) as f64]).collect()
    };
    let rows: Vec<Row> = (0..12)
        .flat_map(|f| [(0, made(f, f % 4, 37, 23)), (1, made(f + 3, f * 5 % 7, 13, 41))].map(|(who, of)| (f, who, of)))
        .filter(|(_, _, of)| !of.is_empty())
        .map(|(f, who, of)| row(f as u32, who, &points(&of)))
        .collect();
    let found = overlaps(&rows, 12, Length::Px(35.0), true);
    let found: Vec<[u64; 3]> =
        found.iter().map(|all| [all.shared, all.other - all.shared, all.own - all.shared]).collect();
    assert_eq!(found, expected);
}
