//! Fixed cases, published figures and hostile input; each file one subject.

mod hostile;
mod lines;
mod masks;
mod published;
mod raster;
mod reached;
mod simulated;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use super::{
    Consensus, Content, Drawing, Drawings, Drawn, DrawnError, Frame, Method, Shape, Summary, Unit, Unviewed, Viewed,
    aggregate, no_masks,
};

/// What one annotator drew on one frame.
type Row = (u32, Option<u32>, Vec<Shape>);

/// 100 × 80 pixels of half a millimetre.
const FRAME: Frame = Frame { width: 100, height: 80, mm_per_pixel: Some([0.5, 0.5]) };

fn row(frame: u32, annotator: u32, shapes: &[Shape]) -> Row {
    (frame, Some(annotator), shapes.to_vec())
}

fn line(x1: f64, y1: f64, x2: f64, y2: f64) -> Shape {
    Shape::Line(vec![[x1, y1], [x2, y2]])
}

fn drawings(rows: &[Row]) -> Vec<Drawing<'_>> {
    rows.iter().map(|row| Drawing { frame: row.0, annotator: row.1, content: Content::Shapes(&row.2) }).collect()
}

/// Drawings in pixels whose viewers are those who drew, an empty drawing included.
fn table<'a>(drawings: &'a [Drawing<'a>], frames: &'a [Frame], annotators: usize) -> Drawings<'a> {
    let viewed = Viewed::Assumed(Unviewed::DrawnOnly);
    Drawings { drawings, viewed, frames, annotators, unit: Unit::Pixels, masks: &no_masks }
}

fn all(method: &Method, drawings: &Drawings<'_>) -> Result<(Vec<Consensus>, Summary), DrawnError> {
    let mut found = Vec::new();
    let summary = aggregate(method, drawings, &AtomicBool::new(false), |frame, consensus| {
        assert_eq!(frame, found.len());
        found.push(consensus);
        Ok::<(), DrawnError>(())
    })?;
    Ok((found, summary))
}

fn run(method: &Method, rows: &[Row], frames: &[Frame], annotators: usize) -> Result<Vec<Consensus>, DrawnError> {
    all(method, &table(&drawings(rows), frames, annotators)).map(|(found, _)| found)
}

fn method(text: &str) -> Method {
    #[derive(serde::Deserialize)]
    struct Stage {
        method: Method,
    }
    toml::from_str::<Stage>(text).unwrap().method
}

fn lines_of(consensus: &Consensus) -> &[super::Line] {
    match &consensus.drawn {
        Drawn::Lines(lines) => lines,
        other => panic!("no lines: {other:?}"),
    }
}

fn mask_of(consensus: &Consensus) -> &super::ProbabilityMask {
    match &consensus.drawn {
        Drawn::Mask(mask) => mask,
        other => panic!("no mask: {other:?}"),
    }
}

fn close(left: f64, right: f64, tolerance: f64) -> bool {
    (left - right).abs() <= tolerance
}

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if !path.exists() {
        println!("skipped: no ../shared/data");
        return None;
    }
    Some(path)
}
