mod further;
mod resampling;
mod values;
