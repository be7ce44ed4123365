//! What this machine has, and what is missing for a run to go well.

use std::path::PathBuf;

use serde::Serialize;

use crate::stage::{Tools, equipment};

mod cuda;
mod folder;

/// How good or bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// A run goes, but not as well as it could, or not for all data.
    Warning,
    /// A run fails.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// How good or bad it is.
    pub level: Level,
    /// What is so.
    pub message: String,
    /// What to do, unless it is as it should be.
    pub remedy: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(subject: &'static str, message: impl Into<String>) -> Self {
        Self { subject, level: Level::Ok, message: message.into(), remedy: None }
    }

    /// Not as good as it could be.
    pub fn warning(subject: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { subject, level: Level::Warning, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// A run would fail.
    pub fn problem(subject: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { subject, level: Level::Problem, message: message.into(), remedy: Some(remedy.into()) }
    }
}

/// What is to be looked at.
#[derive(Debug)]
pub struct Settings {
    /// How many threads a run is told to use, if it is told.
    pub threads: Option<usize>,
    /// The programs that stages call.
    pub tools: Tools,
    /// Where results are kept.
    pub cache: PathBuf,
}

/// Looks at everything.
pub fn examine(settings: &Settings) -> Vec<Finding> {
    let (os, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let version = format!("crowdline {} on {os}, {processor}", env!("CARGO_PKG_VERSION"));
    let mut findings = vec![Finding::ok("version", version), threads(settings.threads), kernels()];
    findings.push(cuda::examine());
    findings.push(ffmpeg(&settings.tools));
    findings.extend(folder::examine(&settings.cache));
    findings
}

fn threads(told: Option<usize>) -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    match told {
        Some(told) if told > cores => Finding::warning(
            "threads",
            format!("{told} threads on {cores} cores: they wait for each other"),
            "take `threads` out of crowdline.toml and CROWDLINE_THREADS out of the environment, or lower them",
        ),
        Some(told) => Finding::ok("threads", format!("{told} of {cores} cores")),
        None => Finding::ok("threads", format!("{cores}, one a core")),
    }
}

fn kernels() -> Finding {
    match equipment::kernels() {
        Some(name) => Finding::ok("kernels", format!("models train with {name}")),
        None => Finding::warning(
            "kernels",
            "models train without AVX2 or AVX-512: several times slower, with the same results",
            "train on a processor with AVX2 (x86-64, since 2013) where time matters; everything else is as fast here",
        ),
    }
}

fn ffmpeg(tools: &Tools) -> Finding {
    let program = tools.ffmpeg.display();
    let install = match std::env::consts::OS {
        "macos" => "brew install ffmpeg",
        "windows" => "winget install ffmpeg",
        _ => "sudo apt install ffmpeg, or your system's like",
    };
    let remedy = |otherwise: &str| format!("{install}; {otherwise}");
    match (equipment::ffmpeg(tools), equipment::ffprobe(tools)) {
        (Some(version), Some(_)) => Finding::ok("ffmpeg", format!("{version} (`{program}`), with ffprobe")),
        (Some(version), None) => Finding::warning(
            "ffmpeg",
            format!("{version} (`{program}`), but its ffprobe does not run: video can't be decoded"),
            remedy("ffprobe belongs beside ffmpeg"),
        ),
        (None, _) => Finding::warning(
            "ffmpeg",
            format!("`{program}` does not run: video can't be decoded; GIF and still images can"),
            remedy("or name it with --ffmpeg, CROWDLINE_FFMPEG or `ffmpeg` in crowdline.toml"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Place;

    #[test]
    fn a_missing_program_is_a_warning_with_a_remedy() {
        let tools = Tools::new(PathBuf::from("no-such-ffmpeg"), Place::Cpu);
        let finding = ffmpeg(&tools);
        assert_eq!(finding.level, Level::Warning);
        assert!(finding.message.contains("`no-such-ffmpeg` does not run"), "{}", finding.message);
        assert!(finding.remedy.unwrap().contains("CROWDLINE_FFMPEG"));
    }

    #[test]
    fn more_threads_than_cores_are_warned_of() {
        assert_eq!(threads(Some(usize::MAX)).level, Level::Warning);
        assert_eq!(threads(Some(1)).level, Level::Ok);
        assert_eq!(threads(None).level, Level::Ok);
    }
}
