//! Lengths as parameters: in mm, pixels or percent, and the ruler they make of a frame.

use serde::{Deserialize, Serialize};

use super::shape::Position;
use super::{DrawnError, Frame};

/// A length in one of three units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// Millimetres; every frame must have its scale.
    Mm(f64),
    /// Pixels of the source.
    Px(f64),
    /// Percent of the frame's diagonal, which is one length where width and height are two.
    Percent(f64),
}

impl Length {
    /// The one of three fields that is given, `default` mm where none is.
    pub(super) fn given(
        name: &'static str,
        [mm, px, percent]: [Option<f64>; 3],
        default: f64,
    ) -> Result<Self, DrawnError> {
        let given = [mm.map(Self::Mm), px.map(Self::Px), percent.map(Self::Percent)];
        let mut given = given.into_iter().flatten();
        let length = given.next().unwrap_or(Self::Mm(default));
        if given.next().is_some() {
            return Err(DrawnError::TwoUnits { parameter: name });
        }
        length.check(name)
    }

    /// The length itself, where it is a finite number above 0.
    pub(super) fn check(self, name: &'static str) -> Result<Self, DrawnError> {
        let (Self::Mm(value) | Self::Px(value) | Self::Percent(value)) = self;
        if value.is_finite() && value > 0.0 {
            return Ok(self);
        }
        Err(DrawnError::Parameter { parameter: name, value, allowed: "a length above 0" })
    }

    /// Fails where the length is in mm and one of `frames` has no scale.
    pub(super) fn require<'a>(
        self,
        name: &'static str,
        frames: impl Iterator<Item = &'a Frame>,
    ) -> Result<(), DrawnError> {
        let Self::Mm(value) = self else { return Ok(()) };
        let (mut all, mut lacking) = (0, 0);
        for frame in frames {
            all += 1;
            lacking += usize::from(frame.mm_per_pixel.is_none());
        }
        if lacking > 0 { Err(DrawnError::Scale { parameter: name, value, lacking, frames: all }) } else { Ok(()) }
    }

    /// What the length is on `frame`. In mm the frame must have its scale, which [`Length::require`] has seen to.
    pub(super) fn on(self, frame: &Frame) -> Ruler {
        match self {
            Self::Mm(mm) => Ruler { limit: mm, ..Ruler::of(frame) },
            Self::Px(pixels) => Ruler { limit: pixels, ..Ruler::PIXELS },
            Self::Percent(percent) => {
                let [width, height] = frame.extent();
                Ruler { limit: percent / 100.0 * (width * width + height * height).sqrt(), ..Ruler::PIXELS }
            }
        }
    }
}

/// How distances on a frame are measured, and a length to hold them against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ruler {
    /// What a pixel measures along x and y.
    pub(super) scale: [f64; 2],
    /// The length, in the unit of the scale.
    pub(super) limit: f64,
}

impl Ruler {
    const PIXELS: Self = Self { scale: [1.0, 1.0], limit: f64::INFINITY };

    /// In mm where the scale is known, in pixels elsewhere; without a limit.
    pub(super) fn of(frame: &Frame) -> Self {
        Self { scale: frame.mm_per_pixel.unwrap_or([1.0, 1.0]), limit: f64::INFINITY }
    }

    /// A position in the ruler's unit.
    pub(super) fn measure(&self, [x, y]: Position) -> Position {
        [x * self.scale[0], y * self.scale[1]]
    }
}
