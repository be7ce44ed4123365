//! Several processes on one store, and processes that are killed.

use std::{process::Stdio, time::Duration};

use rand::{RngExt as _, SeedableRng as _};

use crate::workshop::{Outcome, Sum, TINY, Workshop, tiny_with};

/// Outputs of every task.
fn outputs(workshop: &Workshop) -> Vec<(String, String)> {
    let stages = ["cohort", "frames", "patients", "crowd", "expert", "judges", "classifier", "models", "paper"];
    stages.iter().flat_map(|stage| workshop.digests(stage)).collect()
}

fn undisturbed(experiment: &str) -> Vec<(String, String)> {
    let workshop = Workshop::new().with("x.toml", experiment);
    workshop.run(&[]);
    outputs(&workshop)
}

#[test]
fn eight_runs_on_one_store_do_each_task_once() {
    let experiment = tiny_with("updates = 6", "updates = 60");
    let workshop = Workshop::new().with("x.toml", &experiment);
    let children: Vec<_> = (0..8)
        .map(|_| workshop.command(&["run", "x.toml", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn())
        .collect();
    let mut executed = 0;
    for child in children {
        let output = child.unwrap().wait_with_output().unwrap();
        let outcome = Outcome {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        assert_eq!(outcome.code, 0, "{}\n{}", outcome.out, outcome.err);
        let sum = Sum::of(&outcome);
        assert_eq!(sum.executed + sum.cached, 12);
        executed += sum.executed;
    }
    assert_eq!(executed, 12, "each task once, by whichever run came first");
    assert_eq!(outputs(&workshop), undisturbed(&experiment));
}

/// Kills runs at random moments until one gets through; `CROWDLINE_TEST_KILLS` asks for more.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_results() {
    let kills = std::env::var("CROWDLINE_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let experiment = tiny_with("updates = 6", "updates = 60");
    let expected = undisturbed(&experiment);
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut killed = 0;
    while killed < kills {
        let workshop = Workshop::new().with("x.toml", &experiment);
        let mut done = false;
        // Each lives a little longer than the one before it may, so that a busy machine comes to the end too.
        for attempt in 0.. {
            if done {
                break;
            }
            let mut command = workshop.command(&["run", "x.toml"]);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(random.random_range(1..400 + 20 * attempt)));
            // SIGKILL: nobody gets to tidy up.
            child.kill().unwrap();
            done = child.wait().unwrap().success();
            killed += usize::from(!done);
        }
        assert_eq!(outputs(&workshop), expected);
        let fsck = workshop.crowdline(&["fsck"]);
        assert_eq!(fsck.code, 0, "{}", fsck.out);
    }
    println!("{killed} kills");
}

#[test]
fn a_process_takes_over_what_a_killed_one_had_begun() {
    let workshop = Workshop::new().with("x.toml", &tiny_with("updates = 6", "updates = 100000"));
    let mut child = workshop
        .command(&["run", "x.toml", "--json", "classifier[fold=0,arm=crowd]"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    lines.map(Result::unwrap).find(|line| line.contains("\"unit\":\"updates\"")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(std::fs::read_dir(workshop.path("cache/reservations")).unwrap().count(), 1, "nobody gave it back");
    // The same task, with the same key, by another process: it must not wait for the dead.
    let mut child = workshop
        .command(&["run", "x.toml", "--json", "classifier[fold=0,arm=crowd]"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert!(lines.map(Result::unwrap).any(|line| line.contains("\"unit\":\"updates\"")));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_full_store_of_somebody_else_is_read_without_being_written() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    let store = workshop.path("cache");
    let lines = |outcome: &Outcome| Sum::of(outcome).executed;
    // What the short way would need is not there, so that the store is really read.
    std::fs::remove_dir_all(store.join("machines")).unwrap();
    for folder in ["records", "objects", "traces"] {
        let mut permissions = std::fs::metadata(store.join(folder)).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(store.join(folder), permissions).unwrap();
    }
    assert_eq!(lines(&workshop.crowdline(&["run", "x.toml", "--json"])), 0);
}

#[test]
fn a_clock_that_jumps_changes_nothing() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    let set = |path: &str, time: std::time::SystemTime| {
        std::fs::File::options().append(true).open(workshop.path(path)).unwrap().set_modified(time).unwrap();
    };
    for time in [std::time::SystemTime::UNIX_EPOCH, std::time::SystemTime::now() + Duration::from_secs(1 << 25)] {
        set("x.toml", time);
        assert_eq!(workshop.run(&[]).executed, 0);
        assert_eq!(workshop.run(&[]).executed, 0);
    }
    // A report that is edited and dated as before is seen all the same.
    let page = workshop.path("reports/x/paper/index.html");
    let (text, looks) =
        (std::fs::read_to_string(&page).unwrap(), std::fs::metadata(&page).unwrap().modified().unwrap());
    std::fs::write(&page, format!("{text} ")).unwrap();
    std::fs::File::options().append(true).open(&page).unwrap().set_modified(looks).unwrap();
    workshop.run(&[]);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), text);
}

#[test]
fn a_cut_off_index_costs_work_and_nothing_else() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    let expected = outputs(&workshop);
    for entry in std::fs::read_dir(workshop.path("cache/records")).unwrap() {
        let path = entry.unwrap().path();
        let length = std::fs::metadata(&path).unwrap().len();
        std::fs::File::options().write(true).open(&path).unwrap().set_len(length * 2 / 3).unwrap();
    }
    let sum = workshop.run(&[]);
    assert!(sum.executed > 0 && sum.cached > 0, "{sum:?}");
    assert_eq!(outputs(&workshop), expected);
}

#[test]
fn a_result_from_another_environment_is_shown_and_refused_when_asked() {
    let workshop = Workshop::new().with(
        "x.toml",
        "title = \"x\"\n[command.c]\nrun = [\"sh\", \"-c\", \"echo same > out\"]\noutputs.out = \"out\"\n\
         environment = [\"HERE\"]\n",
    );
    let run = |here: &str, more: &[&str]| {
        let arguments: Vec<&str> = ["run", "x.toml", "--json"].into_iter().chain(more.iter().copied()).collect();
        let output = workshop.command(&arguments).env("HERE", here).output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        Sum::of(&Outcome { code: 0, out, err: String::new() }).executed
    };
    assert_eq!(run("one", &[]), 1);
    assert_eq!(run("two", &[]), 0, "the environment is recorded, not asked for");
    let output = workshop.command(&["plan", "x.toml"]).env("HERE", "two").output().unwrap();
    let plan = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(plan.contains("cached  c  (made in another environment: environment.HERE)"), "{plan}");
    let output = workshop.command(&["why", "x.toml", "c", "--strict-environment"]).env("HERE", "two").output().unwrap();
    let why = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(why.contains("made in another environment: environment.HERE"), "{why}");
    assert_eq!(run("two", &["--strict-environment"]), 1);
    assert_eq!(run("two", &["--strict-environment"]), 0, "now there is a record from here");
    assert_eq!(run("one", &["--strict-environment"]), 0, "and still one from there");
}
