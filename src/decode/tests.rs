//! Whole clips, made here and real ones; the smaller parts are tested beside their code.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

use image::{Delay, Frame, GrayImage, ImageFormat, Luma, Rgba, RgbaImage, codecs::gif::GifEncoder};

use super::*;

mod damage;
mod fans;
mod pictures;
mod videos;

fn run(path: &Path, settings: &Settings) -> Result<Clip, DecodeError> {
    with(path, settings, &Ffmpeg::default(), &AtomicBool::new(false))
}

fn with(path: &Path, settings: &Settings, ffmpeg: &Ffmpeg, cancel: &AtomicBool) -> Result<Clip, DecodeError> {
    Decoder { settings, ffmpeg, room: &Room::new(1 << 28), cancel }.decode(path, &Extra::default())
}

fn sized(width: u32, height: u32) -> Settings {
    Settings {
        geometry: geometry::Settings { size: Some(Size { width, height }), ..geometry::Settings::default() },
        ..all()
    }
}

fn all() -> Settings {
    Settings::default()
}

/// A pattern that differs from frame to frame.
fn picture(number: u32) -> GrayImage {
    GrayImage::from_fn(12, 9, |x, y| Luma([((x * 5 + y * 7 + number * 23) % 240) as u8]))
}

fn gif(path: &Path, frames: u32, delays: &[u32]) {
    let mut encoder = GifEncoder::new(fs::File::create(path).unwrap());
    for number in 0..frames {
        let grey = picture(number);
        let coloured = RgbaImage::from_fn(12, 9, |x, y| {
            let value = grey.get_pixel(x, y).0[0];
            Rgba([value, value, value, 255])
        });
        let delay = Delay::from_numer_denom_ms(delays[number as usize % delays.len()], 1);
        encoder.encode_frame(Frame::from_parts(coloured, 0, 0, delay)).unwrap();
    }
}

#[test]
fn gif_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no-extension");
    gif(&path, 5, &[40]);
    assert!(!needs_ffmpeg(&path));
    let clip = run(&path, &all()).unwrap();
    assert_eq!((clip.frames, clip.height, clip.width, clip.source_frames), (5, 9, 12, 5));
    assert_eq!(clip.fps, Some(25.0));
    let expected: Vec<u8> = (0..5).flat_map(|number| picture(number).into_raw()).collect();
    assert_eq!(clip.pixels, expected);

    let settings = Settings { frames: Some(2), ..all() };
    let some = run(&path, &settings).unwrap();
    assert_eq!((some.frames, some.source_frames), (2, 5));
    assert_eq!(some.pixels, [picture(1).into_raw(), picture(3).into_raw()].concat());

    let settings = Settings { frames: Some(7), ..all() };
    assert_eq!(run(&path, &settings), Err(DecodeError::Short { found: 5, asked: 7 }));
    let repeated = run(&path, &Settings { short: Short::Repeat, ..settings }).unwrap();
    assert_eq!(repeated.frames, 7);
    assert_eq!(repeated.pixels[..5 * 108], expected);
    assert_eq!(repeated.pixels[5 * 108..], expected[..2 * 108]);

    gif(&path, 3, &[40, 50]);
    assert_eq!(run(&path, &all()).unwrap().fps, None);
}

#[test]
fn a_gif_cut_anywhere_never_passes_for_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    gif(&path, 3, &[40]);
    let bytes = fs::read(&path).unwrap();
    for end in 0..bytes.len() - 1 {
        fs::write(&path, &bytes[..end]).unwrap();
        assert!(run(&path, &all()).is_err(), "{end} of {}", bytes.len());
    }
}

#[test]
fn a_folder_in_natural_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, number, format) in
        [("f10.png", 2, ImageFormat::Png), ("f2.tif", 1, ImageFormat::Tiff), ("f1", 0, ImageFormat::Png)]
    {
        picture(number).save_with_format(folder.path().join(name), format).unwrap();
    }
    fs::write(folder.path().join(".hidden"), b"x").unwrap();
    let clip = run(folder.path(), &all()).unwrap();
    assert_eq!((clip.frames, clip.fps), (3, None));
    assert_eq!(clip.pixels, (0..3).flat_map(|number| picture(number).into_raw()).collect::<Vec<_>>());

    GrayImage::new(4, 4).save_with_format(folder.path().join("f11"), ImageFormat::Png).unwrap();
    let error = run(folder.path(), &all()).unwrap_err().to_string();
    assert!(error.starts_with("f11 is 4 x 4 pixels, the frames before it are 12 x 9"), "{error}");

    fs::write(folder.path().join("f11"), b"notes").unwrap();
    assert_eq!(run(folder.path(), &all()), Err(DecodeError::NotAnImage("f11".into())));
    fs::write(folder.path().join("f11"), b"\x89PNG\r\n\x1a\n").unwrap();
    let error = run(folder.path(), &all()).unwrap_err().to_string();
    assert!(error.starts_with("f11: truncated or corrupt PNG"), "{error}");

    let empty = tempfile::tempdir().unwrap();
    assert_eq!(run(empty.path(), &all()), Err(DecodeError::NoFrames));
}

#[test]
fn stills() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("still");
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        picture(3).save_with_format(&path, format).unwrap();
        let clip = run(&path, &all()).unwrap();
        assert_eq!((clip.frames, clip.source_frames, clip.pixels), (1, 1, picture(3).into_raw()));
        let small = run(&path, &sized(4, 3)).unwrap();
        assert_eq!((small.height, small.width, small.pixels.len()), (3, 4, 12));
    }
}

#[test]
fn settings_without_meaning_and_cancelling() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    gif(&path, 2, &[40]);
    assert!(matches!(run(&path, &Settings { frames: Some(0), ..all() }), Err(DecodeError::Setting { .. })));
    assert!(matches!(run(&path, &sized(0, 3)), Err(DecodeError::Geometry(_))));
    let cancelled = with(&path, &all(), &Ffmpeg::default(), &AtomicBool::new(true));
    assert_eq!(cancelled, Err(DecodeError::Cancelled));
    let settings: Settings =
        toml::from_str("frames = 16\nshort = \"repeat\"\ngeometry.size = { width = 64, height = 32 }").unwrap();
    assert_eq!(settings.short, Short::Repeat);
    assert_eq!(serde_json::from_str::<Settings>(&serde_json::to_string(&settings).unwrap()).unwrap(), settings);
    assert!(toml::from_str::<Settings>("frame = 16").is_err());
}

#[test]
fn a_missing_program_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    fs::write(&path, b"\0\0\0\x18ftypisom").unwrap();
    let ffmpeg = Ffmpeg { program: folder.path().join("no-ffmpeg-here") };
    assert_eq!(ffmpeg.version(), None);
    let error = with(&path, &all(), &ffmpeg, &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(error.contains("apt-get install ffmpeg") && error.contains("CROWDLINE_FFMPEG"), "{error}");
    assert!(!error.contains(folder.path().to_str().unwrap()), "{error}");
}
