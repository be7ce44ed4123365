//! What decoding made of the clips.

use super::Table;
use crate::report::content::DecodedClip;
use crate::report::format;

/// Clips that are to be looked at; the file has all clips. `None` where nothing was decoded.
pub(in crate::report) fn clips(clips: &[DecodedClip]) -> Option<Table> {
    if clips.is_empty() {
        return None;
    }
    let caption = "Clips in which decoding noticed something a model could learn instead of the lung. All clips are in \
                   tables/clips.csv.";
    let mut table = Table::new("clips", caption.to_owned(), &["Clip", "Noticed"], &["Marks", "Near-black frames"])
        .in_file(&[
            "clip",
            "patient",
            "frames",
            "source_frames",
            "height",
            "width",
            "mm_per_pixel_x",
            "mm_per_pixel_y",
            "fan_found",
            "fan_share",
            "marks",
            "title_frames",
        ]);
    for clip in clips {
        let noticed = clip.noticed();
        if !noticed.is_empty() {
            table.rows.push(vec![
                clip.clip.clone().into(),
                noticed.join("; ").into(),
                format::count(clip.marks).into(),
                format::count(clip.title_frames).into(),
            ]);
        }
        let known = |value: Option<f64>| value.map_or_else(String::new, format::raw);
        table.file_rows.push(vec![
            clip.clip.clone(),
            clip.patient.clone(),
            clip.frames.to_string(),
            clip.source_frames.to_string(),
            clip.height.to_string(),
            clip.width.to_string(),
            known(clip.mm_per_pixel.map(|[x, _]| x)),
            known(clip.mm_per_pixel.map(|[_, y]| y)),
            clip.fan_found.clone().unwrap_or_default(),
            known(clip.fan_share),
            clip.marks.to_string(),
            clip.title_frames.to_string(),
        ]);
    }
    Some(table.shortened())
}

/// What holds for the clips together, a sentence each.
pub(in crate::report) fn notes(clips: &[DecodedClip]) -> Vec<String> {
    let Some(first) = clips.first() else { return Vec::new() };
    let all = clips.len() as u64;
    let range = |of: &dyn Fn(&DecodedClip) -> u64| {
        let values = || clips.iter().map(of);
        let (least, most) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        if least == most {
            format::count(least)
        } else {
            format!("{} to {}", format::count(least), format::count(most))
        }
    };
    let sizes = if clips.iter().all(|clip| (clip.width, clip.height) == (first.width, first.height)) {
        format!("{} × {} pixels", first.width, first.height)
    } else {
        format!("{} × {} pixels", range(&|clip| clip.width), range(&|clip| clip.height))
    };
    let mut notes = vec![format!(
        "{}, of {} frames each (the sources have {}), {sizes} (width × height).",
        format::counted(all, "clip"),
        range(&|clip| clip.frames),
        range(&|clip| clip.source_frames)
    )];
    let scaled = clips.iter().filter(|clip| clip.mm_per_pixel.is_some()).count() as u64;
    notes.push(format!("The scale in millimetres is known of {} of them.", format::share(scaled, all)));
    let shares: Vec<f64> = sorted(clips.iter().filter_map(|clip| clip.fan_share));
    if let (Some(least), Some(most)) = (shares.first(), shares.last()) {
        // The upper of the two in the middle.
        let median = shares[shares.len() / 2];
        let shown = |share: f64| format::percent(share);
        notes.push(format!(
            "The picture is {} of the source frame at the median, {} to {}; the rest is blanked.",
            shown(median),
            shown(*least),
            shown(*most)
        ));
    }
    let found = |kind: &str| clips.iter().filter(|clip| clip.fan_found.as_deref() == Some(kind)).count() as u64;
    let kinds: Vec<String> = [
        ("fan", "a fan with two straight sides"),
        ("half-fan", "a fan with one side in the dark"),
        ("rectangle", "a rectangle"),
        ("outline", "an outline without straight sides"),
    ]
    .iter()
    .filter_map(|(kind, words)| Some((found(kind), words)).filter(|(count, _)| *count > 0))
    .map(|(count, words)| format!("{words} in {}", format::count(count)))
    .collect();
    if !kinds.is_empty() {
        notes.push(format!("It was found as {}.", kinds.join(", ")));
    }
    notes
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
