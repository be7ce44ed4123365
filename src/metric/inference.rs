//! Tests, intervals and sample sizes: how sure one may be of a value or of a difference.
//!
//! What resamples patients stands beside what published studies do clip by clip, so that a report can show both and say
//! which takes the clips of a patient as independent.

pub mod area;
mod binomial_tail;
mod flips;
mod limits;
mod mcnemar;
mod multiplicity;
mod normal;
mod paired;
mod power;
mod proportion;
mod single;
mod student;
mod told;

pub use area::{Area, Unit, area};
pub use flips::{Flips, Permuted, accuracy_blocks, area_blocks};
pub(super) use limits::expanded;
pub use limits::{Limits, Method, Undefined};
pub use mcnemar::{McNemar, mcnemar};
pub use multiplicity::{benjamini_hochberg, holm};
pub use paired::paired;
pub use power::Design;
pub use proportion::{clopper_pearson, wilson};
pub use single::intervals;
pub use told::Told;

/// Why an area has no interval and no test.
const NO_VARIANCE: &str = "too few patients with clips of either side, or no spread among them";

#[cfg(test)]
mod tests;
