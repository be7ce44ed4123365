//! Which rows are read for which: neighbours of pixels, corners of 2×2, halves of doubled planes. Pixels are rows, in the
//! order `[image][y][x]`.

use super::graph::{Graph, Index};
use crate::model::ModelError;
use crate::model::conv::Plane;
use crate::model::upsample::between;
use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use std::cell::RefCell;
use std::collections::HashMap;

/// A way through the pixels of each image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Walk {
    /// For each place of the kernel that reads the plane the pixels under it, row by row; the row behind the last pixel where
    /// one lies outside.
    Around(Plane),
    /// For each pixel the same one in so many neighbouring frames of so many, its own in the middle; as above outside the clip.
    Along { plane: Plane, frames: usize, span: usize },
    /// For each pixel of the plane of half the size one of its four.
    Corner(Plane, usize),
    /// For each pixel of the second plane the one it is a double of; the last ones are wider where that plane is odd.
    Doubled(Plane, Plane),
    /// For each pixel of the larger plane one of the four of the small one that it lies between.
    Between { small: Plane, plane: Plane, corner: usize },
}

impl Walk {
    /// The plane it fills, and how many pixels it reads for each of its.
    pub fn read(self) -> (Plane, usize) {
        match self {
            Walk::Around(plane) => (plane.put(), plane.taps()),
            Walk::Along { plane, span, .. } => (plane, span),
            Walk::Corner(plane, _) => (plane.pooled(), 1),
            Walk::Doubled(_, plane) | Walk::Between { plane, .. } => (plane, 1),
        }
    }

    fn rows(self, images: usize) -> Vec<usize> {
        let mut rows = Vec::new();
        for image in 0..images {
            match self {
                Walk::Around(plane) => around(plane, image * plane.area(), images * plane.area(), &mut rows),
                Walk::Along { plane, frames, span } => {
                    let (clip, frame) = (image - image % frames, image % frames);
                    for pixel in 0..plane.area() {
                        // One half span more than the frame that is meant, so that none is negative.
                        let near = (frame..frame + span).map(|at| at.checked_sub(span / 2).filter(|at| *at < frames));
                        let outside = images * plane.area();
                        rows.extend(near.map(|at| at.map_or(outside, |at| (clip + at) * plane.area() + pixel)));
                    }
                }
                Walk::Corner(plane, corner) => {
                    let small = plane.pooled();
                    for pixel in 0..small.area() {
                        let (y, x) = (2 * (pixel / small.width) + corner / 2, 2 * (pixel % small.width) + corner % 2);
                        rows.push(image * plane.area() + y * plane.width + x);
                    }
                }
                Walk::Doubled(small, plane) => {
                    for pixel in 0..plane.area() {
                        let (y, x) = (pixel / plane.width / 2, pixel % plane.width / 2);
                        let (y, x) = (y.min(small.height - 1), x.min(small.width - 1));
                        rows.push(image * small.area() + y * small.width + x);
                    }
                }
                Walk::Between { small, plane, corner } => {
                    let (lines, columns) = (between(small.height, plane.height), between(small.width, plane.width));
                    for line in &lines {
                        let y = if corner / 2 == 0 { line.near } else { line.far };
                        let xs = columns
                            .iter()
                            .map(|column| if corner.is_multiple_of(2) { column.near } else { column.far });
                        rows.extend(xs.map(|x| image * small.area() + y * small.width + x));
                    }
                }
            }
        }
        rows
    }
}

fn around(plane: Plane, first: usize, outside: usize, rows: &mut Vec<usize>) {
    let (Plane { height, width, halo, step }, side) = (plane, plane.side());
    for y in (0..height).step_by(step) {
        for x in (0..width).step_by(step) {
            for tap in 0..plane.taps() {
                // A halo more than the row and column that are meant, so that none is negative.
                let (y, x) = (y + tap / side, x + tap % side);
                let inside = (halo..height + halo).contains(&y) && (halo..width + halo).contains(&x);
                rows.push(if inside { first + (y - halo) * width + x - halo } else { outside });
            }
        }
    }
}

/// Walks that were made before, on the device.
#[derive(Debug)]
pub(super) struct Walks<D: Device<f32>>(RefCell<HashMap<(Walk, usize), Index<D>>>);

impl<D: Device<f32>> Default for Walks<D> {
    fn default() -> Self {
        Walks(RefCell::default())
    }
}

impl<D: Device<f32>> Walks<D> {
    pub fn index<T: Tape<f32, D>>(
        &self,
        graph: &Graph<D, T>,
        walk: Walk,
        images: usize,
    ) -> Result<Index<D>, ModelError> {
        if let Some(made) = self.0.borrow().get(&(walk, images)) {
            return Ok(made.clone());
        }
        let made = graph.index(walk.rows(images))?;
        self.0.borrow_mut().insert((walk, images), made.clone());
        Ok(made)
    }
}
