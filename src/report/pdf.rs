//! The report as PDF, typeset by typst in builds with the feature `pdf`, which no other file names.

use super::ReportError;
use super::page::Page;

#[cfg(feature = "pdf")]
mod document;
#[cfg(feature = "pdf")]
mod typeset;

/// Whether this build writes PDF.
pub const AVAILABLE: bool = cfg!(feature = "pdf");

/// How to get a build that does.
pub const REMEDY: &str = "build it in: `cargo install --path . --features pdf`, or leave `\"pdf\"` out";

/// `report.pdf`, and a PDF of each figure: path and content.
#[cfg(feature = "pdf")]
pub(super) fn files(page: &Page<'_>) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    typeset::files(&document::Document::new(page))
}

/// There are none.
#[cfg(not(feature = "pdf"))]
pub(super) fn files(_page: &Page<'_>) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    Err(ReportError::Pdf(format!("this build writes no PDF; {REMEDY}")))
}

/// The version of what is typeset; raised when the same content gives other bytes, as another typst may.
pub fn version() -> u32 {
    1
}
