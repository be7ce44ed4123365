//! What is said where equivalence is to be shown: two bounds and a margin on either side.

use crate::report::content::Contrast;
use crate::report::format;

/// Where the two one-sided bounds lie, as a clause without its full stop.
pub(super) fn bounds(contrast: &Contrast) -> String {
    let (low, high, margin) = (contrast.low, contrast.high, contrast.margin);
    if low.is_nan() || high.is_nan() {
        return "no one-sided bounds could be computed".to_owned();
    }
    let decimals = format::decimals(&[contrast.difference, low, high]);
    let decimals = format::decimals_apart(decimals, &[low], -margin);
    let decimals = format::decimals_apart(decimals, &[high], margin);
    let place = if -margin < low && high < margin {
        "within"
    } else if high < -margin || margin < low {
        "outside"
    } else {
        "not within"
    };
    format!(
        "its one-sided {} bounds, {} and {}, lie {place} the margins of ±{}",
        format::level(1.0 - contrast.alpha),
        format::signed(low, decimals),
        format::signed(high, decimals),
        format::fixed(margin, decimals)
    )
}

/// What “equivalent” means.
pub(super) fn meaning(contrast: &Contrast) -> String {
    format!(
        "Equivalent: they differ by less than {} in {}, whichever way, by two one-sided tests at an error of {} each.",
        format::fixed(contrast.margin, format::decimals(&[contrast.margin])),
        contrast.title,
        format::level(contrast.alpha),
    )
}

#[cfg(test)]
mod tests {
    use super::super::{about, check};
    use super::*;
    use crate::report::content::{Goal, Verdict};

    fn contrast(low: f64, high: f64, verdict: Verdict) -> Contrast {
        Contrast {
            along: "arm".into(),
            candidate: "same".into(),
            baseline: "expert".into(),
            title: "AUROC".into(),
            goal: Goal::Equivalence,
            margin: 0.05,
            difference: (low + high) / 2.0,
            low,
            high,
            bound: low,
            p: 0.0121,
            verdict,
            ..Contrast::default()
        }
    }

    #[test]
    fn equivalent_arms_have_both_bounds_between_the_margins() {
        let shown = contrast(-0.03, 0.04, Verdict::Equivalent);
        assert!(check(&shown).is_ok());
        let answer = about(&shown);
        assert_eq!(answer.sentence, "Arm same is equivalent to arm expert in AUROC.");
        let evidence = answer.evidence.replace('\u{a0}', " ");
        assert!(
            evidence.ends_with(
                "its one-sided 97.5 % bounds, −0.030 and +0.040, lie within the margins of ±0.050; \
                 p = 0.012 (the larger of two one-sided, against ±0.050)."
            ),
            "{evidence}"
        );
        assert!(answer.meaning.contains("less than 0.050 in AUROC, whichever way"), "{}", answer.meaning);
    }

    #[test]
    fn a_bound_beyond_either_margin_carries_no_equivalence() {
        for (low, high) in [(-0.051, 0.04), (-0.03, 0.05), (f64::NAN, 0.04), (-0.03, f64::NAN)] {
            assert!(check(&contrast(low, high, Verdict::Equivalent)).is_err(), "{low} {high}");
        }
        assert!(bounds(&contrast(-0.0501, 0.04, Verdict::Inconclusive)).contains("not within the margins of ±0.0500"));
        assert!(bounds(&contrast(-0.09, -0.06, Verdict::Inferior)).contains("lie outside"));
        assert!(bounds(&contrast(f64::NAN, 0.04, Verdict::Inconclusive)).starts_with("no one-sided bounds"));
    }
}
