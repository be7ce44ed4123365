//! The fan of a curved or phased array: two sides that meet in an apex, and two arcs about it.

use serde::{Deserialize, Serialize};

use super::GeometryError;

/// The corners of a fan in pixels of the source, `[x, y]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corners {
    pub top_left: [f64; 2],
    pub top_right: [f64; 2],
    pub bottom_left: [f64; 2],
    pub bottom_right: [f64; 2],
}

/// A sector of a ring, or the four-sided picture of a linear probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fan {
    corners: Corners,
    /// Where the sides meet; nothing where they are parallel.
    sector: Option<Sector>,
}

/// The fan about its apex. Angles are from straight down, to the right positive, in radians.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sector {
    pub apex: [f64; 2],
    pub inner: f64,
    pub outer: f64,
    pub left: f64,
    pub right: f64,
}

impl Fan {
    /// The arcs go through the corner nearest to the apex above and the farthest below, so that nothing of the picture
    /// is lost where corners were clicked unequally.
    ///
    /// # Errors
    /// Corners that are not numbers, lie in a line, cross or stand on their head.
    pub fn new(corners: &Corners) -> Result<Self, GeometryError> {
        let Corners { top_left, top_right, bottom_left, bottom_right } = *corners;
        let all = [top_left, top_right, bottom_left, bottom_right];
        if !all.iter().flatten().all(|value| value.is_finite() && value.abs() < 1e6) {
            return Err(GeometryError::Corners("one is no number or far away"));
        }
        if bottom_left[1] <= top_left[1] || bottom_right[1] <= top_right[1] {
            return Err(GeometryError::Corners("a bottom corner is above its top corner"));
        }
        if top_right[0] <= top_left[0] || bottom_right[0] <= bottom_left[0] {
            return Err(GeometryError::Corners("a right corner is left of its left corner"));
        }
        let down_left = [bottom_left[0] - top_left[0], bottom_left[1] - top_left[1]];
        let down_right = [bottom_right[0] - top_right[0], bottom_right[1] - top_right[1]];
        let cross = down_left[0] * down_right[1] - down_left[1] * down_right[0];
        let lengths = libm::hypot(down_left[0], down_left[1]) * libm::hypot(down_right[0], down_right[1]);
        // Sides that differ by less than half a degree are parallel for the eye, and their apex is far off.
        if cross.abs() < 0.01 * lengths {
            return Ok(Self { corners: *corners, sector: None });
        }
        let between = [top_right[0] - top_left[0], top_right[1] - top_left[1]];
        let along = (between[0] * down_right[1] - between[1] * down_right[0]) / cross;
        let apex = [top_left[0] + along * down_left[0], top_left[1] + along * down_left[1]];
        let distance = |point: [f64; 2]| libm::hypot(point[0] - apex[0], point[1] - apex[1]);
        let angle = |point: [f64; 2]| libm::atan2(point[0] - apex[0], point[1] - apex[1]);
        let sector = Sector {
            apex,
            inner: distance(top_left).min(distance(top_right)),
            outer: distance(bottom_left).max(distance(bottom_right)),
            left: angle(bottom_left),
            right: angle(bottom_right),
        };
        // Below its top corners a fan opens; where the apex lies below, the sides cross or close.
        if along > 0.0 || sector.left >= sector.right || sector.inner >= sector.outer {
            return Err(GeometryError::Corners("its sides do not open downwards"));
        }
        Ok(Self { corners: *corners, sector: Some(sector) })
    }

    /// The fan about its apex; nothing for a linear probe.
    #[must_use]
    pub fn sector(&self) -> Option<&Sector> {
        self.sector.as_ref()
    }

    /// The fan of a sector.
    pub(super) fn of_sector(sector: Sector) -> Self {
        let corner = |radius, angle| {
            let (x, y) = sector.point(radius, angle);
            [x, y]
        };
        let corners = Corners {
            top_left: corner(sector.inner, sector.left),
            top_right: corner(sector.inner, sector.right),
            bottom_left: corner(sector.outer, sector.left),
            bottom_right: corner(sector.outer, sector.right),
        };
        Self { corners, sector: Some(sector) }
    }

    /// Whether the point is on the fan.
    #[must_use]
    pub fn contains(&self, x: f64, y: f64) -> bool {
        self.test()(x, y)
    }

    /// Says of points whether they are on the fan.
    pub(super) fn test(&self) -> Box<dyn Fn(f64, f64) -> bool + '_> {
        match &self.sector {
            Some(sector) => {
                // Angles are below 90 degrees: between the sides is right of the left one and left of the right one.
                let along = |angle: f64| (libm::sin(angle), libm::cos(angle));
                let (left, right) = (along(sector.left), along(sector.right));
                let (inner, outer) = (sector.inner * sector.inner, sector.outer * sector.outer);
                Box::new(move |x, y| {
                    let (x, y) = (x - sector.apex[0], y - sector.apex[1]);
                    let between = x * left.1 - y * left.0 >= 0.0 && y * right.0 - x * right.1 >= 0.0;
                    between && (inner..=outer).contains(&(x * x + y * y))
                })
            }
            None => {
                let Corners { top_left, top_right, bottom_left, bottom_right } = self.corners;
                let sides = [
                    (top_left, top_right),
                    (top_right, bottom_right),
                    (bottom_right, bottom_left),
                    (bottom_left, top_left),
                ];
                Box::new(move |x, y| {
                    sides
                        .iter()
                        .all(|(from, to)| (to[0] - from[0]) * (y - from[1]) - (to[1] - from[1]) * (x - from[0]) >= 0.0)
                })
            }
        }
    }
}

impl Sector {
    /// Distance from the apex and angle of a point.
    #[must_use]
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = (x - self.apex[0], y - self.apex[1]);
        (libm::hypot(x, y), libm::atan2(x, y))
    }

    /// The point at a distance and an angle.
    #[must_use]
    pub fn point(&self, radius: f64, angle: f64) -> (f64, f64) {
        (self.apex[0] + radius * libm::sin(angle), self.apex[1] + radius * libm::cos(angle))
    }
}
