use std::{path::PathBuf, process::Command};

use image::{
    Delay, Frame, GrayImage, RgbaImage,
    codecs::gif::{GifEncoder, Repeat},
};

use super::*;

fn plain(path: &Path) -> Result<Clip, DecodeError> {
    let ffmpeg = Ffmpeg::new("ffmpeg".into());
    decode(path, &Settings::default(), &ffmpeg, &AtomicBool::new(false))
}

/// A GIF of three grey frames.
fn gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 1);
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for grey in [10u8, 120, 250] {
        let image = RgbaImage::from_pixel(6, 4, image::Rgba([grey, grey, grey, 255]));
        encoder.encode_frame(Frame::from_parts(image, 0, 0, Delay::from_numer_denom_ms(40, 1))).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn gif_without_an_ending_in_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("object");
    std::fs::write(&path, gif()).unwrap();
    let clip = plain(&path).unwrap();
    assert_eq!((clip.frames, clip.height, clip.width, clip.fps), (3, 4, 6, Some(25.0)));
    assert_eq!([clip.pixels[0], clip.pixels[24], clip.pixels[48]], [10, 120, 250]);
}

#[test]
fn damaged_and_unknown_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let error = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        plain(&path).unwrap_err()
    };
    let whole = gif();
    assert!(matches!(error("cut", &whole[..whole.len() / 2]), DecodeError::Damaged(_)));
    assert_eq!(error("empty", b""), DecodeError::Empty);
    assert!(error("text", b"hello, world").to_string().contains("68 65 6c 6c"));
    assert!(plain(&folder.path().join("missing")).unwrap_err().to_string().contains("no such file"));
}

#[test]
fn folders_of_stills() {
    let folder = tempfile::tempdir().unwrap();
    for number in [1u8, 2, 10] {
        let image = GrayImage::from_pixel(3, 2, image::Luma([number]));
        image.save(folder.path().join(format!("f{number}.png"))).unwrap();
    }
    std::fs::write(folder.path().join(".hidden"), "x").unwrap();
    let clip = plain(folder.path()).unwrap();
    assert_eq!([clip.pixels[0], clip.pixels[6], clip.pixels[12]], [1, 2, 10]);
    GrayImage::new(5, 5).save(folder.path().join("f11.png")).unwrap();
    let error = plain(folder.path()).unwrap_err().to_string();
    assert!(error.contains("`f1.png` is 3×2, `f11.png` is 5×5"), "{error}");
}

#[test]
fn grey_is_bt601() {
    assert_eq!([grey::luma(255, 0, 0), grey::luma(0, 255, 0), grey::luma(0, 0, 255)], [76, 150, 29]);
    assert!((0..=255).all(|grey| grey::luma(grey, grey, grey) == grey));
}

#[test]
fn npy_is_what_numpy_writes() {
    // numpy.save of numpy.arange(6, dtype="u1").reshape(1, 2, 3), NumPy 2.4: header of 128 bytes.
    let clip = Clip { frames: 1, height: 2, width: 3, fps: None, source_frames: 1, pixels: (0..6).collect() };
    let bytes = write_npy(&clip);
    assert_eq!(bytes.len(), 128 + 6);
    assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
    assert!(bytes[10..].starts_with(b"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 3), }   "));
    assert_eq!(read_npy(&bytes).unwrap(), ([1, 2, 3], &[0, 1, 2, 3, 4, 5][..]));
    assert!(read_npy(&bytes[..100]).is_err());
}

#[test]
fn a_missing_ffmpeg_names_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    std::fs::write(&path, b"\0\0\0\x18ftypmp42").unwrap();
    let ffmpeg = Ffmpeg::new(folder.path().join("no-ffmpeg"));
    let error = decode(&path, &Settings::default(), &ffmpeg, &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(error.contains("apt-get install ffmpeg") && error.contains("brew") && error.contains("winget"), "{error}");
    assert!(!error.contains(&folder.path().display().to_string()), "{error}");
}

/// The real clips: all of `pocovid`, every tenth of `covid_blues`; none without data or ffmpeg.
fn real_clips() -> Vec<PathBuf> {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.exists() || Ffmpeg::new("ffmpeg".into()).version().is_none() {
        println!("skipped: no ../shared/data or no ffmpeg");
        return Vec::new();
    }
    let list = |folder: &str| {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(data.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths
    };
    list("pocovid").into_iter().chain(list("covid_blues/lus_videos").into_iter().step_by(10)).collect()
}

fn said(program: &str, arguments: &[&str], path: &Path, after: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).arg(path).args(after).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn frame_counts_equal_ffprobes() {
    for path in real_clips() {
        let count = ["-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries"];
        let form = ["stream=nb_read_frames", "-of", "csv=p=0"];
        let arguments: Vec<&str> = count.into_iter().chain(form).collect();
        let text = String::from_utf8(said("ffprobe", &arguments, &path, &[])).unwrap();
        let counted: usize = text.trim().trim_end_matches(',').parse().unwrap();
        assert_eq!(plain(&path).unwrap().source_frames, counted, "{}", path.display());
    }
}

#[test]
fn frames_equal_the_luma_plane_that_ffmpeg_writes() {
    for path in real_clips().into_iter().filter(|path| path.extension().is_some_and(|e| e == "mp4")).take(12) {
        let clip = plain(&path).unwrap();
        // All three planes as coded; the luma plane is cut out here.
        let form = ["-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"];
        let planes = said("ffmpeg", &["-v", "error", "-i"], &path, &form);
        let luma = clip.height * clip.width;
        let chroma = clip.height.div_ceil(2) * clip.width.div_ceil(2);
        assert_eq!(planes.len(), clip.frames * (luma + 2 * chroma), "{}", path.display());
        for (frame, planes) in clip.pixels.chunks(luma).zip(planes.chunks(luma + 2 * chroma)) {
            assert!(frame == &planes[..luma], "{}", path.display());
        }
    }
}
