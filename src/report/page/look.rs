//! The clips worth looking at, as templates see them.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use minijinja::{Value, context};

use crate::report::content::{Role, Source, ViewedClip, Viewer};
use crate::report::format;

/// The first `shown` clips; nothing where there are none and nothing to say about it.
pub(super) fn view(viewer: &Viewer, shown: usize) -> Option<Value> {
    if viewer.clips.is_empty() && viewer.missing.is_none() {
        return None;
    }
    let clips: Vec<(usize, &ViewedClip)> = viewer.clips.iter().take(shown).enumerate().collect();
    let mut notes = viewer.notes.clone();
    if shown < viewer.clips.len() {
        notes.push(format!(
            "{} of {} clips are shown: a page of more than 5 MB is hard to pass on.",
            format::count(shown as u64),
            format::count(viewer.clips.len() as u64)
        ));
    }
    let mut whys: Vec<&str> = clips.iter().map(|(_, clip)| clip.why.as_str()).collect();
    whys.dedup();
    let groups: Vec<Value> = whys
        .iter()
        .map(|why| {
            let of = clips.iter().filter(|(_, clip)| clip.why == *why);
            context! { why => *why, clips => of.map(|(at, clip)| one(viewer, *at, clip)).collect::<Vec<_>>() }
        })
        .collect();
    let sources: Vec<Value> = viewer
        .sources
        .iter()
        .map(|source| context! { name => source.name.as_str(), role => word(source.role) })
        .collect();
    let missing = viewer.missing.as_deref();
    Some(context! { missing, notes, groups, sources })
}

/// What hides a source where its box is not ticked.
pub(super) fn rules(viewer: &Viewer) -> String {
    let rule = |at: usize| format!("#look:has(#layer-{at}:not(:checked)) .source-{at}{{display:none}}\n");
    (0..viewer.sources.len()).map(rule).collect()
}

fn one(viewer: &Viewer, at: usize, clip: &ViewedClip) -> Value {
    let name = |of: usize| viewer.sources[of].name.as_str();
    let start = clip.drawn.iter().map(|over| over.first).min().unwrap_or(0);
    let said: Vec<Value> = clip
        .said
        .iter()
        .map(|said| {
            let share = |(class, p): &(String, f64)| format!("{class}\u{a0}{}", format::fixed(*p, 2));
            let shares = said.probabilities.iter().map(share).collect::<Vec<_>>().join(" · ");
            let Source { name, role } = &viewer.sources[said.source];
            let role = word(*role);
            context! { name => name.as_str(), role, source => said.source, label => said.label.as_str(), shares }
        })
        .collect();
    let drawn: Vec<Value> = clip
        .drawn
        .iter()
        .map(|over| {
            let (name, path) = (name(over.source), over.path.as_str());
            context! { name, source => over.source, path, filled => over.filled }
        })
        .collect();
    let numbers: Vec<String> =
        clip.frames.iter().map(|number| number.map_or_else(String::new, |number| number.to_string())).collect();
    context! {
        at, clip => clip.clip.as_str(), how_much => clip.how_much.as_str(), said, drawn, numbers, start,
        count => clip.frames.len(), width => clip.size[0], height => clip.size[1],
        jpeg => BASE64_STANDARD.encode(&clip.jpeg),
    }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Reference => "reference",
        Role::People => "people",
        Role::Model => "model",
    }
}
