//! What each metric is, in words that stand beside its value.

use super::Metric;

impl Metric {
    /// The formula in words, a sentence without its full stop.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Accuracy => "the share of clips whose predicted class is the reference's",
            Self::BalancedAccuracy => {
                "the mean over the classes that occur in the reference of the share of their clips that are predicted so"
            }
            Self::MacroF1 => {
                "the mean F1 of the classes that occur in the reference or among the predictions; F1 = 2 TP / (2 TP + FP + FN)"
            }
            Self::Sensitivity => "of the clips whose reference class is positive, the share predicted positive",
            Self::Specificity => "of the clips whose reference class is not positive, the share not predicted positive",
            Self::CohenKappa => {
                "(observed − chance agreement) / (1 − chance agreement), every disagreement weighing the same"
            }
            Self::QuadraticKappa => {
                "1 − observed / chance disagreement, disagreements weighing by the squared distance of the classes"
            }
            Self::Auroc => {
                "the share of pairs of a positive and a negative clip of the same fold in which the positive one scores \
                 higher, ties counting half"
            }
            Self::Ppv => "of the clips predicted positive, the share whose reference class is positive",
            Self::Npv => "of the clips not predicted positive, the share whose reference class is not positive",
            Self::F1 => "F1 of the positive side, 2 TP / (2 TP + FP + FN)",
            Self::WeightedF1 => "the mean F1 of the classes, each weighing as much as it has in the reference",
            Self::Mcc => "the correlation of predicted and reference classes, Matthews' for any number of classes",
            Self::LinearKappa => {
                "1 − observed / chance disagreement, disagreements weighing by the distance of the classes"
            }
            Self::OrdinalMae => "the mean distance of the predicted class from the reference's, in classes",
            Self::AveragePrecision => {
                "the mean over positive clips of the precision among the clips of the same fold that score at least as high"
            }
            Self::Brier => {
                "the mean squared difference of the probability of the positive classes from 1 on positive clips, from 0 on \
                 others"
            }
            Self::LogLoss => "the mean of minus the natural logarithm of the probability given to the clip's own side",
            Self::MicroF1 => {
                "F1 of all classes counted together, which is the share of clips predicted as the reference says"
            }
            Self::AurocOvr => {
                "the mean over the classes of the AUROC of that class against all others, pairs compared within a fold"
            }
            Self::AurocOvo => {
                "the mean over pairs of classes of the AUROC between the two, either's probability ranking once, pairs of \
                 clips compared within a fold"
            }
            Self::Ece => {
                "the mean over ten bins of the probability of the positive side, each weighing as many clips as it has, of the \
                 absolute difference of its mean probability from its share of positive clips"
            }
            Self::CalibrationSlope => {
                "the slope of the log odds of being positive over those that were predicted; 1 is right, below it \
                 probabilities are too extreme"
            }
            Self::CalibrationIntercept => {
                "the intercept of the log odds of being positive over those that were predicted, with a slope of 1; 0 is right, \
                 below it probabilities are too high"
            }
            Self::Dice => {
                "the mean over frames of 2 |A ∩ B| / (|A| + |B|), in pixels; frames empty on both sides left out"
            }
            Self::Iou => "the mean over frames of |A ∩ B| / |A ∪ B|, in pixels; frames empty on both sides left out",
            Self::LineF1 => {
                "2 TP / (2 TP + FP + FN) of lines over all frames, matched one to one unless `match` says otherwise"
            }
            Self::OriginF1 => {
                "2 TP / (2 TP + FP + FN) of lines' origins over all frames, matched one to one unless `match` says otherwise"
            }
            Self::OriginPrecision => "the share of the origins found that are there, over all frames",
            Self::OriginRecall => "the share of the origins there that were found, over all frames",
            Self::Hd95 => {
                "the mean over frames of the 95th percentile of the distances from each outline to the other, in mm, of the worse \
                 direction; frames with pixels on one side only left out"
            }
            Self::Assd => {
                "the mean over frames of the mean distance from each outline to the other and back, in mm; frames with pixels \
                 on one side only left out"
            }
            Self::ClipCountMae => "the mean over clips of the absolute difference of the number of lines of a clip",
            Self::ClipCountMse => "the mean over clips of the squared difference of the number of lines of a clip",
            Self::CountMae => "the mean over frames of the absolute difference of the number of lines",
            Self::CountMse => "the mean over frames of the squared difference of the number of lines",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_metric_has_words_of_its_own() {
        let words: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.words()).collect();
        assert_eq!(words.len(), Metric::ALL.len());
        assert!(words.iter().all(|words| words.len() > 30 && !words.ends_with('.')));
    }
}
