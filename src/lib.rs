//! crowdline.

pub mod artifact;
pub mod cli;
pub mod event;
pub mod executor;
pub mod job;
pub mod label;
pub mod name;
pub mod plan;
pub mod progress;
pub mod random;
pub mod recipe;
pub mod schedule;
pub mod spec;
pub mod stage;
pub mod store;
pub mod table;
