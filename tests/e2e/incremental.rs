//! Only the necessary work is done again.

use std::{process::Stdio, time::Duration};

use crate::workshop::{Sum, TINY, Workshop, tiny_with};

fn done() -> Workshop {
    let workshop = Workshop::new().with("x.toml", TINY);
    let sum = workshop.run(&[]);
    assert_eq!((sum.executed, sum.cached, sum.items_executed), (12, 0, 27));
    workshop
}

fn after(workshop: &Workshop, experiment: &str) -> Sum {
    workshop.write("x.toml", experiment);
    workshop.run(&[])
}

#[test]
fn nothing_changed_nothing_runs() {
    let workshop = done();
    let sum = workshop.run(&[]);
    assert_eq!((sum.executed, sum.cached), (0, 12));
    // A comment, another order of keys, a value written as its default.
    let text = TINY.replace("folds = 2", "# two\nfolds = 2").replace(
        "frames = 3\nsize = { width = 16, height = 16 }",
        "short = \"error\"\nsize = { height = 16, width = 16 }\nframes = 3",
    );
    assert_eq!(after(&workshop, &text).executed, 0);
}

#[test]
fn a_training_parameter_runs_training_evaluation_and_report() {
    let sum = after(&done(), &tiny_with("updates = 6", "updates = 7"));
    assert_eq!(sum.ran, ["classifier", "models", "paper"]);
}

#[test]
fn a_tie_rule_that_changes_no_label_stops_there_but_the_report_tells_it() {
    // Three experts of whom none are tied: the rule can't matter.
    let tied = "clip,annotator,label\n";
    let opinions: String = (1..=9)
        .flat_map(|p| (1..=3).map(move |c| (p, c)))
        .map(|(p, c)| {
            let label = ["none", "discrete", "confluent"][(p + c) % 3];
            (1..=3).map(|who| format!("p{p:03}-c{c},x{who},{label}\n")).collect::<String>()
        })
        .collect();
    let experiment = tiny_with(
        "opinions = \"@cohort.experts\"\nannotators = [\"e1\", \"e2\", \"e3\"]\nmethod.majority = { ties = \"ordinal-low\" }",
        "opinions = \"opinions.csv\"\nmethod.majority = { ties = \"ordinal-low\" }",
    );
    let workshop = Workshop::new().with("x.toml", &experiment).with("opinions.csv", &format!("{tied}{opinions}"));
    workshop.run(&[]);
    let page = |workshop: &Workshop| workshop.read("reports/x/paper/index.html");
    assert!(!page(&workshop).contains("ties ordinal-high"));
    let changed = experiment.replace(
        "opinions = \"opinions.csv\"\nmethod.majority = { ties = \"ordinal-low\" }",
        "opinions = \"opinions.csv\"\nmethod.majority = { ties = \"ordinal-high\" }",
    );
    let sum = after(&workshop, &changed);
    assert_eq!(sum.ran, ["expert", "paper"]);
    assert!(page(&workshop).contains("ties ordinal-high"));
}

#[test]
fn moving_and_touching_run_nothing() {
    let experiment = "classes = [\"a\", \"b\"]\n[split.patients]\nclips = \"data/clips.csv\"\nfolds = 2\n\
                      [aggregate.crowd]\nopinions = \"data/opinions.csv\"\nmethod = \"majority\"\n";
    let clips = "clip,patient\nc1,p1\nc2,p2\n";
    let opinions = "clip,annotator,label\nc1,x,a\nc2,x,b\n";
    let workshop =
        Workshop::new().with("x.toml", experiment).with("data/clips.csv", clips).with("data/opinions.csv", opinions);
    assert_eq!(workshop.run(&[]).executed, 2);
    for name in ["data/clips.csv", "data/opinions.csv"] {
        let file = std::fs::File::options().write(true).open(workshop.path(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() + Duration::from_secs(100)).unwrap();
    }
    assert_eq!(workshop.run(&[]).executed, 0, "touched");
    // A byte-order mark, line ends, blanks and a column nobody reads.
    workshop.write("data/clips.csv", "\u{feff}note, clip ,patient\r\nn,c1,p1 \r\n,c2,p2\r\n");
    assert_eq!(workshop.run(&[]).executed, 0, "written differently");
    workshop.write("elsewhere/deep/x.toml", experiment);
    workshop.write("elsewhere/deep/data/clips.csv", clips);
    workshop.write("elsewhere/deep/data/opinions.csv", opinions);
    let moved = workshop.crowdline(&["run", "elsewhere/deep/x.toml", "--json"]);
    assert_eq!(Sum::of(&moved).executed, 0, "moved with its data");
}

#[test]
fn the_experiments_seed_decodes_nothing_again() {
    let workshop = done();
    let sum = after(&workshop, &tiny_with("seed = 7\nclasses", "seed = 8\nclasses"));
    assert_eq!(sum.items_executed, 0);
    assert!(!sum.ran.contains(&"frames".to_owned()) && !sum.ran.contains(&"cohort".to_owned()), "{:?}", sum.ran);
    assert!(sum.ran.contains(&"patients".to_owned()), "{:?}", sum.ran);
}

#[test]
fn one_clip_more_decodes_one() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&["cohort"]);
    let made = workshop.files("cohort");
    let table = std::fs::read_to_string(made.join("clips.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    for entry in std::fs::read_dir(made.join("clips")).unwrap() {
        let path = entry.unwrap().path();
        workshop
            .write(&format!("clips/{}", path.file_name().unwrap().to_str().unwrap()), std::fs::read(&path).unwrap());
    }
    workshop.write("clips.csv", lines[..lines.len() - 1].join("\n"));
    workshop.write("x.toml", "[decode.frames]\nclips = \"clips.csv\"\nframes = 2\n");
    assert_eq!(workshop.run(&[]).items_executed, 26);
    workshop.write("clips.csv", table.clone());
    let sum = workshop.run(&[]);
    assert_eq!((sum.executed, sum.items_executed, sum.items_cached), (1, 1, 26));
    // The same clip under another name and of another patient is not decoded again.
    workshop.write("clips.csv", table.replace("p009-c3,p009", "other,p010"));
    let sum = workshop.run(&[]);
    assert_eq!((sum.executed, sum.items_executed), (1, 0));
}

#[test]
fn a_damaged_object_is_found_and_rebuilt() {
    let workshop = done();
    // The largest object is decoded or drawn content; flip a byte in every one that belongs to the frames.
    let digest = workshop.table("frames", "clips.csv")[1].last().unwrap().clone();
    let object = workshop.path("cache/objects").join(&digest[..2]).join(&digest[2..]);
    let mut bytes = std::fs::read(&object).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, bytes).unwrap();
    workshop.write("x.toml", tiny_with("updates = 6", "updates = 8"));
    let outcome = workshop.crowdline(&["run", "x.toml", "--json"]);
    assert_eq!(outcome.code, 0, "{} {}", outcome.out, outcome.err);
    assert!(outcome.out.contains("is damaged and was set aside; it is made again"), "{}", outcome.out);
    assert!(workshop.exists(&format!("cache/quarantine/{digest}")));
    let sum = Sum::of(&outcome);
    assert_eq!(sum.items_executed, 1, "only the damaged clip is decoded again");
    assert_eq!(sum.ran, ["classifier", "frames", "models", "paper"]);
}

#[test]
fn damage_everywhere_is_mended_in_one_run() {
    let workshop = done();
    let undisturbed = Workshop::new().with("x.toml", &tiny_with("updates = 6", "updates = 8"));
    undisturbed.run(&[]);
    let mut damaged = 0;
    for folder in std::fs::read_dir(workshop.path("cache/objects")).unwrap() {
        for object in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = object.unwrap().path();
            let mut bytes = std::fs::read(&path).unwrap();
            let Some(last) = bytes.last_mut() else { continue };
            *last ^= 1;
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, bytes).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 50, "{damaged}");
    workshop.write("x.toml", tiny_with("updates = 6", "updates = 8"));
    let outcome = workshop.crowdline(&["run", "x.toml", "--json"]);
    assert_eq!(outcome.code, 0, "{} {}", outcome.out, outcome.err);
    for stage in ["frames", "classifier", "models", "paper"] {
        assert_eq!(workshop.digests(stage), undisturbed.digests(stage), "{stage}");
    }
}

#[test]
fn outputs_do_not_depend_on_threads() {
    let one = Workshop::new().with("x.toml", TINY);
    let two = Workshop::new().with("x.toml", TINY);
    one.run(&["--threads", "1"]);
    two.run(&["--threads", "2"]);
    for stage in ["cohort", "frames", "patients", "crowd", "classifier", "models", "paper"] {
        assert_eq!(one.digests(stage), two.digests(stage), "{stage}");
    }
}

#[test]
fn an_override_holds_for_one_run() {
    let workshop = done();
    let sum = workshop.run(&["--set", "train.classifier.updates=9"]);
    assert_eq!(sum.ran, ["classifier", "models", "paper"]);
    assert_eq!(workshop.run(&[]).executed, 0);
    assert_eq!(workshop.run(&["--force", "patients"]).ran, ["cohort", "patients"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_is_finished() {
    use std::io::{BufRead as _, BufReader};

    let workshop = Workshop::new().with("x.toml", &tiny_with("updates = 6", "updates = 100000"));
    let mut child = workshop.command(&["run", "x.toml", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Once a training is under way everything before it is finished.
    lines.find(|line| line.as_ref().unwrap().contains("\"unit\":\"updates\"")).unwrap().unwrap();
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(last.contains("\"event\":\"finished\"") && last.contains("\"failed\":0"), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let sum = after(&workshop, TINY);
    assert_eq!(sum.items_executed, 0);
    assert_eq!(sum.ran, ["classifier", "models", "paper"]);
}
