//! What is wrong in an experiment file: every problem at once, with line, caret and remedy; exit code 2; nothing written.

use crate::workshop::{TINY, Workshop, tiny_with};

/// Runs an experiment that can't be; checks that all of `said` is said and nothing was written.
fn refused(experiment: &str, said: &[&str]) {
    let workshop = Workshop::new().with("x.toml", experiment);
    let err = workshop.refused();
    for text in said {
        assert!(err.contains(text), "`{text}` is not in\n{err}");
    }
    assert!(!workshop.exists("cache") && !workshop.exists("reports"), "something was written");
}

#[test]
fn an_error_shows_line_caret_and_the_nearest_name() {
    let workshop = Workshop::new().with("x.toml", &tiny_with("@patients", "@pateints"));
    assert_eq!(
        workshop.refused(),
        r#"error: no stage is called `pateints`
  --> x.toml:34:9
   |
34 | split = "@pateints"
   |         ^^^^^^^^^^^
   |
   = help: did you mean `patients`?

1 problem in x.toml; nothing was run
"#
    );
}

#[test]
fn all_problems_come_at_once() {
    let text = TINY.replace("[decode.frames]", "[decod.frames]").replace("folds = 2", "folds = \"two\"");
    refused(
        &text.replace("updates = 6", "update = 6"),
        &[
            "unknown kind `decod`",
            "did you mean `decode`?",
            "expected u32",
            "unknown field `update`",
            "problems in x.toml",
        ],
    );
}

#[test]
fn wrong_names_and_types() {
    for (from, to, said) in [
        ("frames = 3", "frames = \"many\"", &["expected u32", "x.toml:11:10"][..]),
        (
            "frames = \"@frames\"",
            "frames = \"@crowd\"",
            &["`frames` takes Frames, but `@crowd` is Labels", "`@frames`"],
        ),
        ("frames = \"@frames\"", "frames = \"frames\"", &["takes another stage's output, not the path `frames`"]),
        (
            "\"@cohort.clips\"\nframes",
            "\"@cohort.clps\"\nframes",
            &["no member `clps`", "did you mean `@cohort.clips`?"],
        ),
        ("\"@cohort.clips\"\nframes", "\"@cohort\"\nframes", &["takes a table, and `@cohort` has several"]),
        (
            "{ ties = \"ordinal-low\" }\n\n[aggregate.expert]",
            "{ tie = \"x\" }\n\n[aggregate.expert]",
            &["unknown field `tie`", "did you mean `ties`?"],
        ),
        ("method = \"majority\"", "method = \"majorty\"", &["unknown variant `majorty`", "did you mean `majority`?"]),
        (
            "positive = [\"discrete\"",
            "positive = [\"discreet\"",
            &["`discreet` is not a class", "did you mean `discrete`?"],
        ),
        (
            "on = \"out-of-fold\"",
            "on = \"out-of-folds\"",
            &["unknown variant `out-of-folds`", "did you mean `out-of-fold`?"],
        ),
        ("updates = 6", "", &["`train` is not told for how long"]),
        ("updates = 6", "updates = 6\nepochs = 2", &["both `updates` and `epochs` are given"]),
        ("classes = [\"none\", \"discrete\", \"confluent\"]", "", &["the experiment names no classes"]),
        ("seed = 7", "sede = 7", &["unknown field `sede`", "did you mean `seed`?"]),
        ("reference = \"@judges\"", "", &["`evaluate` needs `reference`"]),
        ("folds = 2", "folds = 1", &["1 folds hold nobody out"]),
        ("compare.primary", "compare.first", &["no comparison is the primary one"]),
        ("margin = 0.05", "margin = -1.0", &["the margin is -1"]),
        ("[split.patients]", "[split.frames]", &["two stages are called `frames`"]),
        ("[split.patients]", "[split.patients", &["x.toml:14:"]),
    ] {
        refused(&tiny_with(from, to), said);
    }
}

#[test]
fn what_is_better_when_smaller_is_no_side_of_a_comparison_and_no_floor() {
    let declared = "baseline = \"expert\", metric = \"auroc\", margin";
    for (metric, why) in [
        ("ordinal-mae", "is an error: less of it is better"),
        ("brier", "is an error: less of it is better"),
        ("log-loss", "is an error: less of it is better"),
        ("ece", "is an error: less of it is better"),
        ("calibration-slope", "is best at 1: neither more nor less of it is better"),
        ("calibration-intercept", "is best at 0: neither more nor less of it is better"),
    ] {
        let said = format!("`{metric}` {why}");
        let compared = tiny_with(declared, &declared.replace("auroc", metric));
        refused(&compared, &[&said, "name a metric of which more is better", "1 problem in"]);
        let floor = format!(
            "floor = {{ along = \"arm\", at = \"expert\", metric = \"{metric}\", value = 0.5 }}\ncompare.primary"
        );
        refused(&tiny_with("compare.primary", &floor), &[&said, "1 problem in"]);
    }
}

#[test]
fn wrong_matrices() {
    for (from, to, said) in [
        ("matrix.fold = [0, 1]", "matrix.fold = []", &["`matrix.fold` is a matrix over nothing"][..]),
        ("matrix.fold = [0, 1]", "matrix.fold = [0, 0]", &["`0` stands twice in `matrix.fold`"]),
        (
            "matrix.fold = [0, 1]",
            "matrix.foldd = [0, 1]",
            &["`matrix.foldd` is no field", "did you mean `matrix.fold`?"],
        ),
        ("matrix.fold = [0, 1]", "matrix.fold = 3", &["not a list or a table"]),
        ("matrix.fold = [0, 1]", "matrix.augment = [{ shift = 0.1 }]", &["has no name", "name the values"]),
        ("labels = \"@crowd\" }", "labls = \"@crowd\" }", &["unknown field `labls`", "did you mean `labels`?"]),
        (
            "method.majority = { ties = \"ordinal-low\" }\n\n[aggregate.expert]",
            "split = \"@patients\"\nmatrix.fold = [0, 1]\nmatrix.method = [\"majority\", \"dawid-skene\"]\n\n[aggregate.expert]",
            &["`labels` takes one artifact, but `@crowd` has one for every `method`", "@crowd[method=majority]"],
        ),
        ("labels = \"@crowd\" }", "labels = \"@crowd[method=x]\" }", &["`@crowd` has no coordinate `method`"]),
    ] {
        refused(&tiny_with(from, to), said);
    }
}

#[test]
fn circles_are_named() {
    let experiment = r#"
classes = ["a", "b"]
[simulate.one]
labels = "@two.crowd"
method.opinions = { confusion = [[1, 0], [0, 1]] }
[simulate.two]
labels = "@one.crowd"
method.opinions = { confusion = [[1, 0], [0, 1]] }
"#;
    refused(experiment, &["a circle of references: one → two → one"]);
}

#[test]
fn a_missing_file_says_where_the_data_come_from() {
    let experiment = "data = \"ask the authors of the study\"\n[split.patients]\nclips = \"clips.csv\"\n";
    refused(experiment, &["there is no file `clips.csv`", "x.toml:3:9", "ask the authors of the study"]);
}

#[test]
fn an_empty_file_has_no_stage() {
    refused("", &["the experiment has no stage"]);
    let outcome = Workshop::new().crowdline(&["run", "nothing.toml"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("can't read the experiment nothing.toml"), "{}", outcome.err);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_fine() {
    let text = format!("\u{feff}{}", TINY.replace('\n', "\r\n"));
    let outcome = Workshop::new().with("x.toml", &text).crowdline(&["check", "x.toml"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "ok: 9 stages, 12 tasks\n"), "{}", outcome.err);
}

#[test]
fn a_wrong_override_points_at_the_command_line() {
    let workshop = Workshop::new().with("x.toml", TINY);
    let outcome = workshop.crowdline(&["run", "x.toml", "--set", "train.classifier.update=3"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("--> --set:1:") && outcome.err.contains("did you mean `updates`?"), "{}", outcome.err);
    assert!(!workshop.exists("cache"));
}

#[test]
fn a_fault_of_a_stage_is_not_told_again_by_those_that_name_its_members() {
    let text = "classes = [\"none\", \"some\"]\n[simulate.cohort]\nmethod.phantom = { pateints = 4 }\n\
                [aggregate.crowd]\nopinions = \"@cohort.crowd\"\nmethod = \"majority\"\n";
    let error = Workshop::new().with("x.toml", text).refused();
    assert!(error.contains("unknown field `pateints`") && !error.contains("has no member"), "{error}");
}
