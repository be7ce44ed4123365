//! The papers behind intervals and tests.

use super::super::{Parameters, Read};
use crate::metric::Goal;

/// Those whose methods this report shows numbers of.
pub(super) fn citations(read: &[Read], parameters: &Parameters) -> Vec<String> {
    let compared = !parameters.compare.0.is_empty();
    let interval = |name: &str| {
        compared && parameters.interval.name() == name || read.iter().any(|read| read.evaluation.interval == name)
    };
    let told = |method: &str| {
        let shown = |read: &Read| {
            let mut of = read.evaluation.published.iter().filter(|told| told.method == method);
            of.any(|told| told.baseline.is_none() || compared)
        };
        read.iter().any(shown)
    };
    let both = parameters.compare.0.iter().any(|(_, compare)| compare.goal == Goal::Equivalence);
    let papers = [
        (
            interval("expanded"),
            "Expanded percentile interval: Hesterberg TC. What teachers should know about the bootstrap. Am Stat 2015;69:371–386; patients of unequal size count as fewer: Kish L. Survey sampling. New York: Wiley, 1965.",
        ),
        (
            interval("bca"),
            "BCa interval: Efron B. Better bootstrap confidence intervals. J Am Stat Assoc 1987;82:171–185.",
        ),
        (
            both,
            "Equivalence: Schuirmann DJ. A comparison of the two one-sided tests procedure and the power approach. J Pharmacokinet Biopharm 1987;15:657–680.",
        ),
        (
            parameters.compare.0.len() > 1,
            "Adjusted p-values: Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6:65–70.",
        ),
        (
            told("mcnemar-mid-p"),
            "McNemar’s test: Fagerland MW, Lydersen S, Laake P. The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than exact conditional. BMC Med Res Methodol 2013;13:91.",
        ),
        (
            told("delong"),
            "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated receiver operating characteristic curves. Biometrics 1988;44:837–845.",
        ),
        (
            told("obuchowski"),
            "AUROC of clustered data: Obuchowski NA. Nonparametric analysis of clustered ROC curve data. Biometrics 1997;53:567–578.",
        ),
        (
            told("wilson"),
            "Intervals of proportions: Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. Stat Sci 2001;16:101–133.",
        ),
    ];
    papers.into_iter().filter(|(cited, _)| *cited).map(|(_, paper)| paper.to_owned()).collect()
}
