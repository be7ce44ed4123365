//! Programs that fail, hang, or do what they may not.

use crate::workshop::{Outcome, Workshop};

/// An experiment with one program, `made.sh`, which is to leave `result.txt`.
fn program(script: &str, more: &str) -> Workshop {
    let head = "[command.made]\nrun = [\"sh\", \"{inputs.script}\"]\ninputs.script = \"made.sh\"\n";
    Workshop::new().with("x.toml", &format!("{head}outputs.result = \"result.txt\"\n{more}")).with("made.sh", script)
}

/// A run that must fail without being the experiment's fault.
fn failed(workshop: &Workshop) -> Outcome {
    let outcome = workshop.crowdline(&["run", "x.toml"]);
    assert_eq!(outcome.code, 1, "{}\n{}", outcome.out, outcome.err);
    outcome
}

/// Everything a run said.
fn said(outcome: &Outcome) -> String {
    format!("{}{}", outcome.out, outcome.err)
}

#[test]
fn a_failure_tells_the_exit_code_and_the_last_lines_and_the_log_tells_all() {
    let script = "for i in $(seq 40); do echo \"line $i.\"; done\necho \"this went wrong\" >&2\nexit 7\n";
    let workshop = program(script, "");
    let said = said(&failed(&workshop));
    assert!(said.contains("`sh` ended with exit status: 7; it said"), "{said}");
    assert!(said.contains("this went wrong") && said.contains("line 40.") && !said.contains("line 5."), "{said}");
    let log = workshop.crowdline(&["log", "x.toml", "made"]);
    assert_eq!(log.code, 0, "{}", log.err);
    assert!(log.out.starts_with("made\nkey "), "{}", log.out);
    for line in ["$ sh inputs/script.sh", "line 1.", "line 5.", "line 40.", "this went wrong", "failed: `sh` ended"] {
        assert!(log.out.contains(line), "`{line}` is not in\n{}", log.out);
    }
    workshop.write("made.sh", "echo made > result.txt");
    workshop.run(&[]);
    let log = workshop.crowdline(&["log", "x.toml", "made"]).out;
    assert!(!log.contains("went wrong"), "a log is of the last run: {log}");
}

#[test]
fn an_output_that_is_not_there_is_named() {
    let workshop = program("echo x > other.txt", "");
    let told = said(&failed(&workshop));
    assert!(told.contains("the program ended well but left nothing at `result.txt` (output `result`)"), "{told}");
    workshop.write("made.sh", "mkdir result.txt");
    let told = said(&failed(&workshop));
    assert!(told.contains("the program left `result.txt` (output `result`) empty"), "{told}");
}

#[test]
fn a_program_that_is_not_installed_is_named() {
    let workshop = program("", "");
    workshop.write("x.toml", workshop.read("x.toml").replace("[\"sh\"", "[\"no-such-program\""));
    let outcome = workshop.crowdline(&["run", "x.toml"]);
    assert_eq!(outcome.code, 2, "{}", said(&outcome));
    assert!(
        said(&outcome).contains("there is no program `no-such-program` on this machine's PATH"),
        "{}",
        said(&outcome)
    );
}

#[cfg(unix)]
#[test]
fn links_are_no_outputs_wherever_they_stand() {
    let workshop = program("ln -s inputs/script.sh result.txt", "");
    let told = said(&failed(&workshop));
    assert!(
        told.contains("`result.txt` is no ordinary file in ordinary folders: write the content, not a link to it"),
        "{told}"
    );
    // A folder on the way that leads elsewhere: what lies there is not the program's to give away.
    workshop.write("precious/result.txt", "precious");
    let script = format!("rmdir out && ln -s '{}' out", workshop.path("precious").display());
    workshop.write("made.sh", script);
    workshop.write("x.toml", workshop.read("x.toml").replace("\"result.txt\"", "\"out/result.txt\""));
    let told = said(&failed(&workshop));
    assert!(told.contains("`out/result.txt` is no ordinary file in ordinary folders (`out` is none)"), "{told}");
    assert_eq!(workshop.read("precious/result.txt"), "precious");
}

#[cfg(unix)]
#[test]
fn a_program_that_writes_to_its_inputs_is_refused_and_the_store_is_whole_afterwards() {
    let workshop = program(
        "chmod u+w inputs/table.csv && echo c3,a,some >> inputs/table.csv && echo made > result.txt",
        "inputs.table = \"@first.table\"\n[command.first]\n\
         run = [\"sh\", \"-c\", \"echo clip,annotator,label > table.csv\"]\noutputs.table = \"table.csv\"\n",
    );
    let text = workshop.read("x.toml").replace("inputs.script = \"made.sh\"\n", "");
    workshop.write("x.toml", text.replace("inputs.table = ", "inputs.script = \"made.sh\"\ninputs.table = "));
    let told = said(&failed(&workshop));
    assert!(told.contains("the program wrote to its inputs; they are read-only"), "{told}");
    let fsck = workshop.crowdline(&["fsck"]);
    assert_eq!(fsck.code, 0, "what was damaged is set aside already: {}", said(&fsck));
    assert!(fsck.out.contains("first would be made again"), "{}", fsck.out);
    workshop.write("made.sh", "cp inputs/table.csv result.txt");
    assert_eq!(workshop.run(&[]).ran, ["first", "made"]);
    let copied = std::fs::read_to_string(workshop.files("made").join("result.txt")).unwrap();
    assert_eq!(copied, "clip,annotator,label\n");
}

/// Fails until it was called for the third time.
const THIRD: &str = "echo x >> \"$COUNTER\"\n[ $(wc -l < \"$COUNTER\") -ge 3 ] || exit 1\n\
                     [ ! -e left ] || exit 9\ntouch left\necho made > result.txt\n";

#[test]
fn a_failed_attempt_is_repeated_in_a_new_folder() {
    let workshop = program(THIRD, "retries = 2\n");
    let counter = workshop.path("counter").display().to_string();
    workshop.write("x.toml", format!("{}set.COUNTER = '{counter}'\n", workshop.read("x.toml")));
    let outcome = workshop.crowdline(&["run", "x.toml", "--json"]);
    assert_eq!(outcome.code, 0, "{}", said(&outcome));
    assert!(
        outcome.out.contains("attempt 1 of 3 failed, trying again: `sh` ended with exit status: 1"),
        "{}",
        outcome.out
    );
    assert!(outcome.out.contains("attempt 2 of 3 failed"), "{}", outcome.out);
    assert_eq!(workshop.read("counter"), "x\nx\nx\n");
}

#[test]
fn the_last_attempt_is_the_last() {
    let workshop = program(THIRD, "retries = 1\n");
    let counter = workshop.path("counter").display().to_string();
    workshop.write("x.toml", format!("{}set.COUNTER = '{counter}'\n", workshop.read("x.toml")));
    failed(&workshop);
    assert_eq!(workshop.read("counter"), "x\nx\n");
}

#[test]
fn a_program_that_takes_too_long_is_stopped() {
    let workshop = program("echo begun\nsleep 60", "timeout = 0.3\n");
    let told = said(&failed(&workshop));
    assert!(told.contains("`sh` was stopped after 0.3 s, its `timeout`; it said\n    begun"), "{told}");
}

/// Whether a process runs; one that has ended and was not asked for by its parent does not.
#[cfg(unix)]
fn runs(process: &str) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "stat=", "-p", process]).output().unwrap();
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_program_and_all_it_started() {
    let workshop =
        program("sleep 60 &\necho $! $$ > \"$PROCESSES.new\"\nmv \"$PROCESSES.new\" \"$PROCESSES\"\nwait\n", "");
    let file = workshop.path("processes").display().to_string();
    workshop.write("x.toml", format!("{}set.PROCESSES = '{file}'\n", workshop.read("x.toml")));
    let mut run = workshop.command(&["run", "x.toml"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    while !workshop.exists("processes") {
        assert!(run.try_wait().unwrap().is_none(), "it ended before its program began");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let processes = workshop.read("processes");
    assert!(processes.split_whitespace().all(runs), "both run");
    let asked = std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let left: Vec<&str> = processes.split_whitespace().filter(|process| runs(process)).collect();
    assert!(left.is_empty(), "{left:?} still run");
    assert_eq!(workshop.crowdline(&["show", "x.toml", "made"]).code, 1, "nothing half-made is kept");
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_does_not_wait_for_what_left_the_programs_group() {
    let workshop = program(
        "setsid sh -c 'echo $$ > \"$PROCESS.new\"; mv \"$PROCESS.new\" \"$PROCESS\"; exec sleep 60' &\n\
         while [ ! -e \"$PROCESS\" ]; do sleep 0.02; done\necho made > result.txt\n",
        "",
    );
    let file = workshop.path("process").display().to_string();
    workshop.write("x.toml", format!("{}set.PROCESS = '{file}'\n", workshop.read("x.toml")));
    assert_eq!(workshop.run(&[]).ran, ["made"]);
    let process = workshop.read("process");
    assert!(runs(process.trim()), "it was waited for");
    assert!(std::process::Command::new("kill").arg(process.trim()).status().unwrap().success());
}
