//! Classification metrics, their bootstrap over patients, and paired contrasts between arms.
//!
//! Every metric takes a weight for each case, with the meaning of scikit-learn's `sample_weight`: a weight of 2 counts a
//! case twice, a weight of 0 leaves it out. The bootstrap draws *patients* with replacement, so that a patient's clips
//! enter or leave together, and hands the number of draws to the metrics as the weight of all the patient's cases.

mod accuracy;
pub mod agreement;
mod auroc;
mod auroc_ovo;
mod auroc_ovr;
mod average_precision;
mod balanced_accuracy;
mod binomial;
mod bootstrap;
mod brier;
mod calibration;
mod calibration_intercept;
mod calibration_slope;
mod clip_counts;
mod cohen_kappa;
mod concordance;
mod contrast;
mod ece;
mod entry;
mod f1;
mod frames;
pub mod inference;
mod interval;
mod kappa;
mod limits_of_agreement;
mod linear_kappa;
mod log_loss;
mod macro_f1;
mod mcc;
mod micro_f1;
mod npv;
mod ordinal_mae;
mod paired_t;
mod ppv;
mod precision_recall;
mod prepared;
mod probability;
mod quadratic_kappa;
mod ranking;
mod reliability;
mod roc;
mod roc_band;
mod sensitivity;
mod specificity;
mod surface;
mod tally;
mod weighted_f1;
mod words;

use serde::{Deserialize, Serialize};

pub use bootstrap::{Draws, Estimate, estimate, estimate_prepared};
pub use clip_counts::{ClipCount, FrameToClip, tell_clip_counts};
pub use contrast::{Asked, Contrast, Goal, Verdict, contrast, difference};
pub use frames::{Counts, FrameCase, estimate_frames, is_defined};
pub use interval::{Interval, standard_error};
pub use limits_of_agreement::{Limits, LimitsOfAgreement, limits_of_agreement};
pub use paired_t::{PairedT, paired_t};
pub use precision_recall::precision_recall;
pub use prepared::{Prepared, value};
pub use reliability::{Bin, reliability};
pub use roc::roc;
pub use roc_band::{BandPoint, roc_band};
pub use surface::{Outlines, Surface, outlines};
pub use tally::confusion;

use entry::Entry;

/// One scored case (a clip, say): whose it is, what it is, and what the model made of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Index of the patient, below the number of patients the bootstrap draws from.
    pub patient: u32,
    /// Which model scored the case: the fold in cross-validation, 0 otherwise. Scores are compared within a stratum only.
    pub stratum: u32,
    /// Index of the reference class.
    pub reference: u16,
    /// Index of the predicted class.
    pub predicted: u16,
    /// The probability of the positive classes together; NaN where there is none.
    pub score: f64,
}

/// What the cases' class indices mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem<'a> {
    /// The number of classes, ordered by severity; every class index of a case is below it.
    pub classes: usize,
    /// For each class, whether it counts as positive; `None` where no positive classes are declared.
    pub positive: Option<&'a [bool]>,
}

/// A metric of clips, or of frames; larger is better unless [`Metric::smaller_is_better`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The share of cases predicted as the reference says.
    Accuracy,
    /// The mean recall of the classes that occur in the reference.
    BalancedAccuracy,
    /// The mean F1 of the classes that occur in the reference or among the predictions.
    MacroF1,
    /// The share of the positive cases that are predicted positive.
    Sensitivity,
    /// The share of the negative cases that are predicted negative.
    Specificity,
    /// Cohen's kappa, every disagreement weighing the same.
    CohenKappa,
    /// Cohen's kappa, disagreements weighing by the squared distance of the classes.
    QuadraticKappa,
    /// The area under the receiver operating characteristic, pairs compared within a stratum.
    Auroc,
    /// The share of the cases predicted positive that are positive.
    Ppv,
    /// The share of the cases predicted negative that are negative.
    Npv,
    /// F1 of the positive side.
    F1,
    /// The mean F1 of the classes, weighing as much as they have in the reference.
    WeightedF1,
    /// Matthews' correlation for any number of classes.
    Mcc,
    /// Cohen's kappa, disagreements weighing by the distance of the classes.
    LinearKappa,
    /// The mean distance of the predicted class from the reference, in classes.
    OrdinalMae,
    /// The area under the precision-recall steps, scores compared within a stratum.
    AveragePrecision,
    /// The mean squared error of the probability of the positive side.
    Brier,
    /// The mean of minus the logarithm of the probability given to the right side.
    LogLoss,
    /// F1 over all classes at once, which is the accuracy where a case has one class.
    MicroF1,
    /// The mean over the classes of the AUROC of that class against the rest, by its probability.
    AurocOvr,
    /// The mean over pairs of classes of the AUROC of either against the other, by their probabilities.
    AurocOvo,
    /// The mean difference of the probability of the positive side from what came true, bin by bin.
    Ece,
    /// How the log odds of being positive rise with those that were predicted.
    CalibrationSlope,
    /// How far the log odds of being positive lie above those that were predicted.
    CalibrationIntercept,
    /// Of frames: the overlap of pixels, `2 |A ∩ B| / (|A| + |B|)`.
    Dice,
    /// Of frames: the overlap of pixels, `|A ∩ B| / |A ∪ B|`.
    Iou,
    /// Of frames: F1 of lines, matched as asked.
    LineF1,
    /// Of frames: F1 of the origins of lines, matched as asked.
    OriginF1,
    /// Of frames: the share of the origins found that are there.
    OriginPrecision,
    /// Of frames: the share of the origins there that were found.
    OriginRecall,
    /// Of frames: the mean absolute error of the number of lines.
    CountMae,
    /// Of frames: the mean squared error of the number of lines.
    CountMse,
    /// Of frames: the 95th percentile of the distances between the outlines of masks, in mm.
    Hd95,
    /// Of frames: the mean of the distances between the outlines of masks, in mm.
    Assd,
    /// Of clips by their frames: the mean absolute error of the number of lines of a clip.
    ClipCountMae,
    /// Of clips by their frames: the mean squared error of the number of lines of a clip.
    ClipCountMse,
}

impl Metric {
    /// The metrics of clips that are scored where an experiment names none, in the order tables show them.
    pub const USUAL: [Self; 8] = [
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::MacroF1,
        Self::Sensitivity,
        Self::Specificity,
        Self::CohenKappa,
        Self::QuadraticKappa,
        Self::Auroc,
    ];

    /// Every metric of clips: the usual ones, then those that have to be asked for.
    pub const OF_CLIPS: [Self; 24] = joined(
        Self::USUAL,
        [
            Self::Ppv,
            Self::Npv,
            Self::F1,
            Self::WeightedF1,
            Self::Mcc,
            Self::LinearKappa,
            Self::OrdinalMae,
            Self::AveragePrecision,
            Self::Brier,
            Self::LogLoss,
            Self::MicroF1,
            Self::AurocOvr,
            Self::AurocOvo,
            Self::Ece,
            Self::CalibrationSlope,
            Self::CalibrationIntercept,
        ],
    );

    /// The metrics of frames that are scored where an experiment names none, as far as they are defined.
    pub const USUAL_OF_FRAMES: [Self; 8] = [
        Self::Dice,
        Self::Iou,
        Self::LineF1,
        Self::OriginF1,
        Self::OriginPrecision,
        Self::OriginRecall,
        Self::CountMae,
        Self::CountMse,
    ];

    /// Every metric of frames: the usual ones, then those that have to be asked for.
    pub const OF_FRAMES: [Self; 12] =
        joined(Self::USUAL_OF_FRAMES, [Self::Hd95, Self::Assd, Self::ClipCountMae, Self::ClipCountMse]);

    /// Every metric.
    pub const ALL: [Self; 36] = joined(Self::OF_CLIPS, Self::OF_FRAMES);

    /// The name of every metric, in the order of [`Metric::ALL`].
    pub const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut index = 0;
        while index < names.len() {
            names[index] = Self::ALL[index].name();
            index += 1;
        }
        names
    };

    const fn entry(self) -> &'static Entry {
        match self {
            Self::Accuracy => &accuracy::ENTRY,
            Self::BalancedAccuracy => &balanced_accuracy::ENTRY,
            Self::MacroF1 => &macro_f1::ENTRY,
            Self::Sensitivity => &sensitivity::ENTRY,
            Self::Specificity => &specificity::ENTRY,
            Self::CohenKappa => &cohen_kappa::ENTRY,
            Self::QuadraticKappa => &quadratic_kappa::ENTRY,
            Self::Auroc => &auroc::ENTRY,
            Self::Ppv => &ppv::ENTRY,
            Self::Npv => &npv::ENTRY,
            Self::F1 => &f1::ENTRY,
            Self::WeightedF1 => &weighted_f1::ENTRY,
            Self::Mcc => &mcc::ENTRY,
            Self::LinearKappa => &linear_kappa::ENTRY,
            Self::OrdinalMae => &ordinal_mae::ENTRY,
            Self::AveragePrecision => &average_precision::ENTRY,
            Self::Brier => &brier::ENTRY,
            Self::LogLoss => &log_loss::ENTRY,
            Self::MicroF1 => &micro_f1::ENTRY,
            Self::AurocOvr => &auroc_ovr::ENTRY,
            Self::AurocOvo => &auroc_ovo::ENTRY,
            Self::Ece => &ece::ENTRY,
            Self::CalibrationSlope => &calibration_slope::ENTRY,
            Self::CalibrationIntercept => &calibration_intercept::ENTRY,
            Self::Dice => &frames::DICE,
            Self::Iou => &frames::IOU,
            Self::LineF1 => &frames::LINE_F1,
            Self::OriginF1 => &frames::ORIGIN_F1,
            Self::OriginPrecision => &frames::ORIGIN_PRECISION,
            Self::OriginRecall => &frames::ORIGIN_RECALL,
            Self::CountMae => &frames::COUNT_MAE,
            Self::CountMse => &frames::COUNT_MSE,
            Self::Hd95 => &frames::HD95,
            Self::Assd => &frames::ASSD,
            Self::ClipCountMae => &clip_counts::CLIP_COUNT_MAE,
            Self::ClipCountMse => &clip_counts::CLIP_COUNT_MSE,
        }
    }

    /// The name in experiment files and tables, `balanced-accuracy` for instance.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// The name in print, `Balanced accuracy` for instance.
    pub const fn title(self) -> &'static str {
        self.entry().title
    }

    /// The version of the computation; it rises when the same cases would give another value.
    pub const fn version(self) -> u32 {
        self.entry().version
    }

    /// Whether the metric is undefined unless positive classes are declared.
    pub const fn needs_positive(self) -> bool {
        self.entry().needs_positive
    }

    /// Whether it is of frames, and not of clips.
    pub const fn is_of_frames(self) -> bool {
        self.entry().frames.is_some()
    }

    /// Whether less of it is better: it is no side of a comparison with a margin.
    pub const fn smaller_is_better(self) -> bool {
        self.entry().smaller_is_better
    }

    /// What it should be, where neither more nor less of it is better: it is no side of a comparison with a margin either.
    pub const fn target(self) -> Option<f64> {
        self.entry().target
    }

    /// Its mean over predictions that know nothing of the clips, where it has one whatever these are: what a control trained
    /// on shuffled labels is held against.
    pub const fn chance(self) -> Option<f64> {
        self.entry().chance
    }

    /// The unit; empty for a pure number.
    pub const fn unit(self) -> &'static str {
        self.entry().unit
    }

    /// Whether it is of outlines, which take their time.
    pub const fn needs_outlines(self) -> bool {
        matches!(self, Self::Hd95 | Self::Assd)
    }

    /// Why it has no value, where it has none.
    pub const fn undefined(self) -> &'static str {
        self.entry().undefined
    }

    /// Whether the metric is undefined unless every case has a probability for every class.
    pub const fn needs_probabilities(self) -> bool {
        self.entry().needs_probabilities
    }

    /// Whether the metric is undefined unless every case has a score.
    pub const fn needs_scores(self) -> bool {
        self.entry().needs_scores
    }
}

/// One list after the other.
const fn joined<const A: usize, const B: usize, const ALL: usize>(
    first: [Metric; A],
    then: [Metric; B],
) -> [Metric; ALL] {
    assert!(A + B == ALL, "as many places as metrics");
    let mut all = [Metric::Accuracy; ALL];
    let mut index = 0;
    while index < ALL {
        all[index] = if index < A { first[index] } else { then[index - A] };
        index += 1;
    }
    all
}

#[cfg(test)]
mod tests;
