//! Random changes of training clips that a label survives.

use super::ClipShape;
use crate::random;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// How much training clips are changed, anew at each update, all frames of a clip alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Mirrors every other clip left to right.
    pub mirror: bool,
    /// Moves by up to this fraction of height and width, in whole pixels; what comes in is black. From 0 to 1.
    pub shift: f64,
    /// Multiplies brightness by a factor between `1 − brightness` and `1 + brightness`. From 0 to 1.
    pub brightness: f64,
}

impl Default for Augment {
    fn default() -> Self {
        Augment { mirror: true, shift: 0.05, brightness: 0.1 }
    }
}

impl Augment {
    /// No change at all.
    pub const NONE: Augment = Augment { mirror: false, shift: 0.0, brightness: 0.0 };
}

/// One draw of [`Augment`] for one clip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    mirror: bool,
    down: isize,
    right: isize,
    factor: f32,
}

/// A number from [0, 1), of 53 random bits.
fn unit(stream: &mut impl Rng) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

impl Change {
    pub const NONE: Change = Change { mirror: false, down: 0, right: 0, factor: 1.0 };

    /// The change of clip number `slot` of the batch at `update`.
    pub fn draw(augment: &Augment, shape: ClipShape, seed: u64, update: u64, slot: u64) -> Change {
        let mut stream = random::stream(seed, "augment", &[update, slot]);
        // All four are drawn always, so that one setting does not move the others' draws.
        let [mirror, down, right, factor] = [(); 4].map(|()| unit(&mut stream));
        let pixels = |draw: f64, size: usize| {
            let most = (augment.shift * size as f64).floor();
            ((draw * (2.0 * most + 1.0)).floor() - most) as isize
        };
        Change {
            mirror: augment.mirror && mirror < 0.5,
            down: pixels(down, shape.height),
            right: pixels(right, shape.width),
            factor: (1.0 + augment.brightness * (2.0 * factor - 1.0)) as f32,
        }
    }

    /// Appends the changed clip, normalised to `(grey − mean) / deviation`, to `target`.
    pub fn append(self, frames: &[u8], shape: ClipShape, mean: f32, deviation: f32, target: &mut Vec<f32>) {
        let mut table = [0.0; 256];
        for (grey, entry) in table.iter_mut().enumerate() {
            let bright = grey as f32 * self.factor;
            *entry = (if bright > 255.0 { 255.0 } else { bright } - mean) / deviation;
        }
        let (height, width) = (shape.height as isize, shape.width as isize);
        for frame in frames.chunks_exact(shape.height * shape.width) {
            for y in 0..height {
                let from = y - self.down;
                if !(0..height).contains(&from) {
                    target.extend(std::iter::repeat_n(table[0], shape.width));
                    continue;
                }
                let row = &frame[from as usize * shape.width..][..shape.width];
                target.extend((0..width).map(|x| {
                    let from = if self.mirror { width - 1 - x } else { x } - self.right;
                    usize::try_from(from)
                        .ok()
                        .and_then(|from| row.get(from))
                        .map_or(table[0], |&grey| table[grey as usize])
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ClipShape = ClipShape { frames: 1, height: 2, width: 3 };

    fn changed(change: Change) -> Vec<f32> {
        let mut out = Vec::new();
        change.append(&[10, 20, 30, 40, 50, 60], SHAPE, 0.0, 1.0, &mut out);
        out
    }

    #[test]
    fn each_change_does_what_it_says() {
        assert_eq!(changed(Change::NONE), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        assert_eq!(changed(Change { mirror: true, ..Change::NONE }), [30.0, 20.0, 10.0, 60.0, 50.0, 40.0]);
        assert_eq!(changed(Change { down: 1, right: -1, ..Change::NONE }), [0.0, 0.0, 0.0, 20.0, 30.0, 0.0]);
        assert_eq!(changed(Change { factor: 5.0, ..Change::NONE }), [50.0, 100.0, 150.0, 200.0, 250.0, 255.0]);
        let mut out = Vec::new();
        Change::NONE.append(&[10, 20, 30, 40, 50, 60], SHAPE, 35.0, 5.0, &mut out);
        assert_eq!(out, [-5.0, -3.0, -1.0, 1.0, 3.0, 5.0]);
    }

    #[test]
    fn draws_stay_in_range_and_repeat() {
        let shape = ClipShape { frames: 1, height: 40, width: 60 };
        let augment = Augment { mirror: true, shift: 0.1, brightness: 0.2 };
        let draws: Vec<Change> = (0..400).map(|slot| Change::draw(&augment, shape, 3, 1, slot)).collect();
        assert!(draws.iter().all(|c| c.down.abs() <= 4 && c.right.abs() <= 6 && (0.8..=1.2).contains(&c.factor)));
        assert!(draws.iter().any(|c| c.down == -4) && draws.iter().any(|c| c.right == 6));
        assert!((150..250).contains(&draws.iter().filter(|c| c.mirror).count()));
        assert_eq!(draws[7], Change::draw(&augment, shape, 3, 1, 7));
        assert_eq!(Change::draw(&Augment::NONE, shape, 3, 1, 7), Change::NONE);
    }
}
