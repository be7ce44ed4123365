//! Input nobody should send: an error that says what, or a result that is documented.

use std::sync::atomic::AtomicBool;

use super::{FRAME, Row, all, drawings, line, lines_of, mask_of, method, row, run, table};
use crate::crowd::drawn::{
    Content, Drawing, Drawings, DrawnError, Frame, Length, Mask, Measure, Method, Shape, Unit, Unviewed, Viewed,
    Viewing, aggregate, agreement,
};

const ALL: [&str; 6] = ["line-consensus", "origin-points", "pixel-majority", "staple", "em", "rasa"];

fn message(text: &str, rows: &[Row], frame: Frame) -> String {
    run(&method(text), rows, &[frame], 2).unwrap_err().to_string()
}

#[test]
fn no_method_panics_on_odd_drawings() {
    let tiny = Frame { width: 1, height: 1, mm_per_pixel: Some([0.3, 0.4]) };
    let zigzag = Shape::Line((0..200_000).map(|at| [f64::from(at % 100), f64::from(at % 79)]).collect());
    let cases: Vec<(Frame, Vec<Row>)> = vec![
        (FRAME, vec![]),
        (FRAME, vec![row(0, 0, &[])]),
        (FRAME, vec![row(0, 0, &[line(5.0, 5.0, 5.0, 5.0)]), row(0, 1, &[line(5.0, 5.0, 5.0, 5.0)])]),
        (FRAME, vec![row(0, 0, &[zigzag])]),
        (FRAME, vec![(0, None, vec![line(1.0, 1.0, 9.0, 9.0)]), (0, None, vec![line(1.0, 1.0, 9.0, 9.0)])]),
        (tiny, vec![row(0, 0, &[line(0.0, 0.0, 1.0, 1.0)]), row(0, 1, &[line(0.5, 0.5, 0.5, 0.5)])]),
        (FRAME, vec![row(0, 0, &[Shape::Line(vec![])]), row(0, 1, &[Shape::Line(vec![[3.0, 3.0]])])]),
    ];
    for name in ALL {
        for (frame, rows) in &cases {
            let found = run(&method(&format!("method = '{name}'")), rows, &[*frame], 2).unwrap();
            assert_eq!(found.len(), 1, "{name}");
        }
    }
}

#[test]
fn polygons_of_a_million_positions_become_masks() {
    let spiral =
        (0..1_000_000).map(|at| f64::from(at) * 1e-3).map(|t| [50.0 + t.cos() * 30.0, 40.0 + t.sin() * t / 30.0]);
    let star = Shape::Polygon(vec![spiral.collect(), vec![[1.0, 1.0]], vec![]]);
    for name in &ALL[2..] {
        let found = run(&method(&format!("method = '{name}'")), &[row(0, 0, std::slice::from_ref(&star))], &[FRAME], 1);
        assert!(mask_of(&found.unwrap()[0]).mask.area() > 0);
    }
}

#[test]
fn repetitions_count_once_and_parts_are_one_drawing() {
    let one = line(30.0, 10.0, 30.0, 70.0);
    let rows = [row(0, 0, &[one.clone(), one.clone()]), row(0, 0, &[one, line(80.0, 5.0, 80.0, 70.0)])];
    let drawn = drawings(&rows);
    let (found, summary) = all(&method("method = 'line-consensus'"), &table(&drawn, &[FRAME], 1)).unwrap();
    assert_eq!((found[0].viewers, lines_of(&found[0]).len(), summary.counts.repeated), (1, 2, 2));
    assert_eq!((summary.annotators[0].viewed, summary.annotators[0].overlap.own), (1, 2));
}

#[test]
fn what_is_wrong_is_named() {
    let one = |shape: Shape| vec![row(0, 0, &[shape])];
    let lines = "method = 'line-consensus'";
    for bad in [f64::NAN, f64::INFINITY, 1e12] {
        assert!(message(lines, &one(line(1.0, bad, 2.0, 3.0)), FRAME).contains("drawing 0 has the position (1, "));
    }
    let wrong_unit = message(lines, &one(line(640.0, 300.0, 600.0, 420.0)), FRAME);
    assert!(wrong_unit.contains("1 of 1 drawings") && wrong_unit.contains("`drawn_unit`"), "{wrong_unit}");
    let flat = Frame { mm_per_pixel: None, ..FRAME };
    let unscaled = message(lines, &one(line(1.0, 2.0, 3.0, 4.0)), flat);
    assert!(unscaled.contains("`match` is 5 mm, but 1 of 1 frames have no mm per pixel"), "{unscaled}");
    assert!(message("method = 'staple'", &one(line(1.0, 2.0, 3.0, 4.0)), flat).contains("`width` is 2 mm"));
    let ring = vec![[1.0, 1.0], [5.0, 1.0], [5.0, 5.0]];
    assert!(run(&method("method = 'staple'"), &one(Shape::Polygon(vec![ring.clone()])), &[flat], 1).is_ok());
    let polygon = message(lines, &one(Shape::Polygon(vec![ring])), FRAME);
    assert!(polygon.contains("line-consensus needs lines, but drawing 0 holds a polygon"), "{polygon}");
    assert!(message(lines, &one(Shape::Point([1.0, 1.0])), FRAME).contains("holds a point"));
    let twice = "method.line-consensus = { match_mm = 5, match_px = 3 }";
    assert!(message(twice, &[], FRAME).contains("keep one of match_mm, match_px and match_percent"));
    for (text, expected) in [
        ("method.line-consensus = { support = 0.0 }", "support = 0 is out of range"),
        ("method.line-consensus = { match_mm = -1.0 }", "match = -1 is out of range"),
        ("method.origin-points = { radius_px = nan }", "radius = NaN is out of range"),
        ("method.pixel-majority = { threshold = 1.5 }", "threshold = 1.5"),
        ("method.staple = { max_iterations = 0 }", "max_iterations = 0"),
        ("method.rasa = { tolerance = inf }", "tolerance = inf"),
        ("method.staple = { confidence_weight = 0.0 }", "confidence_weight = 0"),
    ] {
        assert!(message(text, &[], FRAME).contains(expected), "{}", message(text, &[], FRAME));
    }
    for frame in [
        Frame { width: 0, ..FRAME },
        Frame { mm_per_pixel: Some([0.1, f64::NAN]), ..FRAME },
        Frame { width: u32::MAX, height: u32::MAX, mm_per_pixel: None },
    ] {
        assert!(message(lines, &[], frame).contains("frame 0 is "));
    }
    let many = Shape::Point([1.0, 1.0]);
    let crowd: Vec<Shape> =
        (0..3000).map(|at| Shape::Point([f64::from(at % 60), f64::from(at / 60)])).chain([many]).collect();
    assert!(message("method = 'origin-points'", &[row(0, 1, &crowd)], FRAME).contains("3000 lines or points"));
}

#[test]
fn indices_are_held_against_their_tables() {
    let shapes = [line(1.0, 1.0, 2.0, 2.0)];
    let at = |frame, annotator| Drawing { frame, annotator, content: Content::Shapes(&shapes) };
    let fails = |drawing: Drawing<'_>, viewed: Viewed<'_>| {
        let rows = [drawing];
        let drawings = Drawings { viewed, ..table(&rows, &[FRAME], 2) };
        all(&method("method = 'line-consensus'"), &drawings).unwrap_err().to_string()
    };
    let only = Viewed::Assumed(Unviewed::DrawnOnly);
    assert!(fails(at(1, Some(0)), only).contains("drawing 0 names frame 1, but there are only 1"));
    assert!(fails(at(0, Some(2)), only).contains("annotator 2"));
    assert!(fails(at(0, None), Viewed::Assumed(Unviewed::All)).contains("1 of 1 drawings have no annotator"));
    let viewings = [Viewing { frame: 7, annotator: None }];
    assert!(fails(at(0, Some(0)), Viewed::Table(&viewings)).contains("viewing 0 names frame 7"));
}

#[test]
fn masks_that_do_not_fit_are_named() {
    let rows = [Drawing { frame: 0, annotator: Some(0), content: Content::Mask(3) }];
    let fails = |masks: &(dyn Fn(u32) -> Result<Mask, String> + Sync), name: &str| {
        let drawings = Drawings { masks, ..table(&rows, &[FRAME], 1) };
        all(&method(&format!("method = '{name}'")), &drawings).unwrap_err().to_string()
    };
    let small = |_: u32| Ok(Mask::empty(2, 3));
    assert_eq!(fails(&small, "em"), "mask 3 of drawing 0: 2 × 3 pixels on a frame of 100 × 80");
    assert_eq!(fails(&|_| Err("not there".to_owned()), "rasa"), "mask 3 of drawing 0: not there");
    assert!(fails(&small, "line-consensus").contains("holds a mask"));
}

#[test]
fn it_can_be_stopped_and_the_sink_can_fail() {
    let drawings = table(&[], &[FRAME], 0);
    let stop = AtomicBool::new(true);
    let lines = Method::LineConsensus(Default::default());
    assert_eq!(aggregate(&lines, &drawings, &stop, |_, _| Ok(())), Err(DrawnError::Cancelled));
    let go = AtomicBool::new(false);
    assert_eq!(aggregate(&lines, &drawings, &go, |_, _| Err(DrawnError::Cancelled)), Err(DrawnError::Cancelled));
    assert_eq!(agreement(Measure::Lines(Length::Px(1.0)), &drawings, &go), Ok(Vec::new()));
    let bad = agreement(Measure::Dice(Length::Px(-1.0)), &drawings, &go).unwrap_err();
    assert!(bad.to_string().contains("dice = -1 is out of range"), "{bad}");
    assert_eq!(Unit::Percent.name(), "percent");
}
