//! What is said and shown of decoded clips.

use super::*;
use crate::report::content::{DecodedClip, Decoding, Sheet};

fn clip(name: &str, share: f64, found: &str, marks: u64, title_frames: u64) -> DecodedClip {
    DecodedClip {
        clip: name.into(),
        patient: "p".into(),
        frames: 16,
        source_frames: 100 + marks,
        height: 96,
        width: 128,
        mm_per_pixel: (marks == 0).then_some([0.5, 0.4]),
        fan_found: Some(found.into()),
        fan_share: Some(share),
        marks,
        title_frames,
    }
}

pub(super) fn some() -> Decoding {
    Decoding {
        clips: vec![clip("a", 0.9, "fan", 0, 0), clip("b & c", 0.7, "fan", 2, 0), clip("d", 0.8, "outline", 0, 1)],
        sheets: vec![Sheet { clip: "b & c".into(), why: "burned-in marks".into(), png: vec![0x89, b'P', b'N', b'G'] }],
    }
}

#[test]
fn clips_are_summed_up_listed_and_shown() {
    let rendered = render(&Content { decoding: some(), ..Content::default() }).unwrap();
    let page = rendered.html.replace('\u{a0}', " ");
    for said in [
        "3 clips, of 16 frames each (the sources have 100 to 102), 128 × 96 pixels (width × height).",
        "known of 2 (66.7 %) of them",
        "80.0 % of the source frame at the median, 70.0 % to 90.0 %",
        "It was found as a fan with two straight sides in 2, an outline without straight sides in 1.",
        "2 clips to look at",
        "near-black frames; fan without straight sides",
        // What `base64` of coreutils makes of the four bytes.
        "src=\"data:image/png;base64,iVBORw==\" alt=\"Frames of clip b &amp; c\"",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let table = file(&rendered, "tables/clips.csv");
    let head = "clip,patient,frames,source_frames,height,width,mm_per_pixel_x,mm_per_pixel_y,fan_found,fan_share,marks,title_frames";
    assert_eq!(table.lines().next(), Some(head));
    assert_eq!(table.lines().nth(2), Some("b & c,p,16,102,96,128,,,fan,0.7,2,0"));
    assert!(!render(&Content::default()).unwrap().html.contains("Clips as models see them"));
}
