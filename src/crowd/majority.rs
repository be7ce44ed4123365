//! Majority vote: the class most opinions name; probabilities are the shares of votes.

use serde::{Deserialize, Serialize};

use super::{AnnotatorSummary, Consensus, Opinions, Ties, labels, shares, votes};

/// Majority vote.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Majority {
    /// The rule for ties.
    pub ties: Ties,
}

impl Majority {
    pub(super) const VERSION: u32 = 1;

    pub(super) fn aggregate(&self, opinions: Opinions<'_>) -> Consensus {
        let votes = votes(opinions);
        let probabilities = shares(&votes, opinions.classes);
        let labels = labels(opinions, &votes, &probabilities, self.ties);
        let classes = opinions.classes;
        let mut counts = vec![vec![vec![0.0; classes]; classes]; opinions.annotators];
        let mut given = vec![0.0; opinions.annotators];
        for opinion in opinions.opinions {
            let Some(annotator) = opinion.annotator.map(|at| at as usize) else { continue };
            given[annotator] += opinion.votes;
            if let Some(label) = labels[opinion.clip as usize].label {
                counts[annotator][label][usize::from(opinion.class)] += opinion.votes;
            }
        }
        let annotators = counts
            .into_iter()
            .zip(given)
            .map(|(mut counts, opinions)| {
                let judged: f64 = counts.iter().flatten().sum();
                let agreeing: f64 = (0..classes).map(|class| counts[class][class]).sum();
                counts.iter_mut().for_each(|row| {
                    let sum: f64 = row.iter().sum();
                    row.iter_mut().filter(|_| sum > 0.0).for_each(|cell| *cell /= sum);
                });
                AnnotatorSummary {
                    opinions,
                    skill: (judged > 0.0).then(|| agreeing / judged),
                    confusion: (judged > 0.0).then_some(counts),
                }
            })
            .collect();
        Consensus { labels, annotators, fit: None }
    }
}
