//! What decoding made of the clips, and what they look like.

use serde::{Deserialize, Serialize};

/// Every clip that was decoded, and contact sheets of some.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decoding {
    /// All clips.
    pub clips: Vec<DecodedClip>,
    /// Those a reader should look at, and some that show what is usual.
    pub sheets: Vec<Sheet>,
}

/// One clip's frames.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecodedClip {
    /// The clip.
    pub clip: String,
    /// Whose it is.
    pub patient: String,
    /// Frames kept.
    pub frames: u64,
    /// Frames of the source.
    pub source_frames: u64,
    /// Height in pixels.
    pub height: u64,
    /// Width in pixels.
    pub width: u64,
    /// Millimetres a pixel along x and y, where known.
    pub mm_per_pixel: Option<[f64; 2]>,
    /// As what the fan was found, where it was looked for: `fan`, `half-fan`, `rectangle` or `outline`.
    pub fan_found: Option<String>,
    /// The share of the source frame that is fan, where a mask was asked for.
    pub fan_share: Option<f64>,
    /// Burned-in marks that were filled in.
    pub marks: u64,
    /// Near-black frames at the beginning and the end.
    pub title_frames: u64,
}

impl DecodedClip {
    /// Why a reader should look at it, where there is a reason.
    #[must_use]
    pub fn noticed(&self) -> Vec<&'static str> {
        [
            (self.marks > 0, "burned-in marks were filled in"),
            (self.title_frames > 0, "near-black frames"),
            (self.fan_found.as_deref() == Some("outline"), "fan without straight sides"),
        ]
        .into_iter()
        .filter_map(|(is, why)| is.then_some(why))
        .collect()
    }
}

/// Some frames of a clip side by side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sheet {
    /// The clip.
    pub clip: String,
    /// Why it is shown.
    pub why: String,
    /// A PNG.
    pub png: Vec<u8>,
}
