//! What this machine brings to the stages.

use super::Tools;
use crate::{decode::Ffmpeg, model};

/// The instructions that models are trained with, where they are better than plain ones.
pub fn kernels() -> Option<&'static str> {
    model::instructions()
}

/// The version of ffmpeg, if it runs.
pub fn ffmpeg(tools: &Tools) -> Option<String> {
    Ffmpeg { program: tools.ffmpeg.clone() }.version()
}

/// The version of the ffprobe that belongs to it, if it runs.
pub fn ffprobe(tools: &Tools) -> Option<String> {
    Ffmpeg { program: tools.ffmpeg.clone() }.probe_version()
}
