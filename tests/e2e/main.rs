//! Tests through the binary, each in a folder of its own.

mod commands;
mod errors;
mod fairness;
mod golden;
mod graph;
mod incremental;
mod learning;
mod page;
mod processes;
mod starting;
mod tables;
mod workshop;
