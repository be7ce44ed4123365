//! Which lines (or origins) of different annotators are the same one.
//!
//! 1. For each pair of annotators the lines are matched one to one, closest first of all ([`Goal::Closest`]), pairs
//!    further apart than the limit left out. That is what tells two close parallel lines apart: nearest neighbours alone
//!    would pair the left of one annotator with the right of another as soon as somebody draws a little to the side.
//! 2. Clusters grow from single lines: again and again the two clusters with the smallest mean distance between their
//!    members become one (average linkage, Sokal & Michener 1958), if no annotator has a line in both, if step 1 matched
//!    at least half of the pairs of lines across them, and if that mean distance is within the limit.
//!
//! The result depends on what was drawn and on nothing else: annotators are sorted by their drawings first, so neither
//! their names nor the order of the table matters, ties included.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::line_distance::Path;
use super::matching::{Goal, matched, steps};

/// A line: its annotator and its place among the annotator's lines.
pub(super) type Member = (usize, usize);

struct Cluster {
    /// By annotator.
    members: Vec<Member>,
    /// Clusters in which step 1 found a match, and how many.
    matches: BTreeMap<usize, usize>,
}

/// Clusters of `paths[annotator][line]`, none of which holds two lines of one annotator. Every line is in one cluster.
/// Members are in the order of annotators as given, clusters in no order of meaning.
pub(super) fn clusters(paths: &[Vec<Path>], limit: f64) -> Vec<Vec<Member>> {
    let (annotators, lines) = canonical(paths);
    let path = |(annotator, line): Member| &paths[annotators[annotator]][lines[annotator][line]];

    let starts: Vec<usize> = lines
        .iter()
        .scan(0, |next, lines| {
            *next += lines.len();
            Some(*next - lines.len())
        })
        .collect();
    let single = |(annotator, lines): (usize, &Vec<usize>)| {
        let alone = move |line| Some(Cluster { members: vec![(annotator, line)], matches: BTreeMap::new() });
        (0..lines.len()).map(alone).collect::<Vec<_>>()
    };
    let mut clusters: Vec<Option<Cluster>> = lines.iter().enumerate().flat_map(single).collect();
    for a in 0..lines.len() {
        for b in a + 1..lines.len() {
            let cost = |row, column| steps(path((a, row)).distance(path((b, column))), limit);
            for (row, column) in matched(lines[a].len(), lines[b].len(), Goal::Closest, &cost) {
                let (left, right) = (starts[a] + row, starts[b] + column);
                for (one, other) in [(left, right), (right, left)] {
                    clusters[one].as_mut().expect("none is merged yet").matches.insert(other, 1);
                }
            }
        }
    }

    let candidate = |clusters: &[Option<Cluster>], left: usize, right: usize| {
        let (a, b) = (clusters[left].as_ref()?, clusters[right].as_ref()?);
        let shared = a.members.iter().any(|(x, _)| b.members.binary_search_by_key(x, |member| member.0).is_ok());
        let pairs = a.members.len() * b.members.len();
        if shared || 2 * a.matches[&right] < pairs {
            return None;
        }
        let sum: f64 = a.members.iter().flat_map(|x| b.members.iter().map(|y| path(*x).distance(path(*y)))).sum();
        Some(Reverse((steps(sum / pairs as f64, limit)?, left.min(right), left.max(right))))
    };
    let neighbours = |cluster: &Option<Cluster>| -> Vec<usize> {
        cluster.iter().flat_map(|cluster| cluster.matches.keys().copied()).collect()
    };
    let mut heap = BinaryHeap::new();
    for left in 0..clusters.len() {
        let right = neighbours(&clusters[left]).into_iter().filter(|right| *right > left);
        heap.extend(right.filter_map(|right| candidate(&clusters, left, right)));
    }
    while let Some(Reverse((_, left, right))) = heap.pop() {
        // A cluster that has grown got a new number, so entries about its parts find nothing.
        if clusters[left].is_none() || clusters[right].is_none() {
            continue;
        }
        let (Some(mut a), Some(b)) = (clusters[left].take(), clusters[right].take()) else { continue };
        a.members.extend(b.members);
        a.members.sort_unstable();
        for (other, count) in b.matches {
            *a.matches.entry(other).or_insert(0) += count;
        }
        a.matches.retain(|other, _| *other != left && *other != right);
        let grown = clusters.len();
        for (other, count) in &a.matches {
            let other = clusters[*other].as_mut().expect("a merged cluster is nobody's neighbour");
            other.matches.remove(&left);
            other.matches.remove(&right);
            other.matches.insert(grown, *count);
        }
        clusters.push(Some(a));
        let others = neighbours(&clusters[grown]);
        heap.extend(others.into_iter().filter_map(|other| candidate(&clusters, other, grown)));
    }
    let original = |(annotator, line): Member| (annotators[annotator], lines[annotator][line]);
    let members = |cluster: Cluster| {
        let mut members: Vec<Member> = cluster.members.into_iter().map(original).collect();
        members.sort_unstable();
        members
    };
    clusters.into_iter().flatten().map(members).collect()
}

/// The order of annotators and of each one's lines that what they drew implies.
fn canonical(paths: &[Vec<Path>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let order = |a: &Path, b: &Path| a.order(b);
    let sorted = |lines: &Vec<Path>| {
        let mut places: Vec<usize> = (0..lines.len()).collect();
        places.sort_by(|a, b| order(&lines[*a], &lines[*b]));
        places
    };
    let lines: Vec<Vec<usize>> = paths.iter().map(sorted).collect();
    let mut annotators: Vec<usize> = (0..paths.len()).collect();
    annotators.sort_by(|a, b| {
        let drawn = |annotator: usize| lines[annotator].iter().map(move |line| &paths[annotator][*line]);
        let differing = drawn(*a).zip(drawn(*b)).map(|(a, b)| order(a, b)).find(|order| order.is_ne());
        differing.unwrap_or(lines[*a].len().cmp(&lines[*b].len()))
    });
    let lines = annotators.iter().map(|annotator| lines[*annotator].clone()).collect();
    (annotators, lines)
}

/// The middle of `values`: of an even number the mean of the middle two; NaN of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => values[len / 2],
        len => (values[len / 2 - 1] + values[len / 2]) / 2.0,
    }
}
