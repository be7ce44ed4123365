//! What the baseline sees of a clip: a few dozen numbers, the same wherever the clip's frames come from.
//!
//! ```text
//!        columns in bands
//!      ┌────┬────┬────┬────┐
//! rows │    │ ▒  │    │    │  mean grey of each band of rows        → how deep it is bright
//!  in  ├────┼─▒──┼────┼────┤  mean grey of each band of columns     → where a line stands
//! bands│    │ ▒  │    │    │  mean change of both from frame to     → what moves, and where
//!      └────┴────┴────┴────┘  frame, pixel by pixel
//! ```

use super::ClipShape;

/// Numbers in a clip's profiles.
pub(super) fn length(bands: usize) -> usize {
    4 * bands
}

/// The profiles of a clip of normalised grey values, `[frame][row][column]`: mean of each band of rows, of each band of
/// columns, and the mean absolute difference of neighbouring frames in each band of rows and of columns (0 for a single
/// frame). Row `r` of `height` lies in band `r · bands / height`, rounded down; columns alike.
pub(super) fn profiles(clip: &[f32], shape: ClipShape, bands: usize) -> Vec<f64> {
    let ClipShape { frames, height, width } = shape;
    let mut sums = vec![0.0; length(bands)];
    let (grey, motion) = sums.split_at_mut(2 * bands);
    let mut before: Option<&[f32]> = None;
    for frame in clip.chunks_exact(height * width) {
        for row in 0..height {
            let (down, line) = (row * bands / height, &frame[row * width..][..width]);
            for (column, &value) in line.iter().enumerate() {
                let (across, value) = (bands + column * bands / width, f64::from(value));
                grey[down] += value;
                grey[across] += value;
                if let Some(before) = before {
                    let change = (value - f64::from(before[row * width + column])).abs();
                    motion[down] += change;
                    motion[across] += change;
                }
            }
        }
        before = Some(frame);
    }
    let size = |at: usize, length: usize| (0..length).filter(|place| place * bands / length == at).count();
    for at in 0..bands {
        let pixels = [size(at, height) * width, size(at, width) * height];
        for (half, pixels) in pixels.into_iter().enumerate() {
            grey[half * bands + at] /= (pixels * frames) as f64;
            motion[half * bands + at] /= (pixels * (frames - 1).max(1)) as f64;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two frames of 3×4 pixels in two bands: rows {0, 1} and {2}, columns {0, 1} and {2, 3}.
    #[test]
    fn bands_are_means_over_their_pixels() {
        let clip: Vec<f32> = (0..24).map(|value| value as f32).collect();
        let shape = ClipShape { frames: 2, height: 3, width: 4 };
        assert_eq!(profiles(&clip, shape, 2), [9.5, 15.5, 10.5, 12.5, 12.0, 12.0, 12.0, 12.0]);
        let still = ClipShape { frames: 1, ..shape };
        assert_eq!(profiles(&clip[..12], still, 2), [3.5, 9.5, 4.5, 6.5, 0.0, 0.0, 0.0, 0.0]);
    }
}
