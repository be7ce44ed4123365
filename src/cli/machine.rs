//! `crowdline.toml`: where the work runs on this machine. Never part of an experiment or a key.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    executor::Limits,
    stage::{self, Place, Tools},
};

/// Settings of this machine, from `crowdline.toml` in the working directory.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Machine {
    /// Where results are kept.
    pub(super) cache: Option<PathBuf>,
    /// Where reports are written.
    pub(super) reports: Option<PathBuf>,
    /// How many threads all tasks together may use.
    pub(super) threads: Option<usize>,
    /// How much memory the tasks that say what they need may use together, in megabytes.
    pub(super) memory_mb: Option<u64>,
    /// How many accelerators there are.
    pub(super) gpus: Option<usize>,
    /// Where models compute: `cpu`, or `cuda:N`.
    pub(super) device: Option<Place>,
    /// The ffmpeg program.
    pub(super) ffmpeg: Option<PathBuf>,
    /// Limits by kind: `[kind.train] at_once = 1`.
    pub(super) kind: BTreeMap<String, Limits>,
}

impl Machine {
    /// Reads the settings; none where there is no file.
    pub(super) fn read() -> Result<Self, String> {
        let machine: Self = match std::fs::read_to_string("crowdline.toml") {
            Ok(text) => toml::from_str(&text).map_err(|error| format!("crowdline.toml: {error}"))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(format!("can't read crowdline.toml: {error}")),
        };
        if let Some(name) = machine.kind.keys().find(|name| stage::find(name).is_none()) {
            let kinds = stage::STAGES.iter().map(|stage| stage.name());
            return Err(format!("crowdline.toml: unknown kind `{name}`; the kinds are {}", crate::name::quoted(kinds)));
        }
        Ok(machine)
    }

    /// Where results are kept: where the command says, else where the settings say, else `cache`.
    pub(super) fn cache(&self, given: Option<&Path>) -> PathBuf {
        given.or(self.cache.as_deref()).unwrap_or(Path::new("cache")).to_owned()
    }

    /// The programs that stages call, and where models compute.
    pub(super) fn tools(&self, ffmpeg: Option<&Path>, device: Option<Place>) -> Tools {
        let ffmpeg = ffmpeg.or(self.ffmpeg.as_deref()).unwrap_or(Path::new("ffmpeg"));
        Tools::new(ffmpeg.to_owned(), device.or(self.device).unwrap_or_default())
    }
}
