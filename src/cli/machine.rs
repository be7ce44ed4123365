//! `crowdline.toml`: where the work runs on this machine. Never part of an experiment or a key.

use std::path::PathBuf;

use serde::Deserialize;

/// Settings of this machine, from `crowdline.toml` in the working directory.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Machine {
    /// Where results are kept.
    pub(super) cache: Option<PathBuf>,
    /// Where reports are written.
    pub(super) reports: Option<PathBuf>,
    /// How many threads all tasks together may use.
    pub(super) threads: Option<usize>,
    /// The ffmpeg program.
    pub(super) ffmpeg: Option<PathBuf>,
}

impl Machine {
    /// Reads the settings; none where there is no file.
    pub(super) fn read() -> Result<Self, String> {
        match std::fs::read_to_string("crowdline.toml") {
            Ok(text) => toml::from_str(&text).map_err(|error| format!("crowdline.toml: {error}")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("can't read crowdline.toml: {error}")),
        }
    }
}
