//! One JSON object a line on standard output.

use std::io::Write as _;

use super::Progress;
use crate::event::Event;

/// Shows events as JSON.
#[derive(Debug, Default)]
pub struct Json;

impl Progress for Json {
    fn show(&mut self, event: &Event) {
        let line = serde_json::to_string(event).expect("an event can be written");
        // A reader that went away is no reason to stop the run.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}
