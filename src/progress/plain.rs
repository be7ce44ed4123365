//! Plain lines on standard error, for logs.

use std::io::Write as _;

use super::{Progress, done, summary};
use crate::event::Event;

/// Shows events as lines. Cached tasks are counted, not listed, unless asked for.
#[derive(Debug, Default)]
pub struct Plain {
    /// Whether cached tasks get a line.
    pub verbose: bool,
}

/// The line of an event, where it has one.
pub(super) fn line(event: &Event, verbose: bool) -> Option<String> {
    Some(match event {
        Event::Cached { task } if verbose => format!("cached   {task}"),
        Event::Started { task } => format!("run      {task}"),
        Event::Warning { task, message } => format!("warning  {task}: {message}"),
        Event::Done { task, seconds, items_executed, items_cached } => {
            done(task, *seconds, *items_executed, *items_cached)
        }
        Event::Failed { task, message } => format!("failed   {task}: {message}"),
        Event::Skipped { task, because: Some(other) } => format!("skipped  {task}: {other} failed"),
        Event::Skipped { task, because: None } => format!("skipped  {task}: the run was stopped"),
        Event::Written { path, files, .. } if *files > 0 || verbose => format!("report   {}", path.display()),
        Event::Finished(sum) => summary(sum),
        Event::Planned { .. } | Event::Cached { .. } | Event::Progress { .. } | Event::Written { .. } => return None,
    })
}

impl Progress for Plain {
    fn show(&mut self, event: &Event) {
        if let Some(line) = line(event, self.verbose) {
            // A reader that went away is no reason to stop the run.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }
}
