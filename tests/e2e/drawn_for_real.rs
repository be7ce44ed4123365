//! What real annotators drew.

use std::path::{Path, PathBuf};

use crate::{
    drawn::{cells, told},
    workshop::Workshop,
};

/// Shared data, or nothing with a word about it.
pub fn shared(name: &str) -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !data.exists() {
        println!("skipped: no ../shared/data");
        return None;
    }
    Some(data)
}

/// One annotator's lines on two clips: what comes out is what went in, in pixels and cut at the border.
#[test]
fn lines_of_one_annotator_are_kept_as_they_are() {
    let Some(data) = shared("lucassen") else { return };
    let text = "[decode.frames]\nclips = \"clips.csv\"\n[aggregate.expert]\nframes = \"@frames\"\nunviewed = \"all\"\n\
                drawn_unit = \"percent\"\nunknown_clips = \"drop\"\nmethod.line-consensus = { match_percent = 2 }\n\
                [aggregate.expert.drawn]\nfile = \"lines.csv\"\n\
                columns = { clip = \"{case}/{clip}\", annotator = { value = \"expert\" }, geometry = \"wkt_geoms\" }\n";
    let workshop = Workshop::new().with("x.toml", text);
    workshop.write("clips.csv", "clip,patient,path\nCase-001/1,Case-001,clip1.gif\nCase-001/4,Case-001,clip4.gif\n");
    workshop.write("lines.csv", std::fs::read(data.join("line_annotations.csv")).unwrap());
    ["clip1.gif", "clip4.gif"].iter().for_each(|clip| workshop.write(clip, std::fs::read(data.join(clip)).unwrap()));
    workshop.run(&[]);
    let mut reader = csv::Reader::from_path(data.join("line_annotations.csv")).unwrap();
    let rows =
        reader.records().map(Result::unwrap).filter(|row| &row[0] == "Case-001" && ["1", "4"].contains(&&row[1]));
    let clips = workshop.table("frames", "clips.csv");
    let (mut frames, mut drawn) = (0, 0);
    for row in rows {
        let clip = clips.iter().find(|clip| clip[0] == format!("{}/{}", &row[0], &row[1])).unwrap();
        // One of the clips is shorter here than the one that was drawn on.
        let length: u32 = cells(&clips, clip, &["source_frames"])[0].parse().unwrap();
        if row[2].parse::<u32>().unwrap() < length {
            frames += 1;
            drawn += row[3].matches("LINESTRING").count();
        }
    }
    let lines = workshop.table("expert", "lines.csv");
    let told = told(&workshop, "expert");
    assert_eq!((&told["drawings"], frames), (&31.into(), 31));
    let lost = told["dropped"].as_u64().unwrap() + told["repeated"].as_u64().unwrap();
    assert_eq!(lines.len() as u64 - 1 + lost, drawn as u64);
    assert!(lines[1..].iter().all(|row| cells(&lines, row, &["support", "spread"]) == ["1", "0"]));
}

/// Seven masks of each cell from a crowd, against the mean IoU with gold that others found for the same: 0.837 for the
/// majority and 0.816 for STAPLE. Crop origins of the crowd's masks were fitted to the gold: the path is tested, not the crowd.
#[test]
fn masks_of_a_crowd_come_to_what_others_found() {
    let Some(data) = shared("bubil") else { return };
    let mut reader = csv::Reader::from_path(data.join("manifest.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).filter(|row| &row[0] == "3").collect();
    let crowd: Vec<String> = (1..=7).map(|one| format!("\"turk{one}\"")).collect();
    let stage = |name: &str, annotators: &str, method: &str| {
        format!(
            "[aggregate.{name}]\ndrawn = {{ file = \"manifest.csv\", columns = {{ clip = \"item\", frame = {{ value = \"0\" }}, \
             annotator = \"rater\", mask = \"path\" }} }}\ndrawn_unit = \"pixels\"\nunviewed = \"drawn-only\"\n\
             frames = \"@frames\"\nannotators = [{annotators}]\nmethod = \"{method}\"\n"
        )
    };
    let text = format!(
        "[decode.frames]\nclips = {{ file = \"images.csv\", columns = {{ patient = \"clip\" }} }}\n{}{}{}",
        stage("majority", &crowd.join(", "), "pixel-majority"),
        stage("staple", &crowd.join(", "), "staple"),
        stage("gold", "\"gold\"", "pixel-majority"),
    );
    let workshop = Workshop::new().with("x.toml", &text);
    let mut images = String::from("clip,path\n");
    let mut manifest = String::from("item,rater,path\n");
    for row in &rows {
        let (item, kind, rater, path) = (&row[1], &row[2], &row[3], &row[4]);
        workshop.write(path, std::fs::read(data.join(path)).unwrap());
        match kind {
            "image" => images += &format!("{item},{path}\n"),
            _ => manifest += &format!("{item},{rater},{path}\n"),
        }
    }
    workshop.write("images.csv", images);
    workshop.write("manifest.csv", manifest);
    workshop.run(&[]);
    let gold = workshop.files("gold").join("masks");
    let masks: Vec<PathBuf> = std::fs::read_dir(&gold).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(masks.len() > 4, "{masks:?}");
    let iou = |task: &str| {
        let folder = workshop.files(task).join("masks");
        let each = masks.iter().map(|path| {
            let read = |path: &Path| std::fs::read(path).unwrap()[128..].to_vec();
            let (one, other) = (read(path), read(&folder.join(path.file_name().unwrap())));
            let both = one.iter().zip(&other).filter(|(a, b)| **a + **b == 2).count();
            both as f64 / one.iter().zip(&other).filter(|(a, b)| **a + **b > 0).count() as f64
        });
        each.sum::<f64>() / masks.len() as f64
    };
    let (majority, staple) = (iou("majority"), iou("staple"));
    assert!((majority - 0.837).abs() < 0.002 && (staple - 0.816).abs() < 0.01, "{majority} and {staple}");
    let annotators = workshop.table("staple", "annotators.csv");
    assert_eq!(annotators.len(), 1 + 7);
    assert!(
        annotators[1..].iter().all(|row| cells(&annotators, row, &["sensitivity"])[0].parse::<f64>().unwrap() > 0.3)
    );
}
