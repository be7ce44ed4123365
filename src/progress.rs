//! Showing what happens: bars on a terminal, plain lines otherwise, JSON for programs.

use crate::event::Event;

mod bars;
mod json;
mod plain;

pub use bars::Bars;
pub use json::Json;
pub use plain::Plain;

/// Shows events.
pub trait Progress {
    /// Shows one event.
    fn show(&mut self, event: &Event);
}

/// Shows nothing.
#[derive(Debug)]
pub struct Silent;

impl Progress for Silent {
    fn show(&mut self, _event: &Event) {}
}

/// A duration as people say it.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 99.5 => format!("{s:.0} s"),
        s if s < 5970.0 => format!("{} min {:02} s", s as u64 / 60, s as u64 % 60),
        s => format!("{} h {:02} min", s as u64 / 3600, s as u64 % 3600 / 60),
    }
}

/// The line that stands at the end of a run.
fn summary(summary: &crate::event::Summary) -> String {
    let mut parts = vec![format!("executed {}", summary.executed), format!("cached {}", summary.cached)];
    for (count, word) in [(summary.failed, "failed"), (summary.skipped, "skipped")] {
        if count > 0 {
            parts.push(format!("{word} {count}"));
        }
    }
    if summary.items_executed + summary.items_cached > 0 {
        parts.push(format!("clips: {} made, {} reused", summary.items_executed, summary.items_cached));
    }
    parts.join("  ")
}

/// How a finished task is told.
fn done(task: &str, seconds: f64, executed: u64, cached: u64) -> String {
    let items = match (executed, cached) {
        (0, 0) => String::new(),
        (made, 0) => format!("  {made} clips"),
        (made, reused) => format!("  {made} clips, {reused} reused"),
    };
    format!("done     {task}  {}{items}", duration(seconds))
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_read_well() {
        let told: Vec<String> = [0.04, 9.96, 75.0, 125.0, 7260.0].into_iter().map(duration).collect();
        assert_eq!(told, ["0.0 s", "10 s", "75 s", "2 min 05 s", "2 h 01 min"]);
    }
}
