//! Figures published with, or computed independently from, real drawings.

use std::sync::atomic::AtomicBool;

use serde::Deserialize;

use super::{all, close, mask_of, method, shared, table};
use crate::crowd::drawn::{
    Content, Drawing, Drawings, Frame, Length, Mask, Measure, Overlap, Position, Shape, Unit, agreement, parse,
};

#[derive(Deserialize)]
struct Slice {
    /// By reader: row, column.
    polygons: Vec<Vec<Position>>,
    areas: Vec<u64>,
    majority_area_gt2: u64,
    majority_area_ge2: u64,
    mean_pairwise_dice: f64,
    staple_area_05: u64,
    staple_sens: Vec<f64>,
    staple_spec: Vec<f64>,
}

/// 100 slices of LIDC with four readers each. The areas of the file are those of PIL, which draws outlines in whole
/// steps: on one of 400 polygons it sets two pixels whose centres no outline meets (scikit-image agrees with us).
#[test]
fn lidc_figures_are_reached() {
    let Some(path) = shared("lidc/four_reader_slices.json") else { return };
    let slices: Vec<Slice> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let frames = vec![Frame { width: 512, height: 512, mm_per_pixel: None }; slices.len()];
    let polygon =
        |ring: &Vec<Position>| [Shape::Polygon(vec![ring.iter().map(|[row, column]| [*column, *row]).collect()])];
    let shapes: Vec<[Shape; 1]> = slices.iter().flat_map(|slice| &slice.polygons).map(polygon).collect();
    let rows: Vec<Drawing<'_>> = shapes
        .iter()
        .enumerate()
        .map(|(at, shapes)| Drawing {
            frame: at as u32 / 4,
            annotator: Some(at as u32 % 4),
            content: Content::Shapes(shapes),
        })
        .collect();
    let drawings = Drawings { unit: Unit::PixelCentres, ..table(&rows, &frames, 4) };
    let areas = |text: &str| all(&method(text), &drawings).unwrap().0;
    let (low, high) = (areas("method = 'pixel-majority'"), areas("method.pixel-majority = { ties = 'outside' }"));
    let staple = areas("method = 'staple'");
    let pairs = agreement(Measure::Dice(Length::Px(1.0)), &drawings, &AtomicBool::new(false)).unwrap();
    let (mut other_polygons, mut other_slices) = (0, Vec::new());
    let (mut worst_dice, mut worst_skill) = (0.0_f64, 0.0_f64);
    for (at, slice) in slices.iter().enumerate() {
        let own: Vec<u64> = low[at].parts.iter().map(|part| part.overlap.own).collect();
        let differing = own.iter().zip(&slice.areas).filter(|(found, expected)| found != expected).count();
        if differing > 0 {
            println!("slice {at}: areas {own:?}, in the file {:?}", slice.areas);
            other_polygons += differing;
            other_slices.push(at);
            continue;
        }
        assert_eq!(mask_of(&low[at]).mask.area(), slice.majority_area_ge2, "slice {at}");
        assert_eq!(mask_of(&high[at]).mask.area(), slice.majority_area_gt2, "slice {at}");
        assert_eq!(mask_of(&staple[at]).mask.area(), slice.staple_area_05, "slice {at}");
        let dice = pairs[at].pairs.iter().map(|pair| pair.overlap.f1().unwrap()).sum::<f64>() / 6.0;
        worst_dice = worst_dice.max((dice - slice.mean_pairwise_dice).abs());
        for (reader, part) in staple[at].parts.iter().enumerate() {
            let skill = part.skill.unwrap();
            let (p, q) = (slice.staple_sens[reader], slice.staple_spec[reader]);
            worst_skill = worst_skill.max((skill.sensitivity() - p).abs()).max((skill.specificity() - q).abs());
        }
    }
    println!("{other_polygons} of 400 areas differ; dice {worst_dice:.1e}, staple {worst_skill:.1e} at most");
    assert_eq!((other_polygons, other_slices.len()), (1, 1));
    assert!(worst_dice < 1e-6 && worst_skill < 1e-6);
}

#[derive(Deserialize)]
struct Entry {
    dataset: u32,
    item: String,
    kind: String,
    path: String,
    height: u32,
    width: u32,
}

/// 108 cells of BU-BIL: mean IoU with the gold of a single worker, the majority of seven, STAPLE and a single expert.
/// By numpy and SimpleITK: .7739 .8373 .8164 .8128 (ds3) and .8358 .9004 .8943 .9329 (ds4).
#[test]
fn bubil_figures_are_reached() {
    let Some(folder) = shared("bubil") else { return };
    let entries: Vec<Entry> =
        csv::Reader::from_path(folder.join("manifest.csv")).unwrap().deserialize().map(Result::unwrap).collect();
    let read = |entry: &Entry| {
        let pixels = image::open(folder.join(&entry.path)).unwrap().into_luma8();
        let pixels: Vec<bool> = pixels.as_raw().iter().map(|value| *value > 0).collect();
        Mask::from_pixels(entry.width, entry.height, &pixels).unwrap()
    };
    let mask = |number: u32| Ok(read(&entries[number as usize]));
    for (dataset, expected) in [(3, [0.774, 0.837, 0.816, 0.813]), (4, [0.836, 0.900, 0.894, 0.933])] {
        let numbered = || entries.iter().enumerate().filter(|(_, entry)| entry.dataset == dataset);
        let gold: Vec<_> = numbered().filter(|(_, entry)| entry.kind == "gold").collect();
        let frame = |entry: &Entry| gold.iter().position(|(_, gold)| gold.item == entry.item).unwrap() as u32;
        let frames: Vec<Frame> = gold
            .iter()
            .map(|(_, entry)| Frame { width: entry.width, height: entry.height, mm_per_pixel: None })
            .collect();
        let rows: Vec<Drawing<'_>> = numbered()
            .filter(|(_, entry)| entry.kind == "crowd")
            .map(|(at, entry)| Drawing { frame: frame(entry), annotator: None, content: Content::Mask(at as u32) })
            .collect();
        let golds: Vec<Mask> = gold.iter().map(|(_, entry)| read(entry)).collect();
        let iou = |mask: &Mask, gold: &Mask| {
            Overlap { own: mask.area(), other: gold.area(), shared: mask.shared(gold) }.iou().unwrap()
        };
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let single = |kind: &str| {
            let of_kind = numbered().filter(|(_, entry)| entry.kind == kind);
            mean(of_kind.map(|(_, entry)| iou(&read(entry), &golds[frame(entry) as usize])).collect())
        };
        let by = |name: &str| {
            let drawings = Drawings { masks: &mask, ..table(&rows, &frames, 0) };
            let found = all(&method(&format!("method = '{name}'")), &drawings).unwrap().0;
            assert!(found.iter().all(|consensus| consensus.viewers == 7));
            mean(found.iter().zip(&golds).map(|(consensus, gold)| iou(&mask_of(consensus).mask, gold)).collect())
        };
        let figures = [single("crowd"), by("pixel-majority"), by("staple"), single("expert")];
        println!("ds{dataset}: {figures:.4?}, em {:.4}, rasa {:.4}", by("em"), by("rasa"));
        assert!(figures.iter().zip(expected).all(|(found, expected)| close(*found, expected, 0.0006)), "{figures:?}");
    }
}

/// 4,660 frames with 7,126 B-lines, counted by regular expression in Python.
#[test]
fn every_line_of_bedlus_is_read() {
    let Some(path) = shared("lucassen/line_annotations.csv") else { return };
    let (mut frames, mut lines) = (0, 0);
    for record in csv::Reader::from_path(path).unwrap().records() {
        let shapes = parse(record.unwrap().get(3).unwrap()).unwrap();
        assert!(shapes.iter().all(|shape| matches!(shape, Shape::Line(line) if line.len() == 2)));
        frames += 1;
        lines += shapes.len();
    }
    assert_eq!((frames, lines), (4660, 7126));
}
