//! How long it takes to see that nothing is to be done, against `ninja` on a DAG of the same shape, runs of the two
//! taking turns. `cargo bench --bench noop [-- TASKS]`; without `ninja` on the path only the own times are printed.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

mod dags;

const RUNS: usize = 15;

fn main() {
    let tasks = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(10_000);
    let layered = dags::Layered { layers: 10, width: tasks / 10 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, experiment, ninja) in
        [("layers", layered.experiment(), layered.ninja()), ("matrix", dags::matrix(tasks), dags::flat_ninja(tasks))]
    {
        let folder = folder.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("dag.toml"), experiment).expect("an experiment");
        std::fs::write(folder.join("build.ninja"), ninja).expect("a build file");
        let own = || command(env!("CARGO_BIN_EXE_crowdline"), &["run", "dag.toml", "--threads", "2"], &folder);
        let peer = || command("ninja", &["-j2"], &folder);
        let first = time(own()).expect("the first run");
        println!("{name}: {tasks} tasks; first run {:.1} s, {:.2} ms a task", first, first * 1000.0 / tasks as f64);
        let has_peer = time(peer()).is_some();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.extend(time(own()));
            if has_peer {
                theirs.extend(time(peer()));
            }
        }
        let ours = summary("crowdline", &mut ours);
        if has_peer {
            let theirs = summary("ninja", &mut theirs);
            println!("  ratio of medians {:.2}", ours / theirs);
        }
    }
}

fn command(program: &str, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn time(mut command: Command) -> Option<f64> {
    let begun = Instant::now();
    let status = command.status().ok()?;
    status.success().then(|| begun.elapsed().as_secs_f64())
}

fn summary(name: &str, seconds: &mut [f64]) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!(
        "  {name:<10} no-op {:.1} ms (from {:.1} to {:.1})",
        median * 1000.0,
        seconds[0] * 1000.0,
        seconds[seconds.len() - 1] * 1000.0
    );
    median
}
