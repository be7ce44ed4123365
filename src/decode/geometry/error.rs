//! What can be wrong with a geometry.

/// Why the geometry that was asked for cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GeometryError {
    /// A setting without a meaning.
    #[error("{name} = {value} is not possible; {remedy}")]
    Setting { name: &'static str, value: String, remedy: &'static str },
    /// `mask = "corners"` and no corners.
    #[error(
        "mask = \"corners\" and the table `geometry` has no corners for this clip; add them, or take mask = \"auto\""
    )]
    NoCorners,
    /// Corners that make no fan.
    #[error("the corners make no fan: {0}; they are those of the picture, left and right, top and bottom, in pixels")]
    Corners(&'static str),
    /// `mask = "regions"` and no region of tissue.
    #[error("mask = \"regions\" and the file has no ultrasound region of tissue; take mask = \"auto\" or \"corners\"")]
    NoRegions,
    /// Nothing of the fan, the region or the crop lies on the frame.
    #[error("the fan, region or crop lies outside the frame; are its numbers in pixels of this clip?")]
    Outside,
    /// Nothing moves and nothing is bright.
    #[error("no fan was found: nothing in the clip moves or is bright; give its corners, or leave `mask` out")]
    NoFan,
    /// Polar coordinates of something without an apex.
    #[error(
        "`polar` needs a fan whose sides meet, and none is known of this clip: give its corners (mask = \"corners\"), or leave `polar` out; a linear probe's picture has none"
    )]
    NoApex,
}

impl GeometryError {
    /// The setting at fault, what is wrong with it and the remedy, where it is a setting.
    #[must_use]
    pub fn setting(&self) -> Option<(&'static str, String, &'static str)> {
        match self {
            Self::Setting { name, value, remedy } => Some((name, format!("`{name}` is {value}"), remedy)),
            _ => None,
        }
    }
}
