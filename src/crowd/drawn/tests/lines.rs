//! Consensus of lines and origins, agreement, and who counts as a viewer.

use std::sync::atomic::AtomicBool;

use super::{FRAME, Row, all, close, drawings, line, lines_of, method, row, run, table};
use crate::crowd::drawn::{
    Drawings, Drawn, Frame, Length, Measure, Method, Overlap, Shape, Unit, Unviewed, Viewed, Viewing, agreement,
    leave_one_out,
};

/// Three annotators and a fourth who saw nothing; two close parallel lines, drawn to the side by annotator 1, and one that
/// only annotator 2 saw. In pixels of half a millimetre.
fn parallel() -> Vec<Row> {
    vec![
        row(0, 0, &[line(40.0, 10.0, 40.0, 70.0), line(48.0, 10.0, 48.0, 70.0)]),
        row(0, 1, &[line(52.0, 66.0, 52.0, 10.0), line(44.0, 10.0, 44.0, 50.0)]),
        row(0, 2, &[line(41.0, 12.0, 41.0, 60.0), line(49.0, 10.0, 49.0, 70.0), line(80.0, 10.0, 80.0, 70.0)]),
        row(0, 3, &[]),
    ]
}

#[test]
fn parallel_lines_stay_two_and_the_median_stands() {
    let found = run(&method("method = 'line-consensus'"), &parallel(), &[FRAME], 4).unwrap();
    let lines = lines_of(&found[0]);
    assert_eq!((found[0].viewers, lines.len(), found[0].in_mm), (4, 2, true));
    let ends = |at: usize| [lines[at].x1, lines[at].y1, lines[at].x2, lines[at].y2];
    assert_eq!((ends(0), lines[0].support, lines[0].viewers), ([41.0, 10.0, 41.0, 60.0], 0.75, 4));
    assert_eq!(ends(1), [49.0, 10.0, 49.0, 70.0]);
    // Distances to the median: 1, 3 and 0 pixels (the second line), so ½ mm in the middle.
    assert!(close(lines[1].spread, 0.5, 1e-12), "{}", lines[1].spread);
    let overlaps: Vec<_> = found[0].parts.iter().map(|part| part.overlap).collect();
    assert_eq!(overlaps[2], Overlap { own: 3, other: 2, shared: 2 });
    assert_eq!(overlaps[3], Overlap { own: 0, other: 2, shared: 0 });
}

#[test]
fn who_comes_first_and_what_they_are_called_changes_nothing() {
    let method = method("method.line-consensus = { match_mm = 6, support = 0.25 }");
    // Ties all over: every annotator draws on a grid of whole pixels.
    let grid = |annotator: u32| -> Vec<Shape> {
        (0..6).map(|at| f64::from((at * 7 + annotator * 5) % 24 * 4)).map(|x| line(x, 8.0, x, 64.0)).collect()
    };
    let rows = |name: &dyn Fn(u32) -> u32| -> Vec<Row> { (0..5).map(|a| row(0, name(a), &grid(a))).collect() };
    let plain = run(&method, &rows(&|a| a), &[FRAME], 5).unwrap();
    for shift in 1..5 {
        let mut renamed = rows(&|a| (a * 3 + shift) % 5);
        renamed.rotate_left(shift as usize);
        renamed.iter_mut().for_each(|row| row.2.reverse());
        let renamed = run(&method, &renamed, &[FRAME], 5).unwrap();
        assert_eq!(renamed[0].drawn, plain[0].drawn);
    }
    assert!(lines_of(&plain[0]).len() > 4);
}

#[test]
fn having_looked_counts() {
    let mut rows = parallel();
    rows.pop();
    let viewing = |annotator| Viewing { frame: 0, annotator };
    let support = |viewed: Viewed<'_>, annotators: usize| {
        let drawings = drawings(&rows);
        let drawings = Drawings { viewed, ..table(&drawings, &[FRAME, FRAME], annotators) };
        let (found, summary) = all(&method("method.line-consensus = { support = 0.3 }"), &drawings).unwrap();
        let decided = found[1].decided;
        (lines_of(&found[0]).first().map(|line| line.support), found[0].viewers, decided, summary.counts.unlisted)
    };
    assert_eq!(support(Viewed::Assumed(Unviewed::DrawnOnly), 5), (Some(1.0), 3, false, 0));
    assert_eq!(support(Viewed::Assumed(Unviewed::All), 5), (Some(0.6), 5, true, 0));
    let listed = [viewing(Some(3)), viewing(Some(0)), viewing(Some(3)), viewing(None), viewing(None)];
    assert_eq!(support(Viewed::Table(&listed), 5), (Some(0.5), 6, false, 2));
}

#[test]
fn too_few_viewers_leave_a_frame_open() {
    let text = |minimum: u32| format!("method.line-consensus = {{ minimum_viewers = {minimum} }}");
    let rows = parallel();
    let open = &run(&method(&text(5)), &rows, &[FRAME], 4).unwrap()[0];
    assert_eq!((open.decided, lines_of(open).len()), (false, 0));
    let closed = &run(&method(&text(4)), &rows, &[FRAME], 4).unwrap()[0];
    assert_eq!((closed.decided, lines_of(closed).len()), (true, 2));
    // One viewer alone is a consensus of one.
    let alone = &run(&method(&text(1)), &rows[..1], &[FRAME], 4).unwrap()[0];
    assert_eq!((lines_of(alone).len(), lines_of(alone)[0].support, lines_of(alone)[0].spread), (2, 1.0, 0.0));
}

#[test]
fn percent_and_pixels_give_the_same_lines() {
    let percent: Vec<Row> =
        vec![row(0, 0, &[line(40.0, 12.5, 40.0, 101.7)]), row(0, 1, &[line(42.0, 12.5, 42.0, 75.0)])];
    let drawn = drawings(&percent);
    let flat = [Frame { mm_per_pixel: None, ..FRAME }];
    let drawings = Drawings { unit: Unit::Percent, ..table(&drawn, &flat, 2) };
    let by = |text: &str| all(&method(text), &drawings).unwrap();
    let (found, summary) = by("method.line-consensus = { match_percent = 2.0 }");
    let lines = lines_of(&found[0]);
    assert_eq!((lines.len(), lines[0].x1, lines[0].y1, lines[0].y2), (1, 41.0, 10.0, 70.0));
    assert_eq!((found[0].in_mm, lines[0].spread), (false, 1.0));
    assert_eq!(summary.counts.clipped.cut_lines, 1);
    // Two pixels apart on a diagonal of 128.
    assert_eq!(lines_of(&by("method.line-consensus = { match_percent = 1.5 }").0[0]).len(), 2);
    assert_eq!(lines_of(&by("method.line-consensus = { match_px = 2.0 }").0[0]).len(), 1);
}

#[test]
fn scales_of_x_and_y_may_differ() {
    let rows = [row(0, 0, &[line(40.0, 10.0, 40.0, 70.0)]), row(0, 1, &[line(44.0, 10.0, 44.0, 70.0)])];
    let lines = |scale| {
        let frame = Frame { mm_per_pixel: Some(scale), ..FRAME };
        lines_of(&run(&method("method.line-consensus = { match_mm = 2.0 }"), &rows, &[frame], 2).unwrap()[0]).len()
    };
    assert_eq!((lines([0.5, 9.0]), lines([0.6, 0.1])), (1, 2));
}

#[test]
fn origins_are_points_or_the_upper_ends_of_lines() {
    let rows = [
        row(0, 0, &[line(40.0, 70.0, 40.0, 10.0)]),
        row(0, 1, &[Shape::Point([42.0, 10.0]), Shape::Point([90.0, 10.0])]),
        row(0, 2, &[line(41.0, 13.0, 60.0, 70.0)]),
    ];
    let found = run(&method("method.origin-points = { radius_mm = 3 }"), &rows, &[FRAME], 3).unwrap();
    let Drawn::Origins(origins) = &found[0].drawn else { panic!("{found:?}") };
    assert_eq!((origins.len(), origins[0].support), (1, 1.0));
    // numpy: the median is (41, 10); d = [0.5, 0.5, 1.5] mm; w = (1 - (d / 6)**2)**2; (w * [10, 10, 13]).sum() / w.sum()
    assert!(close(origins[0].x, 41.0, 1e-12) && close(origins[0].y, 10.924767011146255, 1e-12), "{origins:?}");
}

#[test]
fn agreement_counts_pairs_and_the_rest() {
    let rows = parallel();
    let drawn = drawings(&rows);
    let drawings = table(&drawn, &[FRAME], 4);
    let go = AtomicBool::new(false);
    let found = agreement(Measure::Lines(Length::Mm(2.5)), &drawings, &go).unwrap();
    assert_eq!((found.len(), found[0].pairs.len()), (1, 6));
    assert_eq!(found[0].pairs[0].overlap, Overlap { own: 2, other: 2, shared: 2 });
    assert_eq!(found[0].pairs[1].overlap, Overlap { own: 2, other: 3, shared: 2 });
    assert_eq!(found[0].pairs[2].overlap.f1(), Some(0.0));
    let strict = agreement(Measure::Lines(Length::Mm(1.9)), &drawings, &go).unwrap();
    // 44 to 48 are 2 mm apart, 44 to 41 are 1.5: one of two.
    assert_eq!(strict[0].pairs[0].overlap.shared, 0);
    assert_eq!(agreement(Measure::Origins(Length::Mm(2.5)), &drawings, &go).unwrap()[0].pairs[0].overlap.shared, 2);
    let dice = agreement(Measure::Dice(Length::Mm(2.0)), &drawings, &go).unwrap();
    assert!(dice[0].pairs[1].overlap.f1().unwrap() > 0.5);

    let method = Method::LineConsensus(Default::default());
    let left_out = leave_one_out(&method, Measure::Lines(Length::Mm(5.0)), &drawings, &go).unwrap();
    let overlaps: Vec<_> = left_out[0].pairs.iter().map(|pair| pair.overlap).collect();
    assert_eq!(overlaps[2], Overlap { own: 3, other: 2, shared: 2 });
    assert_eq!(overlaps[3], Overlap { own: 0, other: 2, shared: 0 });
    let wrong = leave_one_out(&method, Measure::Dice(Length::Px(2.0)), &drawings, &go).unwrap_err();
    assert!(wrong.to_string().contains("agreement in dice"), "{wrong}");
}
