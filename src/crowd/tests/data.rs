//! Real and reference data, read from beside the project where they are there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use crate::crowd::{Consensus, Method, Opinions, aggregate};
use crate::label::{Opinion, OpinionColumns};

/// A table of opinions, its columns `[item, annotator, class]`, with the names behind the indices.
pub(super) struct Table {
    pub opinions: OpinionColumns,
    pub clips: Vec<String>,
    pub annotators: Vec<String>,
    pub classes: Vec<String>,
}

pub(super) fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if !path.exists() {
        println!("skipped: no ../shared/data");
        return None;
    }
    Some(path)
}

pub(super) fn rows(path: PathBuf) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

pub(super) fn table(path: PathBuf) -> Table {
    let rows = rows(path);
    let column = |index: usize| -> Vec<String> {
        rows.iter().map(|row| row[index].clone()).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (clips, annotators, classes) = (column(0), column(1), column(2));
    let index = |names: &[String], name: &String| names.binary_search(name).unwrap();
    let opinions = rows
        .iter()
        .map(|row| {
            let (clip, annotator) = (index(&clips, &row[0]) as u32, index(&annotators, &row[1]) as u32);
            Opinion { clip, annotator: Some(annotator), class: index(&classes, &row[2]) as u16, votes: 1.0 }
        })
        .collect();
    Table { opinions, clips, annotators, classes }
}

impl Table {
    pub fn opinions<'a>(&'a self, known: Option<&'a [Option<u16>]>) -> Opinions<'a> {
        Opinions {
            opinions: &self.opinions,
            clips: self.clips.len(),
            annotators: self.annotators.len(),
            classes: self.classes.len(),
            grouped: None,
            known,
        }
    }

    pub fn aggregate(&self, method: &Method) -> Consensus {
        aggregate(method, self.opinions(None), &AtomicBool::new(false)).unwrap()
    }

    /// The share of `truth` that is met; a tie of m classes with the truth among them earns 1/m.
    pub fn accuracy(&self, consensus: &Consensus, truth: &[Vec<String>]) -> f64 {
        let credit = truth.iter().map(|row| {
            let clip = self.clips.binary_search(&row[0]).unwrap();
            let truth = self.classes.binary_search(&row[1]).unwrap();
            let probabilities = &consensus.labels[clip].probabilities;
            let largest = probabilities.iter().copied().fold(0.0, f64::max);
            let tied = probabilities.iter().filter(|&&probability| probability == largest).count();
            if probabilities[truth] == largest { 1.0 / tied as f64 } else { 0.0 }
        });
        credit.sum::<f64>() / truth.len() as f64
    }
}

/// Reads crowd-kit's table of probabilities: name → one value a class, in the order of the header (sorted here).
pub(super) fn crowd_kit(path: PathBuf) -> BTreeMap<String, Vec<f64>> {
    rows(path).iter().map(|row| (row[0].clone(), row[1..].iter().map(|cell| cell.parse().unwrap()).collect())).collect()
}
