//! Video through the `ffmpeg` and `ffprobe` programs: the luma plane as coded, every frame once.

use std::{
    ffi::OsStr,
    io::{BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use serde::Deserialize;

use super::{DecodeError, Frames};

/// Where the programs are: `ffprobe` lies beside `ffmpeg`, or on the path.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: PathBuf,
    version: OnceLock<Option<String>>,
}

/// What `ffprobe` says of a stream.
#[derive(Debug, Deserialize)]
struct Stream {
    width: usize,
    height: usize,
    pix_fmt: String,
    avg_frame_rate: String,
    #[serde(default)]
    nb_read_frames: String,
    #[serde(default)]
    nb_read_packets: String,
}

#[derive(Debug, Deserialize)]
struct Probed {
    #[serde(default)]
    streams: Vec<Stream>,
}

impl Ffmpeg {
    /// The `ffmpeg` program at a path, or by name on the path.
    pub fn new(program: PathBuf) -> Self {
        Self { program, version: OnceLock::new() }
    }

    /// The program's version, as it says itself; `None` where it can't be started.
    pub fn version(&self) -> Option<&str> {
        self.version.get_or_init(|| self.ask_version()).as_deref()
    }

    /// The option that hands out every frame once, as this version spells it: `-fps_mode` came with 5.1.
    fn every_frame(&self) -> &'static str {
        let old = |version: &str| {
            let mut numbers = version.trim_start_matches(['n', 'N', '-']).split(|c: char| !c.is_ascii_digit());
            let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok());
            next().is_some_and(|major| major < 5 || (major == 5 && next().unwrap_or(0) < 1))
        };
        if self.version().is_some_and(old) { "-vsync" } else { "-fps_mode" }
    }

    fn ask_version(&self) -> Option<String> {
        let output = Command::new(&self.program).arg("-version").stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Some(text.strip_prefix("ffmpeg version ")?.split_whitespace().next()?.to_owned())
    }

    fn probe(&self) -> PathBuf {
        let name =
            self.program.file_name().unwrap_or(OsStr::new("ffmpeg")).to_string_lossy().replace("ffmpeg", "ffprobe");
        self.program.with_file_name(name)
    }

    fn no_program(program: &Path) -> impl FnOnce(std::io::Error) -> DecodeError {
        let program = program.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
        move |error| DecodeError::NoFfmpeg { program, message: error.to_string() }
    }

    /// Counts the frames: by decoding them where the count must be `exact`, else by the packets in the file, which is the
    /// same for nearly every file and needs no decoding. [`Frames::is_at_end`] tells whether the count was right.
    pub(super) fn open(&self, path: &Path, exact: bool) -> Result<Video, DecodeError> {
        let probe = self.probe();
        let count = if exact { "-count_frames" } else { "-count_packets" };
        let output = Command::new(&probe)
            .args(["-v", "error", "-select_streams", "v:0", count, "-show_entries"])
            .args(["stream=width,height,pix_fmt,avg_frame_rate,nb_read_frames,nb_read_packets", "-of", "json"])
            .arg(path)
            .stdin(Stdio::null())
            .output()
            .map_err(Self::no_program(&probe))?;
        let said = last_line(&output.stderr, path);
        if !output.status.success() || !said.is_empty() {
            return Err(DecodeError::Ffmpeg(if said.is_empty() { output.status.to_string() } else { said }));
        }
        let probed: Probed = serde_json::from_slice(&output.stdout)
            .map_err(|error| DecodeError::Ffmpeg(format!("what ffprobe says can't be read: {error}")))?;
        let stream =
            probed.streams.into_iter().next().ok_or_else(|| DecodeError::Ffmpeg("it has no video".to_owned()))?;
        let counted = if exact { &stream.nb_read_frames } else { &stream.nb_read_packets };
        let count = counted.parse().unwrap_or(0);
        let filter = filter(&stream.pix_fmt)?;
        let mut child = Command::new(&self.program)
            .args(["-v", "error", "-threads", "1", "-noautorotate", "-i"])
            .arg(path)
            .args(["-map", "0:v:0", self.every_frame(), "passthrough", "-vf", filter, "-f", "rawvideo", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Self::no_program(&self.program))?;
        let pipe = child.stdout.take().map(BufReader::new);
        let fps = rate(&stream.avg_frame_rate);
        Ok(Video { child, pipe, size: (stream.height, stream.width), fps, count })
    }
}

/// How grey values are taken: the luma plane as it is; colours without one are converted by the program.
fn filter(format: &str) -> Result<&'static str, DecodeError> {
    match format {
        "gray" | "yuv420p" | "yuvj420p" | "yuv422p" | "yuvj422p" | "yuv444p" | "yuvj444p" | "yuv410p" | "yuv411p"
        | "yuv440p" | "yuvj440p" | "yuva420p" | "nv12" | "nv21" => Ok("extractplanes=y"),
        "rgb24" | "bgr24" | "rgba" | "bgra" | "argb" | "abgr" | "rgb0" | "bgr0" | "0rgb" | "0bgr" | "gbrp" | "pal8"
        | "bgr8" | "rgb8" => Ok("format=gray"),
        other => Err(DecodeError::Deep(other.to_owned())),
    }
}

fn rate(text: &str) -> Option<f64> {
    let (numerator, denominator) = text.split_once('/')?;
    let (numerator, denominator): (f64, f64) = (numerator.parse().ok()?, denominator.parse().ok()?);
    (numerator > 0.0 && denominator > 0.0).then(|| numerator / denominator)
}

/// The last line a program said, without the path of the file.
fn last_line(stderr: &[u8], path: &Path) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.replace(&format!("{}: ", path.display()), "")
        .replace(&path.display().to_string(), "the file")
        .trim()
        .to_owned()
}

/// A video being decoded.
pub(super) struct Video {
    child: Child,
    pipe: Option<BufReader<ChildStdout>>,
    size: (usize, usize),
    fps: Option<f64>,
    count: usize,
}

impl Frames for Video {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn fps(&self) -> Option<f64> {
        self.fps
    }

    fn count(&self) -> usize {
        self.count
    }

    fn next(&mut self, into: &mut Vec<u8>) -> Result<(), DecodeError> {
        into.resize(self.size.0 * self.size.1, 0);
        let pipe = self.pipe.as_mut().ok_or_else(|| DecodeError::Ffmpeg("its output is closed".to_owned()))?;
        pipe.read_exact(into).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => DecodeError::Damaged("it ends early".to_owned()),
            _ => DecodeError::unreadable(error),
        })
    }

    fn is_at_end(&mut self) -> bool {
        let mut byte = [0];
        let rest = self.pipe.as_mut().map_or(Ok(0), |pipe| pipe.read(&mut byte));
        // The program's last word is its exit code: a broken stream can end at the right count.
        matches!(rest, Ok(0)) && self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Video {
    /// A decoder nobody listens to any more is ended, and waited for.
    fn drop(&mut self) {
        self.pipe = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
