//! NumPy's `.npy` format, version 1.0 (NumPy Enhancement Proposal 1): 8-bit frames, and masks.

use super::error::DecodeError;

pub(super) const MAGIC: &[u8; 8] = b"\x93NUMPY\x01\x00";
/// The pixels begin at a multiple of this, so that the file can be memory-mapped.
const ALIGNMENT: usize = 64;
/// Magic, version and the header's length.
const PREFIX: usize = MAGIC.len() + 2;

/// Frames as a `.npy` file: `|u1`, C order, `[T,H,W]`. The same frames always give the same bytes, those that
/// `numpy.save` writes.
#[must_use]
pub fn write_npy(shape: [usize; 3], pixels: &[u8]) -> Vec<u8> {
    write("|u1", &shape, pixels)
}

/// An array in C order; `element` is its type in NumPy's words.
pub(super) fn write(element: &str, shape: &[usize], content: &[u8]) -> Vec<u8> {
    let axes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let mut header = format!("{{'descr': '{element}', 'fortran_order': False, 'shape': ({}), }}", axes.join(", "));
    let length = (PREFIX + header.len() + 1).next_multiple_of(ALIGNMENT) - PREFIX;
    header.extend(std::iter::repeat_n(' ', length - header.len() - 1));
    header.push('\n');
    let mut bytes = Vec::with_capacity(PREFIX + length + content.len());
    bytes.extend_from_slice(MAGIC);
    // Three numbers of at most 20 digits leave the header far below 65536 bytes.
    bytes.extend_from_slice(&(length as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(content);
    bytes
}

/// Shape `[T,H,W]` and pixels of a `.npy` file, without copying.
///
/// # Errors
/// [`DecodeError::Npy`] when the bytes are not a version 1 `.npy` file of unsigned bytes in C order with three axes, or
/// hold fewer or more pixels than the shape says.
pub fn read_npy(bytes: &[u8]) -> Result<([usize; 3], &[u8]), DecodeError> {
    let (shape, pixels) = read(bytes, &["|u1"])?;
    let shape = <[usize; 3]>::try_from(shape).map_err(|_| fail("the shape has not three axes"))?;
    Ok((shape, pixels))
}

/// Shape and content of a file whose elements, one byte each, are of one of these types.
pub(super) fn read<'b>(bytes: &'b [u8], elements: &[&str]) -> Result<(Vec<usize>, &'b [u8]), DecodeError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| fail("it does not begin with version 1 of the format"))?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(|| fail("the header is cut off"))?;
    let (header, pixels) =
        rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or_else(|| fail("the header is cut off"))?;
    let header = std::str::from_utf8(header).map_err(|_| fail("the header is not text"))?;
    if !elements.iter().any(|element| header.contains(&format!("'descr': '{element}'"))) {
        return Err(DecodeError::Npy(format!("the element type is not {}", elements.join(" or "))));
    }
    if !header.contains("'fortran_order': False") {
        return Err(fail("the order is not C"));
    }
    let shape = header
        .split_once("'shape': (")
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(inside, _)| inside.split(',').map(|axis| axis.trim().parse().ok()).collect::<Option<Vec<usize>>>())
        .ok_or_else(|| fail("the shape has fewer than two axes"))?;
    let expected = shape.iter().try_fold(1usize, |product, axis| product.checked_mul(*axis));
    if expected != Some(pixels.len()) {
        return Err(DecodeError::Npy(format!("{} pixels do not fill the shape {shape:?}", pixels.len())));
    }
    Ok((shape, pixels))
}

fn fail(reason: &str) -> DecodeError {
    DecodeError::Npy(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        write_npy([2, 3, 4], &(0..24).collect::<Vec<u8>>())
    }

    #[test]
    fn the_bytes_are_those_of_numpy() {
        // numpy 2: np.save(f, np.arange(24, dtype="u1").reshape(2, 3, 4)): 10 bytes of prefix, 118 of header (0x76), 24 of pixels.
        let bytes = written();
        let mut expected =
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 4), }".to_vec();
        expected.resize(127, b' ');
        expected.push(b'\n');
        expected.extend(0..24u8);
        assert_eq!(bytes, expected);
        assert_eq!(read_npy(&bytes).unwrap(), ([2, 3, 4], &bytes[128..]));
    }

    #[test]
    fn damaged_files_are_errors() {
        let bytes = written();
        for end in 0..bytes.len() {
            assert!(matches!(read_npy(&bytes[..end]), Err(DecodeError::Npy(_))), "{end}");
        }
        let mut other = bytes;
        other.push(0);
        assert!(read_npy(&other).is_err());
        other.pop();
        let at = other.windows(2).position(|pair| pair == b"u1").unwrap();
        other[at + 1] = b'2';
        assert!(read_npy(&other).is_err());
    }
}
