//! Marks that were burned in: letters and figures, near-white in every frame and sharply set off from the picture.

use image::{GrayImage, Luma};
use imageproc::{
    distance_transform::Norm,
    morphology::dilate,
    region_labelling::{Connectivity, connected_components},
};

use super::{Rectangle, Statistics, auto::LEAST};

/// A mark never gets darker than this.
const BRIGHT: u8 = 160;
/// Its grey levels change less than this, as a standard deviation.
const STILL: f64 = 8.0;
/// What is around it is on average no brighter.
const DARK: f64 = 90.0;
/// How far a stroke's blurred edge reaches, in pixels.
const EDGE: u8 = 3;
/// A mark is smaller than the frame divided by this, in height and in width.
const SMALL: u32 = 6;
/// A mark has at least this many pixels that are always bright.
const PIXELS: usize = 3;

/// A burned-in mark.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// Its bounds.
    pub(super) inside: Rectangle,
    /// Its pixels and their blurred edges.
    covered: Vec<(u32, u32)>,
    /// The pixels around it.
    ring: Vec<(u32, u32)>,
}

impl Mark {
    /// Whether the pixel belongs to it.
    pub(super) fn pixels(&self) -> &[(u32, u32)] {
        &self.covered
    }

    /// Fills it with the median of what is around it in this frame.
    pub(super) fn fill(&self, frame: &mut GrayImage) {
        let mut around: Vec<u8> = self.ring.iter().map(|(x, y)| frame.get_pixel(*x, *y).0[0]).collect();
        around.sort_unstable();
        let median = around.get(around.len() / 2).copied().unwrap_or(0);
        for (x, y) in &self.covered {
            frame.put_pixel(*x, *y, Luma([median]));
        }
    }
}

/// The marks of a clip, from top to bottom.
pub(super) fn found(statistics: &Statistics) -> Vec<Mark> {
    let (width, height) = statistics.size();
    if width < LEAST || height < LEAST {
        return Vec::new();
    }
    let at = |x: u32, y: u32| y as usize * width as usize + x as usize;
    let is_seed = |x: u32, y: u32| {
        let at = at(x, y);
        statistics.lowest(at) >= BRIGHT && statistics.deviation(at) < STILL
    };
    let seeds = GrayImage::from_fn(width, height, |x, y| Luma([if is_seed(x, y) { 255 } else { 0 }]));
    if seeds.as_raw().iter().all(|seed| *seed == 0) {
        return Vec::new();
    }
    let covered = dilate(&seeds, Norm::LInf, EDGE);
    let around = dilate(&covered, Norm::LInf, EDGE);
    // Strokes of a letter, and letters of a name, hang together once what is around them is taken in.
    let labels = connected_components(&around, Connectivity::Eight, Luma([0]));
    let count = labels.pixels().map(|label| label.0[0]).max().unwrap_or(0) as usize;
    let mut marks: Vec<Candidate> = vec![Candidate::default(); count];
    for (x, y, label) in labels.enumerate_pixels() {
        let Some(label) = (label.0[0] as usize).checked_sub(1) else { continue };
        let candidate = &mut marks[label];
        if covered.get_pixel(x, y).0[0] == 0 {
            candidate.ring.push((x, y));
            continue;
        }
        candidate.covered.push((x, y));
        let here = Rectangle { left: x, top: y, right: x + 1, bottom: y + 1 };
        candidate.bounds = Some(candidate.bounds.map_or(here, |bounds| bounds.around(&here)));
    }
    let is_mark = |mark: &Mark| {
        let (bounds, ring) = (&mark.inside, &mark.ring);
        let small = bounds.width() <= (width / SMALL).max(1) && bounds.height() <= (height / SMALL).max(1);
        let seeds = mark.covered.iter().filter(|(x, y)| seeds.get_pixel(*x, *y).0[0] > 0).count();
        let mean = ring.iter().map(|(x, y)| statistics.mean(at(*x, *y))).sum::<f64>() / ring.len().max(1) as f64;
        small && seeds >= PIXELS && !ring.is_empty() && mean < DARK
    };
    marks
        .into_iter()
        .filter_map(|Candidate { bounds, covered, ring }| Some(Mark { inside: bounds?, covered, ring }))
        .filter(is_mark)
        .collect()
}

/// What hangs together and may be a mark.
#[derive(Debug, Clone, Default)]
struct Candidate {
    bounds: Option<Rectangle>,
    covered: Vec<(u32, u32)>,
    ring: Vec<(u32, u32)>,
}
