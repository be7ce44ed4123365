//! Quality control before aggregation: whose opinions count, by how they fare on items with a known answer.
//!
//! The recipe of the platforms that collect opinions of a medical crowd (Duggan et al. 2023, arXiv 2306.06773): clips with a
//! known answer are mixed among the others, and an opinion counts while its author's accuracy on the last known ones is high
//! enough. What is left is then aggregated by any method.

mod standing;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{CrowdError, Opinions};
use crate::texts::Texts;
use standing::Record;

/// It rises whenever the same opinions would be screened otherwise.
pub const VERSION: u32 = 1;

/// Which opinions count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quality {
    /// How many of an annotator's last known-answer opinions the accuracy is taken over.
    #[serde(deserialize_with = "positive")]
    pub window: u32,
    /// The accuracy from which opinions count, from 0 to 1. With 0 no known answers are needed, and none are looked at.
    #[serde(deserialize_with = "share")]
    pub minimum_accuracy: f64,
    /// How many known answers must have been seen before there is an accuracy to speak of.
    pub minimum_known: u32,
    /// How many opinions an annotator must have given in all.
    pub minimum_opinions: u32,
    /// Whether accuracy is the mean over the known answers' classes, and not over the known answers.
    pub balanced: bool,
    /// Which known answers an opinion is judged by.
    pub look: Look,
    /// What becomes of opinions whose author has not seen enough known answers.
    pub before: Before,
    /// How much a known answer of a class weighs in the accuracy; 1 where a class is not named.
    #[serde(deserialize_with = "weights")]
    pub class_weights: BTreeMap<String, f64>,
    /// Annotators whose opinions never count.
    pub exclude: Vec<String>,
}

impl Default for Quality {
    fn default() -> Self {
        Self {
            window: 50,
            minimum_accuracy: 0.7,
            minimum_known: 5,
            minimum_opinions: 10,
            balanced: false,
            look: Look::default(),
            before: Before::default(),
            class_weights: BTreeMap::new(),
            exclude: Vec::new(),
        }
    }
}

/// Which known answers an opinion is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// The last ones its author gave an opinion on before it: what a platform knows at that moment.
    #[default]
    Past,
    /// All its author gave an opinion on, before and after; the window means nothing then.
    All,
}

/// What becomes of opinions whose author has not seen enough known answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Before {
    /// They don't count.
    #[default]
    Exclude,
    /// They count.
    Include,
}

/// Why an opinion does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Its author is named in `exclude`.
    Excluded,
    /// Its author gave fewer opinions than `minimum_opinions`.
    FewOpinions,
    /// Its author had not seen enough known answers.
    FewKnown,
    /// Its author was not accurate enough on known answers.
    Inaccurate,
}

impl Reason {
    /// The reason in words, as the continuation of "left out:".
    pub fn text(self) -> &'static str {
        match self {
            Self::Excluded => "of annotators named in `exclude`",
            Self::FewOpinions => "of annotators with fewer opinions than `minimum_opinions`",
            Self::FewKnown => "before their author had seen enough known answers",
            Self::Inaccurate => "while their author's accuracy on known answers was below `minimum_accuracy`",
        }
    }
}

/// How one annotator stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// How many of the annotator's opinions are on clips with a known answer.
    pub known_seen: u32,
    /// The accuracy over all of these, balanced and weighted as asked for; `None` where there is none.
    pub known_accuracy: Option<f64>,
    /// How many of the annotator's opinions count, votes counted.
    pub counted: f64,
}

/// Which opinions count, and how their authors stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Screening {
    /// For each opinion why it does not count; `None` where it does.
    pub verdicts: Vec<Option<Reason>>,
    /// One entry an annotator.
    pub annotators: Vec<Standing>,
}

impl Quality {
    /// Whether opinions are held against known answers.
    pub fn needs_known(&self) -> bool {
        self.minimum_accuracy > 0.0
    }

    /// Screens opinions, which stand in the order they were given in. An opinion on a clip with a known answer is screened
    /// as any other, by what was known *before* it where [`Look::Past`] is asked for. Opinions of 0 votes are no opinions.
    ///
    /// `classes` and `annotators` are the names behind the indices; names in `exclude` that are not among the annotators
    /// are passed over.
    ///
    /// # Errors
    /// Opinions nobody signed.
    pub fn screen(
        &self,
        opinions: &Opinions<'_>,
        classes: &[String],
        annotators: &Texts,
    ) -> Result<Screening, CrowdError> {
        let all = opinions.opinions;
        let anonymous = all.iter().filter(|opinion| opinion.annotator.is_none()).count();
        if anonymous > 0 {
            return Err(CrowdError::Anonymous { method: "quality control", anonymous, opinions: all.len() });
        }
        let weight = |class: &String| self.class_weights.get(class).copied().unwrap_or(1.0);
        let weights: Vec<f64> = classes.iter().map(weight).collect();
        let excluded: Vec<bool> = annotators.iter().map(|id| self.exclude.iter().any(|one| one == id)).collect();
        let known = |clip: u32| opinions.known.and_then(|known| known[clip as usize]);
        let signed = || all.iter().filter_map(|opinion| opinion.annotator.map(|by| (by as usize, opinion)));

        let mut given = vec![0.0; annotators.len()];
        let mut whole: Vec<Record> = vec![Record::unlimited(classes.len()); annotators.len()];
        for (by, opinion) in signed().filter(|(_, opinion)| opinion.votes > 0.0) {
            given[by] += opinion.votes;
            if let Some(answer) = known(opinion.clip) {
                whole[by].add(answer, answer == opinion.class);
            }
        }

        let mut recent: Vec<Record> = match self.look {
            Look::Past => vec![Record::last(self.window as usize, classes.len()); annotators.len()],
            Look::All => Vec::new(),
        };
        let mut counted = vec![0.0; annotators.len()];
        let mut verdicts = Vec::with_capacity(all.len());
        for (by, opinion) in signed() {
            let record = if self.look == Look::Past { &recent[by] } else { &whole[by] };
            let verdict = if excluded[by] {
                Some(Reason::Excluded)
            } else if given[by] < f64::from(self.minimum_opinions) {
                Some(Reason::FewOpinions)
            } else if self.needs_known() {
                self.verdict(record, &weights)
            } else {
                None
            };
            if verdict.is_none() {
                counted[by] += opinion.votes;
            }
            verdicts.push(verdict);
            if self.look == Look::Past
                && opinion.votes > 0.0
                && let Some(answer) = known(opinion.clip)
            {
                recent[by].add(answer, answer == opinion.class);
            }
        }
        let annotators = whole.iter().zip(counted).map(|(record, counted)| Standing {
            known_seen: record.seen(),
            known_accuracy: record.accuracy(self.balanced, &weights),
            counted,
        });
        Ok(Screening { verdicts, annotators: annotators.collect() })
    }

    fn verdict(&self, record: &Record, weights: &[f64]) -> Option<Reason> {
        // Ten weighted thirds must not miss a threshold by their last bits.
        const SLACK: f64 = 1e-12;
        let enough = record.seen() >= self.minimum_known;
        match record.accuracy(self.balanced, weights).filter(|_| enough) {
            None if self.before == Before::Include => None,
            None => Some(Reason::FewKnown),
            Some(accuracy) => (accuracy + SLACK < self.minimum_accuracy).then_some(Reason::Inaccurate),
        }
    }
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(D::Error::custom("a window of 0 known answers says nothing: give at least 1, such as 50")),
        window => Ok(window),
    }
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(D::Error::custom(format_args!("{value} is no accuracy: give a number from 0 to 1, such as 0.7")))
}

fn weights<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let weights = BTreeMap::<String, f64>::deserialize(deserializer)?;
    match weights.iter().find(|(_, weight)| !(weight.is_finite() && **weight >= 0.0)) {
        Some((class, weight)) => Err(D::Error::custom(format_args!(
            "class `{class}` weighs {weight}: give a finite number that is not negative, such as 1.0"
        ))),
        None => Ok(weights),
    }
}
