//! `crowdline bundle`.

use std::path::PathBuf;

use clap::Args;

use super::{Common, Ended, FAILED, WRONG, shown};
use crate::{
    bundle::crate_metadata::{Licence, PublicationDate},
    exchange::{ExchangeError, Publication, write},
};

#[derive(Debug, Args)]
pub(super) struct BundleCommand {
    #[command(flatten)]
    common: Common,
    /// The file to write [default: NAME.zip in the working directory].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// When it is published, such as 2026-05-01: an RO-Crate says so, and only you know.
    #[arg(long, value_name = "DATE")]
    date: PublicationDate,
    /// The name of the licence, such as CC-BY-4.0.
    #[arg(long, value_name = "NAME")]
    licence: Option<String>,
    /// Where the licence's text stands.
    #[arg(long, value_name = "URL", requires = "licence")]
    licence_url: Option<String>,
    /// Also put the raw files into it: tables, clips, scripts. Without, their digests stand for them.
    #[arg(long)]
    inputs: bool,
}

impl BundleCommand {
    pub(super) fn run(self) -> Result<(), Ended> {
        let opened = self.common.open()?;
        let store = self.common.store(&opened.machine)?;
        let _shared = store.share();
        let to = self.output.unwrap_or_else(|| PathBuf::from(format!("{}.zip", opened.source.name())));
        let url = self.licence_url;
        let licence = self.licence.map(|name| Licence { name, url });
        let publication = Publication { date: self.date, licence, inputs: self.inputs };
        let files = write(&opened.plan, &store, &opened.source.path, &to, &publication).map_err(|error| {
            Ended::with(
                if matches!(error, ExchangeError::Refused(_) | ExchangeError::Lock(_)) { WRONG } else { FAILED },
                error,
            )
        })?;
        let size = std::fs::metadata(&to).map_or(0, |file| file.len());
        if self.common.json {
            say!("{}", serde_json::json!({"event": "bundled", "path": to, "files": files, "bytes": size}));
        } else {
            say!("{}: {files} files, {:.1} MB", shown(&to), size as f64 / 1e6);
            say!("check it anywhere with `crowdline verify {}`", shown(&to));
        }
        Ok(())
    }
}
