//! The decoded clips a report tells of.

use std::collections::BTreeSet;

use crate::{
    artifact::{Folder, frames},
    report::content::{DecodedClip, Decoding, Excluded, Sheet},
    stage::{Context, StageError},
};

/// Contact sheets on a page, at most: about 100 kB each.
const SHEETS: usize = 12;

/// What is said of the decoded clips.
#[derive(Default)]
pub(super) struct Told {
    pub(super) decoding: Decoding,
    /// Clips that could not be decoded.
    pub(super) excluded: Vec<Excluded>,
    /// How many clips of how many patients could, where the report was given frames.
    pub(super) counted: Option<(u64, u64)>,
}

pub(super) fn read(context: &Context<'_>) -> Result<Told, StageError> {
    let Some(folder) = context.optional("frames")? else { return Ok(Told::default()) };
    let clips: Vec<DecodedClip> = frames::read_clips(&folder)?.into_iter().map(told).collect();
    let patients: BTreeSet<&str> = clips.iter().map(|clip| clip.patient.as_str()).collect();
    let counted = Some((clips.len() as u64, patients.len() as u64));
    let excluded = frames::read_skipped(&folder)?
        .into_iter()
        .map(|skipped| Excluded { clip: skipped.clip, reason: skipped.reason })
        .collect();
    let sheets = shown(&clips)
        .into_iter()
        .filter(|clip| folder.tree().files.contains_key(&frames::sheet_path(&clip.clip)))
        .map(|clip| {
            let png = folder.open(&frames::sheet_path(&clip.clip))?.to_vec();
            Ok(Sheet { clip: clip.clip.clone(), why: clip.noticed().join("; "), png })
        })
        .collect::<Result<_, StageError>>()?;
    Ok(Told { decoding: Decoding { clips, sheets }, excluded, counted })
}

fn told(clip: frames::Clip) -> DecodedClip {
    DecodedClip {
        clip: clip.clip,
        patient: clip.patient,
        frames: clip.frames as u64,
        source_frames: clip.source_frames as u64,
        height: clip.height as u64,
        width: clip.width as u64,
        mm_per_pixel: clip.mm_per_pixel,
        fan_found: clip.fan_found,
        fan_share: clip.fan_share,
        marks: clip.marks as u64,
        title_frames: clip.title_frames as u64,
    }
}

/// The clips whose sheets are shown: up to two thirds are such as something was noticed in, the rest such as nothing was;
/// spread evenly, in the order of the clips.
fn shown(clips: &[DecodedClip]) -> Vec<&DecodedClip> {
    let (noticed, plain): (Vec<usize>, Vec<usize>) = (0..clips.len()).partition(|at| !clips[*at].noticed().is_empty());
    let of_noticed = noticed.len().min(SHEETS - (SHEETS / 3).min(plain.len()));
    let of_plain = plain.len().min(SHEETS - of_noticed);
    let spread = |from: &[usize], count: usize| -> Vec<usize> {
        (0..count).map(|at| from[(2 * at + 1) * from.len() / (2 * count)]).collect()
    };
    let mut chosen = [spread(&noticed, of_noticed), spread(&plain, of_plain)].concat();
    chosen.sort_unstable();
    chosen.into_iter().map(|at| &clips[at]).collect()
}
