//! crowdline: declarative crowd-versus-expert experiments over lung-ultrasound clips.
//!
//! One TOML file is read into spanned stage tables ([`spec`]), which become a typed DAG of tasks ([`plan`]). For each task
//! whose inputs are known the scheduler ([`schedule`]) makes a recipe and its key ([`recipe`]), looks it up in the store
//! ([`store`]), and hands what is missing to an executor ([`executor`]) as a job ([`job`]). A job runs a stage ([`stage`]): glue
//! from artifacts ([`artifact`]) through a call of the domain to an artifact. The domain knows nothing of all that:
//! clips are made ([`phantom`]) or decoded ([`decode`]), patients divided ([`folds`]), opinions aggregated ([`crowd`]), models
//! trained ([`model`]), predictions scored ([`metric`]), and the answer written ([`report`]).
//! Beside them, [`graph`] draws the DAG, and an experiment with what came of it fits into one file ([`bundle`]).

pub mod cli;

pub mod doctor;
pub mod progress;
pub mod schema;

pub mod event;
pub mod exchange;
pub mod executor;
pub mod lock;
pub mod schedule;

pub mod stage;

pub mod job;
pub mod plan;
pub mod spec;
pub mod store;

pub mod artifact;
pub mod bundle;
pub mod recipe;
pub mod table;

pub mod crowd;
pub mod decode;
pub mod folds;
pub mod graph;
pub mod metric;
pub mod model;
pub mod phantom;
pub mod report;

pub mod label;
pub mod name;
pub mod narrow;
pub mod random;
pub mod shape;
pub mod texts;
