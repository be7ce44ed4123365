//! GLAD held against crowd-kit 1.4 left to converge, and against scipy.

use super::close;
use super::crowd_kit::other_labels;
use super::data::{shared, table};
use crate::crowd::{Glad, Method, Normal};

/// crowd-kit's GLAD stops after two of its iterations by default. Left to converge,
/// `GLAD(n_iter=600, tol=-inf, m_step_max_iter=200, m_step_tol=1e-6)` comes within 4e-7 of the maximum that
/// `scipy.optimize.minimize(method="L-BFGS-B")` finds for the log-posterior with the truth summed out, and so do we;
/// the expected figures are that maximum's.
#[test]
fn glad_ends_where_crowd_kits_would() {
    let Some(folder) = shared("crowd_reference") else { return };
    let table = table(folder.join("opinions.csv"));
    let fitted = table.aggregate(&Method::Glad(Glad { max_iterations: 20_000, tolerance: 1e-15, ..Glad::default() }));
    let fit = fitted.fit.as_ref().unwrap();
    println!("{} iterations to {:?}", fit.iterations, fit.history.last());
    assert!(fit.converged && fit.history.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9));
    assert!(close(*fit.history.last().unwrap(), -1_157.755_691_329_463, 1e-8), "{:?}", fit.history.last());
    for (clip, expected) in [
        (0, [0.578_661_375_413_855_4, 0.271_400_276_578_187_8, 0.149_938_348_007_957_1]),
        (1, [0.434_553_842_991_128_4, 0.080_042_523_138_380_24, 0.485_403_633_870_491_8]),
        (17, [2.562_532_777_605_735_6e-4, 1.435_242_389_684_459_3e-4, 0.999_600_222_483_271_1]),
        (42, [0.483_127_952_051_231, 0.404_102_176_938_308_2, 0.112_769_871_010_460_72]),
        (99, [1.521_618_489_046_488e-11, 0.999_999_999_969_567_7, 1.521_618_489_046_488e-11]),
        (123, [0.038_365_688_291_751_45, 0.079_487_698_583_668, 0.882_146_613_124_581]),
        (150, [2.703_495_535_131_386_6e-8, 0.999_999_968_237_345_7, 4.727_698_869_244_028e-9]),
        (199, [0.166_075_015_375_017_1, 0.818_469_621_930_374, 0.015_455_362_694_608_824]),
    ] {
        for (found, expected) in fitted.labels[clip].probabilities.iter().zip(expected) {
            assert!(close(*found, expected, 1e-6), "{clip}: {found} is not {expected}");
        }
    }
    let other = other_labels(&table, &fitted, "GLAD.labels.csv");
    println!("{other} labels differ");
}

/// Other priors, and the difficulties, exp(−β). Python 3.13, scipy 1.17 and numpy on `opinions.csv`, whose columns stand
/// here as index arrays `t`, `w` and `l`:
///
/// ```python
/// def f(x, am=.5, ad=2, bm=0, bd=.5):              # am = ad = bm = bd = 1 gives −1157.7556913294618, as above
///     a, b = x[:25], x[25:]; z = a[w] * numpy.exp(b)[t]; J = numpy.full((200, 3), -numpy.log(3))
///     for c in range(3):
///         numpy.add.at(J[:, c], t, numpy.where(l == c, -numpy.logaddexp(0, -z), -numpy.logaddexp(0, z) - numpy.log(2)))
///     return -logsumexp(J, axis=1).sum() + .5 * (((a - am) / ad) ** 2).sum() + .5 * (((b - bm) / bd) ** 2).sum()
/// minimize(f, ..., method="L-BFGS-B")              # with its gradient; J gives the posterior, exp(-b) the difficulty
/// ```
#[test]
fn glad_with_other_priors_and_its_difficulties() {
    let Some(folder) = shared("crowd_reference") else { return };
    let table = table(folder.join("opinions.csv"));
    let run = |ability: Normal, easiness: Normal| {
        let glad = Glad { ability, easiness, max_iterations: 20_000, tolerance: 1e-15, ..Glad::default() };
        table.aggregate(&Method::Glad(glad))
    };
    let other = run(Normal { mean: 0.5, deviation: 2.0 }, Normal { mean: 0.0, deviation: 0.5 });
    let end = *other.fit.as_ref().unwrap().history.last().unwrap();
    assert!(close(end, -1_180.109_288_873_174, 1e-8), "{end}");
    for (fitted, expected) in [
        (&run(Normal::default(), Normal::default()), [0.711_558, 0.421_078, 0.162_967, 0.482_481]),
        (&other, [1.251_105, 1.008_915, 0.702_630, 1.099_012]),
    ] {
        for (clip, expected) in [0, 17, 150, 199].into_iter().zip(expected) {
            let found = fitted.labels[clip].difficulty.unwrap();
            assert!(close(found, expected, 2e-6), "{clip}: {found} is not {expected}");
        }
    }
    for (found, expected) in other.labels[0].probabilities.iter().zip([0.641_987, 0.225_374, 0.132_639]) {
        assert!(close(*found, expected, 2e-6), "{found} is not {expected}");
    }
}
