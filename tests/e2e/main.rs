//! Tests through the binary, each in a folder of its own.

mod commands;
mod errors;
mod fairness;
mod golden;
mod incremental;
mod learning;
mod page;
mod program_failures;
mod programs;
mod tables;
mod workshop;
