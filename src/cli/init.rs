//! `crowdline init`.

use std::{
    io::{ErrorKind, Write as _},
    path::PathBuf,
};

use clap::Args;

use super::{Ended, FAILED, WRONG, shown};

/// The experiment that is written: small, commented, and complete.
const STUDY: &str = include_str!("init/study.toml");
/// What it is called.
const NAME: &str = "study.toml";

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to write it; made if it is not there [default: here].
    folder: Option<PathBuf>,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Ended> {
        let path = self.folder.as_deref().map_or_else(|| PathBuf::from(NAME), |folder| folder.join(NAME));
        let at = shown(&path);
        if let Some(folder) = &self.folder {
            std::fs::create_dir_all(folder).map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                    let folder = shown(folder);
                    Ended::with(WRONG, format!("{folder} is no folder: name a folder, such as `crowdline init study`"))
                }
                _ => Ended::with(FAILED, format!("can't make the folder {}: {error}", shown(folder))),
            })?;
        }
        // Made only where nothing stands, so that nobody's work is lost between a look and a write.
        let made = std::fs::File::options().write(true).create_new(true).open(&path);
        let written = made.and_then(|mut file| file.write_all(STUDY.as_bytes()));
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Ended::with(
                WRONG,
                format!("{at} is there already and is left as it is: name another folder, or move the file away"),
            ),
            _ => Ended::with(FAILED, format!("can't write {at}: {error}")),
        })?;
        let argument = if at.contains(char::is_whitespace) { format!("\"{at}\"") } else { at.clone() };
        say!("wrote {at}");
        say!("next: crowdline run {argument}");
        Ok(())
    }
}
