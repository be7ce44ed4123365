//! Whole plans: on a phantom made here, on the geometry of a published study, and on what nobody should give.

use std::{collections::BTreeMap, path::Path};

use image::Luma;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;

mod clips;

fn plan(settings: &Settings, hints: &Hints, clip: &[GrayImage]) -> Result<Plan, GeometryError> {
    let (width, height) = clip[0].dimensions();
    let mut statistics = Statistics::new(width, height);
    clip.iter().for_each(|frame| statistics.add(frame));
    Plan::new(width, height, settings, hints, settings.needs_statistics().then_some(&statistics))
}

const CORNERS: Corners = Corners {
    top_left: [60.0, 20.0],
    top_right: [100.0, 20.0],
    bottom_left: [20.0, 100.0],
    bottom_right: [140.0, 100.0],
};

/// A fan of flickering speckle on a black ground, with a letter outside, one inside where it is dark, and a ruler.
fn phantom(frames: u32) -> Vec<GrayImage> {
    let fan = Fan::new(&CORNERS).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    (0..frames)
        .map(|_| {
            let mut frame = GrayImage::from_fn(160, 130, |x, y| {
                let shadow = x < 75 && y > 60;
                let speckle = if shadow { random.random_range(0..6) } else { random.random_range(20..90) };
                Luma([if fan.contains(f64::from(x) + 0.5, f64::from(y) + 0.5) { speckle } else { 0 }])
            });
            for (left, top) in [(5, 5), (60, 75)] {
                letter(&mut frame, left, top);
            }
            for y in (10..120).step_by(10) {
                (154..158).for_each(|x| frame.put_pixel(x, y, Luma([200])));
            }
            frame
        })
        .collect()
}

/// A cross of strokes two pixels thick.
fn letter(frame: &mut GrayImage, left: u32, top: u32) {
    for at in 0..8 {
        for thick in 3..5 {
            frame.put_pixel(left + at, top + thick, Luma([250]));
            frame.put_pixel(left + thick, top + at, Luma([250]));
        }
    }
}

#[test]
fn burned_in_marks_are_gone_and_the_fan_stays() {
    let clip = phantom(12);
    let settings = Settings { mask: Mask::Auto, deidentify: Deidentify::BlankOutsideFan, ..Settings::default() };
    let plan = plan(&settings, &Hints::default(), &clip).unwrap();
    let truth = Fan::new(&CORNERS).unwrap();
    let shown = plan.shown.as_ref().unwrap();
    let (mut both, mut either) = (0, 0);
    for y in 0..130 {
        for x in 0..160 {
            let found = shown.holds(x, y);
            let is = truth.contains(f64::from(x) + 0.5, f64::from(y) + 0.5);
            both += usize::from(found && is);
            either += usize::from(found || is);
        }
    }
    let overlap = both as f64 / either as f64;
    assert!(overlap > 0.97, "{overlap}");
    assert!(matches!(plan.findings().found, Some(Found::Fan { rows: 30.. })), "{:?}", plan.findings());
    let without = super::tests::plan(&Settings::default(), &Hints::default(), &clip).unwrap();
    assert_eq!(without.apply(&clip[0]), clip[0]);
    for frame in &clip {
        let kept = plan.apply(frame);
        assert!(kept.pixels().all(|pixel| pixel.0[0] < 100), "no stroke is left");
        assert_eq!(kept.get_pixel(0, 0), without.apply(frame).get_pixel(0, 0), "blank is as dark as the ground");
        assert_eq!(kept.get_pixel(90, 40), frame.get_pixel(90, 40), "tissue stays as it is");
    }
    assert_eq!(plan.findings().marks.len(), 2);
}

#[test]
fn title_frames_are_told_and_left_out() {
    let dark = GrayImage::from_pixel(160, 130, Luma([1]));
    let clip: Vec<GrayImage> = [dark.clone(), dark.clone()].into_iter().chain(phantom(9)).chain([dark]).collect();
    for (title_frames, dropped) in [(TitleFrames::Keep, &[][..]), (TitleFrames::Drop, &[0, 1, 11])] {
        let settings = Settings { mask: Mask::Auto, title_frames, ..Settings::default() };
        let plan = plan(&settings, &Hints::default(), &clip).unwrap();
        assert_eq!(plan.findings().title_frames, [0, 1, 11]);
        assert_eq!(plan.dropped_frames(), dropped);
        // What is dark says nothing of the marks.
        assert_eq!(plan.findings().marks.len(), 2);
    }
}

#[test]
fn points_go_there_and_back() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for polar in [None, Some(Polar { angles: 64, depths: 48 })] {
        let cut = polar.is_none();
        let settings = Settings {
            mask: Mask::Corners,
            crop: if cut { Crop::Fan } else { Crop::None },
            pad: cut.then_some(Ratio { width: 3, height: 2 }),
            size: cut.then_some(Size { width: 96, height: 64 }),
            polar,
            ..Settings::default()
        };
        settings.check().unwrap();
        let hints = Hints { corners: Some(CORNERS), mm_per_pixel: Some([0.5, 0.25]), ..Hints::default() };
        let plan = plan(&settings, &hints, &phantom(1)).unwrap();
        let geometry: Geometry = serde_json::from_str(&serde_json::to_string(plan.geometry()).unwrap()).unwrap();
        assert_eq!(&geometry, plan.geometry());
        for _ in 0..1000 {
            let point = Point { x: random.random_range(61.0..99.0), y: random.random_range(30.0..90.0) };
            let back = geometry.to_source(geometry.to_output(point));
            assert!((back.x - point.x).abs() < 1e-9 && (back.y - point.y).abs() < 1e-9, "{point:?} {back:?}");
            let percent = geometry.of_percent(geometry.to_percent(point));
            assert!((percent.x - point.x).abs() < 1e-9 && (percent.y - point.y).abs() < 1e-9);
        }
        let (one, other) = (Point { x: 70.0, y: 40.0 }, Point { x: 76.0, y: 56.0 });
        let distance = geometry.distance_mm(geometry.to_output(one), geometry.to_output(other)).unwrap();
        assert!((distance - 5.0).abs() < 1e-9, "3 mm across and 4 mm down: {distance}");
        assert_eq!(plan.apply(&phantom(1)[0]).dimensions(), (geometry.size.width, geometry.size.height));
        assert_eq!(geometry.output_mm_per_pixel().is_some(), cut);
    }
}

#[test]
fn a_ray_of_the_fan_is_a_column_in_polar_coordinates() {
    let fan = Fan::new(&CORNERS).unwrap();
    let sector = *fan.sector().unwrap();
    let frame = GrayImage::from_fn(160, 130, |x, y| {
        let (_, angle) = sector.at(f64::from(x) + 0.5, f64::from(y) + 0.5);
        Luma([if (0.1..0.2).contains(&angle) { 200 } else { 0 }])
    });
    let settings =
        Settings { mask: Mask::Corners, polar: Some(Polar { angles: 60, depths: 40 }), ..Settings::default() };
    let plan =
        plan(&settings, &Hints { corners: Some(CORNERS), ..Hints::default() }, std::slice::from_ref(&frame)).unwrap();
    let polar = plan.apply(&frame);
    let column = |angle: f64| ((angle - sector.left) / (sector.right - sector.left) * 60.0) as u32;
    for depth in 4..36 {
        assert!(polar.get_pixel(column(0.15), depth).0[0] > 190, "{depth}");
        assert!(polar.get_pixel(column(0.0), depth).0[0] < 10 && polar.get_pixel(column(0.3), depth).0[0] < 10);
    }
}

#[test]
fn polar_coordinates_equal_scipy() {
    // a = ((x*7 + y*13) % 256).astype(float) on 130 rows × 160 columns; apex (80, -20), r0 44.7213595, r1 134.1640786,
    // angles ±0.4636476; t, q the middles of 6 angles and 5 depths; scipy 1.17:
    // map_coordinates(a, [Y - .5, X - .5], order=1, mode='constant') at X = 80 + q sin t, Y = -20 + q cos t
    const SCIPY: [u8; 30] = [
        27, 115, 189, 246, 31, 54, 195, 56, 155, 232, 30, 60, 107, 120, 121, 218, 29, 67, 19, 195, 87, 203, 29, 74,
        188, 137, 53, 189, 28, 80,
    ];
    let frame = GrayImage::from_fn(160, 130, |x, y| Luma([(x * 7 + y * 13) as u8]));
    let hints = Hints { corners: Some(CORNERS), ..Hints::default() };
    // The mask would blank the neighbours of pixels at its edge: the map alone.
    let settings = Settings { mask: Mask::Corners, polar: Some(Polar { angles: 6, depths: 5 }), ..Settings::default() };
    let plan = plan(&settings, &hints, std::slice::from_ref(&frame)).unwrap();
    let polar = polar::image(&frame, plan.geometry().polar().unwrap());
    for (ours, theirs) in polar.as_raw().iter().zip(SCIPY) {
        assert!(ours.abs_diff(theirs) <= 1, "{:?}", polar.as_raw());
    }
}

#[test]
fn levels_between_percentiles() {
    let frame = GrayImage::from_fn(100, 1, |x, _| Luma([x as u8]));
    let settings = Settings { intensity: Intensity::Percentiles { low: 0.0, high: 100.0 }, ..Settings::default() };
    let kept = plan(&settings, &Hints::default(), std::slice::from_ref(&frame)).unwrap().apply(&frame);
    // Level 1 is the lowest above black: (v - 1) * 255 / 98.
    assert_eq!([0, 1, 50, 99].map(|x| kept.get_pixel(x, 0).0[0]), [0, 0, 128, 255]);
    // What is outside the mask does not count.
    let half = GrayImage::from_fn(128, 64, |x, y| Luma([if x < 64 { 250 } else { y as u8 + 1 }]));
    let right = Region { left: 64, top: 0, right: 127, bottom: 63, mm_per_pixel: None, tissue: true };
    let masked = Settings { mask: Mask::Regions, ..settings };
    let hints = Hints { regions: vec![right], ..Hints::default() };
    let kept = plan(&masked, &hints, std::slice::from_ref(&half)).unwrap().apply(&half);
    assert_eq!([0, 63].map(|y| kept.get_pixel(100, y).0[0]), [0, 255]);
    let black = GrayImage::new(10, 10);
    assert_eq!(plan(&settings, &Hints::default(), std::slice::from_ref(&black)).unwrap().apply(&black), black);
}

/// Of every clip of the study: height and width, crop, padding and scale as its authors stored them.
type Processing = BTreeMap<String, BTreeMap<String, ([[u32; 2]; 2], [[u32; 2]; 2], f64)>>;

/// How the study came from corners to a crop: the bounds of a mask of 256 × 384 polar samples, brought to the frame by
/// `polarTransform`, which repeats three samples at each border. So its mask reaches 3 samples of depth above and 2 below,
/// 2 of angle beyond one side; its angles are symmetric about straight down; its pixel centres are whole numbers.
fn published_crop(corners: &Corners, width: u32, height: u32) -> Rectangle {
    let sector = *Fan::new(corners).unwrap().sector().unwrap();
    let half = (sector.right - sector.left) / 2.0;
    let (depth, angle) = ((sector.outer - sector.inner) / 256.0, 2.0 * half / 384.0);
    let is_on = |x: u32, y: u32| {
        let (radius, at) = sector.at(x.into(), y.into());
        let deep = (sector.inner - 3.0 * depth..=sector.outer + 2.0 * depth).contains(&radius);
        deep && (-half - 2.0 * angle..=half).contains(&at)
    };
    Shown::of((width, height), is_on).bounds().unwrap()
}

#[test]
fn the_published_geometry_of_a_study_is_expressed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/lucassen");
    if !folder.is_dir() {
        println!("skipped: no ../shared/data");
        return;
    }
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let processing: Processing = serde_json::from_str(&read("processing.json")).unwrap();
    let shapes: BTreeMap<String, BTreeMap<String, [u32; 2]>> = serde_json::from_str(&read("shape.json")).unwrap();
    let corners: BTreeMap<String, BTreeMap<String, [[f64; 2]; 4]>> =
        serde_json::from_str(&read("corner_points.json")).unwrap();
    let settings = Settings {
        mask: Mask::Corners,
        crop: Crop::Fan,
        pad: Some(Ratio { width: 3, height: 2 }),
        size: Some(Size { width: 384, height: 256 }),
        ..Settings::default()
    };
    let mut geometries = BTreeMap::new();
    let mut own_crop = [0u32; 4];
    let mut derived_of = None;
    for (case, clips) in &processing {
        for (clip, ([rows, columns], pads, scale)) in clips {
            let [height, width] = shapes[case][clip];
            // Their order is top left, bottom left, top right, bottom right.
            let [top_left, bottom_left, top_right, bottom_right] = corners[case][clip];
            let fan = Corners { top_left, top_right, bottom_left, bottom_right };
            let corners = Some(fan);
            let crop = Rectangle { left: columns[0], top: rows[0], right: columns[1], bottom: rows[1] };
            let given = Hints { corners, crop: Some(crop), ..Hints::default() };
            let plan = Plan::new(width, height, &settings, &given, None).unwrap();
            let geometry = plan.geometry();
            assert_eq!((geometry.pad_y, geometry.pad_x), (pads[0], pads[1]), "{case} {clip}");
            assert!((geometry.scale()[1] - scale).abs() < 1e-12, "{case} {clip}");
            geometries.insert((case.clone(), clip.parse::<u32>().unwrap()), (geometry.clone(), *scale));
            // Most clips of a case share their corners.
            let of = (corners, [width, height]);
            if derived_of == Some(of) {
                continue;
            }
            derived_of = Some(of);
            assert_eq!(published_crop(&fan, width, height), crop, "{case} {clip}");
            let derived = Hints { corners, ..Hints::default() };
            let own = Plan::new(width, height, &settings, &derived, None).unwrap().geometry().crop;
            for (most, (ours, theirs)) in own_crop.iter_mut().zip([
                (own.left, crop.left),
                (own.top, crop.top),
                (own.right, crop.right),
                (own.bottom, crop.bottom),
            ]) {
                *most = (*most).max(ours.abs_diff(theirs));
            }
        }
    }
    assert_eq!(geometries.len(), 660);
    // Where theirs lies further out is told at `published_crop`.
    assert!(own_crop.iter().all(|most| *most <= 5), "{own_crop:?}");
    let mut lines = 0;
    let (mut most_x, mut most_y) = (0.0f64, 0.0f64);
    for record in csv::Reader::from_path(folder.join("line_annotations.csv")).unwrap().records() {
        let record = record.unwrap();
        let (geometry, scale) = &geometries[&(record[0].to_owned(), record[1].parse::<u32>().unwrap())];
        for line in record[3].split("LINESTRING (").skip(1) {
            lines += 1;
            for point in line.split(')').next().unwrap().split(',') {
                let mut percent = point.split_whitespace().map(|number| number.parse::<f64>().unwrap());
                let percent = Point { x: percent.next().unwrap(), y: percent.next().unwrap() };
                let source = geometry.of_percent(percent);
                let ours = geometry.to_output(source);
                let [left, top] = [geometry.crop.left, geometry.crop.top].map(f64::from);
                let x = (source.x - left + f64::from(geometry.pad_x[0])) * scale;
                let y = (source.y - top + f64::from(geometry.pad_y[0])) * scale;
                most_x = most_x.max((ours.x - x).abs());
                most_y = most_y.max((ours.y - y).abs());
            }
        }
    }
    println!("{lines} lines; largest difference {most_x} across, {most_y} down");
    assert!(lines > 4660);
    // The study scales columns by the scale of the rows, though its images, padded to whole pixels, are scaled along each
    // axis by itself: that is the difference across, below 0.7 of 384 pixels.
    assert!(most_y < 1e-9 && most_x < 0.7, "{most_x} {most_y}");
}

#[test]
fn what_makes_no_geometry_is_refused() {
    let corners = |change: fn(&mut Corners)| {
        let mut corners = CORNERS;
        change(&mut corners);
        Hints { corners: Some(corners), ..Hints::default() }
    };
    let settings = |mask| Settings { mask, crop: Crop::Fan, ..Settings::default() };
    let clip = phantom(2);
    for hints in [
        Hints::default(),
        corners(|c| c.top_left[0] = f64::NAN),
        corners(|c| c.bottom_left[1] = 0.0),
        corners(|c| c.top_left = c.top_right),
        corners(|c| std::mem::swap(&mut c.bottom_left, &mut c.bottom_right)),
        corners(|c| (c.top_left, c.top_right) = ([5.0, 20.0], [155.0, 20.0])),
        corners(|c| {
            for corner in [&mut c.top_left, &mut c.top_right, &mut c.bottom_left, &mut c.bottom_right] {
                corner[0] += 1000.0;
            }
        }),
    ] {
        if let Ok(plan) = plan(&settings(Mask::Corners), &hints, &clip) {
            panic!("{hints:?} {:?}", plan.geometry());
        }
    }
    assert_eq!(plan(&settings(Mask::Regions), &Hints::default(), &clip).err(), Some(GeometryError::NoRegions));
    let region = Region { left: 500, top: 0, right: 600, bottom: 9, mm_per_pixel: None, tissue: true };
    let hints = Hints { regions: vec![region], ..Hints::default() };
    assert_eq!(plan(&settings(Mask::Regions), &hints, &clip).err(), Some(GeometryError::Outside));
    for size in [(1, 1), (1, 9), (3, 200), (160, 130), (9, 9)] {
        let black = vec![GrayImage::new(size.0, size.1); 3];
        assert_eq!(plan(&settings(Mask::Auto), &Hints::default(), &black).err(), Some(GeometryError::NoFan));
        if size.0 < 8 {
            continue;
        }
        // A still picture that fills the frame is the picture, but for its darkest part.
        let still = vec![GrayImage::from_fn(size.0, size.1, |x, y| Luma([(x + y).min(200) as u8 + 30])); 3];
        let kept = plan(&settings(Mask::Auto), &Hints::default(), &still).unwrap();
        assert!(kept.findings().fan_share > Some(0.1), "{:?}", kept.findings());
    }
}

#[test]
fn a_region_masks_and_gives_the_scale() {
    let region =
        |left, right, mm| Region { left, top: 10, right, bottom: 59, mm_per_pixel: Some([mm; 2]), tissue: true };
    let mut hints = Hints::default();
    hints.add(&[region(0, 9, 1.0), region(20, 119, 0.2)], None);
    let settings = Settings {
        mask: Mask::Regions,
        crop: Crop::Fan,
        size: Some(Size { width: 50, height: 50 }),
        ..Settings::default()
    };
    let plan = plan(&settings, &hints, &phantom(1)).unwrap();
    assert_eq!(plan.geometry().crop, Rectangle { left: 20, top: 10, right: 120, bottom: 60 });
    assert_eq!(plan.geometry().output_mm_per_pixel(), Some([0.4, 0.2]));
}
