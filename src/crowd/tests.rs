use std::{collections::HashMap, path::PathBuf, sync::atomic::AtomicBool};

use super::*;

fn opinion(clip: u32, annotator: u32, class: u16) -> Opinion {
    Opinion { clip, annotator: Some(annotator), class, votes: 1.0 }
}

fn run(method: &Method, opinions: &[Opinion], clips: usize, annotators: usize, classes: usize) -> Consensus {
    aggregate(method, Opinions { opinions, clips, annotators, classes }, &AtomicBool::new(false)).unwrap()
}

fn majority(ties: Ties) -> Method {
    Method::Majority(Majority { ties })
}

#[test]
fn tie_rules() {
    // Clip 0: classes 2, 1 once each, in this order; clip 1: class 0 twice and 1 once; clip 2: nothing.
    let opinions = [opinion(0, 0, 2), opinion(0, 1, 1), opinion(1, 0, 0), opinion(1, 1, 0), opinion(1, 2, 1)];
    for (ties, label) in
        [(Ties::OrdinalLow, Some(1)), (Ties::OrdinalHigh, Some(2)), (Ties::First, Some(2)), (Ties::Abstain, None)]
    {
        let consensus = run(&majority(ties), &opinions, 3, 3, 3);
        let labels: Vec<_> = consensus.labels.iter().map(|label| label.label).collect();
        assert_eq!(labels, [label, Some(0), None], "{ties:?}");
        assert_eq!(consensus.labels[0].probabilities, [0.0, 0.5, 0.5]);
        assert_eq!(consensus.labels[0].agreement, 0.5);
        assert_eq!(consensus.labels[2].probabilities, [1.0 / 3.0; 3]);
    }
}

#[test]
fn votes_are_opinions() {
    let votes = |class, votes| Opinion { clip: 0, annotator: None, class, votes };
    let consensus = run(&majority(Ties::Abstain), &[votes(0, 2.0), votes(1, 3.0), votes(2, 0.0)], 1, 0, 3);
    assert_eq!(consensus.labels[0].label, Some(1));
    assert_eq!(consensus.labels[0].opinions, 5.0);
    assert_eq!(consensus.labels[0].agreement, 0.6);
}

#[test]
fn agreement_with_the_majority() {
    // Annotator 2 says 1 where the two others say 0, and 0 where they say 1.
    let opinions: Vec<Opinion> =
        (0..4).flat_map(|clip| [opinion(clip, 0, 0), opinion(clip, 1, 0), opinion(clip, 2, 1)]).collect();
    let consensus = run(&majority(Ties::OrdinalLow), &opinions, 4, 3, 2);
    assert_eq!(consensus.annotators.iter().map(|a| a.skill).collect::<Vec<_>>(), [Some(1.0), Some(1.0), Some(0.0)]);
    assert_eq!(consensus.annotators[2].confusion.as_deref(), Some(&[vec![0.0, 1.0], vec![0.0, 0.0]][..]));
}

#[test]
fn dawid_skene_finds_who_inverts() {
    // Three good annotators, one who always says the opposite.
    let truth = |clip: u32| u16::from(clip.is_multiple_of(3));
    let opinions: Vec<Opinion> = (0..60)
        .flat_map(|clip| {
            (0..4).map(move |who| opinion(clip, who, if who == 3 { 1 - truth(clip) } else { truth(clip) }))
        })
        .collect();
    let consensus = run(&Method::DawidSkene(DawidSkene::default()), &opinions, 60, 4, 2);
    assert!((0..60).all(|clip| consensus.labels[clip as usize].label == Some(usize::from(truth(clip)))));
    let inverted = consensus.annotators[3].confusion.as_ref().unwrap();
    assert!(inverted[0][1] > 0.99 && inverted[1][0] > 0.99, "{inverted:?}");
    let fit = consensus.fit.unwrap();
    assert!(fit.converged);
    assert!(fit.log_likelihood.windows(2).all(|pair| pair[1] >= pair[0] - 1e-6), "{:?}", fit.log_likelihood);
}

#[test]
fn dawid_skene_needs_names() {
    let opinions = [Opinion { clip: 0, annotator: None, class: 0, votes: 1.0 }];
    let opinions = Opinions { opinions: &opinions, clips: 1, annotators: 0, classes: 2 };
    let error = aggregate(&Method::DawidSkene(DawidSkene::default()), opinions, &AtomicBool::new(false));
    assert_eq!(error, Err(CrowdError::Anonymous(1)));
}

#[test]
fn a_bare_name_is_short_for_all_defaults() {
    #[derive(serde::Deserialize)]
    struct Stage {
        method: Method,
    }
    let read = |text: &str| toml::from_str::<Stage>(text).map(|stage| stage.method).map_err(|e| e.to_string());
    assert_eq!(read("method = \"dawid-skene\""), Ok(Method::DawidSkene(DawidSkene::default())));
    assert_eq!(read("method.majority = { ties = \"abstain\" }"), Ok(majority(Ties::Abstain)));
    assert!(read("method = \"majorty\"").unwrap_err().contains("unknown variant `majorty`"));
    assert!(read("method.majority = { tie = \"abstain\" }").unwrap_err().contains("unknown field `tie`"));
}

fn data(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no ../shared/data");
    None
}

type Names = HashMap<String, usize>;

/// Opinions of a table with columns of these names, and the index of each clip and class.
fn read(path: PathBuf, columns: [&str; 3]) -> (Vec<Opinion>, Names, Names, Names) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let at = columns.map(|column| header.iter().position(|name| name == column).unwrap());
    let mut names: [Names; 3] = Default::default();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    // Classes in the order of their names, as their severity stands in them.
    let mut classes: Vec<&str> = rows.iter().map(|row| &row[at[2]]).collect();
    classes.sort_unstable();
    classes.dedup();
    names[2] = classes.iter().enumerate().map(|(index, class)| ((*class).to_owned(), index)).collect();
    let opinions = rows
        .iter()
        .map(|row| {
            let mut index = |column: usize| {
                let next = names[column].len();
                *names[column].entry(row[at[column]].to_owned()).or_insert(next)
            };
            let (clip, annotator, class) = (index(0), index(1), index(2));
            Opinion { clip: clip as u32, annotator: Some(annotator as u32), class: class as u16, votes: 1.0 }
        })
        .collect();
    let [clips, annotators, classes] = names;
    (opinions, clips, annotators, classes)
}

/// Reference figures computed with numpy, independently of this code: majority credited by 1/k for a tie of k classes that
/// holds the truth, and Dawid–Skene from majority shares with additive 0.01 to convergence.
#[test]
fn public_crowds_reach_their_reference_figures() {
    for (set, by_majority, by_dawid_skene) in
        [("bluebird", 0.7593, 0.8981), ("dog", 0.8222, 0.8426), ("rte", 0.8969, 0.9275), ("music", 0.7042, 0.7686)]
    {
        let Some(folder) = data(&format!("truth/{set}")) else { return };
        let (opinions, clips, annotators, classes) = read(folder.join("label.csv"), ["item", "worker", "label"]);
        let mut truths = csv::Reader::from_path(folder.join("truth.csv")).unwrap();
        let truths: Vec<(usize, usize)> = truths
            .records()
            .map(Result::unwrap)
            .filter_map(|row| Some((*clips.get(&row[0])?, *classes.get(&row[1])?)))
            .collect();
        let sizes = (clips.len(), annotators.len(), classes.len());
        let mean = |credit: &dyn Fn(usize, usize) -> f64| {
            truths.iter().map(|(clip, truth)| credit(*clip, *truth)).sum::<f64>() / truths.len() as f64
        };
        let votes = run(&majority(Ties::OrdinalLow), &opinions, sizes.0, sizes.1, sizes.2);
        let shared = mean(&|clip, truth| {
            let tied = ties::highest(&votes.labels[clip].probabilities);
            if tied.contains(&truth) { 1.0 / tied.len() as f64 } else { 0.0 }
        });
        let estimated = run(&Method::DawidSkene(DawidSkene::default()), &opinions, sizes.0, sizes.1, sizes.2);
        let right = mean(&|clip, truth| f64::from(u8::from(estimated.labels[clip].label == Some(truth))));
        println!("{set}: majority {shared:.4} ({by_majority}), dawid-skene {right:.4} ({by_dawid_skene})");
        assert!((shared - by_majority).abs() < 0.005, "{set}: majority {shared}");
        assert!((right - by_dawid_skene).abs() < 0.005, "{set}: dawid-skene {right}");
    }
}

/// crowd-kit 1.4 on the same opinions. Its Dawid–Skene has no smoothing, stopped after 54 iterations here, and clips
/// probabilities at 1e-10: with the same settings the posteriors agree to that.
#[test]
fn crowd_kit_says_the_same() {
    let Some(folder) = data("crowd_reference") else { return };
    let (opinions, clips, annotators, classes) = read(folder.join("opinions.csv"), ["task", "worker", "label"]);
    let sizes = (clips.len(), annotators.len(), classes.len());
    let plain = DawidSkene { smoothing: 0.0, max_iterations: 54, tolerance: 1e-300, ..DawidSkene::default() };
    for (file, method, tolerance) in [
        ("MajorityVote.probas.csv", majority(Ties::OrdinalLow), 1e-9),
        ("DawidSkene.probas.csv", Method::DawidSkene(plain), 1e-9),
    ] {
        let ours = run(&method, &opinions, sizes.0, sizes.1, sizes.2);
        let mut theirs = csv::Reader::from_path(folder.join(file)).unwrap();
        let header = theirs.headers().unwrap().clone();
        let mut worst = 0.0f64;
        for row in theirs.records().map(Result::unwrap) {
            let clip = clips[&row[0]];
            for (column, class) in header.iter().enumerate().skip(1) {
                let reference: f64 = row[column].parse().unwrap();
                worst = worst.max((ours.labels[clip].probabilities[classes[class]] - reference).abs());
            }
        }
        println!("{file}: largest difference {worst:.2e}");
        assert!(worst < tolerance, "{file}: {worst}");
    }
}
