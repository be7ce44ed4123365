//! JPEG-LS frames (ITU-T T.87), lossless and near-lossless.
//!
//! Own code, since there is no such decoder in Rust and none in C++ builds without further tools.

mod bits;
mod scan;

use super::{broken, samples::Layout, unsupported};
use crate::decode::DecodeError;
use bits::Bits;
use scan::{Parameters, Scan};

/// Decodes one frame; `layout` is what the file says of it.
pub(super) fn decode(frame: &[u8], layout: &Layout) -> Result<(Layout, Vec<u8>), DecodeError> {
    let planes = Picture::default().read(frame, layout)?;
    let samples = planes.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect();
    Ok((Layout { bytes: 2, ..layout.planar() }, samples))
}

/// What the markers have told so far.
#[derive(Default)]
struct Picture {
    precision: u8,
    /// The names of the components.
    components: Vec<u8>,
    /// Largest sample, three thresholds and the reset interval; 0 for the default.
    preset: [u16; 5],
    planes: Vec<Vec<u16>>,
}

impl Picture {
    /// The plane of each component.
    fn read(mut self, frame: &[u8], layout: &Layout) -> Result<Vec<Vec<u16>>, DecodeError> {
        let damaged = || broken("the JPEG-LS data of a frame are damaged");
        let mut rest = frame.strip_prefix(b"\xff\xd8").ok_or_else(damaged)?;
        let mut missing = layout.samples;
        while missing > 0 {
            let (marker, after) = rest.split_first_chunk::<2>().ok_or_else(damaged)?;
            if *marker == [0xff, 0xff] {
                rest = &rest[1..];
                continue;
            }
            let length = usize::from(u16::from_be_bytes(*after.first_chunk().ok_or_else(damaged)?));
            let (segment, following) = after.split_at_checked(length).ok_or_else(damaged)?;
            let segment = segment.get(2..).ok_or_else(damaged)?;
            rest = following;
            match marker {
                [0xff, 0xf7] => self.start(segment, layout).ok_or_else(damaged)??,
                [0xff, 0xf8] => self.preset(segment).ok_or_else(damaged)?,
                [0xff, 0xda] => {
                    let (decoded, end) = self.scan(segment, following, layout).ok_or_else(damaged)?;
                    missing = missing.checked_sub(decoded).ok_or_else(damaged)?;
                    rest = &following[end..];
                }
                [0xff, 0xdd] => return Err(unsupported("its JPEG-LS frames have restart intervals")),
                [0xff, _] => {}
                _ => return Err(damaged()),
            }
        }
        Ok(self.planes)
    }

    /// The frame header (annex C.2.2).
    fn start(&mut self, segment: &[u8], layout: &Layout) -> Option<Result<(), DecodeError>> {
        let [precision, h1, h0, w1, w0, count, components @ ..] = segment else { return None };
        let size = [[*w1, *w0], [*h1, *h0]].map(|bytes| usize::from(u16::from_be_bytes(bytes)));
        if size != [layout.width, layout.height] || usize::from(*count) != layout.samples {
            return Some(Err(broken("a JPEG-LS frame has another size than the file says")));
        }
        if !(2..=16).contains(precision) || components.len() != 3 * layout.samples || !self.planes.is_empty() {
            return None;
        }
        self.precision = *precision;
        self.components = components.iter().step_by(3).copied().collect();
        self.planes = vec![vec![0; layout.width * layout.height]; layout.samples];
        Some(Ok(()))
    }

    /// Preset parameters (annex C.2.4.1). Palettes and large sizes, of the same marker, are not read.
    fn preset(&mut self, segment: &[u8]) -> Option<()> {
        let (kind, numbers) = segment.split_first()?;
        let (numbers, []) = numbers.as_chunks::<2>() else { return None };
        let numbers: [[u8; 2]; 5] = numbers.try_into().ok().filter(|_| *kind == 1)?;
        self.preset = numbers.map(u16::from_be_bytes);
        Some(())
    }

    /// Decodes a scan (annex C.2.3) and tells how many components it held and how many bytes it took.
    fn scan(&mut self, segment: &[u8], data: &[u8], layout: &Layout) -> Option<(usize, usize)> {
        let (count, segment) = segment.split_first()?;
        let (named, tail) = segment.split_at_checked(2 * usize::from(*count))?;
        let [near, interleave, transform] = *tail else { return None };
        let (named, _) = named.as_chunks::<2>();
        let places: Vec<usize> = named
            .iter()
            // No component has a palette.
            .map(|[name, palette]| self.components.iter().position(|known| known == name).filter(|_| *palette == 0))
            .collect::<Option<_>>()?;
        let distinct = places.iter().enumerate().all(|(at, place)| !places[..at].contains(place));
        if places.is_empty() || !distinct || transform != 0 {
            return None;
        }
        let parameters = Parameters::new(self.precision, self.preset, near)?;
        let mut scan = Scan::new(parameters, Bits::new(data), layout.width, places.len());
        for row in 0..layout.height {
            match interleave {
                0 if places.len() == 1 => scan.line(0)?,
                1 => (0..places.len()).try_for_each(|component| scan.line(component))?,
                2 => scan.pixels()?,
                _ => return None,
            }
            for (component, place) in places.iter().enumerate() {
                let row = &mut self.planes[*place][row * layout.width..][..layout.width];
                scan.finish_line(component, row);
            }
        }
        Some((places.len(), scan.end()))
    }
}
