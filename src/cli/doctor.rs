//! `crowdline doctor`.

use std::path::PathBuf;

use clap::Args;

use super::{Ended, FAILED, machine::Machine};
use crate::doctor::{Finding, Level, Settings, examine};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Where results are kept [default: cache].
    #[arg(long, value_name = "FOLDER", env = "CROWDLINE_CACHE")]
    cache: Option<PathBuf>,
    /// The ffmpeg program [default: ffmpeg on the path].
    #[arg(long, value_name = "PROGRAM", env = "CROWDLINE_FFMPEG")]
    ffmpeg: Option<PathBuf>,
    /// How many threads all tasks together may use [default: all cores].
    #[arg(long, value_name = "N", env = "CROWDLINE_THREADS")]
    threads: Option<usize>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self) -> Result<(), Ended> {
        let (machine, unreadable) = match Machine::read() {
            Ok(machine) => (machine, None),
            Err(message) => {
                let remedy = "correct the file or take it away; what follows holds without it";
                (Machine::default(), Some(Finding::problem("settings", message, remedy)))
            }
        };
        let settings = Settings {
            threads: self.threads.or(machine.threads),
            tools: machine.tools(self.ffmpeg.as_deref(), None),
            cache: machine.cache(self.cache.as_deref()),
        };
        let findings: Vec<Finding> = unreadable.into_iter().chain(examine(&settings)).collect();
        for finding in &findings {
            self.say(finding);
        }
        let count = |level| findings.iter().filter(|finding| finding.level == level).count();
        let (warnings, problems) = (count(Level::Warning), count(Level::Problem));
        if self.json {
            say!("{}", serde_json::json!({"event": "examined", "warnings": warnings, "problems": problems}));
        } else {
            let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
            say!("{}, {}", counted(problems, "problem"), counted(warnings, "warning"));
        }
        if problems > 0 { Err(Ended(FAILED)) } else { Ok(()) }
    }

    fn say(&self, finding: &Finding) {
        let Finding { subject, level, message, remedy } = finding;
        if self.json {
            let line = serde_json::json!({
                "event": "finding", "subject": subject, "level": level, "message": message, "remedy": remedy,
            });
            say!("{line}");
            return;
        }
        let level = match level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Problem => "problem",
        };
        say!("{level:<8} {subject:<8} {message}");
        if let Some(remedy) = remedy {
            say!("{:17} → {remedy}", "");
        }
    }
}
