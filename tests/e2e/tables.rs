//! Tables as people really write them, and what is wrong with them: file, line, value, remedy; exit code 2.

use crate::workshop::Workshop;

const EXPERIMENT: &str = r#"
classes = ["none", "some"]
[split.patients]
clips = "clips.csv"
folds = 2
[aggregate.crowd]
opinions = "opinions.csv"
clips = "clips.csv"
method = "majority"
"#;

const CLIPS: &str = "clip,patient\nc1,p1\nc2,p2\nc3,p2\n";
const OPINIONS: &str = "clip,annotator,label\nc1,a,none\nc2,a,some\nc2,b,none\n";

fn workshop(clips: &str, opinions: &str) -> Workshop {
    Workshop::new().with("x.toml", EXPERIMENT).with("clips.csv", clips).with("opinions.csv", opinions)
}

fn labels(workshop: &Workshop) -> Vec<(String, String)> {
    workshop.run(&[]);
    workshop.table("crowd", "labels.csv")[1..].iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

#[test]
fn odd_bytes_change_nothing() {
    let plain = workshop(CLIPS, OPINIONS);
    let odd = workshop(
        "\u{feff} patient ,clip\r\np1, c1\r\n\r\np2 ,c2\r\np2,c3\r\n",
        "\u{feff}clip,annotator,label\r\nc1,a,none \r\nc2,a, some\r\nc2,b,none\r\n",
    );
    plain.run(&[]);
    odd.run(&[]);
    assert_eq!(plain.digests("crowd"), odd.digests("crowd"));
    assert_eq!(plain.digests("patients"), odd.digests("patients"));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (clips, opinions, said) in [
        (
            CLIPS,
            "clip,label\nc1,none\nc2,yes\n",
            &[
                "opinions.csv:3: `yes` is not a class",
                "the values seen are `none`, `yes`",
                "values = { \"yes\" = \"…\" }",
            ][..],
        ),
        (
            CLIPS,
            "clip,label\nc1,none\nc9,some\n",
            &["opinions.csv:3: opinions on 1 unknown clips: `c9`", "unknown_clips = \"drop\""],
        ),
        (CLIPS, "clip,label\nc1,\n", &["opinions.csv:2: the label is blank"]),
        (CLIPS, "clip,annotator,label,votes\nc1,a,none,-1\n", &["opinions.csv:2: `-1` is no number of votes"]),
        (CLIPS, "clip,annotator,label,votes\nc1,a,none,NaN\n", &["opinions.csv:2: `NaN` is no number of votes"]),
        (CLIPS, "clip,label\n", &["opinions.csv: the table has no opinions"]),
        (CLIPS, "", &["opinions.csv: the table is empty"]),
        (CLIPS, "clip,label\nc1,none,extra\n", &["opinions.csv:2: 3 values where the header names 2 columns"]),
        ("clip,pateint\nc1,p1\n", OPINIONS, &["clips.csv:1: no column `patient`", "did you mean `pateint`?"]),
        ("clip,patient\nc1,p1\nc2,\nc3,p2\n", OPINIONS, &["clips.csv:3: clip `c2` has no patient"]),
        ("clip,patient\nc1,p1\nc2,p2\nc1,p3\n", OPINIONS, &["clips.csv:4: clip `c1` stands in lines 2 and 4"]),
        ("clip,patient\n,p1\n", OPINIONS, &["clips.csv:2: the clip is blank"]),
        ("clip,patient\nc1,p1\nc2,p1\nc3,p1\n", OPINIONS, &["1 patients can't fill 2 parts"]),
    ] {
        let workshop = workshop(clips, opinions);
        let err = workshop.refused();
        for text in said {
            assert!(err.contains(text), "`{text}` is not in\n{err}");
        }
    }
}

#[test]
fn opinions_on_unknown_clips_can_be_left_out() {
    let workshop = workshop(CLIPS, "clip,label\nc1,none\nc9,some\n");
    workshop.write("x.toml", EXPERIMENT.replace("[aggregate.crowd]", "[aggregate.crowd]\nunknown_clips = \"drop\""));
    assert_eq!(labels(&workshop), [("c1".to_owned(), "none".to_owned())]);
    let told = std::fs::read_to_string(workshop.files("crowd").join("aggregation.json")).unwrap();
    assert!(told.contains("on clips that the clip table does not have"), "{told}");
}

/// A table that counts as it stands is taken column by column, any other line by line.
#[test]
fn every_way_to_the_same_opinions_makes_the_same_labels() {
    let lines = ["c2,b,some", "c1,,none", "c3,a,some", "c2,a,none", "c1,b,some", "c3,,some", "c1,a,none", "c2,,none"];
    let table = |header: &str, end: &str| format!("{header}\n{}", lines.map(|line| format!("{line}{end}\n")).concat());
    let plain = workshop(CLIPS, &table("clip,annotator,label", ""));
    let counted = workshop(CLIPS, &table("clip,annotator,label,votes", ",1"));
    let with_more =
        workshop(CLIPS, &(table("clip,annotator,label", "").replacen('\n', "\nc9,c,none\n", 1) + "c9,a,some\n"));
    with_more.write("x.toml", EXPERIMENT.replace("[aggregate.crowd]", "[aggregate.crowd]\nunknown_clips = \"drop\""));
    for workshop in [&plain, &counted, &with_more] {
        workshop.run(&[]);
    }
    assert_eq!(plain.digests("crowd"), counted.digests("crowd"));
    for file in ["labels.csv", "annotators.csv", "agreement.csv"] {
        assert_eq!(plain.table("crowd", file), with_more.table("crowd", file), "{file}");
    }
    assert_eq!(plain.table("crowd", "annotators.csv").len(), 4, "a header, two who signed, and nobody");
}

#[test]
fn second_opinions_of_one_annotator() {
    let twice = "clip,annotator,label\nc1,a,some\nc1,a,none\n";
    for (rule, label) in [("first", "some"), ("last", "none"), ("mean", "none"), ("all", "none")] {
        let workshop = workshop(CLIPS, twice);
        let text = format!("[aggregate.crowd]\nduplicates = \"{rule}\"");
        workshop.write("x.toml", EXPERIMENT.replace("[aggregate.crowd]", &text));
        assert_eq!(labels(&workshop), [("c1".to_owned(), label.to_owned())], "{rule}");
    }
    let workshop = workshop(CLIPS, twice);
    assert!(
        workshop
            .refused()
            .contains("opinions.csv:3: annotator `a` judged clip `c1` more than once; 1 such opinion is in the table")
    );
}

#[test]
fn several_opinions_of_one_annotator_are_one_in_the_mean() {
    // Of `a` two opinions differ and count half each; with all of them the vote would be two to one.
    let many = "clip,annotator,label\nc1,a,some\nc1,b,none\nc1,a,some\nc1,a,none\nc2,a,none\nc2,a,none\n";
    let workshop = workshop(CLIPS, many);
    let refused = workshop.refused();
    let expected = "opinions.csv:4: annotator `a` judged clip `c1` more than once; 3 such opinions are in the table, in lines 4, 5, 7";
    assert!(refused.contains(expected), "{refused}");
    for (rule, label, p, opinions) in [("mean", "none", 2.0 / 3.0, 2.0), ("all", "none", 0.5, 4.0)] {
        let text = format!("[aggregate.crowd]\nduplicates = \"{rule}\"");
        workshop.write("x.toml", EXPERIMENT.replace("[aggregate.crowd]", &text));
        assert_eq!(labels(&workshop)[0], ("c1".to_owned(), label.to_owned()), "{rule}");
        let table = workshop.table("crowd", "labels.csv");
        let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
        assert!((table[1][at("p_none")].parse::<f64>().unwrap() - p).abs() < 1e-12, "{rule}: {table:?}");
        assert!((table[1][at("opinions")].parse::<f64>().unwrap() - opinions).abs() < 1e-12, "{rule}: {table:?}");
    }
}

#[test]
fn annotators_are_chosen_by_name() {
    let workshop = workshop(CLIPS, OPINIONS);
    let with =
        |names: &str| EXPERIMENT.replace("[aggregate.crowd]", &format!("[aggregate.crowd]\nannotators = {names}"));
    workshop.write("x.toml", with("[\"b\"]"));
    assert_eq!(labels(&workshop), [("c2".to_owned(), "none".to_owned())]);
    workshop.write("x.toml", with("[\"expert-1\"]"));
    assert!(workshop.refused().contains("no opinion is of annotator `expert-1`; there are `a`, `b`"));
}

#[test]
fn other_peoples_tables_are_mapped() {
    let mapping = r#"{ file = "votes.csv", columns = { clip = "{Case}/{Clip}" }, votes = [
      { label = "First", count = "First Votes" }, { label = "Second", count = "Second Votes" },
    ], values = { "'no lines'" = "none", "'some lines'" = "some" } }"#;
    let experiment =
        format!("classes = [\"none\", \"some\"]\n[aggregate.crowd]\nopinions = {mapping}\nmethod = \"majority\"\n");
    let table = "Case,Clip,First,First Votes,Second,Second Votes\nA,1,'some lines',5,'no lines',4\nA,2,'no lines',7,'some lines',0\n";
    let workshop = Workshop::new().with("x.toml", &experiment).with("votes.csv", table);
    assert_eq!(labels(&workshop), [("A/1".to_owned(), "some".to_owned()), ("A/2".to_owned(), "none".to_owned())]);
    let rows = workshop.table("crowd", "labels.csv");
    // Of 4/9 and 5/9.
    assert_eq!(rows[1][4..], ["9", "0.5555555555555556", "0.6869615765973234"], "opinions, agreement and entropy");
}

#[test]
fn a_class_nobody_names_can_not_be_learned() {
    let text = crate::workshop::tiny_with(
        "opinions = \"@cohort.crowd\"",
        "opinions = { file = \"@cohort.crowd\", values = { confluent = \"discrete\" } }",
    );
    let workshop = Workshop::new().with("x.toml", &text);
    let err = workshop.refused();
    assert!(err.contains("class `confluent` occurs in no fold"), "{err}");
}

#[test]
fn clips_that_do_not_decode_are_all_named() {
    let gif = {
        let source = Workshop::new().with("x.toml", crate::workshop::TINY);
        source.run(&["cohort"]);
        std::fs::read(source.files("cohort").join("clips/p001-c1.gif")).unwrap()
    };
    let workshop = Workshop::new()
        .with("x.toml", "[decode.frames]\nclips = \"clips.csv\"\n")
        .with("clips.csv", "clip,patient,path\na,p1,a.gif\nb,p1,b.gif\nc,p2,c.gif\nd,p2,d.txt\n")
        .with("d.txt", "not a clip");
    workshop.write("a.gif", &gif);
    workshop.write("b.gif", &gif[..gif.len() / 2]);
    let err = workshop.refused();
    for text in [
        "3 of 4 clips can't be decoded",
        "clips.csv:3: clip `b`: `b.gif`: truncated or corrupt GIF",
        "clips.csv:4: clip `c`: there is no file `c.gif`",
        "clips.csv:5: clip `d`: `d.txt`: unknown format: the file begins with 6e 6f 74 20",
        "on_error = \"skip\"",
    ] {
        assert!(err.contains(text), "`{text}` is not in\n{err}");
    }
    workshop.write("x.toml", "[decode.frames]\nclips = \"clips.csv\"\non_error = \"skip\"\n");
    assert_eq!(workshop.run(&[]).items_cached, 1, "what decoded before is kept");
    let skipped: Vec<String> = workshop.table("frames", "skipped.csv")[1..].iter().map(|row| row[0].clone()).collect();
    assert_eq!(skipped, ["b", "c", "d"]);
}

#[test]
fn when_no_clip_is_there_the_data_sentence_is() {
    let workshop = Workshop::new()
        .with("x.toml", "data = \"ask the authors\"\n[decode.frames]\nclips = \"clips.csv\"\n")
        .with("clips.csv", "clip,patient,path\na,p1,a.gif\nb,p1,b.gif\n");
    let err = workshop.refused();
    assert!(err.contains("clips.csv: none of the 2 files it names is there\n  the data: ask the authors"), "{err}");
    assert_eq!(workshop.crowdline(&["check", "x.toml"]).code, 2);
}

#[test]
fn a_missing_ffmpeg_names_clip_and_remedy() {
    let workshop = Workshop::new()
        .with("x.toml", "[decode.frames]\nclips = \"clips.csv\"\n")
        .with("clips.csv", "clip,patient,path\na,p1,a.mp4\n")
        .with("a.mp4", "\0\0\0\u{18}ftypmp42");
    let outcome = workshop.crowdline(&["run", "x.toml", "--ffmpeg", "no-such-ffmpeg"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("clip `a`") && outcome.err.contains("apt-get install ffmpeg"), "{}", outcome.err);
}
