//! Random changes of training clips and frames that a label survives.

use super::{ClipShape, ModelError};
use crate::random;
use geometry::Geometry;
use rand::Rng;
use serde::{Deserialize, Serialize};

mod geometry;
mod grey;

/// How much training examples are changed, anew at each update, all frames of a clip alike. Each number is the most that
/// is drawn; 0 is none. What is drawn on frames moves with them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Mirrors every other clip left to right.
    pub mirror: bool,
    /// Moves by up to this fraction of height and width, in whole pixels unless it is also turned; what comes in is
    /// black. From 0 to 1.
    pub shift: f64,
    /// Multiplies brightness by a factor between `1 − brightness` and `1 + brightness`. From 0 to 1.
    pub brightness: f64,
    /// Magnifies by a factor between `1 − scale` and `1 + scale`, about the middle. From 0 to below 1.
    pub scale: f64,
    /// Turns by up to so many degrees, about the middle.
    pub rotate: f64,
    /// Leans by up to so many degrees.
    pub shear: f64,
    /// Raises grey values, as shares of white, to a power between `1 / (1 + gamma)` and `1 + gamma`.
    pub gamma: f64,
    /// Adds Gaussian noise of a standard deviation up to this, in grey levels.
    pub noise: f64,
    /// Blurs with a Gaussian of a standard deviation up to this, in pixels.
    pub blur: f64,
    /// Blackens a rectangle of up to this share of height and width, in every other clip. From 0 to 1.
    pub occlusion: f64,
    /// Begins up to so many frames earlier or later; the first or last frame stands in for what is missing.
    pub jitter: usize,
}

impl Default for Augment {
    fn default() -> Self {
        Augment { mirror: true, shift: 0.05, brightness: 0.1, ..Augment::NONE }
    }
}

impl Augment {
    /// No change at all.
    pub const NONE: Augment = Augment {
        mirror: false,
        shift: 0.0,
        brightness: 0.0,
        scale: 0.0,
        rotate: 0.0,
        shear: 0.0,
        gamma: 0.0,
        noise: 0.0,
        blur: 0.0,
        occlusion: 0.0,
        jitter: 0,
    };

    /// Whether its numbers make sense.
    ///
    /// # Errors
    /// Says which does not.
    pub fn check(&self) -> Result<(), ModelError> {
        let limits = [
            ("augment.shift", self.shift, 1.0, "take a fraction from 0 to 1"),
            ("augment.brightness", self.brightness, 1.0, "take a fraction from 0 to 1"),
            ("augment.scale", self.scale, 0.9, "take a fraction from 0 to 0.9"),
            ("augment.rotate", self.rotate, 180.0, "take degrees from 0 to 180"),
            ("augment.shear", self.shear, 60.0, "take degrees from 0 to 60"),
            ("augment.gamma", self.gamma, 10.0, "take a number from 0 to 10, such as 0.3"),
            ("augment.noise", self.noise, 255.0, "take grey levels from 0 to 255"),
            ("augment.blur", self.blur, 20.0, "take pixels from 0 to 20"),
            ("augment.occlusion", self.occlusion, 1.0, "take a fraction from 0 to 1"),
        ];
        match limits.into_iter().find(|(_, value, most, _)| !(0.0..=*most).contains(value)) {
            None => Ok(()),
            Some((field, value, _, remedy)) => Err(ModelError::Setting { field, value: value.to_string(), remedy }),
        }
    }
}

/// One draw of [`Augment`] for one example.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    geometry: Geometry,
    factor: f32,
    power: f64,
    blur: f64,
    /// Standard deviation, and the stream it is drawn from.
    noise: Option<(f64, [u64; 3])>,
    /// Rows and columns that are black.
    hidden: Option<[std::ops::Range<usize>; 2]>,
    later: isize,
}

/// A number from [0, 1), of 53 random bits.
fn unit(stream: &mut impl Rng) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

impl Change {
    pub const NONE: Change =
        Change { geometry: Geometry::NONE, factor: 1.0, power: 1.0, blur: 0.0, noise: None, hidden: None, later: 0 };

    /// The change of number `slot` of the batch at `update`.
    pub fn draw(augment: &Augment, shape: ClipShape, seed: u64, update: u64, slot: u64) -> Change {
        let mut stream = random::stream(seed, "augment", &[update, slot]);
        // All are drawn always, and in this order, so that one setting does not move the others' draws.
        let [mirror, down, right, factor] = [(); 4].map(|()| unit(&mut stream));
        let [scale, rotate, shear, gamma] = [(); 4].map(|()| 2.0 * unit(&mut stream) - 1.0);
        let [noise, blur, later, hides] = [(); 4].map(|()| unit(&mut stream));
        let [height, width, top, left] = [(); 4].map(|()| unit(&mut stream));
        let whole = |draw: f64, most: f64| ((draw * (2.0 * most + 1.0)).floor() - most) as isize;
        let pixels = |draw: f64, size: usize| whole(draw, (augment.shift * size as f64).floor());
        let side = |draw: f64, at: f64, size: usize| {
            let length = (draw * augment.occlusion * size as f64).round() as usize;
            let from = (at * (size - length + 1) as f64) as usize;
            from..from + length
        };
        let hidden = [side(height, top, shape.height), side(width, left, shape.width)];
        Change {
            geometry: Geometry {
                mirror: augment.mirror && mirror < 0.5,
                down: pixels(down, shape.height),
                right: pixels(right, shape.width),
                scale: 1.0 + augment.scale * scale,
                rotate: augment.rotate * rotate,
                shear: augment.shear * shear,
            },
            factor: (1.0 + augment.brightness * (2.0 * factor - 1.0)) as f32,
            power: libm::pow(1.0 + augment.gamma, gamma),
            blur: augment.blur * blur,
            noise: (augment.noise > 0.0).then_some((augment.noise * noise, [seed, update, slot])),
            hidden: (augment.occlusion > 0.0 && hides < 0.5).then_some(hidden),
            later: whole(later, augment.jitter as f64),
        }
    }

    /// Appends the changed clip, normalised to `(grey − mean) / deviation`, to `target`.
    pub fn append(&self, frames: &[u8], shape: ClipShape, mean: f32, deviation: f32, target: &mut Vec<f32>) {
        let area = shape.height * shape.width;
        let table = grey::table(self.power, self.factor);
        let mut noise = self.noise.map(|(deviation, position)| grey::Noise::new(deviation, position));
        for frame in 0..shape.frames {
            let from = (frame as isize + self.later).clamp(0, shape.frames as isize - 1) as usize;
            let pixels = &frames[from * area..][..area];
            let start = target.len();
            if self.geometry.is_whole() && self.blur == 0.0 {
                self.geometry.append_whole(
                    pixels,
                    shape.height,
                    shape.width,
                    &|level| table[usize::from(level)],
                    target,
                );
            } else {
                let mut image = self.geometry.apply(pixels, shape.height, shape.width);
                if self.blur > 0.0 {
                    image = grey::blurred(&image, self.blur);
                }
                target.extend(image.into_raw().into_iter().map(|level| grey::between(&table, level)));
            }
            let changed = &mut target[start..];
            if let Some(noise) = &mut noise {
                noise.add(changed);
            }
            if let Some([rows, columns]) = &self.hidden {
                for row in changed.chunks_exact_mut(shape.width).take(rows.end).skip(rows.start) {
                    row[columns.clone()].fill(0.0);
                }
            }
            changed.iter_mut().for_each(|level| *level = (*level - mean) / deviation);
        }
    }

    /// Appends a map over a frame, moved as the frame is: from 0 to 1, and 0 where nothing came from.
    pub fn append_map(&self, map: &[u8], height: usize, width: usize, target: &mut Vec<f32>) {
        if self.geometry.is_whole() {
            self.geometry.append_whole(map, height, width, &|level| f32::from(level) / 255.0, target);
        } else {
            let moved = self.geometry.apply(map, height, width).into_raw();
            target.extend(moved.into_iter().map(|level| level / 255.0));
        }
    }
}

#[cfg(test)]
mod tests;
