//! From a table of opinions to a table of labels, against crowd-kit on the same table, one after the other.
//!
//! `cargo bench --bench aggregate [-- OPINIONS] [METHOD …]`; the peer runs where `CROWDLINE_PEER_PYTHON` names a Python with
//! crowd-kit 1.4 and scikit-learn 1.5 (`pip install crowd-kit==1.4.2 scikit-learn==1.5.2`), else only the own figures are
//! printed. Both read the CSV, fit with their defaults and write a CSV; time is the whole process's, memory its peak.

use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Items and annotators for a million opinions, as published for crowds that label clips.
const ITEMS: usize = 40_300;
const ANNOTATORS: usize = 4_250;
/// A peer that takes longer than this is stopped, in seconds.
const PATIENCE: &str = "300";
const METHODS: [(&str, &str); 9] = [
    ("majority", "MajorityVote()"),
    ("weighted-majority", "Wawa()"),
    ("zero-based-skill", "ZeroBasedSkill()"),
    ("dawid-skene", "DawidSkene(n_iter=100)"),
    ("one-coin", "OneCoinDawidSkene(n_iter=100)"),
    ("glad", "GLAD()"),
    ("mace", "MACE()"),
    ("mmsr", "MMSR()"),
    ("ibcc", ""),
];
const PEER: &str = r#"
import sys, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from crowdkit.aggregation import *
opinions = pd.read_csv("opinions.csv").rename(columns={"clip": "task", "annotator": "worker"})
METHOD.fit_predict(opinions).to_csv("labels.csv")
"#;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let opinions = words.iter().find_map(|word| word.parse().ok()).unwrap_or(1_000_000usize);
    let wanted = |name: &str| words.iter().all(|word| word.parse::<usize>().is_ok()) || words.iter().any(|w| w == name);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    std::fs::write(folder.join("opinions.csv"), made(opinions)).expect("a table");
    println!("{opinions} opinions");
    for (method, peer) in METHODS.iter().filter(|(method, _)| wanted(method)) {
        let experiment = format!(
            "classes = [\"none\", \"discrete\", \"confluent\"]\n[aggregate.x]\nopinions = \"opinions.csv\"\nmethod = \"{method}\"\n"
        );
        std::fs::write(folder.join("x.toml"), experiment).expect("an experiment");
        let _ = std::fs::remove_dir_all(folder.join("cache"));
        let own = measured(folder, &[env!("CARGO_BIN_EXE_crowdline"), "run", "x.toml", "--threads", "2"]);
        let Some((own_seconds, own_memory)) = own else {
            println!("{method:<18} failed");
            continue;
        };
        print!("{method:<18} {own_seconds:>7.2} s {own_memory:>6} MB");
        if let Ok(python) = std::env::var("CROWDLINE_PEER_PYTHON")
            && !peer.is_empty()
        {
            let script = PEER.replace("METHOD", peer);
            match measured(folder, &["timeout", PATIENCE, &python, "-c", &script]) {
                Some((seconds, memory)) => print!(
                    "   crowd-kit {seconds:>7.2} s {memory:>6} MB   {:.1} times as long, {:.1} times the memory",
                    seconds / own_seconds,
                    memory as f64 / own_memory.max(1) as f64
                ),
                None => print!("   crowd-kit: none within {PATIENCE} s"),
            }
        }
        println!();
    }
}

/// Opinions of annotators who are right more or less often, as CSV.
fn made(opinions: usize) -> String {
    let scaled = |count: usize| (count * opinions / 1_000_000).max(20);
    let (items, annotators) = (scaled(ITEMS), scaled(ANNOTATORS));
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let skills: Vec<f64> = (0..annotators).map(|_| random.random_range(0.45..0.95)).collect();
    let truths: Vec<usize> = (0..items).map(|_| [0, 0, 1, 2][random.random_range(0..4)]).collect();
    let mut text = String::from("clip,annotator,label\n");
    let mut given = std::collections::BTreeSet::new();
    for at in 0..opinions {
        let item = at % items;
        let annotator = std::iter::repeat_with(|| random.random_range(0..annotators))
            .find(|annotator| given.insert((item, *annotator)))
            .expect("somebody has not seen the item");
        let right = random.random_bool(skills[annotator]);
        let class = if right { truths[item] } else { random.random_range(0..3) };
        let label = ["none", "discrete", "confluent"][class];
        let _ = writeln!(text, "clip{item},worker{annotator},{label}");
    }
    text
}

/// Seconds and peak megabytes of a process, by GNU time; nothing where it fails.
fn measured(folder: &Path, words: &[&str]) -> Option<(f64, u64)> {
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%e %M"])
        .args(words)
        .current_dir(folder)
        .stdout(Stdio::null())
        .output()
        .expect("GNU time, in the package `time`");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let (seconds, kilobytes) = said.lines().last()?.split_once(' ')?;
    output.status.success().then_some(())?;
    Some((seconds.parse().ok()?, kilobytes.parse::<u64>().ok()? / 1000))
}
