//! Bars on a terminal: one for the run, one for each task under way.

use std::{collections::BTreeMap, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Progress, plain};
use crate::event::Event;

/// Shows events as bars; lines that stay are printed above them.
#[derive(Debug)]
pub struct Bars {
    all: MultiProgress,
    run: ProgressBar,
    tasks: BTreeMap<String, ProgressBar>,
    verbose: bool,
}

impl Bars {
    /// Bars on standard error.
    pub fn new(verbose: bool) -> Self {
        let all = MultiProgress::new();
        let run = all.add(ProgressBar::new(0));
        run.set_style(style("{bar:28.cyan/dim} {pos}/{len} tasks  {elapsed}, about {eta} left"));
        Self { all, run, tasks: BTreeMap::new(), verbose }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is right").progress_chars("━╸─")
}

impl Progress for Bars {
    fn show(&mut self, event: &Event) {
        match event {
            Event::Planned { tasks } => {
                self.run.set_length(*tasks as u64);
                self.run.enable_steady_tick(Duration::from_millis(200));
            }
            Event::Started { task } => {
                let bar = self.all.add(ProgressBar::new(0));
                bar.set_style(style("  {spinner:.cyan} {prefix}  {msg}"));
                bar.set_prefix(task.clone());
                bar.enable_steady_tick(Duration::from_millis(120));
                self.tasks.insert(task.clone(), bar);
                return;
            }
            Event::Progress { task, done, total, unit, note } => {
                if let Some(bar) = self.tasks.get(task) {
                    if bar.length() != Some(*total) {
                        bar.set_length(*total);
                        let template =
                            format!("  {{bar:26.green/dim}} {{prefix}}  {{pos}}/{{len}} {unit}  {{msg}}{{eta}} left");
                        bar.set_style(style(&template));
                    }
                    if let Some(note) = note {
                        bar.set_message(format!("{note}  "));
                    }
                    bar.set_position(*done);
                }
                return;
            }
            Event::Done { task, .. } | Event::Failed { task, .. } | Event::Skipped { task, .. } => {
                if let Some(bar) = self.tasks.remove(task) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
                self.run.inc(1);
            }
            Event::Cached { .. } => self.run.inc(1),
            Event::Finished(_) => {
                self.run.finish_and_clear();
                let _ = self.all.clear();
            }
            Event::Warning { .. } | Event::Written { .. } => {}
        }
        if let Some(line) = plain::line(event, self.verbose) {
            if matches!(event, Event::Finished(_)) {
                eprintln!("{line}");
            } else {
                let _ = self.all.println(line);
            }
        }
    }
}
