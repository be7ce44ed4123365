//! How far two counts of the same frames lie apart: mean difference and limits of agreement.

use std::collections::BTreeMap;

use super::FrameCase;

/// Standard deviations on either side of the mean difference, as Bland and Altman have it.
const WIDTH: f64 = 1.96;

/// Differences of counts, found minus there, over the frames of several patients.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitsOfAgreement {
    /// The mean over frames.
    pub difference: f64,
    /// Between which 95 % of differences are expected; `None` with fewer than two patients.
    pub limits: Option<Limits>,
    /// Patients.
    pub patients: usize,
    /// Frames.
    pub frames: usize,
    /// Mean of the two counts, their difference, and how many frames have both; rising.
    pub points: Vec<(f64, i64, usize)>,
}

/// Limits of agreement and the variances that they come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// Variance of the differences between patients.
    pub between: f64,
    /// Variance of the differences within a patient.
    pub within: f64,
}

/// Bland–Altman limits where a patient has several frames and the true count varies among them (Bland & Altman, Journal of
/// Biopharmaceutical Statistics 2007;17:571-582, section 3; Statistical Methods in Medical Research 1999;8:135-160): the
/// variances between and within patients are told apart by one-way analysis of variance of the differences, and the limits
/// are 1.96 standard deviations of their sum from the mean. A variance between patients that comes out negative is 0.
///
/// Counted are lines, or origins where there are no lines. `None` without frames, or where frames have neither.
pub fn limits_of_agreement(cases: &[FrameCase]) -> Option<LimitsOfAgreement> {
    let mut points: BTreeMap<(u64, i64), usize> = BTreeMap::new();
    // Whole numbers throughout, so that no order of frames matters: frames, sum and sum of squares.
    let mut patients: BTreeMap<u32, (i64, i64, i64)> = BTreeMap::new();
    for case in cases {
        let [found, there] = case.numbers?;
        let difference = found as i64 - there as i64;
        *points.entry((found + there, difference)).or_default() += 1;
        let patient = patients.entry(case.patient).or_default();
        *patient = (patient.0 + 1, patient.1 + difference, patient.2 + difference * difference);
    }
    let frames = cases.len();
    if frames == 0 {
        return None;
    }
    let difference = patients.values().map(|patient| patient.1).sum::<i64>() as f64 / frames as f64;
    let limits = (patients.len() > 1).then(|| {
        let (between, within) = variances(patients.values().copied(), difference);
        let half = WIDTH * (between + within).sqrt();
        Limits { low: difference - half, high: difference + half, between, within }
    });
    let points = points.into_iter().map(|((sum, difference), frames)| (sum as f64 / 2.0, difference, frames)).collect();
    Some(LimitsOfAgreement { difference, limits, patients: patients.len(), frames, points })
}

/// The variances between and within at least two patients, given each one's frames, sum and sum of squares.
fn variances(patients: impl Iterator<Item = (i64, i64, i64)> + Clone, mean: f64) -> (f64, f64) {
    let (mut frames, mut squared, mut count) = (0.0, 0.0, 0.0);
    let (mut among, mut inside) = (0.0, 0.0);
    for (own, sum, squares) in patients {
        let own_mean = sum as f64 / own as f64;
        among += own as f64 * (own_mean - mean) * (own_mean - mean);
        inside += (own * squares - sum * sum) as f64 / own as f64;
        (frames, squared, count) = (frames + own as f64, squared + (own * own) as f64, count + 1.0);
    }
    // With one frame a patient nothing varies within.
    let within = if frames > count { inside / (frames - count) } else { 0.0 };
    let alike = (frames * frames - squared) / ((count - 1.0) * frames);
    let between = (among / (count - 1.0) - within) / alike;
    (between.max(0.0), within)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Counts;

    fn cases(patients: &[u32], found: &[u64], there: &[u64]) -> Vec<FrameCase> {
        let frames = patients.iter().zip(found.iter().zip(there));
        frames
            .map(|(&patient, (&found, &there))| FrameCase { numbers: Some([found, there]), ..FrameCase::of(patient) })
            .collect()
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
    }

    /// The analysis of variance is statsmodels 0.15.0's:
    ///
    /// ```python
    /// d = found - there; n = 6; m = np.bincount(patient)
    /// t = sm.stats.anova_lm(smf.ols("d ~ C(p)", pd.DataFrame(dict(d=d, p=patient))).fit()); msb, msw = t["mean_sq"].values
    /// m0 = (m.sum()**2 - (m**2).sum()) / ((n-1)*m.sum()); between, within = max(0, (msb - msw)/m0), msw
    /// sd = np.sqrt(between + within); d.mean(), between, within, d.mean() - 1.96*sd, d.mean() + 1.96*sd
    /// ```
    #[test]
    fn limits_as_the_analysis_of_variance_of_statsmodels() {
        let patients = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 5];
        let found = [3, 2, 4, 0, 1, 0, 2, 5, 6, 4, 5, 7, 0, 0, 2, 3, 3, 1];
        let there = [2, 2, 5, 1, 1, 0, 0, 3, 5, 4, 3, 4, 1, 0, 2, 2, 4, 1];
        let agreement = limits_of_agreement(&cases(&patients, &found, &there)).unwrap();
        let limits = agreement.limits.unwrap();
        close(agreement.difference, 0.4444444444444444);
        close(limits.between, 0.4058653846153844);
        close(limits.within, 1.0930555555555554);
        close(limits.low, -1.9551919204576802);
        close(limits.high, 2.8440808093465693);
        assert_eq!((agreement.patients, agreement.frames), (6, 18));
        // (0, 0) twice, of patients 1 and 3; (1, 1) twice, of patients 1 and 5.
        assert_eq!(agreement.points[0], (0.0, 0, 2));
        assert!(agreement.points.contains(&(1.0, 0, 2)) && agreement.points.contains(&(4.5, -1, 1)));
        assert_eq!(agreement.points.iter().map(|point| point.2).sum::<usize>(), 18);
    }

    #[test]
    fn patients_that_are_more_alike_than_chance_have_no_variance_between_them() {
        // The same table has 0 between and 3.5 within.
        let found = [1, 0, 1, 0, 1, 0, 2, 0];
        let there = [0, 1, 0, 1, 0, 1, 0, 2];
        let limits = limits_of_agreement(&cases(&[0, 0, 1, 1, 2, 2, 3, 3], &found, &there)).unwrap().limits.unwrap();
        assert_eq!((limits.between, limits.within), (0.0, 3.5));
    }

    #[test]
    fn one_frame_a_patient_gives_the_plain_standard_deviation() {
        // np.std([1, -1, 3, 0], ddof=1)**2 is 2.9166666666666665.
        let limits = limits_of_agreement(&cases(&[0, 1, 2, 3], &[1, 0, 3, 2], &[0, 1, 0, 2])).unwrap().limits.unwrap();
        close(limits.between + limits.within, 2.9166666666666665);
    }

    #[test]
    fn one_patient_has_a_difference_and_no_limits() {
        let agreement = limits_of_agreement(&cases(&[0, 0], &[1, 4], &[0, 1])).unwrap();
        assert_eq!((agreement.difference, agreement.limits), (2.0, None));
        assert_eq!(limits_of_agreement(&[]), None);
        let pixels = FrameCase { pixels: Some(Counts::default()), ..FrameCase::of(0) };
        assert_eq!(limits_of_agreement(&[pixels]), None);
    }
}
