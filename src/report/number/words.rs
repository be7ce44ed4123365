//! What each number is, in words: the formula, or what is counted.

use crate::report::content::Chain;

/// The words for the number of a name, with those of its chain for a metric; nothing for a name that says it all.
pub(super) fn of(name: &str, chain: Option<&Chain>) -> String {
    let parts: Vec<&str> = name.split('/').collect();
    let metric = |wanted: &str| {
        let found = chain?.metrics.iter().find(|(name, _)| crate::report::slug::slug(name) == wanted);
        found.map(|(_, words)| words.clone())
    };
    // A contrast has one metric.
    let compared = || chain.and_then(|chain| chain.metrics.first()).map_or("the metric", |(_, words)| words.as_str());
    match parts.as_slice() {
        ["contrast", _, what] => match *what {
            "difference" => format!("candidate minus baseline, with its two-sided interval, in: {}", compared()),
            "one-sided-bound" => {
                "the end of the one-sided interval of the difference on the side where the candidate is \
                                  worse; it is held against the margin"
                    .to_owned()
            }
            "margin" => "how much worse the candidate may be, declared in the experiment".to_owned(),
            "alpha" => "one-sided error probability, declared in the experiment".to_owned(),
            "p" => {
                "one-sided p-value of the bootstrap: of the hypothesis that the candidate is worse by the margin or more, or, for \
                 equivalence, that the arms differ by it"
                    .to_owned()
            }
            "p-holm" => "that p-value, adjusted by Holm's method for the contrasts after the primary one".to_owned(),
            "power" => {
                "the probability that a study of this size shows what is asked, if the arms do not differ: from the bootstrap's \
                 standard error"
                    .to_owned()
            }
            "patients-needed" => "the patients with whom that probability would be 80 %".to_owned(),
            "level" => "level of the two-sided interval: 1 − 2 alpha".to_owned(),
            _ => "training seeds an arm".to_owned(),
        },
        ["contrast", _, "published", metric, method] => {
            format!("the difference in {metric} of the test of published studies named {method}")
        }
        ["contrast", _, "published", metric, method, _] => {
            format!("two-sided p-value of the test of published studies named {method}, in {metric}")
        }
        ["published", _, _, name, method] => {
            format!("{}, with the interval named {method}", metric(name).unwrap_or_else(|| (*name).to_owned()))
        }
        ["scores", _, _, name] => metric(name).unwrap_or_default(),
        ["scores", _, _, name, "sem"] => format!("standard error of the mean of: {}", metric(name).unwrap_or_default()),
        ["scores", _, _, _, "worst-case"] => "the value if every clip it does not judge counted as wrong".to_owned(),
        ["scores", _, _, _, "best-case"] => "the value if every clip it does not judge counted as right".to_owned(),
        ["confusion", _, _, reference, class] => {
            format!(
                "clips of the reference's class {reference} that were put in class {class}; mean over training seeds"
            )
        }
        ["subgroups", _, _, part, name] => {
            format!("{}, on the clips of {part}", metric(name).unwrap_or_default())
        }
        ["cost", _, _, source, what] => match *what {
            "opinions" => format!("opinions of {source} that counted, on the clips behind it, each clip once"),
            "price" => format!("price of an opinion of {source}, declared in the experiment"),
            _ => format!("opinions of {source} times their price"),
        },
        ["counts", _, _, "difference"] => "mean difference of counts, candidate minus reference".to_owned(),
        ["counts", _, _, _] => {
            "limit of agreement: the mean difference and 1.96 standard deviations of a difference".to_owned()
        }
        ["summaries", _, _, _, what] => match *what {
            "mean" => "mean over several candidates of one stage",
            "sem" => "standard error of that mean: standard deviation (n − 1) over the square root of n",
            _ => "values the mean is over",
        }
        .to_owned(),
        ["against-people", _, _, _, what] => match *what {
            "agrees" => "the share of clips on which the label source agrees with the reference",
            "people-agree" => "the mean over clips of the share of people who agree with the reference",
            "difference" => "the mean over clips of the one minus the other",
            "t" => "statistic of the paired t-test over clips, as if they were independent",
            "degrees" => "degrees of freedom of that test",
            _ => "two-sided p-value of that test",
        }
        .to_owned(),
        ["flow", _, step] => format!("clips left at the step {step}"),
        ["flow", _, step, "excluded", reason] => format!("clips left out after the step {step}: {reason}"),
        ["labels", _, what] => match *what {
            "unlabelled" => "clips without a label".to_owned(),
            "opinions" => "opinions the labels were made from".to_owned(),
            "annotators" => "annotators whose opinions count".to_owned(),
            "agreement" => "the mean over clips of the share of a clip's opinions that agree with its label".to_owned(),
            class => format!("clips labelled {class}"),
        },
        ["annotators", _, _, what] => match *what {
            "opinions" => "opinions that count",
            "skill" => "the annotator's skill as the aggregation estimates it",
            _ => "the share of the annotator's opinions that agree with the label",
        }
        .to_owned(),
        ["agreement", _, whose, coefficient] => format!("{coefficient} of the annotators' opinions ({whose})"),
        ["training", _, what] => match *what {
            "updates" => "updates done at the last recorded point",
            "train-loss" => "training loss, mean since the point before",
            _ => "loss on the validation part of the training patients",
        }
        .to_owned(),
        _ => String::new(),
    }
}
