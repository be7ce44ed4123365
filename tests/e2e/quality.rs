//! Quality control before aggregation: known answers, thresholds, draws of opinions, and what is left out and said of it.

use std::collections::BTreeMap;

use crate::workshop::Workshop;

const EXPERIMENT: &str =
    "classes = [\"none\", \"some\"]\n\n[aggregate.crowd]\nopinions = \"opinions.csv\"\nmethod = \"majority\"\n";

/// Two clips with known answers (`k1`, `k2`: some), two without; `good` is right on both, `bad` on none, and all disagree on `c1`.
const OPINIONS: &str = "clip,annotator,label\nk1,good,some\nk1,bad,none\nk2,good,some\nk2,bad,none\n\
                        c1,good,some\nc1,bad,none\nc1,new,none\nc2,good,none\nc2,bad,some\n";
const ANSWERS: &str = "clip,label\nk1,some\nk2,some\n";
const QUALITY: &str = "known_answers = \"answers.csv\"\nquality = { minimum_known = 2, minimum_opinions = 0 }\n";

fn workshop(more: &str) -> Workshop {
    Workshop::new()
        .with("x.toml", &format!("{EXPERIMENT}{more}"))
        .with("opinions.csv", OPINIONS)
        .with("answers.csv", ANSWERS)
}

/// Clip and label of every row.
fn labels(workshop: &Workshop) -> Vec<(String, String)> {
    workshop.table("crowd", "labels.csv")[1..].iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(clip, label)| ((*clip).to_owned(), (*label).to_owned())).collect()
}

fn told(workshop: &Workshop) -> serde_json::Value {
    let text = std::fs::read_to_string(workshop.files("crowd").join("aggregation.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The opinions left out, by reason.
fn excluded(workshop: &Workshop) -> BTreeMap<String, f64> {
    let pairs: Vec<(String, f64)> = serde_json::from_value(told(workshop)["excluded"].clone()).unwrap();
    pairs.into_iter().collect()
}

#[test]
fn opinions_count_while_their_author_is_right_on_known_answers() {
    let workshop = workshop("");
    workshop.run(&[]);
    assert_eq!(labels(&workshop), pairs(&[("c1", "none"), ("c2", "none"), ("k1", "none"), ("k2", "none")]));
    workshop.write("x.toml", format!("{EXPERIMENT}{QUALITY}"));
    workshop.run(&[]);
    assert_eq!(labels(&workshop), pairs(&[("c1", "some"), ("c2", "none")]), "known answers are omitted");
    let left_out = excluded(&workshop);
    assert_eq!(left_out["before their author had seen enough known answers"], 5.0);
    assert_eq!(left_out["while their author's accuracy on known answers was below `minimum_accuracy`"], 2.0);
    assert_eq!(left_out.values().sum::<f64>() + told(&workshop)["opinions"].as_f64().unwrap(), 9.0);
    assert_eq!((&told(&workshop)["known_answers"], &told(&workshop)["known_omitted"]), (&2.into(), &2.into()));
    let raters = workshop.table("crowd", "annotators.csv");
    let at = |name: &str| raters[0].iter().position(|column| column == name).unwrap();
    let row = |id: &str| {
        let row = raters.iter().find(|row| row[0] == id).unwrap();
        ["opinions", "opinions_counted", "known_seen", "known_accuracy"].map(|name| row[at(name)].clone())
    };
    assert_eq!(row("good"), ["4", "2", "2", "1"]);
    assert_eq!(row("bad"), ["4", "0", "2", "0"]);
    assert_eq!(row("new"), ["1", "0", "0", ""]);
    assert_eq!(workshop.table("crowd", "known.csv"), [["clip"], ["k1"], ["k2"]]);
}

#[test]
fn known_clips_are_labelled_as_declared_and_few_reads_give_no_label() {
    let workshop = workshop(&format!("{QUALITY}known = \"answer\"\nminimum_reads = 2\n"));
    workshop.run(&[]);
    assert_eq!(labels(&workshop), pairs(&[("c1", ""), ("c2", ""), ("k1", "some"), ("k2", "some")]));
    assert_eq!(told(&workshop)["few_reads"], 2);
    let all = "quality = { minimum_known = 2, minimum_opinions = 0, look = \"all\" }";
    let text = format!("{EXPERIMENT}known_answers = \"answers.csv\"\n{all}\nknown = \"opinions\"\n");
    workshop.write("x.toml", text);
    workshop.run(&[]);
    assert_eq!(labels(&workshop), pairs(&[("c1", "some"), ("c2", "none"), ("k1", "some"), ("k2", "some")]));
}

#[test]
fn screening_goes_by_time_where_times_are_given() {
    // By line the known answer comes first, by time last; the two dates are equal but for the line.
    let table = |times: [&str; 3]| {
        let lines = ["k1,a,some", "c1,a,some", "c2,a,some"];
        let rows: String = lines.iter().zip(times).map(|(line, time)| format!("{line},{time}\n")).collect();
        format!("clip,annotator,label,time\n{rows}")
    };
    let quality = "known_answers = \"answers.csv\"\nquality = { minimum_known = 1, minimum_opinions = 0 }\n";
    let workshop = workshop(quality).with("answers.csv", "clip,label\nk1,some\n");
    let labels_of = |times: [&str; 3]| {
        workshop.write("opinions.csv", table(times));
        workshop.run(&[]);
        labels(&workshop)
    };
    assert_eq!(labels_of(["1", "2", "3"]), pairs(&[("c1", "some"), ("c2", "some")]));
    assert_eq!(labels_of(["10", "9", "11"]), pairs(&[("c1", ""), ("c2", "some")]));
    let dates = ["2024-05-17T09:00:00Z", "2024-05-17T10:30:00+02:00", "2024-05-17T09:00:00Z"];
    assert_eq!(labels_of(dates), pairs(&[("c1", ""), ("c2", "some")]));
    workshop.write("opinions.csv", table(["1", "2024-05-17", "3"]));
    let err = workshop.refused();
    assert!(err.contains("opinions.csv:3: time `2024-05-17` is ISO 8601 without an offset, that of line 2"), "{err}");
    workshop.write("opinions.csv", table(["1", "", "3"]));
    assert!(workshop.refused().contains("opinions.csv:3: the time is blank"));
}

#[test]
fn wrong_known_answers_are_named() {
    let workshop = workshop(QUALITY);
    for (answers, said) in [
        ("clip,label\nk1,sone\n", "answers.csv:2: `sone` is not a class; the values seen are `sone`"),
        ("clip,label\nk1,\n", "answers.csv:2: the label is blank"),
        ("clip,label\n,some\n", "answers.csv:2: the clip is blank"),
        ("clip,label\nk1,some\nk9,some\n", "answers.csv:3: no opinion is on the known-answer clips `k9`"),
        (
            "clip,label\nk1,some\nk1,some\nk1,none\n",
            "answers.csv:4: the known answer of clip `k1` is `some` in line 2 and `none` here; keep one",
        ),
        ("clip,label\n", "answers.csv: the table has no known answers"),
    ] {
        workshop.write("answers.csv", answers);
        let err = workshop.refused();
        assert!(err.contains(said), "`{said}` is not in\n{err}");
    }
    // The same answer twice is no contradiction, and a clip nobody judged can be left out.
    workshop.write("answers.csv", "clip,label\nk1,some\nk2,some\nk2,some\nk9,none\n");
    workshop.write("x.toml", format!("{EXPERIMENT}{QUALITY}unknown_clips = \"drop\"\n"));
    workshop.run(&[]);
    assert_eq!(labels(&workshop), pairs(&[("c1", "some"), ("c2", "none")]));
}

#[test]
fn wrong_settings_point_at_their_line() {
    for (more, said) in [
        ("quality = {}", &["`quality` holds annotators against known answers, and there are none", "x.toml:6:"][..]),
        ("known = \"answer\"", &["`known` says what becomes of clips with a known answer", "known_answers ="]),
        (
            "known_answers = \"answers.csv\"\nquality = { minimum_accuracy = nan }",
            &["NaN is no number to go by", "x.toml:7:"],
        ),
        ("known_answers = \"answers.csv\"\nquality = { minimum_accuracy = 70.0 }", &["70 is no accuracy", "0 to 1"]),
        ("known_answers = \"answers.csv\"\nquality = { window = 0 }", &["a window of 0 known answers"]),
        ("known_answers = \"answers.csv\"\nquality = { class_weights = { sum = 2.0 } }", &["`sum` in `class_weights`"]),
        (
            "known_answers = \"answers.csv\"\nquality = { class_weights = { some = inf } }",
            &["inf is no number to go by"],
        ),
        (
            "known_answers = \"answers.csv\"\nquality = { exclude = [\"godo\"] }",
            &["annotator `godo`", "did you mean `good`?"],
        ),
        ("opinions_per_item = 0", &["`opinions_per_item` is 0", "x.toml:6:"]),
        ("minimum_reads = -1", &["minimum_reads", "x.toml:6:"]),
        ("agreement = { replicates = 3 }", &["3 bootstrap draws give no interval"]),
        ("agreement = { level = nan }", &["NaN is no number to go by", "x.toml:6:"]),
    ] {
        let err = workshop(&format!("{more}\n")).refused();
        for text in said {
            assert!(err.contains(text), "`{text}` is not in\n{err}");
        }
    }
}

#[test]
fn opinions_nobody_signed_and_a_crowd_nobody_is_left_of() {
    let workshop = workshop(QUALITY);
    workshop.write("opinions.csv", "clip,label\nk1,some\nk2,some\nc1,none\n");
    let err = workshop.refused();
    assert!(err.contains("opinions.csv: quality control weighs annotators"), "{err}");
    workshop.write("opinions.csv", "clip,annotator,label\nk1,bad,none\nk2,bad,none\nc1,bad,none\n");
    let err = workshop.refused();
    assert!(err.contains("quality control leaves no opinion") && err.contains("lower its thresholds"), "{err}");
}

/// Seven people on each of twelve clips, the first five of them mostly right.
fn crowd() -> String {
    let truth = |clip: usize| clip.is_multiple_of(3);
    let word = |yes: bool| if yes { "some" } else { "none" };
    let rows = (0..12_usize).flat_map(|clip| {
        (0..7_usize).map(move |by| {
            let right = if by < 5 { !(clip + by).is_multiple_of(4) } else { (by + clip).is_multiple_of(2) };
            format!("c{clip:02},a{by},{}\n", word(truth(clip) == right))
        })
    });
    rows.collect()
}

#[test]
fn a_draw_of_opinions_does_not_depend_on_order_or_other_clips() {
    let drawn = |opinions: &str, more: &str| -> Vec<Vec<String>> {
        let text = format!("{EXPERIMENT}opinions_per_item = 3\nopinions_seed = 4\n{more}");
        let workshop = Workshop::new().with("x.toml", &text).with("opinions.csv", opinions);
        workshop.run(&[]);
        assert_eq!(
            excluded(&workshop)["not among those drawn (`opinions_per_item`)"],
            if more.is_empty() { 48.0 } else { 4.0 }
        );
        workshop.table("crowd", "labels.csv")
    };
    let crowd = crowd();
    let all = drawn(&format!("clip,annotator,label\n{crowd}"), "");
    assert!(all[1..].iter().all(|row| row[4] == "3"));
    let backwards: String = crowd.lines().rev().map(|line| format!("{line}\n")).collect();
    assert_eq!(drawn(&format!("clip,annotator,label\n{backwards}"), ""), all);
    let one: String = crowd.lines().filter(|line| line.starts_with("c07")).map(|line| format!("{line}\n")).collect();
    let alone = drawn(&format!("clip,annotator,label\n{one}"), "minimum_reads = 1\n");
    assert_eq!(alone[1], all[8]);
    let halves = Workshop::new()
        .with("x.toml", &format!("{EXPERIMENT}opinions_per_item = 3\n"))
        .with("opinions.csv", "clip,label,votes\nc1,none,2\nc1,some,2.5\n");
    assert!(halves.refused().contains("opinions.csv:3: `2.5` votes can't be drawn from; give a whole number"));
}

#[test]
fn accuracy_against_the_number_of_opinions_is_one_evaluation() {
    let text = r#"title = "How many opinions are enough?"
classes = ["none", "some"]

[aggregate.crowd]
opinions = "opinions.csv"
method = "majority"
matrix.opinions_per_item = [1, 3, 5]

[aggregate.reference]
opinions = "truth.csv"
method = "majority"

[evaluate.curve]
clips = "clips.csv"
candidate = "@crowd"
reference = "@reference"
metrics = ["accuracy", "cohen-kappa"]
replicates = 200

[report.paper]
evaluations = "@curve"
compare.primary = { along = "opinions_per_item", candidate = "5", baseline = "1", metric = "accuracy", margin = 0.05 }
"#;
    let truth: String = (0..12_usize)
        .map(|clip| format!("c{clip:02},{}\n", if clip.is_multiple_of(3) { "some" } else { "none" }))
        .collect();
    let clips: String = (0..12).map(|clip| format!("c{clip:02},p{}\n", clip / 2)).collect();
    let workshop = Workshop::new()
        .with("x.toml", text)
        .with("opinions.csv", &format!("clip,annotator,label\n{}", crowd()))
        .with("truth.csv", &format!("clip,label\n{truth}"))
        .with("clips.csv", &format!("clip,patient\n{clips}"));
    workshop.run(&[]);
    let scores = workshop.table("curve", "scores.csv");
    let at = |name: &str| scores[0].iter().position(|column| column == name).unwrap();
    let curve: Vec<(String, f64, f64, f64)> = scores[1..]
        .iter()
        .filter(|row| row[at("metric")] == "accuracy")
        .map(|row| {
            let number = |name: &str| row[at(name)].parse().unwrap();
            (row[at("opinions_per_item")].clone(), number("value"), number("low"), number("high"))
        })
        .collect();
    assert_eq!(curve.iter().map(|point| point.0.as_str()).collect::<Vec<_>>(), ["1", "3", "5"]);
    assert!(curve.iter().all(|(_, value, low, high)| low <= value && value <= high), "{curve:?}");
    assert!(curve[0].1 < curve[2].1, "more opinions are better: {curve:?}");
    let page = workshop.read("reports/x/paper/index.html");
    assert!(page.contains("3 times: opinions_per_item: 1, 3, 5"), "the methods say so");
}

/// Three folds of two patients with two clips each; `f0` of `p0` is the known-answer clip of fold 0, and so on.
const FOLDED: &str = r#"classes = ["none", "some"]

[split.patients]
clips = "clips.csv"
folds = 3

[aggregate.crowd]
opinions = "opinions.csv"
known_answers = "answers.csv"
quality = { minimum_known = 1, minimum_accuracy = 0.6, minimum_opinions = 3 }
method = "dawid-skene"
split = "@patients"
matrix.fold = [0, 1, 2]
"#;

#[test]
fn nothing_of_a_fold_reaches_the_labels_made_without_it() {
    let clips: Vec<(String, String)> = (0..12).map(|at| (format!("c{at:02}"), format!("p{}", at / 2))).collect();
    let table: String = clips.iter().map(|(clip, patient)| format!("{clip},{patient}\n")).collect();
    let answers: String =
        (0..12).step_by(2).map(|clip| format!("c{clip:02},{}\n", ["none", "some"][clip / 2 % 2])).collect();
    let workshop = Workshop::new()
        .with("x.toml", FOLDED)
        .with("clips.csv", &format!("clip,patient\n{table}"))
        .with("opinions.csv", &format!("clip,annotator,label\n{}", crowd()))
        .with("answers.csv", &format!("clip,label\n{answers}"));
    workshop.run(&[]);
    let before: Vec<String> = workshop.digests("crowd").into_iter().map(|(_, digest)| digest).collect();
    let split = workshop.table("patients", "split.csv");
    let on_one = |clip: &str| split.iter().any(|row| row[0] == clip && row[2] == "1");
    // Every opinion and every known answer on the clips of fold 1 becomes its contrary.
    let contrary = |file: &str| -> String {
        let swap = |label: &str| if label == "some" { "none" } else { "some" };
        let changed = |line: &str| match line.rsplit_once(',') {
            Some((start, label)) if on_one(start.split(',').next().unwrap()) => format!("{start},{}\n", swap(label)),
            _ => format!("{line}\n"),
        };
        workshop.read(file).lines().map(changed).collect()
    };
    let (opinions, answers) = (contrary("opinions.csv"), contrary("answers.csv"));
    workshop.write("opinions.csv", opinions);
    workshop.write("answers.csv", answers);
    workshop.run(&[]);
    let after: Vec<String> = workshop.digests("crowd").into_iter().map(|(_, digest)| digest).collect();
    assert_eq!(before[1], after[1], "not one byte of the labels made without fold 1");
    assert!(before[0] != after[0] && before[2] != after[2], "the others learned from it");
    let known = workshop.table("crowd[fold=1]", "known.csv");
    assert!(known.len() > 2 && !known[1..].iter().any(|row| on_one(&row[0])), "{known:?}");
}
