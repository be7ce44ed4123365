mod bands;
mod further;
mod resampling;
mod values;
