mod further;
mod resampling;
mod values;

pub(super) use values::{recipe, scored};
