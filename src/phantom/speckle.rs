//! Fully developed speckle: complex Gaussian scatterers under a point-spread function, in the polar domain.
//!
//! Many unresolved scatterers add up to a circular complex Gaussian echo, whose magnitude follows a Rayleigh law with mean
//! over standard deviation √(π/(4−π)) = 1.913 (Burckhardt 1978; Wagner et al. 1983).

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Two independent standard normal numbers (Marsaglia & Bray 1964, the polar method).
pub(super) fn normal_pair(rng: &mut ChaCha8Rng) -> (f64, f64) {
    loop {
        let (a, b) = (2.0 * rng.random::<f64>() - 1.0, 2.0 * rng.random::<f64>() - 1.0);
        let s = a * a + b * b;
        if s > 0.0 && s < 1.0 {
            let scale = (-2.0 * libm::log(s) / s).sqrt();
            return (a * scale, b * scale);
        }
    }
}

/// A complex field on `depths` × `beams` samples, depth by depth, with mean square magnitude 1.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) beams: usize,
    samples: Vec<[f64; 2]>,
}

impl Field {
    /// Draws scatterers and smooths them by a Gaussian point-spread function with standard deviations `axial` and
    /// `lateral` in samples. Zero leaves an axis unsmoothed.
    pub(super) fn draw(depths: usize, beams: usize, axial: f64, lateral: f64, rng: &mut ChaCha8Rng) -> Self {
        let (down, across) = (kernel(axial), kernel(lateral));
        let (tall, wide) = (depths + down.len() - 1, beams + across.len() - 1);
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let raw: Vec<[f64; 2]> = (0..tall * wide)
            .map(|_| {
                let (re, im) = normal_pair(rng);
                [re * half, im * half]
            })
            .collect();
        let mut rows = vec![[0.0; 2]; tall * beams];
        for (target, line) in rows.chunks_exact_mut(beams).zip(raw.chunks_exact(wide)) {
            for (beam, sample) in target.iter_mut().enumerate() {
                for (weight, value) in across.iter().zip(&line[beam..]) {
                    sample[0] += weight * value[0];
                    sample[1] += weight * value[1];
                }
            }
        }
        let mut samples = vec![[0.0; 2]; depths * beams];
        for (depth, target) in samples.chunks_exact_mut(beams).enumerate() {
            for (weight, line) in down.iter().zip(rows[depth * beams..].chunks_exact(beams)) {
                for (sample, value) in target.iter_mut().zip(line) {
                    sample[0] += weight * value[0];
                    sample[1] += weight * value[1];
                }
            }
        }
        Self { beams, samples }
    }

    /// The field at a depth sample and a fractional beam (clamped to the field).
    pub(super) fn at(&self, depth: usize, beam: f64) -> [f64; 2] {
        let beam = beam.clamp(0.0, (self.beams - 1) as f64);
        let left = (beam as usize).min(self.beams.saturating_sub(2));
        let share = beam - left as f64;
        let row = &self.samples[depth * self.beams..(depth + 1) * self.beams];
        let (a, b) = (row[left], row[(left + 1).min(self.beams - 1)]);
        [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]
    }
}

/// Gaussian weights whose squares add up to 1, so that smoothing keeps the variance of white scatterers.
fn kernel(sigma: f64) -> Vec<f64> {
    let reach = libm::ceil(3.0 * sigma) as i32;
    let mut weights: Vec<f64> = (-reach..=reach)
        .map(|offset| if offset == 0 { 1.0 } else { libm::exp(-0.5 * f64::from(offset * offset) / (sigma * sigma)) })
        .collect();
    let norm = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
    weights.iter_mut().for_each(|w| *w /= norm);
    weights
}

/// Speckle that changes over time: independent fields every `every` frames, blended in between with weights cos and sin
/// of the same angle, so that each frame is fully developed speckle of unit power and neighbours resemble each other.
#[derive(Debug)]
pub(super) struct Film {
    keys: Vec<Field>,
    every: f64,
}

impl Film {
    /// Draws the fields a clip of `frames` frames needs. `shape` is depths and beams, `spread` axial and lateral.
    pub(super) fn draw(
        frames: usize,
        every: f64,
        shape: (usize, usize),
        spread: (f64, f64),
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let count = libm::floor(frames.saturating_sub(1) as f64 / every) as usize + 2;
        let keys = (0..count).map(|_| Field::draw(shape.0, shape.1, spread.0, spread.1, rng)).collect();
        Self { keys, every }
    }

    /// The two fields of a frame and their weights.
    pub(super) fn frame(&self, frame: usize) -> Blend<'_> {
        let place = frame as f64 / self.every;
        let key = libm::floor(place) as usize;
        let angle = (place - key as f64) * std::f64::consts::FRAC_PI_2;
        Blend { from: &self.keys[key], to: &self.keys[key + 1], weights: [libm::cos(angle), libm::sin(angle)] }
    }
}

/// One frame of a [`Film`].
#[derive(Debug)]
pub(super) struct Blend<'a> {
    from: &'a Field,
    to: &'a Field,
    weights: [f64; 2],
}

impl Blend<'_> {
    /// The complex echo at a depth sample and a fractional beam.
    pub(super) fn at(&self, depth: usize, beam: f64) -> [f64; 2] {
        let (a, b) = (self.from.at(depth, beam), self.to.at(depth, beam));
        [self.weights[0] * a[0] + self.weights[1] * b[0], self.weights[0] * a[1] + self.weights[1] * b[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Film};
    use crate::random::stream;

    fn magnitudes(field: impl Fn(usize, usize) -> [f64; 2], depths: usize, beams: usize) -> Vec<f64> {
        (0..depths * beams)
            .map(|place| {
                let [re, im] = field(place / beams, place % beams);
                (re * re + im * im).sqrt()
            })
            .collect()
    }

    fn mean_over_sd(values: &[f64]) -> f64 {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        mean / (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)).sqrt()
    }

    /// Rayleigh: mean over standard deviation is sqrt(pi / (4 - pi)) = 1.9131.
    #[test]
    fn the_envelope_is_rayleigh() {
        let field = Field::draw(300, 300, 1.2, 1.6, &mut stream(3, "test", &[]));
        let values = magnitudes(|d, b| field.at(d, b as f64), 300, 300);
        let power = values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64;
        assert!((power - 1.0).abs() < 0.03, "mean square is {power}");
        let snr = mean_over_sd(&values);
        assert!((snr - 1.9131).abs() < 0.05, "mean over sd is {snr}");
    }

    #[test]
    fn a_blended_frame_is_rayleigh_too_and_resembles_its_neighbour() {
        let film = Film::draw(9, 4.0, (200, 200), (1.0, 1.0), &mut stream(4, "test", &[]));
        let frame = |t: usize| magnitudes(|d, b| film.frame(t).at(d, b as f64), 200, 200);
        let snr = mean_over_sd(&frame(2));
        assert!((snr - 1.9131).abs() < 0.05, "mean over sd is {snr}");
        let likeness = |a: &[f64], b: &[f64]| {
            let n = a.len() as f64;
            let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
            let cov: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum();
            let spread = |v: &[f64], m: f64| v.iter().map(|x| (x - m) * (x - m)).sum::<f64>().sqrt();
            cov / (spread(a, ma) * spread(b, mb))
        };
        assert!(likeness(&frame(0), &frame(1)) > 0.75);
        assert!(likeness(&frame(0), &frame(8)).abs() < 0.1);
    }
}
