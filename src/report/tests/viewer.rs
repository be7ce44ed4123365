//! Clips worth looking at.

use super::{fixture::kitchen_sink, render};
use crate::report::Content;
use crate::report::content::{Overlay, Role, Said, Source, ViewedClip, Viewer};

/// A clip that is said and drawn something of by everyone.
fn clip(name: &str, jpeg: Vec<u8>) -> ViewedClip {
    let said = |source: usize, label: &str| Said {
        source,
        label: label.into(),
        probabilities: if source == 0 { vec![] } else { vec![("none".into(), 0.25), ("discrete".into(), 0.75)] },
    };
    ViewedClip {
        clip: name.into(),
        why: "Models and reference disagree most".into(),
        how_much: "disagreement 0.75".into(),
        said: vec![said(0, "none"), said(1, "discrete")],
        jpeg,
        size: [16, 8],
        frames: vec![Some(0), Some(4), None],
        drawn: vec![Overlay { source: 1, path: "M1 2L3 4".into(), filled: false, first: 1 }],
    }
}

pub(super) fn some() -> Viewer {
    let source = |name: &str, role: Role| Source { name: name.into(), role };
    Viewer {
        sources: vec![source("reference", Role::Reference), source("arm same", Role::Model)],
        clips: vec![clip("c1", vec![1, 2, 3]), clip("c2", vec![4, 5])],
        notes: vec!["2 of 3 clips are shown".into()],
        missing: None,
    }
}

#[test]
fn a_clip_stands_on_the_page_with_its_frames_and_what_is_said_of_it() {
    let page = render(&kitchen_sink()).unwrap().html;
    for said in [
        "Models and reference disagree most (2)",
        "2 of 3 clips are shown",
        "<svg viewBox=\"0 0 48 8\"",
        "data:image/jpeg;base64,AQID",
        "data-frames=\"0 4 \" data-start=\"1\"",
        "<path class=\"over source-1 tint-1\" d=\"M1 2L3 4\"><title>arm same</title>",
        "#look:has(#layer-1:not(:checked)) .source-1{display:none}",
        "arm same <small>(model)</small>",
        "<td>discrete</td><td>none\u{a0}0.25 · discrete\u{a0}0.75</td>",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn a_report_without_frames_says_how_to_get_them_and_one_without_clips_says_nothing() {
    let missing = Viewer { missing: Some("Give the report frames.".into()), ..Viewer::default() };
    let page = render(&Content { viewer: missing, ..Content::default() }).unwrap().html;
    assert!(page.contains("Give the report frames.") && !page.contains("class=\"film\""));
    assert!(!render(&Content::default()).unwrap().html.contains("id=\"look\""));
}

#[test]
fn pictures_that_would_make_the_page_too_large_are_left_out_and_that_is_said() {
    let clips = (0..12).map(|at| clip(&format!("c{at}"), vec![7; 600_000])).collect();
    let page = render(&Content { viewer: Viewer { clips, ..some() }, ..Content::default() }).unwrap().html;
    assert!(page.len() < 5_000_000, "{}", page.len());
    assert_eq!(page.matches("<article class=\"film\"").count(), 6);
    assert!(page.contains("6 of 12 clips are shown"));
}
