//! Marks that were burned in: letters and figures, bright in every frame, still, and sharply set off from the picture.

use image::{GrayImage, Luma};
use imageproc::{
    distance_transform::Norm,
    morphology::dilate,
    region_labelling::{Connectivity, connected_components},
};

use super::{Rectangle, Statistics, auto::LEAST};

/// A mark is never darker than this above the ground.
const BRIGHT: f64 = 80.0;
/// Its grey levels change less than this, as a standard deviation; coding blurs a stroke that tissue passes beneath.
const STILL: f64 = 13.0;
/// What is around it is on average no brighter.
const DARK: f64 = 90.0;
/// Somewhere its edge rises by this many levels a pixel, and by [`AROUND`] of how bright it is around it: tissue that does
/// not move has soft edges, and the brighter it is around, the sharper they may be.
const SHARP: f64 = 90.0;
const AROUND: f64 = 0.5;
/// How far a stroke's blurred edge reaches, in pixels.
const EDGE: u8 = 3;
/// A mark is smaller than the frame divided by this, in height and in width.
const SMALL: u32 = 6;

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
    let ground = f64::from(statistics.ground());
    let is_seed = |x: u32, y: u32| {
        let at = at(x, y);
        f64::from(statistics.lowest(at)) >= ground + BRIGHT && statistics.deviation(at) < STILL
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
    let mean = |x: u32, y: u32| statistics.mean(at(x, y));
    // Levels a pixel between the neighbours on both sides; at the border, between the pixel and its one neighbour.
    let slope = |at: u32, last: u32, level: &dyn Fn(u32) -> f64| {
        let (low, high) = (at.saturating_sub(1), (at + 1).min(last));
        (level(high) - level(low)) / f64::from(high - low)
    };
    let rise =
        |x: u32, y: u32| libm::hypot(slope(x, width - 1, &|x| mean(x, y)), slope(y, height - 1, &|y| mean(x, y)));
    let is_mark = |mark: &Mark| {
        let (bounds, ring) = (&mark.inside, &mark.ring);
        let small = bounds.width() <= (width / SMALL).max(1) && bounds.height() <= (height / SMALL).max(1);
        let mean = ring.iter().map(|(x, y)| mean(*x, *y)).sum::<f64>() / ring.len().max(1) as f64;
        let sharp = || mark.covered.iter().map(|(x, y)| rise(*x, *y)).fold(0.0, f64::max);
        small && !ring.is_empty() && mean < DARK && sharp() >= SHARP + AROUND * (mean - ground)
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
