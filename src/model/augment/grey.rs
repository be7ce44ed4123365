//! What becomes of grey values.

use super::geometry::Plane;
use super::unit;
use crate::random;
use imageproc::filter::separable_filter_equal;
use rand_chacha::ChaCha8Rng;

/// Every level to the power, as a share of white, times the factor; at most white.
pub(super) fn table(power: f64, factor: f32) -> [f32; 256] {
    let mut table = [0.0; 256];
    for (level, entry) in table.iter_mut().enumerate() {
        let bent = if power == 1.0 { level as f32 } else { (255.0 * libm::pow(level as f64 / 255.0, power)) as f32 };
        let bright = bent * factor;
        *entry = if bright > 255.0 { 255.0 } else { bright };
    }
    table
}

/// The table at a level between two others.
pub(super) fn between(table: &[f32; 256], level: f32) -> f32 {
    let below = (level.clamp(0.0, 255.0) as usize).min(254);
    let share = level.clamp(0.0, 255.0) - below as f32;
    table[below] + share * (table[below + 1] - table[below])
}

/// Blurred with a Gaussian of this standard deviation, cut at three of them.
pub(super) fn blurred(plane: &Plane, deviation: f64) -> Plane {
    // Our own kernel: the library's takes the exponential of the system.
    let radius = (3.0 * deviation).ceil() as i64;
    let weights: Vec<f64> =
        (-radius..=radius).map(|x| libm::exp(-((x * x) as f64) / (2.0 * deviation * deviation))).collect();
    let total: f64 = weights.iter().sum();
    let kernel: Vec<f32> = weights.into_iter().map(|weight| (weight / total) as f32).collect();
    separable_filter_equal(plane, &kernel)
}

/// Gaussian noise in grey levels.
#[derive(Debug)]
pub(super) struct Noise {
    deviation: f64,
    draws: ChaCha8Rng,
}

impl Noise {
    pub fn new(deviation: f64, [seed, update, slot]: [u64; 3]) -> Noise {
        Noise { deviation, draws: random::stream(seed, "noise", &[update, slot]) }
    }

    /// Adds it (Box & Muller 1958), and stays between black and white.
    pub fn add(&mut self, levels: &mut [f32]) {
        for pair in levels.chunks_mut(2) {
            let length = (-2.0 * libm::log(1.0 - unit(&mut self.draws))).sqrt() * self.deviation;
            let (sin, cos) = libm::sincos(2.0 * std::f64::consts::PI * unit(&mut self.draws));
            for (level, noise) in pair.iter_mut().zip([length * cos, length * sin]) {
                *level = (f64::from(*level) + noise).clamp(0.0, 255.0) as f32;
            }
        }
    }
}
