//! `crowdline fsck`.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;

use super::{DIFFERENT, Ended, FAILED, WRONG, machine::Machine};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Fsck {
    /// Where results are kept [default: cache].
    #[arg(long, value_name = "FOLDER", env = "CROWDLINE_CACHE")]
    cache: Option<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Fsck {
    pub(super) fn run(self) -> Result<(), Ended> {
        let machine = Machine::read().map_err(|message| Ended::with(WRONG, message))?;
        let root = machine.cache(self.cache.as_deref());
        let store = Store::open(&root).map_err(|error| Ended::with(FAILED, error))?;
        let health = store.examine().map_err(|error| Ended::with(FAILED, error))?;
        let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (experiment, traces) in store.every_trace() {
            let Some((_, trace)) = traces.into_iter().next() else { continue };
            for (address, step) in trace {
                if store.finished(&step.key).is_none() {
                    users.entry(experiment.clone()).or_default().push(address);
                }
            }
        }
        if self.json {
            let damaged: Vec<String> = health.damaged.iter().map(ToString::to_string).collect();
            let line = serde_json::json!({
                "event": "fsck", "objects": health.objects, "bytes": health.bytes, "damaged": damaged,
                "records": health.records, "torn_bytes": health.torn, "to_be_made_again": users,
            });
            say!("{line}");
        } else {
            say!("{} objects, {} bytes; {} records", health.objects, health.bytes, health.records);
            for digest in &health.damaged {
                say!("damaged  {digest}: moved to quarantine");
            }
            if health.torn > 0 {
                say!("{} bytes of torn or damaged records were passed over", health.torn);
            }
            for (experiment, addresses) in &users {
                say!("{experiment}: {} would be made again by the next run", addresses.join(", "));
            }
        }
        if health.damaged.is_empty() { Ok(()) } else { Err(Ended(DIFFERENT)) }
    }
}
