//! Who a patient is reaches nothing the program writes or says: a name is planted wherever a DICOM file can hold one, and
//! burned into its pixels, and looked for everywhere.

use std::{fs, path::Path};

use crate::workshop::Workshop;

/// What is planted; no other text holds it.
const NAME: &[u8] = b"ZZPLANTED^NAME";
const SIDE: usize = 64;
/// Rows of the frame that the region of tissue leaves out; they carry the burned-in name.
const BANNER: usize = 12;

/// Attributes that identify a person, an institution or an event (DICOM PS3.15, table E.1-1), and a private block.
const IDENTIFYING: [(u16, u16, &[u8; 2]); 60] = [
    (0x0008, 0x0014, b"UI"),
    (0x0008, 0x0018, b"UI"),
    (0x0008, 0x0020, b"DA"),
    (0x0008, 0x0021, b"DA"),
    (0x0008, 0x0022, b"DA"),
    (0x0008, 0x0023, b"DA"),
    (0x0008, 0x002a, b"DT"),
    (0x0008, 0x0030, b"TM"),
    (0x0008, 0x0050, b"SH"),
    (0x0008, 0x0080, b"LO"),
    (0x0008, 0x0081, b"ST"),
    (0x0008, 0x0090, b"PN"),
    (0x0008, 0x0092, b"ST"),
    (0x0008, 0x0094, b"SH"),
    (0x0008, 0x1010, b"SH"),
    (0x0008, 0x1030, b"LO"),
    (0x0008, 0x103e, b"LO"),
    (0x0008, 0x1040, b"LO"),
    (0x0008, 0x1048, b"PN"),
    (0x0008, 0x1050, b"PN"),
    (0x0008, 0x1060, b"PN"),
    (0x0008, 0x1070, b"PN"),
    (0x0008, 0x1080, b"LO"),
    (0x0008, 0x2111, b"ST"),
    (0x0009, 0x0010, b"LO"),
    (0x0009, 0x1001, b"UN"),
    (0x0010, 0x0010, b"PN"),
    (0x0010, 0x0020, b"LO"),
    (0x0010, 0x0021, b"LO"),
    (0x0010, 0x0030, b"DA"),
    (0x0010, 0x0032, b"TM"),
    (0x0010, 0x1000, b"LO"),
    (0x0010, 0x1001, b"PN"),
    (0x0010, 0x1005, b"PN"),
    (0x0010, 0x1010, b"AS"),
    (0x0010, 0x1040, b"LO"),
    (0x0010, 0x1060, b"PN"),
    (0x0010, 0x1090, b"LO"),
    (0x0010, 0x2154, b"SH"),
    (0x0010, 0x2160, b"SH"),
    (0x0010, 0x2180, b"SH"),
    (0x0010, 0x21b0, b"LT"),
    (0x0010, 0x4000, b"LT"),
    (0x0012, 0x0010, b"LO"),
    (0x0012, 0x0040, b"LO"),
    (0x0018, 0x1000, b"LO"),
    (0x0018, 0x1002, b"UI"),
    (0x0018, 0x1030, b"LO"),
    (0x0018, 0x1400, b"LO"),
    (0x0020, 0x000d, b"UI"),
    (0x0020, 0x000e, b"UI"),
    (0x0020, 0x0010, b"SH"),
    (0x0020, 0x0052, b"UI"),
    (0x0020, 0x4000, b"LT"),
    (0x0032, 0x1032, b"PN"),
    (0x0032, 0x1060, b"LO"),
    (0x0038, 0x0010, b"LO"),
    (0x0040, 0x0006, b"PN"),
    (0x0040, 0x0254, b"LO"),
    (0x0040, 0xa123, b"PN"),
];

/// An element in explicit little endian.
fn element(into: &mut Vec<u8>, group: u16, number: u16, kind: &[u8; 2], value: &[u8]) {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(b' ');
    }
    into.extend([&group.to_le_bytes()[..], &number.to_le_bytes(), kind].concat());
    if [b"OB", b"OW", b"SQ", b"UN"].contains(&kind) {
        into.extend([&[0, 0][..], &(value.len() as u32).to_le_bytes()].concat());
    } else {
        into.extend((value.len() as u16).to_le_bytes());
    }
    into.extend(value);
}

/// An item of a sequence.
fn item(value: &[u8]) -> Vec<u8> {
    [&[0xfe, 0xff, 0x00, 0xe0][..], &(value.len() as u32).to_le_bytes(), value].concat()
}

/// Frames with the name in every row of the banner, and grey below that differs from clip to clip.
fn frames(clip: u8, count: u8) -> Vec<Vec<u8>> {
    (0..count)
        .map(|frame| {
            let banner = NAME.iter().cycle().copied().take(SIDE * BANNER);
            let tissue =
                (0..SIDE * (SIDE - BANNER)).map(|at| (at * 7 + usize::from(clip) * 31 + usize::from(frame)) as u8);
            banner.chain(tissue).collect()
        })
        .collect()
}

/// A DICOM file, plain or run-length coded, with the name in every place.
fn dicom(clip: u8, is_coded: bool) -> Vec<u8> {
    let frames = frames(clip, 4);
    let syntax: &[u8] = if is_coded { b"1.2.840.10008.1.2.5\0" } else { b"1.2.840.10008.1.2.1\0" };
    let mut meta = Vec::new();
    element(&mut meta, 0x0002, 0x0003, b"UI", NAME);
    element(&mut meta, 0x0002, 0x0010, b"UI", syntax);
    element(&mut meta, 0x0002, 0x0016, b"AE", NAME);
    let mut file = [&[0; 128][..], b"DICM"].concat();
    element(&mut file, 0x0002, 0x0000, b"UL", &(meta.len() as u32).to_le_bytes());
    file.extend(meta);
    let short = |value: usize| (value as u16).to_le_bytes();
    let long = |value: usize| (value as u32).to_le_bytes();
    let mut within = Vec::new();
    element(&mut within, 0x0010, 0x0010, b"PN", NAME);
    let mut region = Vec::new();
    element(&mut region, 0x0018, 0x6012, b"US", &short(1));
    element(&mut region, 0x0018, 0x6014, b"US", &short(1));
    for (number, value) in [(0x6018, 0), (0x601a, BANNER), (0x601c, SIDE - 1), (0x601e, SIDE - 1)] {
        element(&mut region, 0x0018, number, b"UL", &long(value));
    }
    element(&mut region, 0x0018, 0x6024, b"US", &short(3));
    element(&mut region, 0x0018, 0x6026, b"US", &short(3));
    element(&mut region, 0x0018, 0x602c, b"FD", &0.05f64.to_le_bytes());
    element(&mut region, 0x0018, 0x602e, b"FD", &0.05f64.to_le_bytes());
    let mut elements: Vec<(u16, u16, &[u8; 2], Vec<u8>)> =
        IDENTIFYING.iter().map(|(group, number, kind)| (*group, *number, *kind, NAME.to_vec())).collect();
    elements.extend([
        (0x0008, 0x1110, b"SQ", item(&within)),
        (0x0018, 0x6011, b"SQ", item(&region)),
        (0x0028, 0x0002, b"US", short(1).to_vec()),
        (0x0028, 0x0004, b"CS", b"MONOCHROME2".to_vec()),
        (0x0028, 0x0008, b"IS", b"4".to_vec()),
        (0x0028, 0x0010, b"US", short(SIDE).to_vec()),
        (0x0028, 0x0011, b"US", short(SIDE).to_vec()),
        (0x0028, 0x0100, b"US", short(8).to_vec()),
        (0x0028, 0x0101, b"US", short(8).to_vec()),
        (0x0028, 0x0102, b"US", short(7).to_vec()),
        (0x0028, 0x0103, b"US", short(0).to_vec()),
    ]);
    elements.sort_by_key(|(group, number, ..)| (*group, *number));
    for (group, number, kind, value) in elements {
        element(&mut file, group, number, kind, &value);
    }
    if is_coded {
        // One segment a frame (PS3.5 annex G): literal runs of 64, a row each.
        let coded = |frame: &Vec<u8>| {
            let runs = frame.chunks(SIDE).flat_map(|row| [&[SIDE as u8 - 1][..], row].concat());
            let mut bytes: Vec<u8> = [long(1), long(64)].concat().into_iter().chain([0; 56]).chain(runs).collect();
            bytes.resize(bytes.len().next_multiple_of(2), 0);
            item(&bytes)
        };
        file.extend(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff");
        file.extend(item(&[]));
        file.extend(frames.iter().flat_map(coded));
        file.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
    } else {
        element(&mut file, 0x7fe0, 0x0010, b"OB", &frames.concat());
    }
    // The group that follows the pixels can hold a name as well.
    element(&mut file, 0xfffa, 0xfffa, b"SQ", &item(&within));
    file
}

/// Files below a folder that hold the name, in any case.
fn holding(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path));
        } else if holds(&fs::read(&path).unwrap()) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn holds(bytes: &[u8]) -> bool {
    bytes.windows(NAME.len()).any(|window| window.eq_ignore_ascii_case(NAME))
}

const EXPERIMENT: &str = r#"
title = "Names"
classes = ["none", "discrete"]

[decode.frames]
clips = "data/clips.csv"
on_error = "skip"
MASK

[split.patients]
clips = "data/clips.csv"
folds = 2

[aggregate.truth]
opinions = "data/labels.csv"
method = "majority"

[train.classifier]
frames = "@frames"
split = "@patients"
labels = "@truth"
model.cnn-gru = { channels = [16], hidden = 16 }
updates = 2
matrix.fold = [0, 1]

[evaluate.models]
clips = "data/clips.csv"
models = "@classifier"
reference = "@truth"
on = "out-of-fold"
positive = ["discrete"]
allow_shared_raters = true

[report.paper]
evaluations = "@models"
models = "@classifier"
frames = "@frames"
formats = ["html", "latex"]
"#;

fn workshop(mask: &str) -> Workshop {
    let workshop = Workshop::new().with("x.toml", &EXPERIMENT.replace("MASK", mask));
    let (mut clips, mut labels) = ("clip,patient,path\n".to_owned(), "clip,annotator,label\n".to_owned());
    for clip in 0..12u8 {
        let name = if clip < 10 { format!("c{clip}") } else { format!("broken{clip}") };
        clips.push_str(&format!("{name},p{},{name}.dcm\n", clip / 2));
        labels.push_str(&format!("{name},e1,{}\n", ["none", "discrete"][usize::from(clip % 2)]));
        let mut bytes = dicom(clip, clip % 3 == 0);
        match clip {
            // Cut within the pixels, and within a name.
            10 => bytes.truncate(bytes.len() - 6000),
            11 => bytes.truncate(900),
            _ => {}
        }
        workshop.write(&format!("data/{name}.dcm"), bytes);
    }
    workshop.write("data/clips.csv", clips);
    workshop.write("data/labels.csv", labels);
    workshop
}

#[test]
fn a_planted_name_is_nowhere_to_be_found() {
    let workshop = workshop("mask = \"regions\"\ndeidentify = \"blank-outside-fan\"");
    assert_eq!(holding(&workshop.path("data")).len(), 12, "nothing was planted");
    let run = workshop.crowdline(&["run", "x.toml"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let skipped = workshop.table("frames", "skipped.csv");
    assert_eq!(skipped[1..].iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["broken10", "broken11"]);
    // The frames are there, and below the banner as they were.
    let npy = fs::read(workshop.files("frames").join("frames/c1.npy")).unwrap();
    assert_eq!(npy[128 + SIDE * BANNER..128 + SIDE * SIDE], frames(1, 4)[0][SIDE * BANNER..]);
    assert!(npy[128..128 + SIDE * BANNER].iter().all(|pixel| *pixel == 0));
    let mut said = vec![run.out, run.err];
    for arguments in [
        &["show", "x.toml", "frames"][..],
        &["why", "x.toml", "frames"],
        &["plan", "x.toml", "--json"],
        &["log", "x.toml", "frames"],
        &["graph", "x.toml"],
        &["verify", "x.toml"],
    ] {
        let outcome = workshop.crowdline(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.err);
        said.extend([outcome.out, outcome.err]);
    }
    said.iter().for_each(|text| assert!(!holds(text.as_bytes()), "{text}"));
    fs::remove_dir_all(workshop.path("data")).unwrap();
    assert_eq!(holding(&workshop.path(".")), Vec::<String>::new());
}

#[test]
fn without_a_mask_burned_in_names_stay() {
    // What shows that the search above finds what there is.
    let workshop = workshop("");
    workshop.crowdline(&["run", "x.toml", "frames"]);
    fs::remove_dir_all(workshop.path("data")).unwrap();
    assert!(!holding(&workshop.path(".")).is_empty());
}
