//! Seven annotators made from the experts' lines of BEDLUS: what they had in common is found again.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Row, all, drawings, line, lines_of, method, shared, table};
use crate::crowd::drawn::{
    Consensus, Drawings, Drawn, Frame, Length, Measure, Overlap, Shape, Unit, agreement, leave_one_out, parse,
};
use crate::random::stream;

const ANNOTATORS: u32 = 7;

/// Frames of real sizes and scales with the experts' lines in pixels.
fn experts() -> Option<(Vec<Frame>, Vec<Vec<Shape>>)> {
    let folder = shared("lucassen")?;
    type ByClip<T> = BTreeMap<String, BTreeMap<String, T>>;
    let json = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let shapes: ByClip<[u32; 2]> = serde_json::from_slice(&json("shape.json")).unwrap();
    let scales: ByClip<serde_json::Value> = serde_json::from_slice(&json("physical_scale.json")).unwrap();
    let (mut frames, mut lines) = (Vec::new(), Vec::new());
    for record in csv::Reader::from_path(folder.join("line_annotations.csv")).unwrap().records() {
        let record = record.unwrap();
        let clip = format!("{:0>3}", &record[1]);
        let of_clip = shapes.get(&record[0]).and_then(|clips| clips.get(&clip));
        let per_cm = scales.get(&record[0]).and_then(|clips| clips.get(&clip)?.get(0)?.as_f64());
        let (Some([height, width]), Some(per_cm)) = (of_clip, per_cm) else { continue };
        let frame = Frame { width: *width, height: *height, mm_per_pixel: Some([10.0 / per_cm; 2]) };
        let pixels = parse(&record[3]).unwrap().into_iter().map(|shape| match shape {
            Shape::Line(line) => Shape::Line(line.iter().map(|end| Unit::Percent.to_pixels(*end, &frame)).collect()),
            other => other,
        });
        lines.push(pixels.collect());
        frames.push(frame);
    }
    Some((frames, lines))
}

/// A deviate of a bell curve, its standard deviation 1: the sum of twelve uniform ones.
fn bell(random: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| random.random_range(-0.5..0.5)).sum()
}

/// What one annotator makes of an expert's lines: misses 25 %, draws every other within 2 mm at the origin and 3 mm at the
/// end (standard deviations), stops anywhere in the lower half, and adds a line of their own on 40 % of the frames.
fn annotate(truth: &[Shape], frame: &Frame, random: &mut ChaCha8Rng) -> Vec<Shape> {
    let pixels = 1.0 / frame.mm_per_pixel.unwrap()[0];
    let mut drawn = Vec::new();
    for shape in truth {
        let Shape::Line(ends) = shape else { continue };
        let mut jitter = |mm: f64| mm * pixels * bell(random);
        let (from, to) = ([ends[0][0] + jitter(2.0), ends[0][1] + jitter(2.0)], [ends[1][0] + jitter(3.0), ends[1][1]]);
        let reach = random.random_range(0.5..1.0);
        if random.random_range(0.0..1.0) >= 0.25 {
            drawn.push(line(
                from[0],
                from[1],
                from[0] + reach * (to[0] - from[0]),
                from[1] + reach * (to[1] - from[1]),
            ));
        }
    }
    if random.random_range(0.0..1.0) < 0.4 {
        let (width, height) = (f64::from(frame.width), f64::from(frame.height));
        let x = random.random_range(0.1..0.9) * width;
        let end = x + random.random_range(-0.1..0.1) * width;
        drawn.push(line(x, random.random_range(0.1..0.4) * height, end, random.random_range(0.7..1.0) * height));
    }
    drawn
}

#[test]
fn line_consensus_finds_what_seven_annotators_have_in_common() {
    let Some((frames, truth)) = experts() else { return };
    let rows: Vec<Row> = (0..frames.len() as u32)
        .flat_map(|frame| (0..ANNOTATORS).map(move |annotator| (frame, annotator)))
        .map(|(frame, annotator)| {
            let mut random = stream(7, "simulated annotator", &[frame.into(), annotator.into()]);
            let drawn = annotate(&truth[frame as usize], &frames[frame as usize], &mut random);
            (frame, Some(annotator), drawn)
        })
        .collect();
    let of_crowd = drawings(&rows);
    let crowd = table(&of_crowd, &frames, ANNOTATORS as usize);
    let (found, summary) = all(&method("method.line-consensus = { match_mm = 8 }"), &crowd).unwrap();
    let matched = against(&frames, &truth, &found, Measure::Lines(Length::Mm(5.0)));
    let (precision, recall) = rates(matched);
    let alone = summary.annotators[0].overlap;
    let single: Vec<Row> = rows.iter().filter(|row| row.1 == Some(0)).cloned().collect();
    let (single_precision, single_recall) = rates(rows_against(&frames, &truth, single));
    println!(
        "{} frames, {} lines: consensus precision {precision:.3}, recall {recall:.3}; one annotator {single_precision:.3}, \
         {single_recall:.3}, own lines that found consensus {:.3}",
        frames.len(),
        matched.own,
        alone.shared as f64 / alone.own as f64
    );
    // Four of seven must have drawn a line. With each line missed by one in four that happens for .929 of them: no method
    // that asks for half the support can have a higher recall.
    assert!(precision > 0.995 && recall > 0.92, "{precision} {recall}");
    assert!((0.65..0.8).contains(&single_precision) && (0.65..0.8).contains(&single_recall));

    let left_out = leave_one_out(
        &method("method.line-consensus = { match_mm = 8 }"),
        Measure::Lines(Length::Mm(5.0)),
        &Drawings { frames: &frames, ..crowd },
        &AtomicBool::new(false),
    );
    let pooled =
        left_out.unwrap().iter().flat_map(|frame| &frame.pairs).fold(Overlap::default(), |a, b| a.plus(b.overlap));
    println!("an annotator against the consensus of the other six: F1 {:.3}", pooled.f1().unwrap());
    assert!(pooled.f1().unwrap() > 0.65);
}

/// Precision and recall of what is other against what is own.
fn rates(overlap: Overlap) -> (f64, f64) {
    (overlap.shared as f64 / overlap.other as f64, overlap.shared as f64 / overlap.own as f64)
}

/// The consensus as a second annotator beside the experts.
fn against(frames: &[Frame], truth: &[Vec<Shape>], found: &[Consensus], measure: Measure) -> Overlap {
    let shapes = |consensus: &Consensus| -> Vec<Shape> {
        assert!(matches!(consensus.drawn, Drawn::Lines(_)));
        lines_of(consensus).iter().map(|found| line(found.x1, found.y1, found.x2, found.y2)).collect()
    };
    let rows = found.iter().enumerate().map(|(at, consensus)| (at as u32, Some(1), shapes(consensus))).collect();
    pooled(frames, truth, rows, measure)
}

fn rows_against(frames: &[Frame], truth: &[Vec<Shape>], mut rows: Vec<Row>) -> Overlap {
    rows.iter_mut().for_each(|row| row.1 = Some(1));
    pooled(frames, truth, rows, Measure::Lines(Length::Mm(5.0)))
}

fn pooled(frames: &[Frame], truth: &[Vec<Shape>], mut rows: Vec<Row>, measure: Measure) -> Overlap {
    rows.extend(truth.iter().enumerate().map(|(at, lines)| (at as u32, Some(0), lines.clone())));
    let both = drawings(&rows);
    let found = agreement(measure, &table(&both, frames, 2), &AtomicBool::new(false)).unwrap();
    found.iter().flat_map(|frame| &frame.pairs).fold(Overlap::default(), |a, b| a.plus(b.overlap))
}
