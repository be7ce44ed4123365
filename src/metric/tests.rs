mod anything;
mod bands;
mod calibration;
mod further;
mod resampling;
mod several_classes;
mod values;

pub(super) use values::{recipe, scored};
