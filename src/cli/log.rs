//! `crowdline log`.

use clap::Args;

use super::{Common, Ended, FAILED};
use crate::executor::log_path;

#[derive(Debug, Args)]
pub(super) struct Log {
    #[command(flatten)]
    common: Common,
    /// The stage or task, such as `classifier` or `classifier[fold=0]`.
    task: String,
}

impl Log {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let wanted = opened.find(std::slice::from_ref(&self.task))?;
        let store = self.common.store(&opened.machine)?;
        let logs = super::logs(&store, &opened.source.name());
        let mut silent = Vec::new();
        for (at, task) in wanted.iter().enumerate() {
            let address = &opened.plan.tasks[*task].address;
            let path = log_path(&logs, address);
            match std::fs::read_to_string(&path) {
                Ok(text) if self.common.json => say!("{}", serde_json::json!({"task": address, "log": text})),
                Ok(text) => say!("{}{}", if at > 0 { "\n" } else { "" }, text.trim_end()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => silent.push(address.as_str()),
                Err(error) => return Err(Ended::with(FAILED, format!("can't read {}: {error}", path.display()))),
            }
        }
        if !silent.is_empty() {
            tell!("nothing was logged by {}: it never ran here, or had nothing to say", crate::name::quoted(silent));
        }
        Ok(())
    }
}
