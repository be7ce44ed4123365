mod resampling;
mod values;
