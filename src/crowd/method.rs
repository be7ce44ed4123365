//! The table of aggregation methods, as they are written in an experiment file.

use std::sync::atomic::AtomicBool;

use super::{
    Aggregate, Consensus, CrowdError, DawidSkene, Glad, GoldMajority, Ibcc, Kos, Mace, Majority, Mmsr, OneCoin,
    Opinions, Ordinal, WeightedMajority, ZeroBasedSkill,
};
use crate::name::choice::choice;

choice! {
    /// A method of aggregation with its parameters. Its name alone (`"dawid-skene"`) stands for all defaults.
    pub enum Method: dyn Aggregate, "an aggregation method" {
        /// The class most opinions name.
        "majority" => Majority,
        /// Annotators with a confusion matrix each, fitted together with the labels.
        "dawid-skene" => DawidSkene,
        /// Votes weighed by agreement with the majority.
        "weighted-majority" => WeightedMajority,
        /// Votes weighed by agreement with the label, over and over.
        "zero-based-skill" => ZeroBasedSkill,
        /// Votes weighed by accuracy on known answers.
        "gold-majority" => GoldMajority,
        /// Annotators with one probability of being right each.
        "one-coin" => OneCoin,
        /// Confusion matrices with a prior, by variational inference.
        "ibcc" => Ibcc,
        /// Annotators of differing ability and clips of differing difficulty.
        "glad" => Glad,
        /// Annotators who know or spam.
        "mace" => Mace,
        /// Messages between clips and annotators; two classes.
        "kos" => Kos,
        /// Skills from how often each two annotators agree.
        "mmsr" => Mmsr,
        /// Classes ordered by severity: one two-class model a threshold.
        "ordinal" => Ordinal,
    }
}

impl Method {
    /// The version of the method's behaviour; it rises whenever output for the same input changes.
    pub fn version(&self) -> u32 {
        self.settings().version()
    }

    pub(super) fn aggregate(&self, opinions: Opinions<'_>, cancel: &AtomicBool) -> Result<Consensus, CrowdError> {
        self.settings().aggregate(opinions, cancel)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::crowd::Ties;

    #[derive(Debug, Deserialize)]
    struct Stage {
        method: Method,
    }

    #[test]
    fn a_bare_name_stands_for_all_defaults() {
        for (text, name) in [
            ("method = 'majority'", "majority"),
            ("method.majority = {}", "majority"),
            ("method = 'dawid-skene'", "dawid-skene"),
            ("[method.dawid-skene]", "dawid-skene"),
        ] {
            let stage: Stage = toml::from_str(text).unwrap();
            assert_eq!(stage.method.name(), name, "{text}");
            assert_eq!(stage.method, serde_json::from_value(serde_json::json!(name)).unwrap(), "{text}");
        }
    }

    #[test]
    fn parameters_are_read_and_written_back() {
        let stage: Stage =
            toml::from_str("method.dawid-skene = { max_iterations = 200, ties = 'ordinal-high' }").unwrap();
        let expected = DawidSkene { max_iterations: 200, ties: Ties::OrdinalHigh, ..DawidSkene::default() };
        assert_eq!(stage.method, Method::DawidSkene(expected));

        let json = serde_json::to_string(&stage.method).unwrap();
        assert!(json.starts_with(r#"{"dawid-skene":{"max_iterations":200,"#), "{json}");
        assert_eq!(serde_json::from_str::<Method>(&json).unwrap(), stage.method);
    }

    #[test]
    fn what_is_unknown_is_named_where_it_stands() {
        let message = |text: &str| toml::from_str::<Stage>(text).unwrap_err().to_string();

        for text in ["method = 'mojority'", "method.mojority = {}"] {
            let message = message(text);
            assert!(
                message.contains("unknown variant `mojority`, expected one of `majority`, `dawid-skene`"),
                "{message}"
            );
        }
        let unknown = message("method.majority = { tie = 'first' }");
        assert!(unknown.contains("unknown field `tie`, expected `ties`"), "{unknown}");
        assert!(unknown.contains("column 21"), "{unknown}");
        assert!(
            message("method.majority = {}\nmethod.dawid-skene = {}")
                .contains("`dawid-skene` stands beside `majority`: give one of them")
        );
        assert!(message("method = {}").contains("the name of an aggregation method"));
    }

    #[test]
    fn names_agree_with_serde() {
        for name in Method::NAMES {
            let method: Method = serde_json::from_value(serde_json::json!(name)).unwrap();
            assert_eq!(method.name(), *name);
            assert!(method.version() > 0);
            let written = serde_json::to_value(&method).unwrap();
            assert!(written.get(name).is_some(), "{written}");
        }
    }
}
