//! Whether the folder of results is fit for its use.

use std::{
    fs::{File, TryLockError},
    io::Write as _,
    path::{Path, PathBuf},
};

use super::Finding;
use crate::store::stat;

/// Below this a run most likely ends on a full disk.
const TOO_LITTLE: u64 = 100 << 20;
/// Below this a larger experiment may.
const LITTLE: u64 = 2 << 30;

/// Looks at the folder; where it is not there yet, at the one it would be made in. Leaves nothing behind.
pub(super) fn examine(cache: &Path) -> Vec<Finding> {
    let shown = cache.display();
    let Some(place) = nearest(cache) else {
        let message = format!("{shown} is not a folder, and none can be made there");
        return vec![Finding::problem("cache", message, "name another with --cache or CROWDLINE_CACHE")];
    };
    let file = tempfile::Builder::new().prefix(".crowdline-doctor-").tempfile_in(&place);
    let mut file = match file {
        Ok(file) => file,
        Err(error) => {
            let message = format!("{shown} can't be written: {}", error.kind());
            return vec![Finding::problem("cache", message, "make it writable, or name another with --cache")];
        }
    };
    let made = if place == cache { "writable" } else { "not there yet; the first run makes it" };
    let mut findings = vec![Finding::ok("cache", format!("{shown}: {made}"))];
    findings.push(space(&place));
    findings.push(locks(file.path()));
    findings.push(sync(&mut file, &place));
    findings.push(index(cache));
    findings.extend(quarantine(cache));
    findings
}

/// The folder, or the first above it that is there; none where a file stands in its way.
fn nearest(cache: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(cache).ok()?;
    let there = absolute.ancestors().find(|path| path.exists())?;
    there.is_dir().then(|| if there == absolute { cache.to_owned() } else { there.to_owned() })
}

fn space(place: &Path) -> Finding {
    let remedy = "free some, or name a folder on another disk with --cache; deleting the cache costs time only";
    match fs4::available_space(place) {
        Ok(free) if free < TOO_LITTLE => Finding::problem("space", format!("{} free", bytes(free)), remedy),
        Ok(free) if free < LITTLE => Finding::warning("space", format!("{} free", bytes(free)), remedy),
        Ok(free) => Finding::ok("space", format!("{} free", bytes(free))),
        Err(error) => Finding::warning("space", format!("the free space can't be told: {error}"), remedy),
    }
}

fn bytes(count: u64) -> String {
    match count {
        ..1_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{:.1} GB", count as f64 / 1e9),
    }
}

/// A lock must hold against another handle: some network file systems grant it to everyone.
fn locks(path: &Path) -> Finding {
    let remedy = "let only one run at a time use this folder, or name one on a local disk with --cache";
    let lock = || -> std::io::Result<bool> {
        let (one, other) = (File::open(path)?, File::open(path)?);
        match one.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        match other.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    };
    match lock() {
        Ok(true) => Finding::ok("locks", "the file system keeps file locks"),
        Ok(false) => Finding::warning("locks", "the file system grants one lock twice", remedy),
        Err(error) => Finding::warning("locks", format!("the file system has no file locks: {error}"), remedy),
    }
}

/// Records rest on this: a file and the folder it stands in are brought to the disk.
fn sync(file: &mut tempfile::NamedTempFile, place: &Path) -> Finding {
    let written = file.write_all(b"crowdline").and_then(|()| file.as_file().sync_all());
    match written.and_then(|()| File::open(place)?.sync_all()) {
        Ok(()) => Finding::ok("sync", "files and folders can be brought to the disk"),
        Err(error) => Finding::problem(
            "sync",
            format!("what is written can't be brought to the disk: {error}"),
            "name a folder on a local disk with --cache",
        ),
    }
}

/// What this machine remembers of files outside the cache.
fn index(cache: &Path) -> Finding {
    let path = cache.join("machines").join(stat::machine()).join("stat.json");
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Finding::ok("index", "no file is known yet; the first run hashes what it reads");
        }
        Err(error) => {
            let message = format!("{} can't be read: {error}", path.display());
            return Finding::warning("index", message, "make it readable; until then every run hashes all files again");
        }
    };
    let known = serde_json::from_slice::<serde_json::Value>(&bytes)
        .ok()
        .and_then(|index| Some((index.get("files")?.as_object()?.len(), index.get("tables")?.as_object()?.len())));
    match known {
        Some((files, tables)) => {
            Finding::ok("index", format!("{files} files and {tables} tables are known without reading"))
        }
        None => Finding::warning(
            "index",
            format!("{} is damaged: all files are hashed again", path.display()),
            "nothing need be done: the next run writes it anew",
        ),
    }
}

/// Objects that were not what their name says.
fn quarantine(cache: &Path) -> Option<Finding> {
    let folder = cache.join("quarantine");
    let count = std::fs::read_dir(&folder).map_or(0, Iterator::count);
    (count > 0).then(|| {
        let noun = if count == 1 { "object was" } else { "objects were" };
        Finding::warning(
            "damage",
            format!("{count} {noun} damaged on the disk and set aside; what needed them was made again"),
            format!("check the disk, then delete {}", folder.display()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    fn found<'f>(findings: &'f [Finding], subject: &str) -> &'f Finding {
        findings.iter().find(|finding| finding.subject == subject).unwrap()
    }

    #[test]
    fn a_folder_that_is_not_there_is_looked_at_and_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("deep/cache");
        let findings = examine(&cache);
        assert!(found(&findings, "cache").message.ends_with("not there yet; the first run makes it"));
        assert_eq!(found(&findings, "sync").level, Level::Ok);
        assert_eq!(found(&findings, "locks").level, Level::Ok);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_file_in_the_way_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cache"), "").unwrap();
        for path in ["cache", "cache/deeper"] {
            let findings = examine(&folder.path().join(path));
            assert_eq!((findings.len(), findings[0].level), (1, Level::Problem), "{findings:?}");
        }
    }

    #[test]
    fn damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let machine = folder.path().join("machines").join(stat::machine());
        std::fs::create_dir_all(&machine).unwrap();
        std::fs::create_dir_all(folder.path().join("quarantine")).unwrap();
        std::fs::write(folder.path().join("quarantine/abc"), "x").unwrap();
        std::fs::write(machine.join("stat.json"), "{\"files\": {}, \"tables\": {}}").unwrap();
        let findings = examine(folder.path());
        assert_eq!(found(&findings, "index").level, Level::Ok);
        assert!(found(&findings, "damage").message.starts_with("1 object was damaged"));
        std::fs::write(machine.join("stat.json"), "{\"files\":").unwrap();
        assert_eq!(found(&examine(folder.path()), "index").level, Level::Warning);
    }

    #[test]
    fn little_space_is_told_in_units_people_use() {
        assert_eq!([bytes(5_000_000), bytes(2_500_000_000)], ["5 MB", "2.5 GB"]);
    }
}
