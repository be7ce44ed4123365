//! Video through the `ffmpeg` program, a child process with a pipe of raw frames.
//!
//! The luma plane is taken as coded: no rotation, no change of range, no scaler, so that versions of the program agree.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use image::GrayImage;
use serde::Deserialize;

use super::{Pass, Source, Take, error::DecodeError};

/// How often a raised cancel flag is looked for while the child works.
const PATIENCE: Duration = Duration::from_millis(20);
/// Of the child's complaints this much is read; the rest is drained and dropped.
const COMPLAINTS: usize = 1 << 16;

/// Where the `ffmpeg` program is. `ffprobe` is taken from beside it, or from the search path if it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ffmpeg {
    pub program: PathBuf,
}

impl Default for Ffmpeg {
    /// `ffmpeg` on the search path.
    fn default() -> Self {
        Self { program: PathBuf::from("ffmpeg") }
    }
}

impl Ffmpeg {
    /// The program's version as it names it (`5.1.9-0+deb12u1`), or nothing if it does not run.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        version_of(&self.program, "ffmpeg")
    }

    /// The version of the `ffprobe` that belongs to it, or nothing if that does not run.
    #[must_use]
    pub fn probe_version(&self) -> Option<String> {
        version_of(&self.probe(), "ffprobe")
    }

    fn probe(&self) -> PathBuf {
        let name = self.program.file_name().unwrap_or(OsStr::new("ffmpeg")).to_string_lossy();
        let name = if name.contains("ffmpeg") { name.replacen("ffmpeg", "ffprobe", 1) } else { "ffprobe".to_owned() };
        let beside = self.program.with_file_name(&name);
        if beside.is_file() { beside } else { PathBuf::from(name) }
    }
}

fn version_of(program: &Path, name: &str) -> Option<String> {
    let output = Command::new(program).arg("-version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.strip_prefix(name)?.strip_prefix(" version ")?.split_whitespace().next()?;
    Some(version.to_owned())
}

/// The answer of `ffprobe -of json`.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    width: Option<u32>,
    height: Option<u32>,
    pix_fmt: Option<String>,
    avg_frame_rate: Option<String>,
    nb_read_packets: Option<String>,
}

/// The first video stream of a file.
pub(super) struct Video<'a> {
    file: PathBuf,
    container: &'static str,
    ffmpeg: &'a Ffmpeg,
    cancel: &'a AtomicBool,
    width: u32,
    height: u32,
    filter: String,
    fps: Option<f64>,
    packets: Option<usize>,
}

impl<'a> Video<'a> {
    /// Asks `ffprobe` for the size, the pixel format and the number of packets, which most often is that of frames.
    pub(super) fn open(
        file: &Path,
        container: &'static str,
        ffmpeg: &'a Ffmpeg,
        cancel: &'a AtomicBool,
    ) -> Result<Self, DecodeError> {
        let mut command = Command::new(ffmpeg.probe());
        let entries = "stream=width,height,pix_fmt,avg_frame_rate,nb_read_packets";
        command.args(["-v", "error", "-protocol_whitelist", "file", "-select_streams", "v:0", "-count_packets"]);
        command.args(["-show_entries", entries, "-of", "json"]).arg(url(file));
        let mut json = Vec::new();
        run(command, "ffprobe", file, cancel, &mut |pipe| Ok(pipe.read_to_end(&mut json).map(drop)?))?;
        let corrupt = |reason: &str| DecodeError::Corrupt { format: container, reason: reason.to_owned() };
        let answer: Answer =
            serde_json::from_slice(&json).map_err(|_| corrupt("ffprobe gave no description of the file"))?;
        let stream = answer.streams.into_iter().next().ok_or_else(|| corrupt("it has no video stream"))?;
        let (Some(width @ 1..), Some(height @ 1..)) = (stream.width, stream.height) else {
            return Err(corrupt("the frame size is not known"));
        };
        let pixel_format = stream.pix_fmt.ok_or_else(|| corrupt("the pixel format is not known"))?;
        Ok(Self {
            file: file.to_owned(),
            container,
            ffmpeg,
            cancel,
            width,
            height,
            filter: luma_filter(&pixel_format).ok_or(DecodeError::PixelFormat(pixel_format))?,
            fps: stream.avg_frame_rate.as_deref().and_then(fraction),
            packets: stream.nb_read_packets.and_then(|count| count.parse().ok()),
        })
    }

    fn stream(&self, passthrough: &str, take: &mut Take<'_>) -> Result<usize, DecodeError> {
        let mut command = Command::new(&self.ffmpeg.program);
        // One thread a clip: clips are decoded side by side.
        command.args(["-nostdin", "-v", "error", "-xerror", "-threads", "1", "-noautorotate"]);
        command.args(["-protocol_whitelist", "file", "-i"]).arg(url(&self.file));
        command.args(["-map", "0:v:0", passthrough, "passthrough", "-vf", &self.filter]);
        command.args(["-f", "rawvideo", "pipe:1"]);
        let area = self.width as usize * self.height as usize;
        let (mut frames, mut rest) = (0, 0);
        run(command, "ffmpeg", &self.file, self.cancel, &mut |pipe| {
            loop {
                let mut pixels = Vec::with_capacity(area);
                rest = pipe.take(area as u64).read_to_end(&mut pixels)?;
                match GrayImage::from_raw(self.width, self.height, pixels) {
                    Some(frame) => take(frames, frame)?,
                    None => return Ok(()),
                }
                frames += 1;
            }
        })?;
        // Only now, since the program's own words, if any, say more.
        if rest != 0 {
            let reason = "the last frame is cut off".to_owned();
            return Err(DecodeError::Corrupt { format: self.container, reason });
        }
        Ok(frames)
    }
}

impl Source for Video<'_> {
    fn expected(&self) -> Option<usize> {
        self.packets
    }

    fn pass(&self, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        let frames = match self.stream("-fps_mode", take) {
            // Versions before 5.1 spell the option otherwise; they stop at it before the first frame.
            Err(DecodeError::FfmpegFailed { message, .. }) if message.contains("fps_mode") => {
                self.stream("-vsync", take)?
            }
            outcome => outcome?,
        };
        Ok(Pass { frames, fps: self.fps })
    }
}

/// The file as a URL, so that neither a leading dash nor a colon in its name is taken for something else.
fn url(file: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(file);
    url
}

/// A frame rate such as `30000/1001`.
fn fraction(text: &str) -> Option<f64> {
    let (numerator, denominator) = text.split_once('/')?;
    let (numerator, denominator): (f64, f64) = (numerator.parse().ok()?, denominator.parse().ok()?);
    (numerator > 0.0 && denominator > 0.0).then_some(numerator / denominator)
}

/// The filter that leaves the grey plane of a pixel format, or nothing for formats deeper than 8 bits and unknown ones.
fn luma_filter(pixel_format: &str) -> Option<String> {
    Some(match pixel_format {
        "gray" => "format=gray".into(),
        "yuv410p" | "yuv411p" | "yuv420p" | "yuv422p" | "yuv440p" | "yuv444p" | "yuvj411p" | "yuvj420p"
        | "yuvj422p" | "yuvj440p" | "yuvj444p" | "yuva420p" | "yuva422p" | "yuva444p" | "ya8" => {
            "extractplanes=y".into()
        }
        // The same samples in another order; luma is copied.
        "nv12" | "nv21" => "format=yuv420p,extractplanes=y".into(),
        "nv16" | "yuyv422" | "uyvy422" | "yvyu422" => "format=yuv422p,extractplanes=y".into(),
        "nv24" | "nv42" => "format=yuv444p,extractplanes=y".into(),
        "rgb24" | "bgr24" | "rgba" | "bgra" | "argb" | "abgr" | "0rgb" | "rgb0" | "0bgr" | "bgr0" | "gbrp"
        | "gbrap" | "pal8" | "monob" | "monow" => "scale=flags=accurate_rnd+bitexact,format=gray".into(),
        _ => return None,
    })
}

/// Runs the program, hands its output to `consume` and kills it when `cancel` is raised or `consume` fails.
fn run(
    mut command: Command,
    program: &'static str,
    file: &Path,
    cancel: &AtomicBool,
    consume: &mut dyn FnMut(&mut dyn Read) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => DecodeError::FfmpegMissing { program },
        kind => DecodeError::FfmpegFailed { program, message: format!("it could not be started: {kind}") },
    })?;
    let (Some(mut output), Some(mut complaints)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(DecodeError::FfmpegFailed { program, message: "it has no output".into() });
    };
    let child = Mutex::new(child);
    let (done, watched) = mpsc::channel::<()>();
    let (consumed, text) = thread::scope(|scope| {
        let child = &child;
        scope.spawn(move || {
            // Ends when the sender is dropped.
            while watched.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                if cancel.load(Ordering::Relaxed) {
                    kill(child);
                    return;
                }
            }
        });
        let complaints = scope.spawn(move || {
            let mut text = Vec::new();
            // An unreadable pipe only makes the message shorter.
            let _ = complaints.by_ref().take(COMPLAINTS as u64).read_to_end(&mut text);
            let _ = io::copy(&mut complaints, &mut io::sink());
            text
        });
        let consumed = consume(&mut output);
        if consumed.is_err() {
            kill(child);
        }
        drop(output);
        let text = complaints.join().unwrap_or_default();
        drop(done);
        (consumed, text)
    });
    let status = child.into_inner().unwrap_or_else(PoisonError::into_inner).wait()?;
    if cancel.load(Ordering::Relaxed) {
        return Err(DecodeError::Cancelled);
    }
    let text = String::from_utf8_lossy(&text);
    // Before the status: a child that was killed for it has none to speak of.
    consumed?;
    // The demuxer of MP4 says so of a file whose end is missing, and may still end as if all were well.
    if !status.success() || text.contains("partial file") {
        return Err(DecodeError::FfmpegFailed { program, message: last_line(&text, file) });
    }
    Ok(())
}

fn kill(child: &Mutex<Child>) {
    // A child that has ended by itself cannot be killed, which is as well.
    let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
}

/// The last line of what the program said, without the file's path and without addresses in memory.
fn last_line(text: &str, file: &Path) -> String {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gave no reason");
    let path = file.to_string_lossy();
    let mut line = line.replace(&format!("file:{path}"), "");
    if file.is_absolute() {
        line = line.replace(path.as_ref(), "");
    }
    let line = match (line.starts_with('['), line.split_once("] ")) {
        (true, Some((_, said))) => said.to_owned(),
        _ => line,
    };
    line.trim_start_matches([':', ' ']).to_owned()
}
