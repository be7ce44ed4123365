//! From drawings to lines, origins or masks.

use super::{chosen::Chosen, parameters::Parameters};
use crate::{
    artifact::lines::Found,
    crowd::drawn::{self, Drawings, DrawnError, Method, Summary, Viewed},
    stage::{Context, Output, StageError},
};

mod agreement;
mod masks;
mod outcome;
mod study;
mod take;

use outcome::Outcome;
use study::Study;
use take::Taken;

/// Makes the lines, origins or masks of a task.
///
/// # Errors
/// What is wrong with its tables, what the method makes of them, or a stop.
pub(super) fn make(context: &Context<'_>, parameters: &Parameters, method: &Method) -> Result<Output, StageError> {
    let study = Study::read(&context.artifact("frames")?)?;
    let known = Some(study.clips.keys().cloned().collect());
    let chosen = Chosen::new(context, parameters, known, "on clips that `frames` does not have")?;
    let (table, input) = context.required_table("drawn")?;
    let viewed = context.table("viewed")?.map(|(table, _)| table);
    let taken = take::take(&table, input, viewed.as_ref(), parameters, &chosen, &study)?;
    tell_excluded(context, &taken);
    let rows = taken.drawn();
    let masks = |number: u32| masks::read(context.store, input, &table, taken.masks[number as usize]);
    let drawings = Drawings {
        drawings: &rows,
        viewed: match &viewed {
            Some(_) => Viewed::Table(&taken.viewings),
            None => Viewed::Assumed(parameters.unviewed.unwrap_or_default()),
        },
        frames: &taken.pictures,
        annotators: taken.annotators.len(),
        unit: parameters.drawn_unit.unwrap_or_default(),
        masks: &masks,
    };
    let told = |error: DrawnError| told(&error, &table, &taken);
    let pool = context.pool()?;
    let mut outcome = Outcome::new(context, &taken, method, parameters.probabilities);
    let (summary, agreement) = pool.install(|| {
        let summary = drawn::aggregate(method, &drawings, context.cancel, |at, consensus| -> Result<(), Stop> {
            context.progress(at as u64 + 1, taken.frames.len() as u64, "frames");
            outcome.add(at, consensus).map_err(Stop::Stage)
        });
        let summary = summary.map_err(|stop| match stop {
            Stop::Drawn(error) => told(error),
            Stop::Stage(error) => error,
        })?;
        let agreement = agreement::rows(context, (&taken, &study), method, &drawings, parameters.agreement);
        Ok::<_, StageError>((summary, agreement.map_err(told)?))
    })?;
    tell(context, &summary, method, &outcome);
    let unviewed = study.unviewed(&taken.frames, |clip| chosen.reason(clip).is_none());
    outcome.finish(parameters, &summary, &agreement, unviewed)
}

/// Why an aggregation ends early.
enum Stop {
    Drawn(DrawnError),
    Stage(StageError),
}

impl From<DrawnError> for Stop {
    fn from(error: DrawnError) -> Self {
        Self::Drawn(error)
    }
}

/// An error with the line of the drawing or the frame it is about.
fn told(error: &DrawnError, table: &crate::table::Table, taken: &Taken) -> StageError {
    if *error == DrawnError::Cancelled {
        return StageError::Cancelled;
    }
    let file = &table.file;
    StageError::Input(match (error.drawing(), error.frame()) {
        (Some(position), _) => format!("{file}:{}: {error}", table.line(taken.drawings[position].row)),
        (_, Some(frame)) => {
            let (clip, number) = &taken.frames[frame];
            format!("{file}: clip `{clip}`, frame {number}: {error}")
        }
        _ => format!("{file}: {error}"),
    })
}

/// Tells what was left out, but for what is left out on purpose.
fn tell_excluded(context: &Context<'_>, taken: &Taken) {
    for (reason, count) in taken.excluded.iter().filter(|(reason, _)| !reason.contains("kept out")) {
        context.warn(format!("{count} left out: {reason}"));
    }
}

/// Tells what was noticed on the way.
fn tell(context: &Context<'_>, summary: &Summary, method: &Method, outcome: &Outcome<'_>) {
    let counts = &summary.counts;
    let noticed = [
        (counts.unlisted, "times somebody drew on a frame that `viewed` does not list for them; they count as viewers"),
        (counts.clipped.cut_lines, "lines leave their frame; they were cut at its border"),
        (counts.clipped.dropped, "drawings lie outside their frame; they were left out"),
        (counts.clipped.moved_points, "points lie outside their frame; they were moved to its border"),
        (counts.repeated, "drawings repeat another of the same annotator on the same frame; they count once"),
    ];
    for (count, what) in noticed.into_iter().filter(|(count, _)| *count > 0) {
        context.warn(format!("{count} {what}"));
    }
    if outcome.not_converged() > 0 {
        let (name, count) = (method.name(), outcome.not_converged());
        context.warn(format!("{name} did not converge on {count} frames; raise `max_iterations`"));
    }
}

/// What a method finds.
fn found(method: &Method) -> Found {
    match method {
        Method::LineConsensus(_) => Found::Lines,
        Method::OriginPoints(_) => Found::Origins,
        Method::PixelMajority(_) | Method::Staple(_) | Method::Em(_) | Method::Rasa(_) => Found::Pixels,
    }
}
