//! Ways from small planes to those about twice as high and wide, row by row and column by column.

use serde::{Deserialize, Serialize};

/// What a larger plane's pixels are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upsample {
    /// Each pixel becomes four, and the last ones wider where the larger plane is odd.
    #[default]
    Nearest,
    /// Each pixel lies between four of the small plane's, as in PyTorch's `interpolate` to a `size` with
    /// `align_corners=False`: both planes cover the same square, and a pixel stands for its middle.
    Bilinear,
}

impl Upsample {
    /// Whether it is the way there was before there was a choice: then nothing is written, and old models keep their bytes.
    #[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
    pub(super) fn is_usual(&self) -> bool {
        *self == Upsample::Nearest
    }
}

/// Where a row (or column) of a larger plane lies among those of a small one: at `(1 − share) · near + share · far`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Between {
    pub near: usize,
    pub far: usize,
    /// Of the far one.
    pub share: f32,
}

impl Between {
    /// Of the near one.
    pub fn rest(self) -> f32 {
        1.0 - self.share
    }
}

/// For each of `large` rows where it lies among `small` ones.
pub(super) fn between(small: usize, large: usize) -> Vec<Between> {
    let step = small as f64 / large as f64;
    let place = |at: usize| {
        // Before the first middle there is nothing to lie between.
        let middle = ((at as f64 + 0.5) * step - 0.5).max(0.0);
        let near = (middle as usize).min(small - 1);
        Between { near, far: (near + 1).min(small - 1), share: (middle - near as f64) as f32 }
    };
    (0..large).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `torch.nn.functional.interpolate(torch.arange(float(n)).view(1, 1, n, 1), size=(m, 1), mode="bilinear")` for the
    /// `n` and `m` below, with PyTorch 2.15.
    #[test]
    fn rows_lie_where_pytorch_puts_them() {
        let cases: [(usize, &[f64]); 5] = [
            (2, &[0.0, 0.25, 0.75, 1.0]),
            (2, &[0.0, 0.1, 0.5, 0.9, 1.0]),
            (3, &[0.0, 0.25, 0.75, 1.25, 1.75, 2.0]),
            (3, &[0.0, 0.142_857_14, 0.571_428_57, 1.0, 1.428_571_4, 1.857_142_9, 2.0]),
            (1, &[0.0, 0.0, 0.0]),
        ];
        for (small, expected) in cases {
            let found = between(small, expected.len());
            for (found, expected) in found.iter().zip(expected) {
                let at = found.near as f64 * f64::from(found.rest()) + found.far as f64 * f64::from(found.share);
                assert!((at - expected).abs() < 1e-6, "{small} {found:?} {expected}");
            }
        }
    }
}
