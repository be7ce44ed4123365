//! Programs of the user's own: what they are given, what is taken from them, and when they run again.

use crate::workshop::Workshop;

/// An experiment with one program, `made.sh`, which leaves `result.txt`.
fn program(script: &str, more: &str) -> Workshop {
    let head = "[command.made]\nrun = [\"sh\", \"{inputs.script}\"]\ninputs.script = \"made.sh\"\n";
    Workshop::new().with("x.toml", &format!("{head}outputs.result = \"result.txt\"\n{more}")).with("made.sh", script)
}

/// What `made` left.
fn result(workshop: &Workshop) -> String {
    std::fs::read_to_string(workshop.files("made").join("result.txt")).unwrap()
}

const READ: &str = r#"classes = ["none", "some"]
[command.rater]
run = ["sh", "{inputs.script}", "{outputs.opinions}"]
inputs.script = "rater.sh"
outputs.opinions = "opinions.csv"
[aggregate.crowd]
opinions = "@rater.opinions"
method = "majority"
"#;

const RATER: &str = "printf 'clip,annotator,label\\nc1,a,none\\nc2,a,some\\n' > \"$1\"\n";

#[test]
fn another_stage_reads_what_a_program_made_and_only_a_changed_program_runs_again() {
    let workshop = Workshop::new().with("x.toml", READ).with("rater.sh", RATER);
    assert_eq!(workshop.run(&[]).ran, ["crowd", "rater"]);
    let labels: Vec<String> = workshop.table("crowd", "labels.csv")[1..].iter().map(|row| row[..2].join(" ")).collect();
    assert_eq!(labels, ["c1 none", "c2 some"]);
    assert_eq!(workshop.run(&[]).executed, 0);
    // Other text that writes the same bytes stops there.
    workshop.write("rater.sh", format!("# A remark.\n{RATER}"));
    assert_eq!(workshop.run(&[]).ran, ["rater"]);
    workshop.write("rater.sh", RATER.replace("c2,a,some", "c2,a,none"));
    assert_eq!(workshop.run(&[]).ran, ["crowd", "rater"]);
    workshop.write("rater.sh", RATER);
    assert_eq!(workshop.run(&[]).executed, 0, "what was made before is still there");
}

#[test]
fn how_a_program_runs_is_not_what_it_makes() {
    let workshop = program("echo made > result.txt", "");
    workshop.run(&[]);
    let text = workshop.read("x.toml");
    for more in ["threads = 2", "retries = 3", "timeout = 60", "memory = \"1 GB\""] {
        workshop.write("x.toml", format!("{text}{more}\n"));
        assert_eq!(workshop.run(&[]).executed, 0, "{more}");
    }
    workshop.write("x.toml", format!("{text}set.MODE = \"fast\"\n"));
    assert_eq!(workshop.run(&[]).ran, ["made"], "a variable may bear on what comes out");
}

#[test]
fn coordinates_paths_and_threads_are_filled_in() {
    let workshop = Workshop::new().with(
        "x.toml",
        r#"[command.part]
run = ["sh", "-c", "echo $WHICH {fold} {threads} {\"json\": {}} > {outputs.text}"]
set.WHICH = "fold-{fold}"
outputs.text = "out/part.txt"
threads = 2
matrix.fold = [0, 1]
[command.whole]
run = ["sh", "-c", "cat {inputs.parts}/* > {outputs.text}"]
inputs.parts = "@part.text"
outputs.text = "whole.txt"
"#,
    );
    workshop.run(&["--threads", "2"]);
    let whole = std::fs::read_to_string(workshop.files("whole").join("whole.txt")).unwrap();
    assert_eq!(whole, "fold-0 0 2 {json: {}}\nfold-1 1 2 {json: {}}\n");
    let text = workshop.read("x.toml").replace("matrix.fold = [0, 1]", "matrix.fold = [1, 0, 2]");
    workshop.write("x.toml", text);
    assert_eq!(workshop.run(&[]).executed, 2, "the new fold, and what reads all of them");
}

#[test]
fn a_program_has_the_threads_it_asked_for_even_where_more_are_idle() {
    let workshop = program("echo $CROWDLINE_THREADS $OMP_NUM_THREADS > result.txt", "");
    workshop.run(&["--threads", "4"]);
    assert_eq!(result(&workshop), "1 1\n");
}

#[test]
fn folders_are_outputs_and_inputs() {
    let workshop = Workshop::new().with(
        "x.toml",
        r#"[command.pages]
run = ["sh", "{inputs.tools}/write.sh"]
inputs.tools = "tools"
outputs.pages = "pages"
[command.count]
run = ["sh", "-c", "cd inputs && find -L . -type f | sort > ../{outputs.names}"]
inputs = { member = "@pages.pages", whole = "@pages", text = "note.txt" }
outputs.names = "names.txt"
"#,
    );
    workshop.write("note.txt", "a note");
    workshop.write("tools/write.sh", "mkdir -p pages/deep && echo a > pages/a.txt && . inputs/tools/b.sh");
    workshop.write("elsewhere.sh", "echo b > pages/deep/b.txt");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../elsewhere.sh", workshop.path("tools/b.sh")).unwrap();
    workshop.run(&[]);
    let names = std::fs::read_to_string(workshop.files("count").join("names.txt")).unwrap();
    assert_eq!(
        names,
        "./member/a.txt\n./member/deep/b.txt\n./text.txt\n./whole/pages/a.txt\n./whole/pages/deep/b.txt\n"
    );
    workshop.write("elsewhere.sh", "echo B > pages/deep/b.txt");
    assert_eq!(workshop.run(&[]).ran, ["count", "pages"], "a linked file of a folder is part of it");
}

#[test]
fn an_artifact_is_handed_over_as_its_folder() {
    let workshop = Workshop::new().with("rater.sh", RATER).with(
        "x.toml",
        &format!(
            "{READ}[command.lines]\nrun = [\"sh\", \"-c\", \"wc -l < {{inputs.crowd}}/labels.csv > lines.txt\"]\n\
             inputs.crowd = \"@crowd\"\noutputs.lines = \"lines.txt\"\n"
        ),
    );
    workshop.run(&[]);
    let lines = std::fs::read_to_string(workshop.files("lines").join("lines.txt")).unwrap();
    assert_eq!(lines.trim(), "3");
}

#[test]
fn only_listed_variables_reach_a_program_and_none_of_their_values_leave_the_machine() {
    let run = |workshop: &Workshop, listed: &str, more: &[&str]| {
        let arguments: Vec<&str> = ["run", "x.toml", "--json"].into_iter().chain(more.iter().copied()).collect();
        let mut command = workshop.command(&arguments);
        let output = command.env("HIDDEN", "hidden-value").env("LISTED", listed).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    };
    let workshop =
        program("echo \"[$HIDDEN] [$LISTED] [$SET]\" > result.txt", "environment = [\"LISTED\"]\nset.SET = \"s\"");
    run(&workshop, "listed-value", &[]);
    assert_eq!(result(&workshop), "[] [listed-value] [s]\n");
    assert!(workshop.read("x.lock").contains("environment.LISTED"));
    assert!(!workshop.read("x.lock").contains("listed-value"), "a token would be published with the lock");
    assert!(run(&workshop, "other-value", &[]).contains("\"executed\":0"), "it is not in the key");
    assert!(run(&workshop, "other-value", &["--strict-environment"]).contains("\"executed\":1"));
}

#[test]
fn a_name_nothing_has_is_refused_and_the_right_one_suggested() {
    for (wrong, right) in
        [("{inputs.scirpt}", "{inputs.script}"), ("{output.result}", "{outputs.result}"), ("{fodl}", "{fold}")]
    {
        let workshop = program("", "matrix.fold = [0]\n");
        let text = workshop.read("x.toml").replace("[\"sh\", ", &format!("[\"sh\", \"{{fold}}{wrong}\", "));
        workshop.write("x.toml", text);
        let said = workshop.refused();
        assert!(said.contains(&format!("nothing is called `{wrong}`")), "{said}");
        assert!(said.contains(&format!("did you mean `{right}`?")), "{said}");
    }
}

#[test]
fn a_program_beside_the_experiment_has_to_be_an_input() {
    let workshop = program("", "");
    workshop.write("x.toml", workshop.read("x.toml").replace("[\"sh\", \"{inputs.script}\"]", "[\"./made.sh\"]"));
    let said = workshop.refused();
    assert!(said.contains("the program `./made.sh` is a file beside the experiment, but no input"), "{said}");
    workshop.write("x.toml", workshop.read("x.toml").replace("./made.sh\"]", "{inputs.script}\"]"));
    workshop.write("made.sh", "#!/bin/sh\necho made > result.txt\n");
    assert!(workshop.refused().contains("can't be executed: set its executable bit"));
    #[cfg(unix)]
    std::fs::set_permissions(workshop.path("made.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    workshop.run(&[]);
    assert_eq!(result(&workshop), "made\n");
}

#[cfg(unix)]
#[test]
fn many_programs_that_are_inputs_can_be_started_at_once() {
    let steps: Vec<String> = (0..200).map(|step| step.to_string()).collect();
    let workshop = Workshop::new().with("made.sh", "#!/bin/sh\necho $1 > result.txt\n").with(
        "x.toml",
        &format!(
            "[command.made]\nrun = [\"{{inputs.program}}\", \"{{step}}\"]\ninputs.program = \"made.sh\"\n\
             outputs.result = \"result.txt\"\nmatrix.step = [{}]\n",
            steps.join(", ")
        ),
    );
    std::fs::set_permissions(workshop.path("made.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(workshop.run(&["--threads", "8"]).executed, 200);
}

#[test]
fn programs_that_need_more_memory_than_there_is_take_turns() {
    let workshop = program(
        "mkdir \"$PLACE\" && sleep 0.1 && rmdir \"$PLACE\" && echo made > result.txt",
        "memory = \"600 MB\"\nmatrix.step = [0, 1, 2]\n",
    );
    let place = workshop.path("place").display().to_string();
    workshop.write("x.toml", format!("{}set = {{ PLACE = '{place}', STEP = '{{step}}' }}\n", workshop.read("x.toml")));
    assert_eq!(workshop.run(&["--threads", "3", "--memory", "1000"]).executed, 3);
}

#[test]
fn a_program_sees_the_accelerators_that_are_its_own_and_no_other() {
    let workshop = program("echo \"[$CUDA_VISIBLE_DEVICES]\" > result.txt", "");
    workshop.run(&["--gpus", "2"]);
    assert_eq!(result(&workshop), "[]\n");
    workshop.write("x.toml", format!("{}gpus = 1\nset.AGAIN = \"yes\"\n", workshop.read("x.toml")));
    let outcome = workshop.crowdline(&["run", "x.toml"]);
    assert_eq!(outcome.code, 2, "{}", outcome.err);
    assert!(format!("{}{}", outcome.out, outcome.err).contains("it needs 1 GPU(s), and this machine has 0"));
    workshop.run(&["--gpus", "2"]);
    assert_eq!(result(&workshop), "[0]\n");
}

#[test]
fn the_shipped_baseline_runs_and_gives_the_same_bytes_twice() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: no python3");
        return;
    }
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let text = std::fs::read_to_string(shipped.join("python-baseline.toml")).unwrap();
    let small = text.replace("patients = 30, clips_per_patient = 4", "patients = 9, clips_per_patient = 3");
    assert_ne!(small, text);
    let workshop = Workshop::new().with("x.toml", &small.replace("updates = 200", "updates = 2"));
    for name in ["baseline.py", "join.py"] {
        let script = std::fs::read(shipped.join("python-baseline").join(name)).unwrap();
        workshop.write(&format!("python-baseline/{name}"), script);
    }
    workshop.run(&[]);
    let predictions = workshop.table("joined", "predictions.csv");
    assert_eq!(predictions.len(), 1 + 2 * 27, "every clip once by either rule");
    assert!(workshop.exists("reports/x/paper/index.html"));
    let before = workshop.digests("joined");
    assert_eq!(
        workshop.run(&["--force", "joined"]).ran,
        ["baseline", "cohort", "crowd", "frames", "joined", "patients"]
    );
    assert_eq!(workshop.digests("joined"), before);
}
