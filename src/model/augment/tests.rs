//! Each change by itself, and draws.

use super::*;

const SHAPE: ClipShape = ClipShape { frames: 1, height: 2, width: 3 };

fn moved(geometry: Geometry) -> Change {
    Change { geometry, ..Change::NONE }
}

fn changed(change: &Change) -> Vec<f32> {
    let mut out = Vec::new();
    change.append(&[10, 20, 30, 40, 50, 60], SHAPE, 0.0, 1.0, &mut out);
    out
}

#[test]
fn each_change_does_what_it_says() {
    let none = Geometry::NONE;
    assert_eq!(changed(&Change::NONE), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
    assert_eq!(changed(&moved(Geometry { mirror: true, ..none })), [30.0, 20.0, 10.0, 60.0, 50.0, 40.0]);
    assert_eq!(changed(&moved(Geometry { down: 1, right: -1, ..none })), [0.0, 0.0, 0.0, 20.0, 30.0, 0.0]);
    assert_eq!(changed(&moved(Geometry { mirror: true, right: 1, ..none })), [0.0, 30.0, 20.0, 0.0, 60.0, 50.0]);
    let bright = Change { factor: 5.0, ..Change::NONE };
    assert_eq!(changed(&bright), [50.0, 100.0, 150.0, 200.0, 250.0, 255.0]);
    let hidden = Change { hidden: Some([1..2, 0..2]), ..Change::NONE };
    assert_eq!(changed(&hidden), [10.0, 20.0, 30.0, 0.0, 0.0, 60.0]);
    let bent = changed(&Change { power: 2.0, ..Change::NONE });
    assert!((bent[5] - 60.0 * 60.0 / 255.0).abs() < 1e-4, "{bent:?}");
    let mut out = Vec::new();
    Change::NONE.append(&[10, 20, 30, 40, 50, 60], SHAPE, 35.0, 5.0, &mut out);
    assert_eq!(out, [-5.0, -3.0, -1.0, 1.0, 3.0, 5.0]);
}

#[test]
fn a_half_turn_and_whole_moves_need_no_interpolation() {
    let turned = changed(&moved(Geometry { rotate: 180.0, ..Geometry::NONE }));
    for (found, expected) in turned.iter().zip([60.0, 50.0, 40.0, 30.0, 20.0, 10.0]) {
        assert!((found - expected).abs() < 1e-3, "{turned:?}");
    }
    // The same move as whole pixels and as an affine map that hardly turns.
    let shape = ClipShape { frames: 1, height: 9, width: 11 };
    let frame: Vec<u8> = (0..99).map(|pixel| (pixel * 37 % 251) as u8).collect();
    let whole = Geometry { mirror: true, down: 2, right: -3, ..Geometry::NONE };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    moved(whole).append(&frame, shape, 0.0, 1.0, &mut first);
    moved(Geometry { rotate: 1e-4, ..whole }).append(&frame, shape, 0.0, 1.0, &mut second);
    // What enters at the border is interpolated with black.
    let inside = (3..9).flat_map(|y| (0..7).map(move |x| y * 11 + x));
    inside.for_each(|at| assert!((first[at] - second[at]).abs() < 0.05, "{at} {} {}", first[at], second[at]));
}

#[test]
fn maps_move_as_frames_do() {
    let shape = ClipShape { frames: 1, height: 40, width: 60 };
    let augment = Augment { scale: 0.2, rotate: 20.0, shear: 10.0, shift: 0.1, ..Augment::default() };
    let frame: Vec<u8> = (0..2400)
        .map(|at| if (18..24).contains(&(at / 60)) && (20..40).contains(&(at % 60)) { 255 } else { 0 })
        .collect();
    for slot in 0..20 {
        let change = Change { factor: 1.0, ..Change::draw(&augment, shape, 5, 2, slot) };
        let (mut image, mut map) = (Vec::new(), Vec::new());
        change.append(&frame, shape, 0.0, 255.0, &mut image);
        change.append_map(&frame, 40, 60, &mut map);
        assert!(image.iter().zip(&map).all(|(a, b)| (a - b).abs() < 1e-5), "{slot}");
        let area: f32 = map.iter().sum();
        let expected = 120.0 * change.geometry.scale.powi(2) as f32;
        assert!((area - expected).abs() < 0.15 * expected, "{slot}: {area} {expected}");
    }
}

#[test]
fn time_moves_and_noise_blur_and_power_keep_to_grey_levels() {
    let shape = ClipShape { frames: 4, height: 8, width: 8 };
    let frames: Vec<u8> = (0..256).map(|at| (at / 64 * 60) as u8).collect();
    let first = |later| {
        let mut out = Vec::new();
        Change { later, ..Change::NONE }.append(&frames, shape, 0.0, 1.0, &mut out);
        [0, 64, 128, 192].map(|at| out[at])
    };
    assert_eq!(first(2), [120.0, 180.0, 180.0, 180.0]);
    assert_eq!(first(-1), [0.0, 0.0, 60.0, 120.0]);
    let mut noisy = Vec::new();
    Change { noise: Some((20.0, [1, 2, 3])), ..Change::NONE }.append(&frames, shape, 0.0, 1.0, &mut noisy);
    let spread = |values: &[f32], around: f32| {
        let sum: f32 = values.iter().map(|value| (value - around).powi(2)).sum();
        (sum / values.len() as f32).sqrt()
    };
    assert!((spread(&noisy[128..192], 120.0) - 20.0).abs() < 5.0);
    assert!(noisy.iter().all(|level| (0.0..=255.0).contains(level)));
    let mut blurred = Vec::new();
    Change { blur: 2.0, ..Change::NONE }.append(&frames, shape, 0.0, 1.0, &mut blurred);
    assert!(blurred.iter().zip(&frames).all(|(a, &b)| (a - f32::from(b)).abs() < 1e-3), "an even plane stays even");
}

#[test]
fn draws_stay_in_range_and_repeat() {
    let shape = ClipShape { frames: 9, height: 40, width: 60 };
    let augment = Augment {
        mirror: true,
        shift: 0.1,
        brightness: 0.2,
        scale: 0.3,
        rotate: 10.0,
        shear: 5.0,
        gamma: 0.5,
        noise: 3.0,
        blur: 2.0,
        occlusion: 0.5,
        jitter: 2,
    };
    let draws: Vec<Change> = (0..400).map(|slot| Change::draw(&augment, shape, 3, 1, slot)).collect();
    let all = |fits: &dyn Fn(&Change) -> bool| assert!(draws.iter().all(fits));
    let any = |is: &dyn Fn(&Change) -> bool| assert!(draws.iter().any(is));
    all(&|c| c.geometry.down.abs() <= 4 && c.geometry.right.abs() <= 6 && (0.8..=1.2).contains(&c.factor));
    all(&|c| (0.7..=1.3).contains(&c.geometry.scale) && c.geometry.rotate.abs() <= 10.0);
    all(&|c| (1.0 / 1.5..=1.5).contains(&c.power) && c.later.abs() <= 2 && c.blur <= 2.0);
    all(&|c| c.hidden.iter().all(|[rows, columns]| rows.end <= 40 && rows.len() <= 20 && columns.end <= 60));
    any(&|c| c.geometry.down == -4 && c.geometry.rotate < 0.0);
    any(&|c| c.geometry.right == 6);
    any(&|c| c.later == -2);
    assert!((150..250).contains(&draws.iter().filter(|c| c.geometry.mirror).count()));
    assert!((150..250).contains(&draws.iter().filter(|c| c.hidden.is_some()).count()));
    assert_eq!(draws[7], Change::draw(&augment, shape, 3, 1, 7));
    assert_eq!(Change::draw(&Augment::NONE, shape, 3, 1, 7), Change::NONE);
    let plain = Change::draw(&Augment { noise: 0.0, ..augment }, shape, 3, 1, 7);
    assert_eq!((plain.geometry, plain.later), (draws[7].geometry, draws[7].later), "settings don't move others' draws");
}

#[test]
fn numbers_that_make_no_sense_are_named() {
    let error = |augment: Augment| augment.check().unwrap_err().to_string();
    assert!(error(Augment { shift: 2.0, ..Augment::NONE }).contains("augment.shift = 2"));
    assert!(error(Augment { rotate: f64::NAN, ..Augment::NONE }).contains("augment.rotate = NaN"));
    assert!(error(Augment { scale: 1.0, ..Augment::NONE }).contains("0 to 0.9"));
    Augment::default().check().unwrap();
}
