//! Which pixels of a frame are the picture.

use image::{GrayImage, Luma};

use super::{Fan, Rectangle};

/// A pixel of the picture.
const SHOWN: Luma<u8> = Luma([255]);

/// What is to be seen of a frame; all else is blanked.
#[derive(Debug, Clone)]
pub(super) struct Shown(GrayImage);

impl Shown {
    /// The pixels whose centre is on the fan.
    pub(super) fn fan(fan: &Fan, (width, height): (u32, u32)) -> Self {
        let is_on = fan.test();
        Self::of((width, height), |x, y| is_on(f64::from(x) + 0.5, f64::from(y) + 0.5))
    }

    /// The pixels of a rectangle.
    pub(super) fn rectangle(shown: &Rectangle, size: (u32, u32)) -> Self {
        Self::of(size, |x, y| (shown.left..shown.right).contains(&x) && (shown.top..shown.bottom).contains(&y))
    }

    /// Of each row the columns from the first to before the second.
    pub(super) fn rows(rows: &[(u32, u32)], size: (u32, u32)) -> Self {
        Self::of(size, |x, y| rows.get(y as usize).is_some_and(|(left, right)| (*left..*right).contains(&x)))
    }

    /// The pixels of which that is true.
    pub(super) fn of((width, height): (u32, u32), is_shown: impl Fn(u32, u32) -> bool) -> Self {
        Self(GrayImage::from_fn(width, height, |x, y| if is_shown(x, y) { SHOWN } else { Luma([0]) }))
    }

    pub(super) fn holds(&self, x: u32, y: u32) -> bool {
        self.0.get_pixel_checked(x, y) == Some(&SHOWN)
    }

    /// The smallest rectangle around what is shown; nothing where that is nothing.
    pub(super) fn bounds(&self) -> Option<Rectangle> {
        let shown = self.0.enumerate_pixels().filter(|(_, _, pixel)| **pixel == SHOWN);
        shown
            .map(|(x, y, _)| Rectangle { left: x, top: y, right: x + 1, bottom: y + 1 })
            .reduce(|bounds, pixel| bounds.around(&pixel))
    }

    /// The share of the frame that is shown.
    pub(super) fn share(&self) -> f64 {
        let shown = self.0.pixels().filter(|pixel| **pixel == SHOWN).count();
        shown as f64 / self.0.len().max(1) as f64
    }

    /// Blanks what is not shown.
    pub(super) fn blank(&self, frame: &mut GrayImage, shade: u8) {
        for (pixel, shown) in frame.pixels_mut().zip(self.0.pixels()) {
            if *shown != SHOWN {
                *pixel = Luma([shade]);
            }
        }
    }
}
