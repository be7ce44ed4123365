//! `.npy`, format version 1.0: what NumPy writes and maps into memory.

use super::{Clip, DecodeError};

/// The bytes of a clip as a `.npy` file: u8 `[T, H, W]` in C order, data aligned to 64 bytes.
pub fn write_npy(clip: &Clip) -> Vec<u8> {
    let Clip { frames, height, width, pixels, .. } = clip;
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({frames}, {height}, {width}), }}");
    let unpadded = 10 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let mut bytes = Vec::with_capacity(10 + header.len() + pixels.len());
    bytes.extend_from_slice(b"\x93NUMPY\x01\x00");
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(pixels);
    bytes
}

/// Shape and grey values of a `.npy` file, without copying.
///
/// # Errors
/// Bytes that are not u8 `[T, H, W]` in C order.
pub fn read_npy(bytes: &[u8]) -> Result<([usize; 3], &[u8]), DecodeError> {
    use ndarray_npy::ViewNpyExt as _;
    let view = ndarray::ArrayView3::<u8>::view_npy(bytes).map_err(|error| DecodeError::Damaged(error.to_string()))?;
    let (frames, height, width) = view.dim();
    match view.to_slice() {
        Some(pixels) => Ok(([frames, height, width], pixels)),
        None => Err(DecodeError::Damaged("its array is not in C order".to_owned())),
    }
}
