//! Where pixels go.

use image::{ImageBuffer, Luma};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp};

/// Grey values or shares, not yet rounded.
pub(super) type Plane = ImageBuffer<Luma<f32>, Vec<f32>>;

/// Mirrored first, then magnified, leaned and turned about the middle, then moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Geometry {
    pub mirror: bool,
    /// In pixels.
    pub down: isize,
    pub right: isize,
    pub scale: f64,
    /// In degrees, clockwise as seen.
    pub rotate: f64,
    /// In degrees: how far verticals lean.
    pub shear: f64,
}

impl Geometry {
    pub const NONE: Geometry = Geometry { mirror: false, down: 0, right: 0, scale: 1.0, rotate: 0.0, shear: 0.0 };

    /// Whether whole pixels go to whole pixels.
    pub fn is_whole(&self) -> bool {
        self.scale == 1.0 && self.rotate == 0.0 && self.shear == 0.0
    }

    /// Appends `level` of each pixel, where [`Geometry::is_whole`]; what comes in is `level(0)`.
    pub fn append_whole(
        &self,
        pixels: &[u8],
        height: usize,
        width: usize,
        level: &dyn Fn(u8) -> f32,
        target: &mut Vec<f32>,
    ) {
        let (rows, columns) = (height as isize, width as isize);
        for y in 0..rows {
            let from = y - self.down;
            if !(0..rows).contains(&from) {
                target.extend(std::iter::repeat_n(level(0), width));
                continue;
            }
            let row = &pixels[from as usize * width..][..width];
            target.extend((0..columns).map(|x| {
                let moved = x - self.right;
                let from = if self.mirror { columns - 1 - moved } else { moved };
                level(usize::try_from(from).ok().and_then(|from| row.get(from)).copied().unwrap_or(0))
            }));
        }
    }

    /// The moved plane, bilinear, black where nothing came from.
    pub fn apply(&self, pixels: &[u8], height: usize, width: usize) -> Plane {
        let values = pixels.iter().map(|&level| f32::from(level)).collect();
        let Some(plane) = Plane::from_raw(width as u32, height as u32, values) else { return Plane::new(0, 0) };
        match Projection::from_matrix(self.matrix(height, width)) {
            Some(projection) => warp(&plane, projection, Interpolation::Bilinear, Border::Constant(Luma([0.0]))),
            None => plane,
        }
    }

    /// From where a pixel was to where it goes, `(x, y, 1)` as a column.
    fn matrix(&self, height: usize, width: usize) -> [f32; 9] {
        let (sin, cos) = libm::sincos(self.rotate.to_radians());
        let lean = libm::tan(self.shear.to_radians());
        let flip = if self.mirror { -1.0 } else { 1.0 };
        // Turn · lean · scale · mirror.
        let [a, b] = [cos * self.scale * flip, (cos * lean - sin) * self.scale];
        let [c, d] = [sin * self.scale * flip, (sin * lean + cos) * self.scale];
        let (x, y) = ((width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0);
        let right = x - a * x - b * y + self.right as f64;
        let down = y - c * x - d * y + self.down as f64;
        [a, b, right, c, d, down, 0.0, 0.0, 1.0].map(|value| value as f32)
    }
}
