//! Text that people write, damaged at random: experiments, locks, tables and drawn shapes are read or refused, and what is
//! refused names a place that is there.
//!
//! `PROPTEST_CASES=100000 cargo test --release --test fuzz` searches for longer. Damaged clips are searched beside their
//! decoders.

use std::{fs, path::Path};

use crowdline::{
    crowd::drawn,
    lock::Lock,
    plan::Plan,
    spec::Source,
    stage,
    table::{self, Mapping, Wanted},
};
use proptest::{collection::vec, prelude::*, sample::Index};

/// What somebody's hand, or a program, does to a text.
#[derive(Debug, Clone)]
enum Slip {
    Insert(Index, String),
    Remove(Index, u8),
    /// A line stands again elsewhere.
    Repeat(Index, Index),
    Swap(Index, Index),
    Cut(Index),
}

impl Slip {
    fn apply(&self, text: &mut String) {
        let at = |text: &str, index: &Index| {
            let at = index.index(text.len() + 1);
            (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
        };
        match self {
            Self::Insert(index, new) => text.insert_str(at(text, index), new),
            Self::Remove(index, count) => {
                let from = at(text, index);
                let count = text[from..].chars().take(usize::from(*count)).map(char::len_utf8).sum::<usize>();
                text.replace_range(from..from + count, "");
            }
            Self::Repeat(from, to) => {
                let line = text.lines().nth(from.index(text.lines().count().max(1))).unwrap_or_default().to_owned();
                text.insert_str(at(text, to), &format!("\n{line}\n"));
            }
            Self::Swap(first, second) => {
                let mut lines: Vec<&str> = text.lines().collect();
                if !lines.is_empty() {
                    let (first, second) = (first.index(lines.len()), second.index(lines.len()));
                    lines.swap(first, second);
                    *text = lines.join("\n");
                }
            }
            Self::Cut(index) => text.truncate(at(text, index)),
        }
    }
}

fn slips() -> impl Strategy<Value = Vec<Slip>> {
    let words = [
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        "=",
        ",",
        "@",
        "@frames",
        ".",
        "#",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "é",
        "𝄞",
        "\u{feff}",
        "-1",
        "1e400",
        "nan",
        "99999999999999999999",
        "[train.x]\n",
        "matrix.",
        "(",
        ")",
        ";",
        "EMPTY",
        "LINESTRING",
    ];
    let new =
        prop_oneof![prop::sample::select(words.to_vec()).prop_map(str::to_owned), any::<char>().prop_map(String::from)];
    let slip = prop_oneof![
        3 => (any::<Index>(), new).prop_map(|(at, new)| Slip::Insert(at, new)),
        3 => (any::<Index>(), 1..12u8).prop_map(|(at, count)| Slip::Remove(at, count)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Slip::Repeat(from, to)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(first, second)| Slip::Swap(first, second)),
        1 => any::<Index>().prop_map(Slip::Cut),
    ];
    vec(slip, 1..5)
}

/// The shipped files with an ending.
fn shipped(ending: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|is| is == ending));
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn damaged(whole: &str, slips: &[Slip]) -> String {
    let mut text = whole.to_owned();
    slips.iter().for_each(|slip| slip.apply(&mut text));
    text
}

const TABLE: &str =
    "clip,patient,label,annotator,votes\nc1,p1,none,a,1\n\"c,2\",p1,\"dis\"\"crete\",b,2\nc3,p2,confluent,,\n";
const SHAPES: [&str; 5] = [
    "LINESTRING (10.5 20, 30 40, -5 1e3)",
    "POLYGON ((0 0, 10 0, 10 10, 0 0), (2 2, 3 2, 3 3, 2 2))",
    "POINT (1 2); MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
    "['LINESTRING (1 2, 3 4)', 'POINT (5 6)']",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING EMPTY)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1000), ..ProptestConfig::default() })]

    #[test]
    fn damaged_experiments_are_planned_or_refused(which in any::<Index>(), slips in slips()) {
        let experiments = shipped("toml");
        let text = damaged(&experiments[which.index(experiments.len())], &slips);
        let source = Source::new(Path::new("x.toml"), &text, &[]);
        if let Err(problems) = source.parse().and_then(|experiment| Plan::new(experiment, &stage::kinds())) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(text.get(problem.span.clone()).is_some(), "{:?} is no place of {:?}", problem, text);
            }
        }
    }

    #[test]
    fn damaged_overrides_are_planned_or_refused(slips in slips()) {
        let experiments = shipped("toml");
        let argument = damaged("train.classifier.model.cnn-gru = { hidden = 16 }", &slips);
        let source = Source::new(Path::new("x.toml"), &experiments[0], &[argument]);
        if let Err(problems) = source.parse().and_then(|experiment| Plan::new(experiment, &stage::kinds())) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn damaged_locks_are_read_or_refused(which in any::<Index>(), slips in slips()) {
        let locks = shipped("lock");
        let text = damaged(&locks[which.index(locks.len())], &slips);
        let path = Path::new("x.lock");
        if let Ok(lock) = Lock::parse(&text, path) {
            // What is read can be written and read again.
            prop_assert!(Lock::parse(&lock.text(), path).is_ok(), "{}", lock.text());
        }
    }

    #[test]
    fn damaged_tables_are_read_or_refused(slips in slips()) {
        let text = damaged(TABLE, &slips);
        let wanted = [Wanted::required("clip"), Wanted::optional("label"), Wanted::optional("votes")];
        match table::read(text.as_bytes(), "opinions.csv", &wanted, &Mapping::default()) {
            Ok(table) => (0..table.len()).for_each(|row| assert!(!table.required("clip").get(row).is_empty())),
            Err(error) => {
                let lines = text.split('\n').count() as u64 + 1;
                prop_assert!(error.line.is_none_or(|line| (1..=lines).contains(&line)), "{error}: {text:?}");
                prop_assert!(error.to_string().starts_with("opinions.csv"), "{error}");
            }
        }
    }

    #[test]
    fn damaged_shapes_are_read_or_refused(which in 0..SHAPES.len(), slips in slips()) {
        let text = damaged(SHAPES[which], &slips);
        if let Err(error) = drawn::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}: {text:?}");
        }
    }
}
