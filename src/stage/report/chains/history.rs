//! The tasks upstream of a report, walked upwards from what a number comes from.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    artifact::scores::Group,
    job::{self, Past},
};

/// The history of a report, to be walked upwards.
pub(in crate::stage::report) struct History<'h> {
    past: &'h [Past],
    at: BTreeMap<&'h str, usize>,
}

impl<'h> History<'h> {
    pub(in crate::stage::report) fn new(past: &'h [Past]) -> Self {
        Self { past, at: past.iter().enumerate().map(|(at, past)| (past.address.as_str(), at)).collect() }
    }

    pub(in crate::stage::report) fn task(&self, address: &str) -> Option<&'h Past> {
        self.at.get(address).map(|at| &self.past[*at])
    }

    /// These tasks and everything they rest on, by place: data flow from lower places to higher.
    pub(super) fn upstream<'a>(&self, from: impl IntoIterator<Item = &'a str>) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = from.into_iter().filter_map(|address| self.at.get(address).copied()).collect();
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                let reads = self.past[at].reads.iter().filter_map(|read| read.from.as_deref());
                open.extend(reads.filter_map(|from| self.at.get(from).copied()));
            }
        }
        seen
    }

    /// The tasks whose output a group of an evaluation is.
    pub(in crate::stage::report) fn judged(&self, evaluation: &Past, group: &Group) -> Vec<&'h Past> {
        let reads = evaluation.reads.iter().filter(|read| self.is_of(read, group));
        reads.filter_map(|read| self.task(read.from.as_deref()?)).collect()
    }

    /// Whether an evaluation reads here what a group is made of.
    fn is_of(&self, read: &job::Read, group: &Group) -> bool {
        let Some(past) = read.from.as_deref().and_then(|from| self.task(from)) else { return false };
        let models = read.port == "models";
        let told = past.coordinates.iter().filter(|(key, _)| !models || (key != "fold" && key != "seed"));
        (models || read.port == "candidate") && past.stage() == group.source && told.eq(&group.coordinates)
    }

    /// What some groups of an evaluation rest on, the evaluation included; and what only its other candidates rest on,
    /// which have a say in which clips all of them have in common.
    pub(super) fn split(&self, evaluation: &Past, groups: &[&Group]) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let candidates = ["candidate", "models"];
        let (own, others): (Vec<_>, Vec<_>) = evaluation.reads.iter().partition(|read| {
            !candidates.contains(&read.port.as_str()) || groups.iter().any(|group| self.is_of(read, group))
        });
        let from = |reads: &[&job::Read]| self.upstream(reads.iter().filter_map(|read| read.from.as_deref()));
        let mut rest = from(&own);
        rest.extend(self.at.get(evaluation.address.as_str()));
        let beside = from(&others).difference(&rest).copied().collect();
        (rest, beside)
    }

    pub(super) fn addresses(&self, places: &BTreeSet<usize>) -> Vec<String> {
        places.iter().map(|at| self.past[*at].address.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        job::Read,
        recipe::{Digest, Recipe},
    };

    /// A task that reads some others, as `port: address`; a port alone is a file of the user's.
    fn past(address: &str, reads: &[&str]) -> Past {
        let recipe: Recipe = serde_json::from_value(json!({"kind": "k", "parameters": {}, "version": 1})).unwrap();
        let inside = address.split_once('[').map_or("", |(_, inside)| inside.trim_end_matches(']'));
        let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        // All of them made the same bytes: nothing but what they read tells them apart.
        let content = Digest::of(b"the same");
        let read = |told: &&str| {
            let (port, from) =
                told.split_once(": ").map_or((*told, None), |(port, from)| (port, Some(from.to_owned())));
            Read { port: port.to_owned(), from, content }
        };
        Past {
            address: address.to_owned(),
            coordinates: inside.split(',').filter_map(pair).collect(),
            key: recipe.key(),
            recipe,
            reads: reads.iter().map(read).collect(),
            output: content,
            environment: BTreeMap::new(),
        }
    }

    fn study() -> Vec<Past> {
        vec![
            past("frames", &["clips"]),
            past("split", &["clips"]),
            past("crowd", &["opinions"]),
            past("expert", &["opinions"]),
            past("truth", &["opinions"]),
            past("net[arm=crowd,fold=0]", &["frames: frames", "labels: crowd", "split: split"]),
            past("net[arm=crowd,fold=1]", &["frames: frames", "labels: crowd", "split: split"]),
            past("net[arm=expert,fold=0]", &["frames: frames", "labels: expert", "split: split"]),
            past("people", &["candidate: crowd", "candidate: expert", "clips", "reference: truth"]),
            past(
                "models",
                &[
                    "clips",
                    "models: net[arm=crowd,fold=0]",
                    "models: net[arm=crowd,fold=1]",
                    "models: net[arm=expert,fold=0]",
                    "reference: truth",
                ],
            ),
        ]
    }

    #[test]
    fn the_walk_takes_everything_upstream_and_nothing_else() {
        let all = study();
        let history = History::new(&all);
        let walked = |from: &str| history.addresses(&history.upstream([from]));
        assert_eq!(walked("people"), ["crowd", "expert", "truth", "people"], "no training made a number of people");
        assert_eq!(walked("net[arm=expert,fold=0]"), ["frames", "split", "expert", "net[arm=expert,fold=0]"]);
        assert_eq!(walked("models").len(), 9, "all but people");
        assert!(walked("gone").is_empty());
    }

    #[test]
    fn a_group_rests_on_its_own_models_and_the_others_stand_beside() {
        let all = study();
        let history = History::new(&all);
        let group = |source: &str, arm: &[(&str, &str)]| -> Group {
            let arm: Vec<(String, String)> = arm.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            serde_json::from_value(json!({
                "source": source, "coordinates": arm, "seeds": [""], "scores": [], "confusion": [], "roc": [],
                "shared_raters": [], "raters_known": true, "clips_missing": 0,
            }))
            .unwrap()
        };
        let split = |task: &str, groups: &[&Group]| {
            let (own, beside) = history.split(history.task(task).unwrap(), groups);
            (history.addresses(&own), history.addresses(&beside))
        };
        let crowd = group("net", &[("arm", "crowd")]);
        let (own, beside) = split("models", &[&crowd]);
        assert_eq!(
            own,
            ["frames", "split", "crowd", "truth", "net[arm=crowd,fold=0]", "net[arm=crowd,fold=1]", "models"]
        );
        assert_eq!(beside, ["expert", "net[arm=expert,fold=0]"]);
        let (own, beside) = split("models", &[&crowd, &group("net", &[("arm", "expert")])]);
        assert_eq!((own.len(), beside.len()), (9, 0), "a contrast of both rests on both");
        let (own, beside) = split("people", &[&group("expert", &[])]);
        assert_eq!((own, beside), (vec!["expert".into(), "truth".into(), "people".into()], vec!["crowd".to_owned()]));
    }
}
