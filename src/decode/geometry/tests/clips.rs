//! What `mask = "auto"` makes of phantoms in the shapes of real clips.

use super::*;

/// A clip in which the fan of those corners flickers where `is_lit` says so, on a ground of black as video codes it.
fn clip(corners: &Corners, (width, height): (u32, u32), is_lit: impl Fn(u32, u32) -> bool) -> Vec<GrayImage> {
    let fan = Fan::new(corners).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(11);
    (0..10)
        .map(|_| {
            GrayImage::from_fn(width, height, |x, y| {
                let inside = fan.contains(f64::from(x) + 0.5, f64::from(y) + 0.5) && is_lit(x, y);
                Luma([if inside { random.random_range(30..120) } else { 16 }])
            })
        })
        .collect()
}

fn auto(clip: &[GrayImage]) -> Plan {
    plan(&Settings { mask: Mask::Auto, ..Settings::default() }, &Hints::default(), clip).unwrap()
}

/// Intersection over union of what a plan shows and a fan.
fn overlap(plan: &Plan, corners: &Corners, size: (u32, u32)) -> f64 {
    let truth = Shown::fan(&Fan::new(corners).unwrap(), size);
    let found = plan.shown.as_ref().unwrap();
    let (mut both, mut either) = (0, 0);
    for y in 0..size.1 {
        for x in 0..size.0 {
            both += u32::from(found.holds(x, y) && truth.holds(x, y));
            either += u32::from(found.holds(x, y) || truth.holds(x, y));
        }
    }
    f64::from(both) / f64::from(either)
}

/// A wide fan that the frame cuts off on both sides and at the bottom.
const WIDE: Corners = Corners {
    top_left: [110.0, -8.0],
    top_right: [190.0, -8.0],
    bottom_left: [-90.0, 270.0],
    bottom_right: [390.0, 270.0],
};
const FRAME: (u32, u32) = (300, 280);

#[test]
fn a_fan_is_found_behind_shadows() {
    let lit = auto(&clip(&WIDE, FRAME, |_, _| true));
    assert!(matches!(lit.findings().found, Some(Found::Fan { .. })), "{:?}", lit.findings());
    assert!(overlap(&lit, &WIDE, FRAME) > 0.98);
    // Dark below 200 at the right, and between: the outline would be cut there, the fan is not.
    let shadow = auto(&clip(&WIDE, FRAME, |x, y| y < 120 || (x < 180 && y % 90 > 20)));
    assert!(matches!(shadow.findings().found, Some(Found::Fan { .. })), "{:?}", shadow.findings());
    assert!(overlap(&shadow, &WIDE, FRAME) > 0.97, "{}", overlap(&shadow, &WIDE, FRAME));
}

#[test]
fn a_side_in_the_dark_is_taken_from_the_other() {
    // The left third is dark, but for the skin.
    let half = auto(&clip(&WIDE, FRAME, |x, y| x > 120 || y < 8));
    assert!(matches!(half.findings().found, Some(Found::HalfFan { .. })), "{:?}", half.findings());
    assert!(overlap(&half, &WIDE, FRAME) > 0.97, "{}", overlap(&half, &WIDE, FRAME));
}

#[test]
fn a_linear_probe_has_a_rectangle_and_no_apex() {
    let corners = Corners {
        top_left: [50.0, 20.0],
        top_right: [180.0, 20.0],
        bottom_left: [50.0, 240.0],
        bottom_right: [180.0, 240.0],
    };
    let frames = clip(&corners, FRAME, |x, y| y < 90 || !(90..150).contains(&x));
    let found = auto(&frames);
    assert!(matches!(found.findings().found, Some(Found::Rectangle { .. })), "{:?}", found.findings());
    assert!(overlap(&found, &corners, FRAME) > 0.99);
    let settings = Settings { mask: Mask::Auto, polar: Some(Polar { angles: 9, depths: 9 }), ..Settings::default() };
    assert_eq!(plan(&settings, &Hints::default(), &frames).err(), Some(GeometryError::NoApex));
}

#[test]
fn a_picture_that_fills_the_frame_is_shown_whole() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let frames: Vec<GrayImage> =
        (0..6).map(|_| GrayImage::from_fn(64, 64, |_, _| Luma([random.random_range(20..120)]))).collect();
    let found = auto(&frames);
    assert_eq!((found.findings().found, found.findings().fan_share), (Some(Found::Outline), Some(1.0)));
}

#[test]
fn polar_coordinates_of_a_found_fan_are_those_of_its_corners() {
    let frames = clip(&WIDE, FRAME, |_, _| true);
    let settings = Settings { mask: Mask::Auto, polar: Some(Polar { angles: 64, depths: 48 }), ..Settings::default() };
    settings.check().unwrap();
    let found = plan(&settings, &Hints::default(), &frames).unwrap();
    let (sector, _) = found.geometry().polar().unwrap();
    let truth = *Fan::new(&WIDE).unwrap().sector().unwrap();
    assert!(
        (sector.left - truth.left).abs() < 0.02 && (sector.right - truth.right).abs() < 0.02,
        "{sector:?} {truth:?}"
    );
    assert!((sector.apex[0] - truth.apex[0]).abs() < 3.0 && (sector.apex[1] - truth.apex[1]).abs() < 4.0);
    for (x, y) in [(150.0, 40.0), (80.0, 120.0), (200.0, 200.0)] {
        let back = found.geometry().to_source(found.geometry().to_output(Point { x, y }));
        assert!((back.x - x).abs() < 1e-9 && (back.y - y).abs() < 1e-9);
    }
}

#[test]
fn a_still_bright_line_of_tissue_is_no_mark() {
    let mut frames = clip(&WIDE, FRAME, |_, _| true);
    for frame in &mut frames {
        for x in 130..165 {
            // As a pleural line is: brightest in its middle, soft at its edges.
            for (y, level) in (96..).zip([60u8, 110, 165, 200, 165, 110, 60]) {
                frame.put_pixel(x, y, Luma([level]));
            }
        }
    }
    let found = auto(&frames);
    assert_eq!(found.findings().marks, []);
    assert_eq!(found.apply(&frames[0]).get_pixel(150, 99), &Luma([200]));
    // A stroke of the same size with a sharp edge is one, where it is dark around it.
    let mut frames = clip(&WIDE, FRAME, |_, y| y < 150);
    for frame in &mut frames {
        (130..150).for_each(|x| (200..203).for_each(|y| frame.put_pixel(x, y, Luma([220]))));
    }
    let found = auto(&frames);
    assert_eq!(found.findings().marks.len(), 1);
    assert!(found.apply(&frames[0]).get_pixel(140, 201).0[0] < 20);
}

#[test]
fn whatever_is_given_there_is_a_plan_or_an_error() {
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let (mut plans, mut errors) = (0, 0);
    for _ in 0..400 {
        let (width, height) = (random.random_range(1..40), random.random_range(1..40));
        let frames: Vec<GrayImage> = (0..random.random_range(1..4))
            .map(|_| {
                let top = random.random_range(1..=256u32);
                GrayImage::from_fn(width, height, |_, _| Luma([(random.random_range(0..256u32) % top) as u8]))
            })
            .collect();
        let mut number = || [-1e9, -5.0, 0.0, 3.0, 10.5, 30.0, 80.0, 1e9, f64::NAN][random.random_range(0..9)];
        let corners = Corners {
            top_left: [number(), number()],
            top_right: [number(), number()],
            bottom_left: [number(), number()],
            bottom_right: [number(), number()],
        };
        let mut whole = || random.random_range(0..60u32);
        let crop = Rectangle { left: whole(), top: whole(), right: whole(), bottom: whole() };
        let (left, top, right, bottom) = (whole(), whole(), whole(), u32::MAX);
        let region = Region { left, top, right, bottom, mm_per_pixel: None, tissue: true };
        let hints = Hints {
            corners: Some(corners),
            crop: (whole() < 20).then_some(crop),
            regions: vec![region],
            mm_per_pixel: None,
        };
        for mask in [Mask::None, Mask::Corners, Mask::Regions, Mask::Auto] {
            let settings = Settings {
                mask,
                crop: Crop::Fan,
                pad: Some(Ratio { width: 1 + left, height: 7 }),
                size: Some(Size { width: 5, height: 1 + top }),
                resize: [Resize::Bilinear, Resize::Area, Resize::Interpolate][(left % 3) as usize],
                intensity: Intensity::Percentiles { low: 1.0, high: 99.0 },
                ..Settings::default()
            };
            match plan(&settings, &hints, &frames) {
                Ok(plan) => {
                    plans += 1;
                    assert_eq!(plan.apply(&frames[0]).dimensions(), (5, 1 + top));
                }
                Err(_) => errors += 1,
            }
        }
    }
    assert!(plans > 400 && errors > 100, "{plans} {errors}");
}
