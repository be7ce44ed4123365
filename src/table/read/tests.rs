//! Tables larger than a block, with and without quotes, by one thread and by several.

use super::{Mapping, Table, TableError, Wanted, read};

fn wanted() -> [Wanted; 3] {
    [Wanted::required("clip"), Wanted::optional("annotator"), Wanted::required("label")]
}

/// Fourteen megabytes: 600,000 rows of clips that come again, in no order, and a blank line now and then.
fn large(quote: &str, end: &str) -> String {
    let mut text = format!("clip,annotator,label{end}");
    for row in 0..600_000_u64 {
        let clip = row.wrapping_mul(2_654_435_761) % 9_973;
        text +=
            &format!("{quote}clip {clip}{quote}, a{} ,{}{end}", row % 321, ["none", "some"][(row % 7 / 4) as usize]);
        if row % 100_000 == 99_999 {
            text += end;
        }
    }
    text
}

fn with(threads: usize, text: &str) -> Result<Table, TableError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| read(text.as_bytes(), "t.csv", &wanted(), &Mapping::default()))
}

#[test]
fn threads_quotes_and_line_ends_are_of_no_consequence() {
    let text = large("", "\n");
    assert!(text.len() > 3 * (4 << 20));
    let one = with(1, &text).unwrap();
    assert_eq!(one.len(), 600_000);
    let row = |row: usize| ["clip", "annotator", "label"].map(|column| one.required(column).get(row).to_owned());
    assert_eq!(row(0), ["clip 0", "a0", "none"]);
    assert_eq!(row(599_999), [&format!("clip {}", 599_999_u64 * 2_654_435_761 % 9_973), "a50", "none"]);
    // One line of names and five blank ones stand before the last row.
    assert_eq!((one.line(0), one.line(99_999), one.line(100_000), one.line(599_999)), (2, 100_001, 100_003, 600_006));
    for (quote, end) in [("", "\n"), ("", "\r\n"), ("\"", "\n"), ("\"", "\r\n")] {
        for threads in [1, 2, 5] {
            assert!(with(threads, &large(quote, end)).unwrap() == one, "{quote:?} {end:?} {threads}");
        }
    }
}

#[test]
fn the_first_line_that_is_wrong_is_named() {
    let text = large("", "\n");
    let wrong =
        |from: &str, to: &str, threads: usize| with(threads, &text.replacen(from, to, 1)).unwrap_err().to_string();
    // 2·10⁵ and 4·10⁵ rows down, in blocks and parts of their own.
    let marks: Vec<usize> = text.match_indices("\n\n").map(|(at, _)| at).collect();
    assert_eq!(marks.len(), 6);
    let mut both = text.clone();
    both.replace_range(marks[3] + 2..marks[3] + 2, ",");
    both.replace_range(marks[1] + 2..marks[1] + 2, ",");
    for threads in [1, 2, 5] {
        let error = with(threads, &both).unwrap_err().to_string();
        assert!(error.starts_with("t.csv:200004: 4 values where the header names 3 columns"), "{error}");
    }
    let blank = wrong("\nclip 0,", "\n  ,", 2);
    assert!(blank.starts_with("t.csv:2: the clip is blank"), "{blank}");
    let mut bytes = text.into_bytes();
    bytes[marks[4] + 5] = 0xff;
    let error = read(&bytes[..], "t.csv", &wanted(), &Mapping::default()).unwrap_err().to_string();
    assert!(error.starts_with("t.csv:500007: can't read the line") && error.contains("UTF-8"), "{error}");
}

#[test]
fn quotes_may_come_late_and_hold_anything() {
    let mut text = large("", "\n");
    let end = text.match_indices('\n').count() + 1;
    text += "\"a, \"\"b\"\"\nc\",x,none\nd,y,none\n";
    for threads in [1, 3] {
        let table = with(threads, &text).unwrap();
        assert_eq!(table.len(), 600_002);
        assert_eq!(table.required("clip").get(600_000), "a, \"b\"\nc");
        assert_eq!((table.line(600_000), table.line(600_001)), (end as u64, end as u64 + 2));
    }
}

#[test]
fn old_line_ends_are_line_ends() {
    let table = with(2, "clip,annotator,label\ra,x,none\rb,y,some\r").unwrap();
    assert_eq!((table.len(), table.required("clip").get(1)), (2, "b"));
}
