//! How a model does on examples it does not learn from.

use super::ModelError;
use super::lessons::{Lessons, Target, append_classes};
use super::loss::{Loss, Meaning};
use super::network::{Network, State};
use super::predict::logits;
use super::sampling::Normalisation;
use super::workers::Workers;

/// Mean loss, and accuracy of clips (the first of equally probable classes counts) or the Dice coefficient over all
/// pixels of all frames (1 where nothing is and nothing was found).
pub(super) fn examine(
    network: &dyn Network,
    state: &State,
    normalisation: &Normalisation,
    lessons: &Lessons<'_>,
    loss: &Loss,
    workers: &Workers,
) -> Result<(f64, f64), ModelError> {
    let which: Vec<usize> = lessons.validation.iter().map(|example| example.clip).collect();
    let mut rest = lessons.validation;
    let (mut sum, mut both, mut all) = (0.0, 0.0, 0.0);
    let mut failed = None;
    logits(network, state, normalisation, lessons.clips, &which, workers, |rows| {
        let mut targets = lessons.targets(&[]);
        let size = match targets.meaning {
            Meaning::Classes => lessons.classes,
            Meaning::Pixels(area) => area,
        };
        let (these, later) = rest.split_at(rows.len() / size);
        rest = later;
        for example in these {
            match &example.target {
                Target::Classes(shares) => append_classes(shares, None, &mut targets),
                // A validation curve is drawn by labels.
                Target::Opinions(_) => {}
                Target::Map(map) => match lessons.maps.map(*map) {
                    Ok(map) => targets.values.extend(map.iter().map(|&level| f32::from(level) / 255.0)),
                    Err(error) => failed = Some(error),
                },
            }
            targets.weights.push(1.0);
        }
        if failed.is_some() {
            return;
        }
        sum += loss.measure(&rows, &targets).0 * these.len() as f64;
        for (row, target) in rows.chunks_exact(size).zip(targets.values.chunks_exact(size)) {
            match targets.meaning {
                Meaning::Classes => {
                    both += f64::from(u8::from(largest(row) == largest(target)));
                    all += 1.0;
                }
                Meaning::Pixels(_) => {
                    for (&logit, &share) in row.iter().zip(target) {
                        let (found, there) = (logit > 0.0, share >= 0.5);
                        both += f64::from(2 * u8::from(found && there));
                        all += f64::from(u8::from(found) + u8::from(there));
                    }
                }
            }
        }
    })?;
    match failed {
        Some(error) => Err(error),
        None => Ok((sum / lessons.validation.len() as f64, if all > 0.0 { both / all } else { 1.0 })),
    }
}

fn largest(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
}
