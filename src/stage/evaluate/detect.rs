//! From a map of probabilities to pixels, lines and origins of the source.

use image::{GrayImage, Luma};
use imageproc::region_labelling::{Connectivity, connected_components};

use crate::{
    artifact::lines::Found,
    crowd::drawn::{Mask, Shape},
    decode::geometry::{Geometry, Point},
};

/// A map over a frame, and where it lies on the source.
pub(super) struct Map<'g> {
    pub(super) geometry: &'g Geometry,
    /// Probabilities from 0 to 1, `[row][column]`.
    pub(super) values: Vec<f64>,
}

impl Map<'_> {
    /// The pixels of the source whose centres lie on a pixel of the map that reaches the threshold.
    pub(super) fn mask(&self, threshold: f64, [width, height]: [u32; 2]) -> Option<Mask> {
        let (columns, rows) = self.geometry.output();
        let mut set = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            for x in 0..width {
                let at = self.geometry.to_output(Point { x: f64::from(x) + 0.5, y: f64::from(y) + 0.5 });
                let inside = at.x >= 0.0 && at.y >= 0.0 && at.x < columns as f64 && at.y < rows as f64;
                set.push(inside && self.values[at.y as usize * columns + at.x as usize] >= threshold);
            }
        }
        Mask::from_pixels(width, height, &set)
    }

    /// What is found: of each connected component (with eight neighbours) the centroid, weighted by probability, or the
    /// line along its principal axis from one end to the other. Top to bottom, left to right.
    pub(super) fn shapes(&self, threshold: f64, found: Found) -> Vec<Shape> {
        let (columns, rows) = self.geometry.output();
        let level = |value: &f64| if *value >= threshold { 255 } else { 0 };
        let levels: Vec<u8> = self.values.iter().map(level).collect();
        let Some(image) = GrayImage::from_raw(columns as u32, rows as u32, levels) else { return Vec::new() };
        let components = connected_components(&image, Connectivity::Eight, Luma([0]));
        let mut pixels: Vec<Vec<[f64; 3]>> = Vec::new();
        for (at, component) in components.as_raw().iter().enumerate().filter(|(_, component)| **component > 0) {
            let number = *component as usize;
            if pixels.len() < number {
                pixels.resize(number, Vec::new());
            }
            let centre = [(at % columns) as f64 + 0.5, (at / columns) as f64 + 0.5];
            pixels[number - 1].push([centre[0], centre[1], self.values[at]]);
        }
        let back = |[x, y]: [f64; 2]| {
            let Point { x, y } = self.geometry.to_source(Point { x, y });
            [x, y]
        };
        pixels
            .iter()
            .filter(|pixels| !pixels.is_empty())
            .map(|pixels| match found {
                Found::Origins => Shape::Point(back(centroid(pixels))),
                Found::Lines | Found::Pixels => Shape::Line(axis(pixels).map(back).to_vec()),
            })
            .collect()
    }
}

fn centroid(pixels: &[[f64; 3]]) -> [f64; 2] {
    let weight: f64 = pixels.iter().map(|[_, _, p]| p).sum();
    let mean = |of: usize| pixels.iter().map(|pixel| pixel[of] * pixel[2]).sum::<f64>() / weight;
    [mean(0), mean(1)]
}

/// The ends of the principal axis: as far as pixels reach along it. The upper end is first.
fn axis(pixels: &[[f64; 3]]) -> [[f64; 2]; 2] {
    let [cx, cy] = centroid(pixels);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for [x, y, p] in pixels {
        let (dx, dy) = (x - cx, y - cy);
        (xx, xy, yy) = (xx + p * dx * dx, xy + p * dx * dy, yy + p * dy * dy);
    }
    let angle = 0.5 * libm::atan2(2.0 * xy, xx - yy);
    let (sin, cos) = libm::sincos(angle);
    let along = pixels.iter().map(|[x, y, _]| (x - cx) * cos + (y - cy) * sin);
    let (low, high) = along.fold((0.0_f64, 0.0_f64), |(low, high), at| (low.min(at), high.max(at)));
    let ends = [low, high].map(|at| [cx + at * cos, cy + at * sin]);
    if (ends[1][1], ends[1][0]) < (ends[0][1], ends[0][0]) { [ends[1], ends[0]] } else { ends }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_of_a_slanted_bar_runs_from_its_upper_to_its_lower_end() {
        let pixels: Vec<[f64; 3]> =
            (0..11).map(|step| [5.5 + f64::from(step), 20.5 - 2.0 * f64::from(step), 1.0]).collect();
        let [upper, lower] = axis(&pixels);
        assert!((upper[0] - 15.5).abs() < 1e-9 && (upper[1] - 0.5).abs() < 1e-9, "{upper:?}");
        assert!((lower[0] - 5.5).abs() < 1e-9 && (lower[1] - 20.5).abs() < 1e-9, "{lower:?}");
        assert_eq!(centroid(&[[0.0, 0.0, 1.0], [3.0, 6.0, 0.5]]), [1.0, 2.0]);
        assert_eq!(axis(&[[2.5, 3.5, 0.7]]), [[2.5, 3.5], [2.5, 3.5]]);
    }
}
