//! What `ffprobe` is asked where the stream of frames does not tell.

use serde::Deserialize;

use super::{Video, url};
use crate::decode::error::DecodeError;

/// The answer of `ffprobe -of json`.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    packets: Vec<Packet>,
}

#[derive(Deserialize)]
struct Stream {
    pix_fmt: Option<String>,
}

#[derive(Deserialize)]
struct Packet {
    pts_time: Option<String>,
    #[serde(default)]
    flags: String,
}

impl Video<'_> {
    /// The filter that leaves the grey plane of this video's pixel format.
    pub(super) fn probed_filter(&self) -> Result<String, DecodeError> {
        let answer = self.ask("stream=pix_fmt")?;
        let corrupt = |reason: &str| DecodeError::Corrupt { format: self.container, reason: reason.to_owned() };
        let stream = answer.streams.into_iter().next().ok_or_else(|| corrupt("it has no video stream"))?;
        let pixel_format = stream.pix_fmt.ok_or_else(|| corrupt("the pixel format is not known"))?;
        luma_filter(&pixel_format).ok_or(DecodeError::PixelFormat(pixel_format))
    }

    /// When each frame is shown, in seconds from the first: the presentation times of the packets, in order. Nothing
    /// where the container does not tell, or tells of another number of frames.
    pub(super) fn probed_times(&self, frames: usize) -> Result<Option<Vec<f64>>, DecodeError> {
        // A packet marked D is decoded and not shown (the edit list of an MP4).
        let shown = self.ask("packet=pts_time,flags")?.packets.into_iter().filter(|packet| !packet.flags.contains('D'));
        let times: Option<Vec<f64>> = shown.map(|packet| packet.pts_time?.parse().ok()).collect();
        let Some(mut times) = times.filter(|times| times.len() == frames) else { return Ok(None) };
        times.sort_by(f64::total_cmp);
        let first = times.first().copied().unwrap_or(0.0);
        Ok(times.iter().all(|time| time.is_finite()).then(|| times.iter().map(|time| time - first).collect()))
    }

    fn ask(&self, entries: &str) -> Result<Answer, DecodeError> {
        let mut arguments: Vec<std::ffi::OsString> = Vec::new();
        let fixed = ["-v", "error", "-protocol_whitelist", "file", "-select_streams", "v:0", "-show_entries", entries];
        arguments.extend(fixed.map(Into::into));
        arguments.extend(["-of", "json"].map(Into::into));
        arguments.push(url(&self.file));
        let mut json = Vec::new();
        self.ffmpeg
            .run_probe(&arguments, &self.file, self.cancel, &mut |pipe| Ok(pipe.read_to_end(&mut json).map(drop)?))
            .map_err(|error| self.named(error))?;
        serde_json::from_slice(&json).map_err(|_| DecodeError::Corrupt {
            format: self.container,
            reason: "ffprobe gave no description of the file".to_owned(),
        })
    }
}

/// The filter that leaves the grey plane of a pixel format, or nothing for formats deeper than 8 bits and unknown ones.
fn luma_filter(pixel_format: &str) -> Option<String> {
    Some(match pixel_format {
        "gray" => "format=gray".into(),
        "yuv410p" | "yuv411p" | "yuv420p" | "yuv422p" | "yuv440p" | "yuv444p" | "yuvj411p" | "yuvj420p"
        | "yuvj422p" | "yuvj440p" | "yuvj444p" | "yuva420p" | "yuva422p" | "yuva444p" | "ya8" => super::LUMA.into(),
        // The same samples in another order; luma is copied.
        "nv12" | "nv21" => "format=yuv420p,extractplanes=y".into(),
        "nv16" | "yuyv422" | "uyvy422" | "yvyu422" => "format=yuv422p,extractplanes=y".into(),
        "nv24" | "nv42" => "format=yuv444p,extractplanes=y".into(),
        "rgb24" | "bgr24" | "rgba" | "bgra" | "argb" | "abgr" | "0rgb" | "rgb0" | "0bgr" | "bgr0" | "gbrp"
        | "gbrap" | "pal8" | "monob" | "monow" => "scale=flags=accurate_rnd+bitexact,format=gray".into(),
        _ => return None,
    })
}
