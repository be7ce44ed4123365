//! The name of a video's codec, read from its container without decoding: for the message that a program is missing.

use std::{fs::File, io::Read, path::Path};

/// Of a file this much is looked at, at its start; indices at the end of large files are not worth the reading.
const LOOKED_AT: u64 = 1 << 20;

/// Names of codecs by the four characters that stand for them in MP4, MOV and AVI, and by Matroska's names.
const NAMES: &[(&[u8], &str)] = &[
    (b"avc1", "H.264"),
    (b"H264", "H.264"),
    (b"h264", "H.264"),
    (b"X264", "H.264"),
    (b"V_MPEG4/ISO/AVC", "H.264"),
    (b"hvc1", "H.265"),
    (b"hev1", "H.265"),
    (b"V_MPEGH/ISO/HEVC", "H.265"),
    (b"mp4v", "MPEG-4 part 2"),
    (b"FMP4", "MPEG-4 part 2"),
    (b"XVID", "MPEG-4 part 2"),
    (b"DIVX", "MPEG-4 part 2"),
    (b"DX50", "MPEG-4 part 2"),
    (b"MJPG", "Motion JPEG"),
    (b"mjpg", "Motion JPEG"),
    (b"jpeg", "Motion JPEG"),
    (b"av01", "AV1"),
    (b"V_AV1", "AV1"),
    (b"vp08", "VP8"),
    (b"V_VP8", "VP8"),
    (b"vp09", "VP9"),
    (b"V_VP9", "VP9"),
    (b"apcn", "ProRes"),
    (b"MSVC", "Microsoft Video 1"),
];

/// The codec's name, or that of the container where the codec is not among those known here.
pub(super) fn name(path: &Path, container: &'static str) -> String {
    let mut bytes = Vec::new();
    // A file that cannot be read is refused by whoever decodes it.
    let _ = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut bytes));
    if container == "MPEG" {
        // ISO/IEC 13818-2, 6.2.2.3: the sequence extension is what MPEG-1 does not have.
        let extended = memchr::memmem::find(&bytes, b"\0\0\x01\xb5").is_some();
        return if extended { "MPEG-2" } else { "MPEG-1" }.to_owned();
    }
    let first = NAMES.iter().filter_map(|(mark, name)| Some((memchr::memmem::find(&bytes, mark)?, *name))).min();
    first.map_or_else(|| container.to_owned(), |(_, name)| name.to_owned())
}
