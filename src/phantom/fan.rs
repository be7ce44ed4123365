//! The fan of a convex probe, and scan conversion from polar samples to pixels.

use rand_chacha::ChaCha8Rng;

use super::anatomy::between;

/// Where the fan lies in the image, in pixels: beams spread from a virtual apex, echoes begin on the probe's arc.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fan {
    /// Horizontal place of the apex.
    pub apex_x: f64,
    /// Vertical place of the apex; negative where it lies above the image.
    pub apex_y: f64,
    /// Radius of the probe's arc around the apex.
    pub near: f64,
    /// Radius of the deepest echo.
    pub far: f64,
    /// Half of the opening angle, in radians.
    pub half_angle: f64,
}

impl Fan {
    /// Draws a fan that fits an image of `width` × `height` pixels.
    pub(super) fn draw(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Self {
        let (width, height) = (width as f64, height as f64);
        let half_angle = between(rng, 0.44, 0.64);
        let ratio = between(rng, 0.12, 0.38);
        let (sin, cos) = (libm::sin(half_angle), libm::cos(half_angle));
        let far = (0.49 * width / sin).min(0.97 * height / (1.0 - ratio * cos));
        let near = ratio * far;
        let top = 0.5 * (height - (far - near * cos));
        Self { apex_x: 0.5 * width, apex_y: top - near * cos, near, far, half_angle }
    }

    /// The pixel coordinates of a point at `depth` (0 on the probe, 1 at the bottom) and `across` (0 left, 1 right).
    pub fn point(&self, depth: f64, across: f64) -> [f64; 2] {
        let radius = self.near + depth * (self.far - self.near);
        let angle = (2.0 * across - 1.0) * self.half_angle;
        [self.apex_x + radius * libm::sin(angle), self.apex_y + radius * libm::cos(angle)]
    }

    /// How many depth samples and beams keep the detail of the pixels.
    pub(super) fn samples(&self) -> (usize, usize) {
        let depths = libm::ceil(1.25 * (self.far - self.near)) as usize;
        let beams = libm::ceil(1.25 * 2.0 * self.half_angle * self.far) as usize;
        (depths.max(8), beams.max(8))
    }

    /// For each pixel, row by row, the fractional depth sample and beam it shows; `None` outside the fan.
    pub(super) fn lookup(&self, width: usize, height: usize) -> Vec<Option<[f64; 2]>> {
        let (depths, beams) = self.samples();
        (0..width * height)
            .map(|place| {
                let (x, y) = ((place % width) as f64 + 0.5, (place / width) as f64 + 0.5);
                let (dx, dy) = (x - self.apex_x, y - self.apex_y);
                let depth = ((dx * dx + dy * dy).sqrt() - self.near) / (self.far - self.near);
                let across = 0.5 * (libm::atan2(dx, dy) / self.half_angle + 1.0);
                let inside = (0.0..=1.0).contains(&depth) && (0.0..=1.0).contains(&across);
                inside.then(|| [depth * (depths - 1) as f64, across * (beams - 1) as f64])
            })
            .collect()
    }
}

/// Interpolates polar `samples` (depth by depth) at the places of `lookup` and rounds to 8 bit; 0 outside the fan.
pub(super) fn scan_convert(samples: &[f64], beams: usize, lookup: &[Option<[f64; 2]>], pixels: &mut Vec<u8>) {
    let depths = samples.len() / beams;
    pixels.extend(lookup.iter().map(|place| {
        let Some([depth, beam]) = place else { return 0 };
        let (d, b) = ((*depth as usize).min(depths - 2), (*beam as usize).min(beams - 2));
        let (v, u) = (depth - d as f64, beam - b as f64);
        let (upper, lower) = (&samples[d * beams + b..], &samples[(d + 1) * beams + b..]);
        let value = (1.0 - v) * ((1.0 - u) * upper[0] + u * upper[1]) + v * ((1.0 - u) * lower[0] + u * lower[1]);
        (value + 0.5) as u8
    }));
}

#[cfg(test)]
mod tests {
    use super::{Fan, scan_convert};
    use crate::random::stream;

    #[test]
    fn a_polar_ramp_comes_back_at_its_pixels() {
        for seed in 0..20 {
            let fan = Fan::draw(90, 72, &mut stream(seed, "test", &[]));
            let (depths, beams) = fan.samples();
            let ramp: Vec<f64> =
                (0..depths * beams).map(|p| 200.0 * (p / beams) as f64 / (depths - 1) as f64).collect();
            let mut pixels = Vec::new();
            scan_convert(&ramp, beams, &fan.lookup(90, 72), &mut pixels);
            assert_eq!((pixels[0], pixels[89]), (0, 0), "corners lie outside the fan");
            for (depth, across) in [(0.3, 0.5), (0.5, 0.2), (0.8, 0.9)] {
                let [x, y] = fan.point(depth, across);
                let shown = f64::from(pixels[y as usize * 90 + x as usize]);
                assert!((shown - 200.0 * depth).abs() < 4.0, "{shown} at depth {depth}");
            }
        }
    }
}
