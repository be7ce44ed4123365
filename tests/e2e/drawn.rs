//! Drawings on frames: from a simulated cohort, and from tables with something wrong in them.

use std::collections::BTreeMap;

use crate::workshop::Workshop;

/// A cohort whose crowd draws on two of four frames of each clip, brought to lines and to masks.
const LINES: &str = r#"title = "Lines"
seed = 7

[simulate.cohort]
method.phantom = { patients = 6, clips_per_patient = 2, frames = 4, width = 64, height = 64, frames_drawn = 2 }

[decode.frames]
clips = "@cohort.clips"

[split.patients]
clips = "@cohort.clips"
folds = 3

[aggregate.lines]
drawn = "@cohort.crowd_lines"
drawn_unit = "percent"
viewed = "@cohort.crowd_views"
frames = "@frames"
method.line-consensus = { match_px = 4, support = 0.5 }

[aggregate.masks]
drawn = "@cohort.expert_lines"
drawn_unit = "percent"
viewed = "@cohort.expert_views"
frames = "@frames"
annotators = ["e1", "e2", "e3"]
method.pixel-majority = { width_px = 3 }

[command.count]
run = ["sh", "-c", "wc -l < {inputs.lines}/lines.csv > out"]
inputs.lines = "@lines"
outputs.out = "out"
"#;

/// `LINES`, with classes for the cohort and one text replaced.
fn lines_with(from: &str, to: &str) -> String {
    assert!(LINES.contains(from), "{from}");
    let classes = "seed = 7\nclasses = [\"none\", \"discrete\", \"confluent\"]";
    LINES.replace("seed = 7", classes).replace(from, to)
}

/// Still pictures of 40 × 20 pixels, decoded, and drawings on them as given.
fn stills(drawn: &str, viewed: Option<&str>, more: &str) -> Workshop {
    let says = viewed.map_or("unviewed = \"drawn-only\"", |_| "viewed = \"viewed.csv\"");
    let text = format!(
        "[decode.frames]\nclips = \"clips.csv\"\ngeometry = \"scale.csv\"\n[aggregate.crowd]\ndrawn = \"drawn.csv\"\n\
         drawn_unit = \"pixels\"\n{says}\nframes = \"@frames\"\n{more}\n"
    );
    let workshop = Workshop::new().with("x.toml", &text).with("drawn.csv", drawn);
    workshop.write("clips.csv", "clip,patient,path\na/1,p1,a.png\nb,p2,b.png\n");
    workshop.write("scale.csv", "clip,mm_per_pixel\na/1,0.5\nb,0.5\n");
    for (name, shade) in [("a.png", 10), ("b.png", 200)] {
        image::GrayImage::from_pixel(40, 20, image::Luma([shade])).save(workshop.path(name)).unwrap();
    }
    viewed.into_iter().for_each(|viewed| workshop.write("viewed.csv", viewed));
    workshop
}

/// The cells of a row in some columns.
pub fn cells<'r>(table: &'r [Vec<String>], row: &'r [String], columns: &[&str]) -> Vec<&'r str> {
    let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    columns.iter().map(|name| row[at(name)].as_str()).collect()
}

/// How a task made its lines.
pub fn told(workshop: &Workshop, task: &str) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(workshop.files(task).join("aggregation.json")).unwrap()).unwrap()
}

#[test]
fn a_cohort_is_drawn_decoded_and_brought_together() {
    let workshop = Workshop::new().with("x.toml", &lines_with("", ""));
    assert_eq!(workshop.run(&["--threads", "2"]).executed, 6);

    let frames = workshop.table("lines", "frames.csv");
    assert_eq!(frames.len(), 1 + 12 * 4, "every decoded frame is there");
    let lines = workshop.table("lines", "lines.csv");
    let mut on: BTreeMap<(String, String), usize> = BTreeMap::new();
    lines[1..].iter().for_each(|row| *on.entry((row[0].clone(), row[1].clone())).or_default() += 1);
    let mut without = 0;
    for row in &frames[1..] {
        let [frame, viewers, decided, found] = cells(&frames, row, &["frame", "viewers", "decided", "lines"])[..]
        else {
            unreachable!()
        };
        if ["1", "3"].contains(&frame) {
            let expected = on.get(&(row[0].clone(), row[1].clone())).copied().unwrap_or_default();
            assert_eq!((viewers, decided, found), ("7", "true", expected.to_string().as_str()), "{row:?}");
            without += usize::from(expected == 0);
        } else {
            assert_eq!((viewers, decided, found), ("0", "false", ""), "nobody looked: {row:?}");
        }
    }
    assert!(lines.len() > 5 && without > 5, "{} lines, {without} frames without", lines.len() - 1);
    for row in &lines[1..] {
        let support: f64 = cells(&lines, row, &["support"])[0].parse().unwrap();
        assert!((0.5..=1.0).contains(&support), "half of those who looked, not of those who drew: {row:?}");
    }
    let told = told(&workshop, "lines");
    assert_eq!((&told["viewings"], &told["unviewed"], &told["unlisted"]), (&168.into(), &24.into(), &0.into()));

    let files = workshop.files("masks");
    let count = |folder: &str| std::fs::read_dir(files.join(folder)).unwrap().count();
    assert_eq!((count("masks"), count("probabilities")), (24, 24));
    let masks = workshop.table("masks", "frames.csv");
    for row in masks[1..].iter().filter(|row| cells(&masks, row, &["decided"]) == ["true"]) {
        let mask = std::fs::read(files.join(format!("masks/{}_{}.npy", row[0], row[1]))).unwrap();
        assert_eq!(mask.len(), 128 + 64 * 64);
        let area = mask[128..].iter().filter(|pixel| **pixel == 1).count();
        assert_eq!(cells(&masks, row, &["pixels"]), [area.to_string()]);
    }
    assert_eq!(workshop.table("masks", "annotators.csv").len(), 1 + 3);
    let agreement = workshop.table("masks", "agreement.csv");
    let whose: Vec<Vec<&str>> =
        agreement[1..].iter().map(|row| row[..4].iter().map(String::as_str).collect()).collect();
    assert_eq!(whose.len(), 2 * (1 + 3 + 4));
    assert_eq!(whose[..3], [["dice", "all", "", ""], ["presence", "all", "", ""], ["dice", "pair", "e1", "e2"]]);
    assert_eq!([&whose[8], &whose[10]], [&["dice", "others", "", ""], &["dice", "others", "e1", ""]]);
    for row in &agreement[1..] {
        let [value, low, high] = [4, 5, 6].map(|at| row[at].parse::<f64>().unwrap());
        assert!(0.2 < value && low <= value && value <= high && high <= 1.0, "{row:?}");
        assert_eq!(row[7..], ["12", if row[2].is_empty() { "72" } else { "24" }, "patient", "6", "1000"]);
    }
    // A crowd is too large for pairs and single annotators.
    let crowd = workshop.table("lines", "agreement.csv");
    let crowd: Vec<[&str; 3]> = crowd[1..].iter().map(|row| [0, 1, 2].map(|at| row[at].as_str())).collect();
    let expected =
        [["line-f1", "all", ""], ["presence", "all", ""], ["line-f1", "others", ""], ["presence", "others", ""]];
    assert_eq!(crowd, expected);
    let shown = workshop.crowdline(&["show", "x.toml", "lines"]).out;
    assert!(shown.contains("lines  Lines  ") && shown.contains("\nlines.csv\n"), "{shown}");
}

#[test]
fn only_what_is_changed_runs_again_and_threads_change_nothing() {
    let workshop = Workshop::new().with("x.toml", &lines_with("", ""));
    workshop.run(&["--threads", "1"]);
    let before = [workshop.digests("lines"), workshop.digests("masks")];
    assert_eq!(workshop.run(&[]).executed, 0);
    assert_eq!(workshop.run(&["--set", "aggregate.lines.method.line-consensus.match_px=6"]).ran, ["count", "lines"]);
    assert_eq!(workshop.run(&["--set", "aggregate.masks.probabilities=false"]).ran, ["masks"]);
    let other = Workshop::new().with("x.toml", &lines_with("", ""));
    other.run(&["--threads", "2"]);
    assert_eq!([other.digests("lines"), other.digests("masks")], before);
}

#[test]
fn joined_on_a_fold_drawings_on_its_clips_are_not_looked_at() {
    let text = lines_with(
        "match_px = 4, support = 0.5 }",
        "match_px = 4, support = 0.5 }\nsplit = \"@patients\"\nmatrix.fold = [0, 1, 2]",
    );
    let text = text.split("[command.count]").next().unwrap();
    let workshop = Workshop::new().with("x.toml", text);
    workshop.run(&["lines"]);
    let split = workshop.table("patients", "split.csv");
    for fold in ["0", "1", "2"] {
        let task = format!("lines[fold={fold}]");
        let held = |clip: &str| split.iter().any(|row| row[0] == clip && cells(&split, row, &["part"]) == [fold]);
        for row in &workshop.table(&task, "frames.csv")[1..] {
            assert!(!held(&row[0]), "fold {fold}: {row:?}");
        }
        let told = told(&workshop, &task);
        assert_eq!(told["without_fold"], fold.parse::<u32>().unwrap());
        assert_eq!(told["viewings"].as_u64().unwrap() + left_out(&told, "viewings"), 168);
    }
}

/// Rows that were left out, of a table.
fn left_out(told: &serde_json::Value, rows: &str) -> u64 {
    let all = told["excluded"].as_array().unwrap().iter();
    all.filter(|one| one[0].as_str().unwrap().starts_with(rows)).map(|one| one[1].as_f64().unwrap() as u64).sum()
}

#[test]
fn who_looked_and_drew_nothing_counts() {
    // Byte-order mark and carriage returns, and a viewing that is listed twice.
    let drawn = "\u{feff}clip,frame,annotator,geometry\r\na/1,0,w1,\"LINESTRING (10 2, 10 18)\"\r\na/1,0,w2,\"LINESTRING (12 2, 12 18)\"\r\n";
    let viewed = "clip,frame,annotator\na/1,0,w1\na/1,0,w1\na/1,0,w3\nb,0,w3\n";
    let method = "method.line-consensus = { match_mm = 5, support = 0.6 }";
    let workshop = stills(drawn, Some(viewed), method);
    workshop.run(&[]);
    let frames = workshop.table("crowd", "frames.csv");
    let wanted = ["clip", "width", "mm_per_pixel_x", "viewers", "decided", "lines"];
    assert_eq!(cells(&frames, &frames[1], &wanted), ["a/1", "40", "0.5", "3", "true", "1"]);
    assert_eq!(cells(&frames, &frames[2], &wanted), ["b", "40", "0.5", "1", "true", "0"]);
    let lines = workshop.table("crowd", "lines.csv");
    assert_eq!(lines[1], ["a/1", "0", "11", "2", "11", "18", "0.6666666666666666", "3", "0.5", "mm"]);
    assert_eq!(told(&workshop, "crowd")["unlisted"], 1, "w2 drew on a frame that is not listed for them");
    // One more who looked and drew nothing, and two of four are not enough.
    workshop.write("viewed.csv", format!("{viewed}a/1,0,w4\n"));
    workshop.run(&[]);
    assert_eq!(workshop.table("crowd", "lines.csv").len(), 1);
    // Nobody but those who drew.
    workshop.write("x.toml", workshop.read("x.toml").replace("viewed = \"viewed.csv\"", "unviewed = \"drawn-only\""));
    workshop.run(&[]);
    let frames = workshop.table("crowd", "frames.csv");
    assert_eq!(cells(&frames, &frames[1], &wanted)[3..], ["2", "true", "1"]);
    assert_eq!(cells(&frames, &frames[2], &wanted)[3..], ["0", "false", ""]);
    // Everybody at everything.
    workshop.write("x.toml", workshop.read("x.toml").replace("drawn-only", "all"));
    workshop.run(&[]);
    let frames = workshop.table("crowd", "frames.csv");
    assert_eq!(cells(&frames, &frames[2], &wanted)[3..], ["2", "true", "0"]);
}

#[test]
fn masks_are_pictures_or_arrays_and_lines_may_stand_beside_them() {
    let drawn = "clip,frame,annotator,geometry,mask\na/1,0,w1,,one.png\na/1,0,w2,\"POLYGON ((0 0, 20 0, 20 20, 0 20))\",\na/1,0,w3,,\nb,0,w1,,one.png\n";
    let workshop = stills(drawn, None, "method = \"pixel-majority\"");
    let half = |left: u32| image::GrayImage::from_fn(40, 20, |x, _| image::Luma([if x < left { 255 } else { 0 }]));
    half(10).save(workshop.path("one.png")).unwrap();
    assert_eq!(workshop.run(&[]).ran, ["crowd", "frames"]);
    let frames = workshop.table("crowd", "frames.csv");
    let wanted = ["viewers", "pixels"];
    assert_eq!(cells(&frames, &frames[1], &wanted), ["3", "200"], "two of three drew on the left quarter");
    assert_eq!(cells(&frames, &frames[2], &wanted), ["1", "200"]);
    assert!(workshop.files("crowd").join("masks/a%2F1_0.npy").exists());
    // The content of a mask counts.
    half(12).save(workshop.path("one.png")).unwrap();
    assert_eq!(workshop.run(&[]).ran, ["crowd"]);
    let frames = workshop.table("crowd", "frames.csv");
    assert_eq!(cells(&frames, &frames[1], &wanted), ["3", "240"]);
    image::GrayImage::new(20, 20).save(workshop.path("one.png")).unwrap();
    let said = workshop.refused();
    assert!(said.contains("drawn.csv:2: mask 0 of drawing 0: 20 × 20 pixels on a frame of 40 × 20"), "{said}");
    workshop.write("drawn.csv", drawn.replace("b,0,w1,,one.png", "b,0,w1,,two.png"));
    assert!(workshop.refused().contains("drawn.csv:5: there is no file `two.png`"));
    workshop.write("drawn.csv", drawn.replace("a/1,0,w1,,one.png", "a/1,0,w1,POINT (1 1),one.png"));
    assert!(workshop.refused().contains("drawn.csv:2: the row has both a geometry and the mask `one.png`"));
}

#[test]
fn what_does_not_go_together_is_found_before_anything_runs() {
    let workshop = Workshop::new();
    let check = |text: &str| {
        workshop.write("x.toml", text);
        let outcome = workshop.crowdline(&["check", "x.toml"]);
        assert_eq!(outcome.code, 2, "{}{}", outcome.out, outcome.err);
        outcome.err
    };
    for (from, to, expected) in [
        (
            "method.pixel-majority = { width_px = 3 }",
            "method = \"majority\"",
            "the method `majority` takes `opinions`, not `drawn`",
        ),
        (
            "method.pixel-majority = { width_px = 3 }",
            "method = \"majority\"",
            "methods for `drawn` are `line-consensus`, `origin-points`",
        ),
        ("method.pixel-majority = { width_px = 3 }", "method = \"pixel-majorty\"", "unknown variant `pixel-majorty`"),
        ("width_px = 3", "width_px = 3, width_mm = 3", "`width` is given twice"),
        ("width_px = 3", "width_px = -3", "width = -3 is out of range"),
        ("viewed = \"@cohort.expert_views\"\n", "", "nothing says who looked at what"),
        (
            "viewed = \"@cohort.expert_views\"\n",
            "viewed = \"@cohort.expert_views\"\nunviewed = \"all\"\n",
            "keep one of them",
        ),
        (
            "[command.count]",
            "[aggregate.x]\ndrawn = \"@cohort.crowd_lines\"\nopinions = \"@cohort.crowd\"\nmethod = \"em\"\n[command.count]",
            "`drawn` stands beside `opinions`",
        ),
        (
            "[command.count]",
            "[aggregate.x]\nmethod = \"em\"\n[command.count]",
            "`aggregate` needs `opinions` or `drawn`",
        ),
        (
            "[command.count]",
            "[aggregate.x]\nopinions = \"@cohort.crowd\"\nmethod = \"em\"\n[command.count]",
            "methods for `opinions` are `majority`",
        ),
        (
            "[command.count]",
            "[aggregate.x]\nopinions = \"@cohort.crowd\"\nframes = \"@frames\"\nmethod = \"majority\"\n[command.count]",
            "`frames` means nothing with `opinions`",
        ),
        (
            "annotators = [\"e1\"",
            "minimum_reads = 2\nannotators = [\"e1\"",
            "`minimum_reads` means nothing with `drawn`",
        ),
        (
            "annotators = [\"e1\"",
            "clips = \"@cohort.clips\"\nannotators = [\"e1\"",
            "the clips and their patients are those of `frames`",
        ),
        (
            "[command.count]",
            "[split.x]\nclips = \"@cohort.clips\"\nfolds = 2\n[train.x2]\nframes = \"@lines\"\nsplit = \"@x\"\nlabels = \"@lines\"\nupdates = 1\n[command.count]",
            "takes Frames, but `@lines` is Lines",
        ),
        (
            "drawn = \"@cohort.crowd_lines\"",
            "matrix.of = { a = { drawn = \"@cohort.crowd_lines\" }, b = { opinions = \"@cohort.crowd\" } }",
            "makes Lines and another Labels",
        ),
    ] {
        let said = check(&lines_with(from, to));
        assert!(said.contains(expected), "{expected}\n{said}");
        assert!(said.contains("x.toml:") || expected.contains("methods for"), "{said}");
    }
    let two_lines = |text: &str| text.matches("drawn_unit = \"percent\"\n").count();
    assert_eq!(two_lines(LINES), 2);
    assert!(check(&lines_with("drawn_unit = \"percent\"\n", "")).contains("`drawn` needs `drawn_unit`"));
    assert!(check(&lines_with("frames = \"@frames\"\n", "")).contains("`drawn` needs `frames`"));
    // A cohort reads classes; drawings alone don't need any.
    assert!(check(LINES).contains("`cohort` reads labels"));
    assert!(!check(LINES).contains("`lines` reads labels"));
}

#[test]
fn what_is_wrong_in_a_table_is_told_with_its_line() {
    let header = "clip,frame,annotator,geometry\n";
    let workshop = stills(header, None, "method.line-consensus = { match_mm = 5 }");
    let said = |row: &str| {
        workshop.write("drawn.csv", format!("{header}b,0,w1,\"LINESTRING (1 1, 2 9)\"\n{row}\n"));
        workshop.refused()
    };
    for (row, expected) in [
        ("b,0,w1,\"LINESTRING (1 1, 2)\"", "drawn.csv:3: `LINESTRING (1 1, 2)` is no geometry; character 19"),
        ("b,0,w1,\"LINESTRING (1 1, 2 nan)\"", "drawn.csv:3: `LINESTRING (1 1, 2 nan)` is no geometry"),
        ("b,0,,\"LINESTRING (1 1, 2 2)\"", "drawn.csv:3: the annotator is blank; name whose it is"),
        ("b,x,w1,", "drawn.csv:3: `x` is no number of a frame; frames are whole numbers"),
        ("b,1,w1,", "drawn.csv:3: clip `b` has no frame 1: it has 1, numbered from 0; correct it"),
        ("c,0,w1,", "drawn.csv:3: drawings on 1 unknown clips: `c`; correct their names"),
        ("b,0,w2,POINT (1 1)", "drawn.csv:3: line-consensus needs lines, but drawing 1 holds a point"),
        ("b,0,w2,\"LINESTRING (1000 1, 1000 9)\"", "drawn.csv:3: 1 of 2 drawings lie more than a whole frame outside"),
    ] {
        let said = said(row);
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    workshop.write("drawn.csv", "clip,frame,annotator\nb,0,w1\n");
    assert!(workshop.refused().contains("drawn.csv: the table has neither a column `geometry` nor a column `mask`"));
    workshop.write("drawn.csv", header);
    assert!(workshop.refused().contains("drawn.csv: the table has no drawings"));
    // Dropped, they are counted.
    workshop.write("drawn.csv", format!("{header}b,0,w1,\"LINESTRING (1 1, 2 9)\"\nc,0,w1,\nb,9,w1,\n"));
    workshop.write("x.toml", workshop.read("x.toml") + "unknown_clips = \"drop\"\n");
    workshop.run(&[]);
    let told = told(&workshop, "crowd");
    assert_eq!((told["drawings"].as_u64(), left_out(&told, "drawings")), (Some(1), 2));
    workshop.write("x.toml", workshop.read("x.toml") + "annotators = [\"w2\"]\n");
    assert!(workshop.refused().contains("`annotators`: no drawing is of annotator `w2`"));
    // mm need a scale.
    workshop.write("x.toml", workshop.read("x.toml").replace("annotators = [\"w2\"]\n", ""));
    workshop.write("scale.csv", "clip,mm_per_pixel\na/1,0.5\n");
    assert!(workshop.refused().contains("`match` is 5 mm, but 1 of 1 frames have no mm per pixel"));
}
