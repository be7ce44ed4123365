//! What `plan`, `why`, `check` and `show` say.

use crate::workshop::{TINY, Workshop, tiny_with};

#[test]
fn plan_tells_states_and_causes() {
    let workshop = Workshop::new().with("x.toml", TINY);
    let before = workshop.crowdline(&["plan", "x.toml"]).out;
    assert!(before.starts_with("run     cohort  (never ran)\n"), "{before}");
    assert!(before.contains("waits   frames  (depends on the content of @cohort)"), "{before}");
    assert!(before.contains("1 to run, 11 waiting on content, 0 cached"), "{before}");
    workshop.run(&[]);
    assert_eq!(workshop.crowdline(&["plan", "x.toml"]).out, "0 to run, 0 waiting on content, 12 cached\n");
    workshop.write("x.toml", tiny_with("updates = 6", "updates = 7"));
    let after = workshop.crowdline(&["plan", "x.toml"]).out;
    assert!(after.contains("run     classifier[fold=0,arm=expert]  (parameter train.classifier.updates)"), "{after}");
    assert!(after.contains("4 to run, 2 waiting on content, 6 cached\n4 trainings, about"), "{after}");
}

#[test]
fn why_shows_the_line_and_both_values() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    let same = workshop.crowdline(&["why", "x.toml", "classifier[fold=0,arm=crowd]"]).out;
    assert_eq!(same, "classifier[fold=0,arm=crowd]: up to date\n");
    workshop.write("x.toml", tiny_with("updates = 6", "updates = 7\nlearning_rate = 0.01"));
    let changed = workshop.crowdline(&["why", "x.toml", "classifier[fold=0,arm=crowd]"]).out;
    assert_eq!(
        changed,
        "classifier[fold=0,arm=crowd]: would run\n  \
         x.toml:37  train.classifier.learning_rate  (default) → 0.01  (parameter)\n  \
         x.toml:36  train.classifier.updates  6 → 7  (parameter)\n"
    );
    let set = workshop.crowdline(&["why", "x.toml", "frames", "--set", "decode.frames.frames=2"]).out;
    assert!(set.contains("--set  decode.frames.frames  3 → 2"), "{set}");
}

#[test]
fn names_of_tasks_are_suggested() {
    let workshop = Workshop::new().with("x.toml", TINY);
    let outcome = workshop.crowdline(&["why", "x.toml", "clasifier"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("no task `clasifier`: did you mean `classifier`?"), "{}", outcome.err);
}

#[test]
fn show_tells_what_is_there() {
    let workshop = Workshop::new().with("x.toml", TINY);
    let outcome = workshop.crowdline(&["show", "x.toml", "frames"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("frames: not made yet; `crowdline run x.toml frames` makes it"), "{}", outcome.err);
    let sum = workshop.run(&["frames"]);
    assert_eq!((sum.executed, sum.items_executed), (2, 27), "only what is asked for, and what it reads");
    let shown = workshop.crowdline(&["show", "x.toml", "frames"]).out;
    assert!(shown.starts_with("frames  Frames  ") && shown.contains("27 files"), "{shown}");
    // One clip as NumPy reads it: u8 [3, 16, 16] behind a header of 128 bytes.
    let npy = std::fs::read(workshop.files("frames").join("frames/p001-c1.npy")).unwrap();
    assert_eq!(npy.len(), 128 + 3 * 16 * 16);
}

#[test]
fn a_report_is_restored_when_it_was_edited_or_removed() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    let page = "reports/x/paper/index.html";
    let before = workshop.read(page);
    workshop.write(page, "edited");
    assert_eq!(workshop.run(&[]).executed, 0);
    assert_eq!(workshop.read(page), before);
    std::fs::remove_dir_all(workshop.path("reports")).unwrap();
    workshop.run(&[]);
    assert_eq!(workshop.read(page), before);
}
