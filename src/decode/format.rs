//! Formats are recognised by their first bytes: a file from a content store has no extension.

use std::{fs::File, io::Read, path::Path};

use super::{animation::Animated, error::DecodeError, still};

/// How the frames of a path are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Dicom,
    Animation(Animated),
    Still(image::ImageFormat),
    /// A container read through the `ffmpeg` program; its name for messages.
    Video(&'static str),
    /// A folder of stills.
    Folder,
}

/// Enough for two packets of an MPEG transport stream.
const HEAD: usize = 400;

/// Recognises what lies at `path`.
pub(super) fn recognise(path: &Path) -> Result<Format, DecodeError> {
    if std::fs::metadata(path)?.is_dir() {
        return Ok(Format::Folder);
    }
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Err(DecodeError::Empty);
    }
    if of_bytes(&head) == Some(Format::Still(image::ImageFormat::Png)) && still::is_animated(path) {
        return Ok(Format::Animation(Animated::Png));
    }
    of_bytes(&head).ok_or_else(|| {
        let shown: Vec<String> = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        DecodeError::UnknownFormat { first_bytes: shown.join(" ") }
    })
}

fn of_bytes(head: &[u8]) -> Option<Format> {
    let at = |start: usize, bytes: &[u8]| head.get(start..start + bytes.len()) == Some(bytes);
    // First, because the 128 bytes before it are free: some files begin there as a TIFF does.
    if at(128, b"DICM") {
        return Some(Format::Dicom);
    }
    if at(0, b"GIF87a") || at(0, b"GIF89a") {
        return Some(Format::Animation(Animated::Gif));
    }
    if at(0, b"\x89PNG\r\n\x1a\n") {
        return Some(Format::Still(image::ImageFormat::Png));
    }
    if at(0, b"\xff\xd8\xff") {
        return Some(Format::Still(image::ImageFormat::Jpeg));
    }
    if [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| at(0, *magic)) {
        return Some(Format::Still(image::ImageFormat::Tiff));
    }
    // ISO base media and QuickTime: a box's length, then its type. Old QuickTime files have no `ftyp` box.
    if [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"].iter().any(|kind| at(4, *kind)) {
        return Some(Format::Video("MP4 or MOV"));
    }
    if at(0, b"RIFF") && at(8, b"AVI ") {
        return Some(Format::Video("AVI"));
    }
    if at(0, b"\x1a\x45\xdf\xa3") {
        return Some(Format::Video("WebM or MKV"));
    }
    // MPEG program stream, MPEG video elementary stream, MPEG transport stream (packets of 188 bytes).
    if at(0, b"\0\0\x01\xba") || at(0, b"\0\0\x01\xb3") || (at(0, b"G") && at(188, b"G")) {
        return Some(Format::Video("MPEG"));
    }
    // Last, because nothing but the order of its first elements marks it.
    super::dicom::bare(head).then_some(Format::Dicom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        assert_eq!(of_bytes(b"GIF89a..."), Some(Format::Animation(Animated::Gif)));
        assert_eq!(of_bytes(b"\0\0\0\x20ftypisom"), Some(Format::Video("MP4 or MOV")));
        assert_eq!(of_bytes(b"RIFF\x10\0\0\0AVI LIST"), Some(Format::Video("AVI")));
        assert_eq!(of_bytes(b"RIFF\x10\0\0\0WAVEfmt "), None);
        assert_eq!(of_bytes(b"G"), None);
        let mut dicom = b"II*\0".to_vec();
        dicom.resize(128, 0);
        assert_eq!(of_bytes(&dicom), Some(Format::Still(image::ImageFormat::Tiff)));
        dicom.extend(b"DICM");
        assert_eq!(of_bytes(&dicom), Some(Format::Dicom));
        // Without a preamble: file meta information, and the data set of implicit kinds.
        assert_eq!(of_bytes(b"\x02\0\0\0UL\x04\0\xba\0\0\0"), Some(Format::Dicom));
        assert_eq!(of_bytes(b"\x08\0\x08\0\0\0\0\0\x08\0\x60\0\0\0\0\0"), Some(Format::Dicom));
        assert_eq!(of_bytes(b"\x08\0\x08\0\0\0\0\0\x07\0\x60\0\0\0\0\0"), None);
        assert_eq!(of_bytes(b"MM\0*\0\0\0\x08"), Some(Format::Still(image::ImageFormat::Tiff)));
    }

    #[test]
    fn an_unknown_format_says_what_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip.mp4");
        std::fs::write(&path, b"hello, world").unwrap();
        let error = recognise(&path).unwrap_err();
        assert_eq!(error, DecodeError::UnknownFormat { first_bytes: "68 65 6c 6c 6f 2c 20 77".into() });
        assert_eq!(recognise(&folder.path().join("none")), Err(DecodeError::Missing));
    }
}
