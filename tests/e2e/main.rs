//! Tests through the binary, each in a folder of its own.

mod agreement;
mod bundles;
mod commands;
mod decoding;
mod drawn;
mod drawn_for_real;
mod errors;
mod fairness;
mod golden;
mod graph;
mod housekeeping;
mod incremental;
mod learning;
mod left_out;
mod locks;
mod page;
mod privacy;
mod processes;
mod program_failures;
mod programs;
mod quality;
mod shipped;
mod starting;
mod study;
mod tables;
mod workshop;
