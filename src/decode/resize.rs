//! Resizing: triangle filter (bilinear), widened when shrinking so that fine structure does not alias.

use image::{GrayImage, imageops};

/// Resizes a frame from one height and width to another.
pub(super) fn resize(frame: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
    if from == to {
        return frame.to_vec();
    }
    match GrayImage::from_raw(from.1 as u32, from.0 as u32, frame.to_vec()) {
        Some(image) => imageops::resize(&image, to.1 as u32, to.0 as u32, imageops::FilterType::Triangle).into_raw(),
        // A frame always has the size its source says.
        None => unreachable!("a frame of {} bytes is not {}×{}", frame.len(), from.1, from.0),
    }
}

#[cfg(test)]
mod tests {
    use super::resize;

    #[test]
    fn flat_stays_flat_and_shrinking_averages() {
        assert_eq!(resize(&[7; 12], (3, 4), (2, 2)), [7; 4]);
        // Stripes narrower than the new pixels become their mean, not one of them.
        let stripes: Vec<u8> = (0..64 * 64).map(|at| if at % 2 == 0 { 0 } else { 200 }).collect();
        let small = resize(&stripes, (64, 64), (8, 8));
        assert!(small.iter().all(|grey| (80..=120).contains(grey)), "{small:?}");
    }
}
