//! crowdline.

pub mod artifact;
pub mod label;
pub mod name;
pub mod plan;
pub mod random;
pub mod recipe;
pub mod spec;
pub mod table;
