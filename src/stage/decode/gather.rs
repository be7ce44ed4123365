//! The artifact of all clips that are there, and what became of the others.

use super::{
    Context, OnError, Output, Parameters, StageError,
    work::{self, Decoded, Failure},
};
use crate::{
    artifact::frames::{self, Skipped, Source},
    decode::geometry::TitleFrames,
    stage::clips::Row,
    table::Table,
};

pub(super) fn gather(
    context: &Context<'_>,
    table: &Table,
    rows: Vec<Row>,
    results: Vec<Result<Decoded, Failure>>,
    parameters: &Parameters,
) -> Result<Output, StageError> {
    let mut output = Output::default();
    let (mut decoded, mut geometries, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    let (mut not_asked, mut failed) = (Vec::new(), Vec::new());
    for (row, result) in rows.into_iter().zip(results) {
        match result {
            Ok(made) => {
                let clip = work::clip(&row, &made);
                output.tree.files.insert(frames::path(&clip.clip), made.frames);
                if let Some(sheet) = made.sheet {
                    output.tree.files.insert(frames::sheet_path(&clip.clip), sheet);
                }
                let numbers = made.note.numbers.unwrap_or_else(|| (0..clip.frames).map(Some).collect());
                sources.push(Source { clip: clip.clip.clone(), windows: clip.windows, numbers });
                let value = |value| serde_json::to_value(value).map_err(|e| StageError::Failed(e.to_string()));
                geometries.push((clip.clip.clone(), value(&made.note.geometry)?));
                decoded.push(clip);
            }
            Err(Failure::Store(error)) => return Err(error),
            Err(Failure::NotAsked) => {
                let reason = "no frame of it stands in the table `at`".to_owned();
                not_asked.push(Skipped { clip: row.clip, patient: row.patient, reason });
            }
            Err(Failure::Clip(reason)) => {
                let at = table.line(row.row);
                failed.push((at, Skipped { clip: row.clip, patient: row.patient, reason }));
            }
        }
    }
    if !failed.is_empty() && (parameters.on_error == OnError::Fail || decoded.is_empty()) {
        let lines: Vec<String> = failed
            .iter()
            .map(|(line, s)| format!("\n  {}:{line}: clip `{}`: {}", table.file, s.clip, s.reason))
            .collect();
        let remedy = "mend or remove them, or set `on_error = \"skip\"` to leave them out and list them in the report";
        return Err(StageError::Input(format!(
            "{} of {} clips can't be decoded:{}\n  {remedy}",
            failed.len(),
            failed.len() + decoded.len(),
            lines.concat()
        )));
    }
    for (_, s) in &failed {
        context.warn(format!("clip `{}` left out: {}", s.clip, s.reason));
    }
    if !not_asked.is_empty() {
        context.warn(format!("{} clips left out: no frame of them stands in the table `at`", not_asked.len()));
    }
    tell(context, &decoded, parameters);
    let mut skipped: Vec<Skipped> = failed.into_iter().map(|(_, s)| s).chain(not_asked).collect();
    skipped.sort_by(|a, b| a.clip.cmp(&b.clip));
    output.add(context.store, "clips.csv", &frames::write_clips(&decoded))?;
    output.add(context.store, "frames.csv", &frames::write_sources(&sources))?;
    output.add(context.store, "geometry.json", &frames::write_geometries(&geometries))?;
    output.add(context.store, "skipped.csv", &frames::write_skipped(&skipped))?;
    Ok(output)
}

/// What was noticed that a model could cheat on.
fn tell(context: &Context<'_>, decoded: &[frames::Clip], parameters: &Parameters) {
    let marked = decoded.iter().filter(|clip| clip.marks > 0).count();
    if marked > 0 {
        context.warn(format!(
            "{marked} clips have burned-in marks inside the fan; they were filled in (clips.csv: marks)"
        ));
    }
    let outlined = decoded.iter().filter(|clip| clip.fan_found.as_deref() == Some("outline")).count();
    if outlined > 0 {
        context.warn(format!(
            "{outlined} clips show no straight sides of a fan; what is dark at their edges is blanked (clips.csv: fan_found)"
        ));
    }
    let titled = decoded.iter().filter(|clip| clip.title_frames > 0).count();
    if titled > 0 {
        let done = match parameters.title_frames {
            TitleFrames::Keep => "leave them out with `title_frames = \"drop\"`",
            TitleFrames::Drop => "they were left out",
        };
        context.warn(format!("{titled} clips begin or end with near-black frames; {done} (clips.csv: title_frames)"));
    }
}
