//! What all frames of a clip show together.

use image::GrayImage;

/// Sums over the frames of a clip, in integers: the order of additions is of no consequence.
///
/// Near-black frames at the beginning and the end are counted apart: they say nothing of the picture, and a burned-in mark
/// that begins after them would seem to move.
#[derive(Debug, Clone)]
pub struct Statistics {
    width: u32,
    height: u32,
    sums: Vec<u32>,
    squares: Vec<u64>,
    lowest: Vec<u8>,
    /// How often each grey level is there, of each square of [`TILE`] pixels: what is picture is known only at the end.
    tiles: Vec<[u32; 256]>,
    /// The light of each frame above its ground.
    totals: Vec<u64>,
    /// Frames in the sums.
    counted: u32,
}

/// A frame is near-black where its light is below this share of that of the frames beside it.
const NEAR_BLACK: u64 = 3;
/// The ground of a frame: this percent of its pixels are no brighter. Black is coded as 16 in most videos, not as 0.
const GROUND: u64 = 5;

/// Columns and rows of a square whose grey levels are counted together.
const TILE: u32 = 16;

impl Statistics {
    /// Of frames of that size.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let area = width as usize * height as usize;
        Self {
            width,
            height,
            sums: vec![0; area],
            squares: vec![0; area],
            lowest: vec![255; area],
            tiles: vec![[0; 256]; (width.div_ceil(TILE) * height.div_ceil(TILE)) as usize],
            totals: Vec::new(),
            counted: 0,
        }
    }

    /// Adds the next frame. One of another size is left out.
    pub fn add(&mut self, frame: &GrayImage) {
        if frame.dimensions() != (self.width, self.height) {
            return;
        }
        let total = light(frame);
        let mean = self.totals.iter().sum::<u64>() / self.totals.len().max(1) as u64;
        if !self.totals.is_empty() && total > NEAR_BLACK * mean {
            // All frames so far were near-black beside this one.
            let totals = std::mem::take(&mut self.totals);
            *self = Self { totals, ..Self::new(self.width, self.height) };
        }
        self.totals.push(total);
        if self.counted > 0 && total * NEAR_BLACK < mean {
            return;
        }
        self.counted += 1;
        for (at, pixel) in frame.as_raw().iter().enumerate() {
            let value = u32::from(*pixel);
            self.sums[at] = self.sums[at].saturating_add(value);
            self.squares[at] += u64::from(value * value);
            self.lowest[at] = self.lowest[at].min(*pixel);
        }
        for (x, y, pixel) in frame.enumerate_pixels() {
            let tile = self.tile(x, y);
            let count = &mut self.tiles[tile][usize::from(pixel.0[0])];
            *count = count.saturating_add(1);
        }
    }

    /// The square a pixel is in.
    fn tile(&self, x: u32, y: u32) -> usize {
        (y / TILE * self.width.div_ceil(TILE) + x / TILE) as usize
    }

    /// Frames added.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.totals.len()
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// How often each grey level is there, in squares whose middle is in.
    pub(super) fn histogram(&self, is_in: impl Fn(u32, u32) -> bool) -> [u64; 256] {
        let mut counts = [0u64; 256];
        let middle = |at: u32, size: u32| (at + TILE / 2).min(at + (size - at) / 2);
        for y in (0..self.height).step_by(TILE as usize) {
            for x in (0..self.width).step_by(TILE as usize) {
                if is_in(middle(x, self.width), middle(y, self.height)) {
                    let tile = &self.tiles[self.tile(x, y)];
                    counts.iter_mut().zip(tile).for_each(|(count, more)| *count += u64::from(*more));
                }
            }
        }
        counts
    }

    /// The ground of the clip.
    pub(super) fn ground(&self) -> u8 {
        percentile(&self.histogram(|_, _| true), GROUND)
    }

    /// The mean grey level of a pixel.
    pub(super) fn mean(&self, at: usize) -> f64 {
        f64::from(self.sums[at]) / f64::from(self.counted.max(1))
    }

    /// The standard deviation of a pixel over time.
    pub(super) fn deviation(&self, at: usize) -> f64 {
        let count = f64::from(self.counted.max(1));
        let mean = f64::from(self.sums[at]) / count;
        (self.squares[at] as f64 / count - mean * mean).max(0.0).sqrt()
    }

    /// The lowest grey level a pixel ever has.
    pub(super) fn lowest(&self, at: usize) -> u8 {
        self.lowest[at]
    }

    /// Near-black frames at the beginning and the end, by number: their light above the ground is
    /// below a third of the clip's median.
    #[must_use]
    pub fn title_frames(&self) -> Vec<usize> {
        let mut sorted = self.totals.clone();
        sorted.sort_unstable();
        let Some(&median) = sorted.get(sorted.len() / 2) else { return Vec::new() };
        let is_dark = |total: &u64| total * NEAR_BLACK < median;
        let first = self.totals.iter().take_while(|total| is_dark(total)).count();
        let last = self.totals.iter().rev().take_while(|total| is_dark(total)).count();
        (0..first).chain(self.totals.len() - last..self.totals.len()).collect()
    }
}

/// The sum of what is above the frame's ground.
fn light(frame: &GrayImage) -> u64 {
    let mut counts = [0u64; 256];
    frame.as_raw().iter().for_each(|pixel| counts[usize::from(*pixel)] += 1);
    let ground = usize::from(percentile(&counts, GROUND));
    counts[ground..].iter().zip(0u64..).map(|(count, above)| count * above).sum()
}

/// The lowest level that at least `percent` of the pixels do not exceed.
fn percentile(counts: &[u64; 256], percent: u64) -> u8 {
    let total: u64 = counts.iter().sum();
    let mut seen = 0;
    let level = counts.iter().position(|count| {
        seen += count;
        100 * seen >= percent * total
    });
    level.unwrap_or(0) as u8
}
