//! Frames scored by how far outlines lie apart, by several detections of one origin, and by the number of lines of a clip.

use crate::workshop::Workshop;

const EXPERIMENT: &str = r#"
seed = 7
classes = ["none", "some"]
[decode.frames]
clips = "clips.csv"
geometry = "scale.csv"
[aggregate.crowd]
drawn = "crowd.csv"
drawn_unit = "pixels"
viewed = "viewed.csv"
frames = "@frames"
METHOD
[aggregate.judge]
drawn = "judge.csv"
drawn_unit = "pixels"
viewed = "viewed.csv"
frames = "@frames"
METHOD
[evaluate.people]
clips = "clips.csv"
candidate = "@crowd"
reference = "@judge"
replicates = 100
allow_shared_raters = true
ASKED
[report.paper]
evaluations = "@people"
"#;

/// Two still pictures of 40 × 20 pixels of half a millimetre, of two patients, at which one person looked.
fn workshop(method: &str, asked: &str, crowd: &str, judge: &str) -> Workshop {
    let text = EXPERIMENT.replace("METHOD", method).replace("ASKED", asked);
    let table = |rows: &str| format!("clip,frame,annotator,geometry\n{rows}");
    let workshop = Workshop::new()
        .with("x.toml", &text)
        .with("clips.csv", "clip,patient,path,site\na,p1,a.png,A\nb,p2,b.png,B\n")
        .with("scale.csv", "clip,mm_per_pixel\na,0.5\nb,0.5\n")
        .with("viewed.csv", "clip,frame,annotator\na,0,x\nb,0,x\n")
        .with("crowd.csv", &table(crowd))
        .with("judge.csv", &table(judge));
    for (name, shade) in [("a.png", 10), ("b.png", 200)] {
        image::GrayImage::from_pixel(40, 20, image::Luma([shade])).save(workshop.path(name)).unwrap();
    }
    workshop
}

fn scores(workshop: &Workshop, subgroup: &str) -> Vec<(String, String)> {
    let table = workshop.table("people", "scores.csv");
    let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let of = table[1..].iter().filter(|row| row[at("subgroup")] == subgroup);
    of.map(|row| (row[at("metric")].clone(), row[at("value")].clone())).collect()
}

fn named(scores: &[(&str, &str)]) -> Vec<(String, String)> {
    scores.iter().map(|(metric, value)| ((*metric).to_owned(), (*value).to_owned())).collect()
}

/// Bars of three pixels, four pixels apart. Of the 42 pixels on an outline 20 lie four from the other's, 20 two and 2 three: the
/// 95th percentile is 2 mm and the mean 1.5 mm. On the second picture only the crowd drew.
#[test]
fn distances_are_in_mm_and_tell_what_they_leave_out() {
    let crowd = "a,0,x,\"LINESTRING (10.5 0, 10.5 20)\"\nb,0,x,\"LINESTRING (10.5 0, 10.5 20)\"\n";
    let judge = "a,0,x,\"LINESTRING (14.5 0, 14.5 20)\"\n";
    let asked = "metrics = [\"hd95\", \"assd\", \"iou\"]\nsubgroups = [\"site\"]";
    let workshop = workshop("method.pixel-majority = { width_px = 3 }", asked, crowd, judge);
    workshop.run(&[]);
    assert_eq!(scores(&workshop, ""), named(&[("hd95", "2"), ("assd", "1.5"), ("iou", "0")]));
    assert_eq!(scores(&workshop, "site=A"), named(&[("hd95", "2"), ("assd", "1.5"), ("iou", "0")]));
    assert_eq!(scores(&workshop, "site=B"), named(&[("hd95", ""), ("assd", ""), ("iou", "0")]));
    let frames = workshop.table("people", "frames.csv");
    let at = |name: &str| frames[0].iter().position(|column| column == name).unwrap();
    let told: Vec<&str> = frames[1..].iter().map(|row| row[at("hd95")].as_str()).collect();
    assert_eq!(told, ["2", ""]);
    let page = workshop.read("reports/x/paper/index.html");
    for said in ["(mm)", "distances leave out 1 frame on which only one side has pixels", "not estimable: on no frame"]
    {
        assert!(page.contains(said), "{said}");
    }

    workshop.write("scale.csv", "clip,mm_per_pixel\na,0.5\n");
    let said = workshop.refused();
    assert!(said.contains("`hd95` and `assd` are in mm, and frame 0 of clip `b` has no mm per pixel"), "{said}");
}

/// Two detections beside one origin, and a picture on which nobody drew.
#[test]
fn several_detections_may_find_one_origin_where_that_is_asked_for() {
    let crowd = "a,0,x,POINT (10 10)\na,0,x,POINT (13 10)\n";
    let judge = "a,0,x,POINT (11.5 10)\n";
    let of = |rule: &str| {
        let asked = format!(
            "match = {{ rule = \"{rule}\", px = 3 }}\nmetrics = [\"origin-precision\", \"origin-recall\", \"count-mae\", \
             \"clip-count-mae\"]"
        );
        let workshop = workshop("method.origin-points = { radius_px = 1 }", &asked, crowd, judge);
        workshop.run(&["people"]);
        scores(&workshop, "")
    };
    let counts = [("count-mae", "0.5"), ("clip-count-mae", "0.5")];
    let of_rule = |precision| named(&[[("origin-precision", precision), ("origin-recall", "1")], counts].concat());
    assert_eq!(of("one-to-one"), of_rule("0.5"));
    assert_eq!(of("many-to-one"), of_rule("1"));
}
