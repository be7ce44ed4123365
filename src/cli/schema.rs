//! `crowdline schema`.

use clap::Args;

use super::Ended;
use crate::{schema::schema, stage};

#[derive(Debug, Args)]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(self) -> Result<(), Ended> {
        say!("{:#}", schema(&stage::kinds()));
        Ok(())
    }
}
