//! What `decode` makes of clips: which frames, at which rate, in which windows, and what it says when it can't.

use image::{GrayImage, Luma};

use crate::workshop::{Workshop, tiny_with};

/// Clips of numbered stills: frame `f` of clip `c` is all of shade `10 c + f`.
fn workshop(decode: &str) -> Workshop {
    let workshop = Workshop::new()
        .with("x.toml", &format!("[decode.frames]\nclips = \"clips.csv\"\n{decode}"))
        .with("clips.csv", "clip,patient,path\na,1,a\nb,1,b\nc,2,c\n");
    for (clip, name, frames) in [(0, "a", 10), (5, "b", 8), (10, "c", 3)] {
        for frame in 0..frames {
            let path = workshop.path(&format!("{name}/{frame}.png"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            GrayImage::from_pixel(6, 4, Luma([10 * clip + frame])).save(path).unwrap();
        }
    }
    workshop
}

/// The shades of the frames kept of a clip, read as NumPy does: after a header of 128 bytes.
fn shades(workshop: &Workshop, clip: &str) -> Vec<u8> {
    let bytes = std::fs::read(workshop.files("frames").join(format!("frames/{clip}.npy"))).unwrap();
    bytes[128..].chunks(6 * 4).map(|frame| frame[0]).collect()
}

fn column(workshop: &Workshop, file: &str, name: &str) -> Vec<String> {
    let table = workshop.table("frames", file);
    let at = table[0].iter().position(|column| column == name).unwrap();
    table[1..].iter().map(|row| row[at].clone()).collect()
}

#[test]
fn exactly_the_frames_of_a_table() {
    let workshop = workshop("at = \"lines.csv\"\n");
    // A crowd's table serves as it is: several rows a frame, in any order.
    workshop.write("lines.csv", "annotator,frame,clip\nu,9,a\nv,2,a\nv,9,a\nu,0,b\n");
    let sum = workshop.run(&[]);
    assert_eq!((sum.items_executed, sum.items_cached), (2, 0));
    assert_eq!((shades(&workshop, "a"), shades(&workshop, "b")), (vec![2, 9], vec![50]));
    assert_eq!(column(&workshop, "frames.csv", "source_frame"), ["2", "9", "0"]);
    assert_eq!(workshop.table("frames", "skipped.csv")[1][0], "c");
    // Another frame of one clip decodes that clip alone; another row of the same frames nothing.
    workshop.write("lines.csv", "annotator,frame,clip\nu,9,a\nv,2,a\nu,0,b\nu,4,b\n");
    let sum = workshop.run(&[]);
    assert_eq!((sum.items_executed, sum.items_cached), (1, 1));
    workshop.write("lines.csv", "annotator,frame,clip\nu,9,a\nv,2,a\nu,0,b\nu,4,b\nw,4,b\n");
    assert_eq!(workshop.run(&[]).items_executed, 0);

    for (rows, said) in [
        ("x,3,a\nu,nine,a\n", &["lines.csv:3: `nine` is no number of a frame", "count from 0"][..]),
        ("u,3,a\nu,4,d\n", &["lines.csv:3: 1 clips are not in the clip table: `d`"]),
        ("u,3,a\nu,8,b\n", &["clips.csv:3: clip `b`", "frame 8 was asked for, the clip has 8 frames, numbered from 0"]),
        ("", &["lines.csv: the table names no frame"]),
    ] {
        workshop.write("lines.csv", format!("annotator,frame,clip\n{rows}"));
        let error = workshop.refused();
        said.iter().for_each(|said| assert!(error.contains(said), "{error}"));
    }
}

#[test]
fn frames_are_chosen_as_declared() {
    for (decode, a, c) in [
        ("frames = 2\n", vec![2, 7], vec![100, 102]),
        ("frames = 2\nsample = \"centre\"\n", vec![4, 5], vec![100, 101]),
        ("sample.stride = { every = 4, from = 1 }\n", vec![1, 5, 9], vec![101]),
        ("frames = 4\nshort = \"repeat\"\n", vec![1, 3, 6, 8], vec![100, 101, 102, 100]),
        ("frames = 4\nshort = \"pad\"\n", vec![1, 3, 6, 8], vec![100, 101, 102, 0]),
        (
            "sample.windows = { length = 4, hop = 3 }\nshort = \"pad\"\n",
            vec![0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9],
            vec![100, 101, 102, 0],
        ),
    ] {
        let workshop = workshop(decode);
        workshop.run(&[]);
        assert_eq!((shades(&workshop, "a"), shades(&workshop, "c")), (a, c), "{decode}");
    }
    let workshop = workshop("sample.windows = { length = 4, hop = 3 }\nshort = \"pad\"\n");
    workshop.run(&[]);
    assert_eq!(column(&workshop, "clips.csv", "windows"), ["3", "2", "1"]);
    assert_eq!(column(&workshop, "frames.csv", "window")[..5], ["0", "0", "0", "0", "1"]);
    let last = column(&workshop, "frames.csv", "source_frame").pop();
    assert_eq!(last.as_deref(), Some(""), "a black frame is no frame of the source");
}

#[test]
fn what_has_no_meaning_is_refused_before_anything_runs() {
    for (decode, said) in [
        ("frames = 2\nat = \"clips.csv\"\n", "`frames` beside `at`"),
        ("sample = \"centre\"\n", "`frames` is not given"),
        ("frames = 4\nsample.windows = { length = 4, hop = 3 }\n", "`frames` is given beside `sample.windows`"),
        ("sample.stride = { every = 0 }\n", "stride of every 0 frames"),
        ("rate = 0.0\n", "`rate` is 0"),
        ("sample = \"middle\"\n", "unknown variant `middle`"),
    ] {
        let outcome = workshop(decode).crowdline(&["check", "x.toml"]);
        assert_eq!(outcome.code, 2, "{decode}");
        assert!(outcome.err.contains(said) && outcome.err.contains("x.toml:"), "{}", outcome.err);
    }
    // Stills tell no time.
    let error = workshop("rate = 5.0\n").refused();
    assert!(error.contains("clip `a`") && error.contains("`rate` needs to know when frames are shown"), "{error}");
}

#[test]
fn a_scale_of_a_table_reaches_the_frames() {
    let workshop = workshop("geometry = \"scale.csv\"\nsize = { width = 3, height = 4 }\n");
    workshop.write("scale.csv", "clip,mm_per_pixel,mm_per_pixel_y\na,0.5,\nb,0.5,0.25\n");
    workshop.run(&[]);
    assert_eq!(column(&workshop, "clips.csv", "mm_per_pixel_x"), ["1", "1", ""]);
    assert_eq!(column(&workshop, "clips.csv", "mm_per_pixel_y"), ["0.5", "0.25", ""]);
    for (rows, said) in [
        ("a,fine,\n", "scale.csv:2: `fine` in `mm_per_pixel` is no number"),
        ("a,0,\n", "scale.csv:2: this is no scale"),
        ("a,,0.5\n", "scale.csv:2: this is no scale"),
        ("a,1,\na,2,\n", "scale.csv:3: clip `a` stands here twice"),
    ] {
        workshop.write("scale.csv", format!("clip,mm_per_pixel,mm_per_pixel_y\n{rows}"));
        let error = workshop.refused();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn contact_sheets_are_made_once_and_only_if_wanted() {
    let workshop = workshop("frames = 2\n");
    workshop.run(&[]);
    let sheet = image::open(workshop.files("frames").join("sheets/a.png")).unwrap().into_luma8();
    assert_eq!((sheet.dimensions(), sheet.get_pixel(0, 0).0, sheet.get_pixel(8, 0).0), ((14, 4), [2], [7]));
    workshop.write("x.toml", "[decode.frames]\nclips = \"clips.csv\"\nframes = 2\nsheets = false\n");
    let sum = workshop.run(&[]);
    assert_eq!((sum.executed, sum.items_executed, sum.items_cached), (1, 0, 3));
    assert!(!workshop.files("frames").join("sheets").exists());
}

#[test]
fn a_model_learns_windows_and_predicts_clips() {
    let windows = tiny_with("frames = 3\n", "sample.windows = { length = 2, hop = 1 }\n");
    let workshop = Workshop::new().with("x.toml", &windows);
    workshop.run(&["classifier"]);
    let clips = workshop.table("frames", "clips.csv");
    let windows = clips[0].iter().position(|column| column == "windows").unwrap();
    assert!(clips[1..].iter().all(|row| row[windows] == "3"));
    let predicted = |fold: u32| {
        let table = workshop.table(&format!("classifier[fold={fold},arm=crowd]"), "predictions.csv");
        let probabilities: Vec<f64> = table[1..]
            .iter()
            .map(|row| row[row.len() - 3..].iter().map(|cell| cell.parse::<f64>().unwrap()).sum())
            .collect();
        assert!(probabilities.iter().all(|sum| (sum - 1.0).abs() < 1e-5), "{probabilities:?}");
        table[1..].iter().map(|row| row[0].clone()).collect::<Vec<String>>()
    };
    let mut all = [predicted(0), predicted(1)].concat();
    all.sort();
    let expected: Vec<String> = clips[1..].iter().map(|row| row[0].clone()).collect();
    assert_eq!(all, expected, "each clip once");
}
