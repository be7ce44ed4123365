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
fn a_new_experiment_runs_to_its_report() {
    let workshop = Workshop::new();
    assert_eq!(workshop.crowdline(&["init"]).out, "wrote study.toml\nnext: crowdline run study.toml\n");
    let run = workshop.crowdline(&["run", "study.toml"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(workshop.exists("reports/study/paper/index.html"));
}
