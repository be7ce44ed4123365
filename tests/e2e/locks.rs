//! The lock: when it is written, and what is held against it.

use std::time::{Duration, SystemTime};

use crate::{
    study::{STUDY, another_number, done, flip, object, replace, study},
    workshop::Workshop,
};

#[test]
fn a_complete_run_writes_the_lock_and_no_other_does() {
    let workshop = study();
    workshop.run(&["crowd"]);
    assert!(!workshop.exists("x.lock"), "a part is not the experiment");
    workshop.run(&["--set", "evaluate.labels.replicates=100"]);
    assert!(!workshop.exists("x.lock"), "an override is not the experiment");
    workshop.run(&[]);
    let lock = workshop.read("x.lock");
    for text in ["[task.\"crowd\"]", "kind = \"report\"", "[task.\"paper\".numbers]", "crowdline"] {
        assert!(lock.contains(text), "`{text}` is not in\n{lock}");
    }
    let folder = workshop.path("").display().to_string();
    assert!(!lock.contains(folder.trim_end_matches('/')), "a lock names no folder of this machine");
}

#[test]
fn a_lock_is_touched_where_something_changed_and_only_there() {
    let workshop = done();
    let before = workshop.read("x.lock");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let set_back = || {
        std::fs::File::options().write(true).open(workshop.path("x.lock")).unwrap().set_modified(old).unwrap();
    };
    let time = || std::fs::metadata(workshop.path("x.lock")).unwrap().modified().unwrap();
    set_back();
    workshop.write("x.toml", format!("# A remark.\n{STUDY}"));
    workshop.run(&[]);
    workshop.run(&["--force"]);
    assert_eq!((time(), workshop.read("x.lock")), (old, before.clone()));
    replace(&workshop, "data/crowd.csv", "c0,w1,some", "c0,w1,none");
    workshop.run(&[]);
    assert_ne!(time(), old);
    assert_ne!(workshop.read("x.lock"), before);
    replace(&workshop, "data/crowd.csv", "c0,w1,none", "c0,w1,some");
    assert_eq!(workshop.run(&[]).executed, 0);
    assert_eq!(workshop.read("x.lock"), before, "the same results, the same lock");
}

/// Makes everything below a folder look as if it had not changed for a while.
#[cfg(unix)]
fn age(workshop: &Workshop, folder: &str) {
    let then = SystemTime::now() - Duration::from_secs(100);
    let mut open = vec![workshop.path(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        std::fs::File::open(&path).unwrap().set_modified(then).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_lock_that_was_removed_or_edited_is_written_again_though_nothing_runs() {
    let workshop = done();
    let lock = workshop.read("x.lock");
    // Now runs find at a glance that nothing has changed.
    age(&workshop, "");
    workshop.run(&[]);
    std::fs::remove_file(workshop.path("x.lock")).unwrap();
    assert_eq!(workshop.run(&[]).executed, 0);
    assert_eq!(workshop.read("x.lock"), lock);
    age(&workshop, "");
    workshop.run(&[]);
    let (line, other, _) = another_number(&lock);
    replace(&workshop, "x.lock", &line, &other);
    assert_eq!(workshop.run(&[]).executed, 0);
    assert_eq!(workshop.read("x.lock"), lock);
}

#[test]
fn a_locked_run_says_what_is_not_as_locked_and_writes_no_lock() {
    let workshop = study();
    let outcome = workshop.crowdline(&["run", "x.toml", "--locked"]);
    assert_eq!(outcome.code, 2, "{}", outcome.err);
    assert!(outcome.err.contains("there is no lock x.lock: `crowdline run x.toml` without `--locked` writes it"));
    workshop.run(&[]);
    workshop.run(&["--locked"]);
    workshop.run(&["--locked", "crowd"]);
    let lock = workshop.read("x.lock");
    replace(&workshop, "data/crowd.csv", "c0,w1,some", "c0,w1,none");
    let outcome = workshop.crowdline(&["run", "x.toml", "--locked"]);
    assert_eq!(outcome.code, 3, "{}", outcome.err);
    for text in
        ["other recipe        crowd\n", "other number        paper  ", "accuracy", "this is not what x.lock says"]
    {
        assert!(outcome.err.contains(text), "`{text}` is not in\n{}", outcome.err);
    }
    assert!(!outcome.err.contains("panel"), "what is as locked is not named: {}", outcome.err);
    assert_eq!(workshop.read("x.lock"), lock);
}

#[test]
fn what_is_made_anew_is_what_was_locked() {
    let workshop = done();
    for more in [&[][..], &["--each"], &["--chain", "--threads", "1"]] {
        let arguments: Vec<&str> = ["verify", "x.toml"].iter().chain(more).copied().collect();
        let outcome = workshop.crowdline(&arguments);
        assert_eq!(outcome.code, 0, "{more:?} {}{}", outcome.out, outcome.err);
        assert!(outcome.out.contains("5 identical; "), "{more:?} {}", outcome.out);
        assert!(outcome.out.contains(" reported numbers, 0 of them not as locked"), "{}", outcome.out);
        assert!(!outcome.out.contains("; 0 reported numbers"), "{}", outcome.out);
    }
    let sample = || workshop.crowdline(&["verify", "x.toml", "--sample", "2", "--json"]);
    let (one, two) = (sample(), sample());
    assert_eq!((one.code, one.out.matches("\"event\":\"verified\"").count()), (0, 2), "{}{}", one.out, one.err);
    assert_eq!(one.out, two.out, "everybody draws the same tasks");
}

#[test]
fn a_number_that_is_not_what_comes_out_is_named() {
    let workshop = done();
    let (line, other, name) = another_number(&workshop.read("x.lock"));
    replace(&workshop, "x.lock", &line, &other);
    for more in ["--chain", "--each"] {
        let outcome = workshop.crowdline(&["verify", "x.toml", more]);
        assert_eq!(outcome.code, 3, "{more} {}{}", outcome.out, outcome.err);
        let values = [&other, &line].map(|line| line.rsplit_once(" = ").unwrap().1.parse::<f64>().unwrap());
        let told = format!("different       {name}  {} → {}", values[0], values[1]);
        assert!(outcome.out.contains(&told), "`{told}` is not in\n{}", outcome.out);
        assert!(outcome.out.contains("1 of them not as locked"), "{}", outcome.out);
    }
}

#[test]
fn what_the_lock_or_the_experiment_does_not_know_is_no_pass() {
    let workshop = done();
    replace(
        &workshop,
        "x.toml",
        "[report.paper]",
        "[split.parts]\nclips = \"data/clips.csv\"\nfolds = 2\n[report.paper]",
    );
    let outcome = workshop.crowdline(&["verify", "x.toml"]);
    assert_eq!(outcome.code, 3, "{}", outcome.err);
    assert!(outcome.out.contains("not in the lock   parts"), "{}", outcome.out);
    workshop.write("x.toml", STUDY.split("[report.paper]").next().unwrap());
    let outcome = workshop.crowdline(&["verify", "x.toml"]);
    assert_eq!(outcome.code, 3, "{}", outcome.err);
    assert!(outcome.out.contains("not in the experiment paper"), "{}", outcome.out);
    workshop.write("x.toml", STUDY);
    replace(&workshop, "data/crowd.csv", "c0,w1,some", "c0,w1,none");
    let outcome = workshop.crowdline(&["verify", "x.toml"]);
    assert_eq!(outcome.code, 3, "{}", outcome.err);
    assert!(outcome.out.contains("other recipe      crowd  (the experiment or its data changed"), "{}", outcome.out);
    std::fs::remove_file(workshop.path("x.lock")).unwrap();
    let outcome = workshop.crowdline(&["verify", "x.toml"]);
    assert_eq!(outcome.code, 2, "{}", outcome.out);
    assert!(outcome.err.contains("there is no lock x.lock: `crowdline run x.toml` writes it"), "{}", outcome.err);
}

/// The study with a program that gives something else each time, and another that reads what it gave.
fn unsteady() -> Workshop {
    let workshop = study();
    workshop.write("data/count.sh", "cat \"$COUNTER\" > \"$2\"; echo x >> \"$COUNTER\"\n");
    workshop.write("counter", "x\n");
    let more = format!(
        "set.COUNTER = '{}'\n[command.copied]\nrun = [\"cp\", \"{{inputs.count}}\", \"{{outputs.copy}}\"]\n\
         inputs.count = \"@counted.count\"\noutputs.copy = \"copy.txt\"\n[evaluate.labels]",
        workshop.path("counter").display()
    );
    replace(&workshop, "x.toml", "[evaluate.labels]", &more);
    workshop.run(&[]);
    workshop
}

#[test]
fn a_program_that_gives_something_else_each_time_is_to_blame_and_not_what_reads_it() {
    let workshop = unsteady();
    let outcome = workshop.crowdline(&["verify", "x.toml", "--each"]);
    assert_eq!(outcome.code, 3, "{}{}", outcome.out, outcome.err);
    assert!(outcome.out.contains("different         counted\n"), "{}", outcome.out);
    assert!(outcome.out.contains("1 different, 5 identical"), "{}", outcome.out);
    let outcome = workshop.crowdline(&["verify", "x.toml"]);
    assert_eq!(outcome.code, 3, "{}{}", outcome.out, outcome.err);
    assert!(outcome.out.contains("1 different, 4 identical, 1 other recipe"), "{}", outcome.out);
}

#[test]
fn a_damaged_input_is_not_taken_for_a_difference() {
    let workshop = unsteady();
    flip(&object(&workshop, "counted", "count.txt"));
    let outcome = workshop.crowdline(&["verify", "x.toml", "--each"]);
    assert_eq!(outcome.code, 3, "{}{}", outcome.out, outcome.err);
    assert!(outcome.out.contains("damaged input     copied  ("), "{}", outcome.out);
    assert!(outcome.out.contains("1 damaged input, 1 different, 4 identical"), "{}", outcome.out);
}

#[test]
fn a_report_is_made_anew_though_nothing_before_it_is() {
    // Whichever two of the five the lock draws: a report reads what made its inputs as well.
    let workshop = done();
    for count in ["1", "2", "3", "4"] {
        let outcome = workshop.crowdline(&["verify", "x.toml", "--each", "--sample", count]);
        assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
        assert!(outcome.out.contains(&format!("{count} identical; ")), "{}", outcome.out);
    }
}

#[test]
fn differences_are_told_field_by_field() {
    let workshop = done();
    workshop.write(
        "y.toml",
        STUDY.replace("opinions = \"data/crowd.csv\"", "opinions = \"data/crowd.csv\"\nduplicates = \"all\""),
    );
    replace(&workshop, "y.toml", "replicates = 200", "replicates = 300");
    let outcome = workshop.crowdline(&["diff", "x.toml", "y.toml"]);
    assert_eq!(outcome.code, 2, "{}", outcome.out);
    assert!(outcome.err.contains("y.toml never ran here; `crowdline run y.toml` does it"), "{}", outcome.err);
    assert_eq!(workshop.crowdline(&["run", "y.toml"]).code, 0);
    let outcome = workshop.crowdline(&["diff", "x.toml", "y.toml"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(outcome.out.contains("other recipe        crowd\n"), "{}", outcome.out);
    assert!(
        outcome.out.contains("other recipe        labels\n    parameters.replicates  200 → 300\n"),
        "{}",
        outcome.out
    );
    let same = workshop.crowdline(&["diff", "x.lock", "x.toml", "--exit-code"]);
    assert_eq!((same.code, same.out.as_str()), (0, "no difference\n"), "{}", same.err);
    let other = workshop.crowdline(&["diff", "x.lock", "y.lock", "--exit-code"]);
    assert_eq!((other.code, other.out.as_str()), (3, outcome.out.as_str()), "{}", other.err);
}
