//! What a newcomer meets: `init`, `doctor` and `schema`.

use crate::workshop::Workshop;

#[test]
fn a_new_experiment_is_accepted_and_never_overwrites_one() {
    let workshop = Workshop::new();
    let first = workshop.crowdline(&["init", "new/place"]);
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    assert_eq!(first.out, "wrote new/place/study.toml\nnext: crowdline run new/place/study.toml\n");
    let checked = workshop.crowdline(&["check", "new/place/study.toml"]);
    assert_eq!((checked.code, checked.out.as_str()), (0, "ok: 9 stages, 12 tasks\n"), "{}", checked.err);

    workshop.write("new/place/study.toml", "mine");
    let again = workshop.crowdline(&["init", "new/place"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("new/place/study.toml is there already and is left as it is"), "{}", again.err);
    assert_eq!(workshop.read("new/place/study.toml"), "mine");

    let onto_a_file = workshop.crowdline(&["init", "new/place/study.toml"]);
    assert_eq!(onto_a_file.code, 2);
    assert!(onto_a_file.err.contains("is no folder"), "{}", onto_a_file.err);
}

#[test]
fn the_doctor_tells_what_is_there_and_fails_where_a_run_would() {
    let workshop = Workshop::new();
    let well = workshop.crowdline(&["doctor", "--ffmpeg", "no-such-ffmpeg"]);
    assert_eq!(well.code, 0, "{}", well.out);
    assert!(well.out.starts_with("ok       version  crowdline "), "{}", well.out);
    assert!(well.out.contains("warning  ffmpeg   `no-such-ffmpeg` does not run"), "{}", well.out);
    // What is said of CUDA depends on the machine and the build; that it is asked without harm does not.
    assert!(well.out.lines().any(|line| line.get(9..14) == Some("cuda ")), "{}", well.out);
    assert!(!workshop.exists("cache"), "looking makes nothing");

    workshop.write("cache", "a file");
    let ill = workshop.crowdline(&["doctor", "--json"]);
    assert_eq!(ill.code, 1, "{}", ill.out);
    let lines: Vec<serde_json::Value> = ill.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cache = lines.iter().find(|line| line["subject"] == "cache").unwrap();
    assert_eq!(cache["level"], "problem");
    assert!(cache["remedy"].as_str().unwrap().contains("--cache"), "{cache}");
    assert_eq!(lines.last().unwrap()["problems"], 1);

    workshop.write("crowdline.toml", "cash = 'elsewhere'");
    let unread = workshop.crowdline(&["doctor"]);
    assert_eq!(unread.code, 1);
    assert!(unread.out.starts_with("problem  settings crowdline.toml: "), "{}", unread.out);
}

#[test]
fn a_new_experiment_runs_to_its_report() {
    let workshop = Workshop::new();
    assert_eq!(workshop.crowdline(&["init"]).out, "wrote study.toml\nnext: crowdline run study.toml\n");
    let run = workshop.crowdline(&["run", "study.toml"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(workshop.exists("reports/study/paper/index.html"));
}
