//! A small experiment on raw tables that is done at once, and what the tests of locks do to it.

use std::path::PathBuf;

use crate::workshop::Workshop;

/// Labels of a crowd against a reference: tables, a program, an evaluation and a report.
pub const STUDY: &str = r#"title = "A crowd against a panel"
classes = ["none", "some"]

[aggregate.crowd]
opinions = "data/crowd.csv"
method = "majority"

[aggregate.panel]
opinions = "data/panel.csv"
method = "majority"

[command.counted]
run = ["sh", "{inputs.script}", "{inputs.crowd}/labels.csv", "{outputs.count}"]
inputs = { script = "data/count.sh", crowd = "@crowd" }
outputs.count = "count.txt"

[evaluate.labels]
clips = "data/clips.csv"
candidate = "@crowd"
reference = "@panel"
replicates = 200

[report.paper]
evaluations = "@labels"
"#;

/// The study with its tables.
pub fn study() -> Workshop {
    let clips: String = (0..8).map(|clip| format!("c{clip},p{}\n", clip / 2)).collect();
    let label = |yes: bool| if yes { "some" } else { "none" };
    let crowd: String = (0..8).map(|clip| format!("c{clip},w1,{}\n", label(clip % 3 == 0))).collect();
    let panel: String = (0..8).map(|clip| format!("c{clip},e1,{}\n", label(clip % 2 == 0))).collect();
    Workshop::new()
        .with("x.toml", STUDY)
        .with("data/clips.csv", &format!("clip,patient\n{clips}"))
        .with("data/crowd.csv", &format!("clip,annotator,label\n{crowd}"))
        .with("data/panel.csv", &format!("clip,annotator,label\n{panel}"))
        .with("data/count.sh", "wc -l < \"$1\" > \"$2\"\n")
}

/// The study, run.
pub fn done() -> Workshop {
    let workshop = study();
    assert_eq!(workshop.run(&[]).executed, 5);
    workshop
}

/// A file of the study with a text replaced; the text must be there.
pub fn replace(workshop: &Workshop, file: &str, from: &str, to: &str) {
    let text = workshop.read(file);
    assert!(text.contains(from), "`{from}` is not in\n{text}");
    workshop.write(file, text.replace(from, to));
}

/// The object in the store that holds a file of a task's output.
pub fn object(workshop: &Workshop, task: &str, file: &str) -> PathBuf {
    let bytes = std::fs::read(workshop.files(task).join(file)).unwrap();
    let digest = blake3::hash(&bytes).to_string();
    workshop.path("cache/objects").join(&digest[..2]).join(&digest[2..])
}

/// Flips the last bit of a file, read-only or not.
pub fn flip(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A number of the report as the lock has it: the line, and the line with another value.
pub fn another_number(lock: &str) -> (String, String, String) {
    let (_, numbers) = lock.split_once(".numbers]\n").expect("the lock has numbers");
    let line = numbers.lines().next().unwrap();
    let (name, value) = line.rsplit_once(" = ").unwrap();
    let value: f64 = value.parse().unwrap();
    (line.to_owned(), format!("{name} = {:?}", value + 0.125), name.trim_matches('"').to_owned())
}
