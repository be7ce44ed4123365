//! The engine in this process: what it does with every edit, every field and every fault.

mod disk;
mod edits;
mod engine;
mod faults;
mod fields;
