//! Videos, through the `ffmpeg` program.

use super::*;

/// Real clips, or nothing after saying why.
pub(super) fn clips(folder: &str, most: usize) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(folder);
    if !folder.is_dir() {
        println!("skipped: no ../shared/data");
        return Vec::new();
    }
    if Ffmpeg::default().version().is_none() {
        println!("skipped: no ffmpeg");
        return Vec::new();
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "mp4" || extension == "gif"));
    paths.sort();
    paths.truncate(most);
    paths
}

fn output(program: &str, arguments: &[&str], path: &Path, rest: &[&str]) -> Vec<u8> {
    Command::new(program).args(arguments).arg(path).args(rest).output().unwrap().stdout
}

fn counted(path: &Path) -> usize {
    let entries = "stream=nb_read_frames";
    let arguments =
        ["-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries", entries, "-of", "csv=p=0"];
    // A transport stream is listed twice, once under its programme.
    let text = String::from_utf8(output("ffprobe", &arguments, path, &[])).unwrap();
    text.lines().next().unwrap().trim_end_matches(',').parse().unwrap()
}

#[test]
fn frames_of_real_clips_are_counted_and_coded_luma() {
    for path in clips("pocovid", usize::MAX).into_iter().chain(clips("covid_blues/lus_videos", 12)) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let clip = run(&path, &all()).unwrap();
        let area = clip.height * clip.width;
        assert_eq!(clip.frames, counted(&path), "{name}");
        assert_eq!(clip.pixels.len(), clip.frames * area);
        assert_eq!(needs_ffmpeg(&path), name.ends_with(".mp4"));
        if name.ends_with(".mp4") {
            // Pneu_Avi_Video_004 is coded with full-size chroma; asked for 4:2:0 its luma stays.
            let rest = ["-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"];
            let planes = output("ffmpeg", &["-v", "error", "-i"], &path, &rest);
            let chroma = 2 * clip.height.div_ceil(2) * clip.width.div_ceil(2);
            assert_eq!(planes.len(), clip.frames * (area + chroma), "{name}");
            for (ours, theirs) in clip.pixels.chunks(area).zip(planes.chunks(area + chroma)) {
                assert!(ours == &theirs[..area], "{name}");
            }
        }
        let few = run(&path, &Settings { frames: Some(5), ..all() }).unwrap();
        for kept in 0..5 {
            let source = (2 * kept + 1) * clip.frames / 10;
            assert!(few.pixels[kept * area..][..area] == clip.pixels[source * area..][..area], "{name}");
        }
    }
}

#[test]
fn damaged_videos_are_errors() {
    let Some(path) = clips("covid_blues/lus_videos", 1).pop() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole.mp4"), folder.path().join("cut"));
    // With the index in front, the file opens however short it is.
    output(
        "ffmpeg",
        &["-v", "error", "-i"],
        &path,
        &["-c", "copy", "-movflags", "+faststart", whole.to_str().unwrap()],
    );
    let bytes = fs::read(&whole).unwrap();
    let all_frames = run(&whole, &all()).unwrap().frames;
    assert!(all_frames > 5);
    for tenth in 1..10 {
        for settings in [all(), Settings { frames: Some(2), ..all() }] {
            fs::write(&cut, &bytes[..bytes.len() * tenth / 10]).unwrap();
            let error = run(&cut, &settings).unwrap_err().to_string();
            assert!(!error.contains(folder.path().to_str().unwrap()) && !error.contains(" @ 0x"), "{error}");
        }
    }
    // Cut between two packets, the program ends as if all were well.
    let arguments = ["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pos", "-of", "csv=p=0"];
    let text = String::from_utf8(output("ffprobe", &arguments, &whole, &[])).unwrap();
    let mut places: Vec<usize> = text.lines().map(|line| line.trim_end_matches(',').parse().unwrap()).collect();
    places.sort_unstable();
    fs::write(&cut, &bytes[..places[places.len() / 2]]).unwrap();
    let error = run(&cut, &all()).unwrap_err().to_string();
    assert!(error.contains("partial file"), "{error}");
    let asked = all_frames + 1;
    let settings = Settings { frames: Some(asked as u32), ..all() };
    assert_eq!(run(&whole, &settings), Err(DecodeError::Short { found: all_frames, asked }));
    let cancelled = with(&whole, &all(), &Ffmpeg::default(), &AtomicBool::new(true));
    assert_eq!(cancelled, Err(DecodeError::Cancelled));
}

/// Containers, codecs and pixel formats: what `ffmpeg` writes is read, with as many frames as it counts.
#[test]
fn other_containers_and_pixel_formats() {
    if Ffmpeg::default().version().is_none() {
        println!("skipped: no ffmpeg");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, codec, pixel_format) in [
        ("a.avi", "mjpeg", "yuvj422p"),
        ("b.avi", "mpeg4", "yuv420p"),
        ("c.mkv", "ffv1", "gray"),
        ("d.mpg", "mpeg2video", "yuv420p"),
        ("e.ts", "mpeg2video", "yuv420p"),
        ("f.mov", "qtrle", "rgb24"),
        ("g.mkv", "ffv1", "yuv420p10le"),
    ] {
        let path = folder.path().join(name);
        let source = ["-v", "error", "-f", "lavfi", "-i", "testsrc=size=98x62:rate=20:duration=1"];
        let wanted = ["-c:v", codec, "-pix_fmt", pixel_format, "-bf", "0"];
        output("ffmpeg", &[&source[..], &wanted[..]].concat(), &path, &[]);
        let bare = folder.path().join("clip");
        fs::rename(&path, &bare).unwrap();
        assert!(needs_ffmpeg(&bare), "{name}");
        let clip = run(&bare, &all());
        if pixel_format.contains("10le") {
            assert_eq!(clip, Err(DecodeError::PixelFormat(pixel_format.into())));
            continue;
        }
        let clip = clip.unwrap();
        assert_eq!((clip.frames, clip.height, clip.width), (counted(&bare), 62, 98), "{name}");
        assert!(clip.frames >= 19, "{name}");
        let some = run(&bare, &Settings { frames: Some(1), ..all() }).unwrap();
        assert_eq!(some.pixels, clip.pixels[clip.frames / 2 * 98 * 62..][..98 * 62], "{name}");
        if codec == "qtrle" {
            // The program's own conversion of RGB differs from ours by rounding.
            let colours =
                output("ffmpeg", &["-v", "error", "-i"], &bare, &["-pix_fmt", "rgb24", "-f", "rawvideo", "-"]);
            assert_eq!(colours.len(), 3 * clip.pixels.len());
            for (grey, colour) in clip.pixels.iter().zip(colours.chunks(3)) {
                assert!(grey.abs_diff(luma([colour[0], colour[1], colour[2]])) <= 1, "{grey} {colour:?}");
            }
        }
    }
}

/// Writes an executable script, through a process of its own: a file that this process holds open for writing while
/// another test forks could not be executed.
#[cfg(unix)]
fn script(path: &Path, text: &str) {
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\"";
    assert!(Command::new("sh").args(["-c", write]).arg(path).arg(text).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn an_old_program_is_asked_in_its_own_words() {
    let Some(path) = clips("covid_blues/lus_videos", 1).pop() else { return };
    let folder = tempfile::tempdir().unwrap();
    let ffmpeg = Ffmpeg { program: folder.path().join("ffmpeg-4") };
    let refuse = "case \"$*\" in *-fps_mode*) echo \"Unrecognized option 'fps_mode'.\" >&2; exit 1;; esac";
    script(&ffmpeg.program, &format!("{refuse}\nexec ffmpeg \"$@\""));
    script(&folder.path().join("ffprobe-4"), "exec ffprobe \"$@\"");
    let old = with(&path, &all(), &ffmpeg, &AtomicBool::new(false));
    assert_eq!(old, run(&path, &all()));
}

#[cfg(unix)]
#[test]
fn cancelling_kills_a_program_that_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip");
    fs::write(&path, b"\0\0\0\x18ftypisom").unwrap();
    let ffmpeg = Ffmpeg { program: folder.path().join("ffmpeg") };
    script(&ffmpeg.program, "exec sleep 60");
    let (cancel, started) = (AtomicBool::new(false), std::time::Instant::now());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(200));
            cancel.store(true, Ordering::Relaxed);
        });
        assert_eq!(with(&path, &all(), &ffmpeg, &cancel), Err(DecodeError::Cancelled));
    });
    assert!(started.elapsed().as_secs() < 20);
}

/// A clip made by `ffmpeg`, or nothing after saying why.
fn made(folder: &Path, name: &str, source: &str, coding: &[&str]) -> Option<PathBuf> {
    if Ffmpeg::default().version().is_none() {
        println!("skipped: no ffmpeg");
        return None;
    }
    let path = folder.join(name);
    output("ffmpeg", &[&["-v", "error", "-y", "-f", "lavfi", "-i", source], coding].concat(), &path, &[]);
    Some(path)
}

#[test]
fn odd_sizes_and_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let source = "testsrc=size=97x61:rate=10:duration=0.5";
    let coding = ["-c:v", "mjpeg", "-pix_fmt", "yuvj444p"];
    let Some(plain) = made(folder.path(), "a.mov", source, &coding) else { return };
    let upright = run(&plain, &all()).unwrap();
    assert_eq!((upright.frames, upright.height, upright.width), (5, 61, 97));
    let turned = folder.path().join("b.mov");
    output(
        "ffmpeg",
        &["-v", "error", "-display_rotation", "90", "-i"],
        &plain,
        &["-c", "copy", turned.to_str().unwrap()],
    );
    if !turned.is_file() {
        // Versions before 6 set the flag otherwise.
        let rest = ["-c", "copy", "-metadata:s:v:0", "rotate=270", turned.to_str().unwrap()];
        output("ffmpeg", &["-v", "error", "-i"], &plain, &rest);
    }
    let clip = run(&turned, &all()).unwrap();
    assert_eq!((clip.frames, clip.height, clip.width), (5, 97, 61));
    // The program turns for whoever plays the clip; luma of full range stays as it is on the way to grey.
    let played = output("ffmpeg", &["-v", "error", "-i"], &turned, &["-pix_fmt", "gray", "-f", "rawvideo", "-"]);
    assert!(clip.pixels == played);
    assert!(clip.pixels != upright.pixels);
}

#[test]
fn frames_of_unequal_length_at_one_rate() {
    let folder = tempfile::tempdir().unwrap();
    // Ten frames a second, of which frames 3 to 6 are dropped: frame 2 is shown for half a second.
    let source = "testsrc=size=64x48:rate=10:duration=1,select='not(between(n,3,6))'";
    let coding = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-fps_mode", "vfr", "-bf", "2"];
    let Some(path) = made(folder.path(), "a.mp4", source, &coding) else { return };
    let stored = run(&path, &all()).unwrap();
    assert_eq!((stored.frames, counted(&path)), (6, 6));
    let even = run(&path, &Settings { rate: Some(10.0), ..all() }).unwrap();
    let numbers: Vec<usize> = even.numbers.iter().flatten().copied().collect();
    assert_eq!(numbers, [0, 1, 2, 2, 2, 2, 2, 3, 4, 5]);
    assert_eq!(even.pixels[6 * 48 * 64..][..48 * 64], stored.pixels[2 * 48 * 64..][..48 * 64]);
}

#[test]
fn clips_decoded_together_are_those_decoded_alone() {
    let paths = clips("covid_blues/lus_videos", 5);
    if paths.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (cut, none) = (folder.path().join("cut"), folder.path().join("none"));
    let bytes = fs::read(&paths[0]).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let extra = Extra::default();
    let (ffmpeg, cancel) = (Ffmpeg::default(), AtomicBool::new(false));
    // Without room for frames that wait, the second pass is one of its own.
    for (room, frames) in [(1 << 28, Some(4)), (1 << 28, None), (0, Some(4)), (1 << 20, Some(200))] {
        let settings = Settings { frames, ..all() };
        let room = Room::new(room);
        let decoder = Decoder { settings: &settings, ffmpeg: &ffmpeg, room: &room, cancel: &cancel };
        for with in [&[][..], &[&cut, &none][..]] {
            let group: Vec<(&Path, &Extra)> =
                paths.iter().chain(with.iter().copied()).map(|path| (path.as_path(), &extra)).collect();
            let alone: Vec<_> = group.iter().map(|(path, extra)| decoder.decode(path, extra)).collect();
            assert!(decoder.decode_videos(&group) == alone);
            assert!(alone.iter().filter(|clip| clip.is_err()).count() >= with.len());
        }
    }
}
