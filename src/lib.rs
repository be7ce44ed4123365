//! crowdline.

pub mod label;
pub mod random;
