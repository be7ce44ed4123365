//! Seven clips, three annotators and three classes against numpy and scipy.
//!
//! `N[i, j, g]` are the votes, `T = N.sum(1)` normalised, and each expected figure is what 12 iterations make of it with
//! `lj = log(p) + einsum('ijg,jtg->it', N, log(th))`, `ev = logsumexp(lj, 1)`, `T = exp(lj - ev)`, where `p` and `th` are
//! the method's own and stand at its test. Code here and there shares nothing but the papers.

use super::{close, run, small};
use crate::crowd::mace::Start;
use crate::crowd::{Consensus, Fit, Glad, Ibcc, Inference, Mace, Method, Objective, OneCoin, Opinions, Ordinal};
use std::sync::atomic::AtomicBool;

/// Compares the probabilities of the six clips that have opinions, and the skills.
fn agree(consensus: &Consensus, probabilities: &[[f64; 3]; 6], skills: Option<[f64; 3]>, tolerance: f64) {
    for (label, row) in consensus.labels.iter().zip(probabilities) {
        for (found, expected) in label.probabilities.iter().zip(row) {
            assert!(close(*found, *expected, tolerance), "{found} is not {expected}");
        }
    }
    for (annotator, skill) in consensus.annotators.iter().zip(skills.into_iter().flatten()) {
        assert!(close(annotator.skill.unwrap(), skill, tolerance), "{annotator:?}: {skill}");
        for row in annotator.confusion.as_ref().unwrap() {
            assert!(close(row.iter().sum(), 1.0, 1e-12), "{annotator:?}");
        }
    }
}

/// The first and the twelfth entry of the history, and that it climbs.
fn climbs(fit: &Fit, objective: Objective, first: f64, twelfth: f64) {
    assert_eq!((fit.objective, fit.iterations, fit.converged), (objective, 12, false));
    assert!(close(fit.history[0], first, 1e-11), "{:?}", fit.history);
    assert!(close(fit.history[11], twelfth, 1e-11), "{:?}", fit.history);
    assert!(fit.history.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12), "{:?}", fit.history);
}

/// `p = T.mean(0)`, `q = (einsum('it,ijt->j', T, N) + .01) / (N.sum((0, 2)) + .02)`, `th` is `q` on the diagonal and
/// `(1 - q) / 2` beside it; climbed is `ev.sum() + .01 * (log(q) + log(1 - q)).sum()`; skills are `q`.
#[test]
fn one_coin() {
    let method = Method::OneCoin(OneCoin { max_iterations: 12, tolerance: 0.0, ..OneCoin::default() });
    let consensus = run(&method, &small(), [7, 3, 3]).unwrap();
    let expected = [
        [0.967_421_893_536_913_4, 0.025_734_970_524_019_334, 0.006_843_135_939_067_236],
        [0.001_909_909_253_906_898_3, 0.996_198_336_808_411_6, 0.001_891_753_937_681_367_4],
        [0.006_902_026_285_644_736_5, 0.025_433_938_135_147_7, 0.967_664_035_579_207_6],
        [0.999_302_437_568_072_2, 3.235_461_283_100_126e-4, 3.740_163_036_177_569e-4],
        [0.007_114_751_907_238_798, 0.006_096_173_908_595_959, 0.986_789_074_184_165_4],
        [0.117_812_731_657_906_76, 0.764_229_225_184_461_8, 0.117_958_043_157_631_05],
    ];
    agree(&consensus, &expected, Some([0.942_128_229_477_848, 0.682_575_084_517_491_7, 0.684_906_994_515_123]), 1e-12);
    climbs(&consensus.fit.unwrap(), Objective::LogLikelihood, -17.359_053_729_135_283, -17.089_940_375_671_663);
}

/// `nu = 1 + T.sum(0)`, `al = 1 + eye(3) + einsum('it,ijg->jtg', T, N)`, the logarithms replaced by
/// `digamma(a) - digamma(a.sum(-1))`; the bound written out as E[ln p(opinions, truth, parameters)] − E[ln q].
#[test]
fn ibcc() {
    let method = Method::Ibcc(Ibcc { max_iterations: 12, tolerance: 0.0, ..Ibcc::default() });
    let consensus = run(&method, &small(), [7, 3, 3]).unwrap();
    let expected = [
        [0.844_563_415_041_301_7, 0.134_534_319_014_375_3, 0.020_902_265_944_323_16],
        [0.024_859_878_191_057_83, 0.936_781_911_624_630_5, 0.038_358_210_184_311_85],
        [0.014_250_344_309_805_3, 0.144_987_280_988_542_13, 0.840_762_374_701_652_6],
        [0.995_129_973_204_984_9, 0.002_809_909_266_072_34, 0.002_060_117_528_943_02],
        [0.042_406_778_966_016_43, 0.051_630_151_922_924_81, 0.905_963_069_111_058_7],
        [0.217_518_603_386_651_7, 0.535_800_890_326_452_4, 0.246_680_506_286_895_92],
    ];
    agree(
        &consensus,
        &expected,
        Some([0.614_658_471_241_313_9, 0.558_906_688_927_003_8, 0.566_028_446_686_885_9]),
        1e-12,
    );
    let fit = consensus.fit.unwrap();
    climbs(&fit, Objective::LowerBound, -22.561_067_349_391_816, -22.479_862_384_223_42);
    assert!(close(fit.prior[0], 0.348_761_726_304_846_75, 1e-12));
}

/// For each threshold `B` has the votes below and from it on, `th = einsum('it,ijg->jtg', T, B) + .01` normalised;
/// clip 3 contradicts itself by 5e-7 and is pooled.
#[test]
fn ordinal() {
    let method = Method::Ordinal(Ordinal { max_iterations: 12, tolerance: 0.0, ..Ordinal::default() });
    let consensus = run(&method, &small(), [7, 3, 3]).unwrap();
    let expected = [
        [0.993_978_759_790_796, 0.005_977_461_442_569_713, 4.377_876_663_435_349e-5],
        [8.271_391_925_718_241e-6, 0.999_947_949_841_44, 4.377_876_663_435_349e-5],
        [8.271_391_925_718_241e-6, 0.002_470_654_373_497_249_7, 0.997_521_074_234_577],
        [0.999_999_708_809_073_2, 0.0, 2.911_909_267_950_118_6e-7],
        [2.466_802_492_995_246e-5, 6.945_693_168_391_998e-6, 0.999_968_386_281_901_7],
        [0.004_901_970_434_164_404, 0.977_459_614_331_703_8, 0.017_638_415_234_131_78],
    ];
    agree(&consensus, &expected, None, 1e-12);
    climbs(&consensus.fit.unwrap(), Objective::LogLikelihood, -17.004_987_943_799_904, -16.251_026_028_502_007);
}

/// The log-posterior of α and β with the truth summed out, maximised at once by `scipy.optimize.minimize(method="BFGS")`
/// from ones: another way to the same place.
#[test]
fn glad_ends_at_the_maximum() {
    let method = Method::Glad(Glad { max_iterations: 10_000, tolerance: 1e-16, ..Glad::default() });
    let consensus = run(&method, &small(), [7, 3, 3]).unwrap();
    let expected = [
        [0.918_300_830_297_633, 0.069_474_493_456, 0.012_224_676_246_367_052],
        [1.157_690_728_418_906e-5, 0.999_976_846_185_431_6, 1.157_690_728_418_906e-5],
        [0.014_043_581_500_393_604, 0.081_635_928_763_382_56, 0.904_320_489_736_223_8],
        [0.999_999_710_154_986, 1.449_225_070_039_174_1e-7, 1.449_225_070_039_174_1e-7],
        [6.487_349_465_160_864e-4, 6.487_349_465_160_864e-4, 0.998_702_530_106_967_9],
        [0.282_471_328_256_442_67, 0.445_329_822_462_183_9, 0.272_198_849_281_373_3],
    ];
    let skills = [0.927_921_754_263_668_4, 0.823_645_408_513_892_5, 0.811_339_105_475_072_2];
    agree(&consensus, &expected, Some(skills), 1e-6);
    let fit = consensus.fit.unwrap();
    assert!(fit.history.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12), "{:?}", fit.history);
    assert!(close(*fit.history.last().unwrap(), -15.934_984_797_177_268, 1e-10), "{:?}", fit.history.last());
}

/// `lik = sp[:, 0] * th + sp[:, 1] * eye(3)` for `th`; counts by Bayes' rule within it; the variational step takes
/// `exp(digamma(a) - digamma(a.sum(-1)))` of counts with ½ and 10 added, the other adds .01 / 3.
#[test]
fn mace() {
    let start = || Start { spamming: vec![0.3, 0.4, 0.5], given: vec![0.2, 0.3, 0.5, 0.4, 0.4, 0.2, 0.3, 0.3, 0.4] };
    let opinions = small();
    let opinions = Opinions {
        opinions: &opinions.iter().copied().collect(),
        clips: 7,
        annotators: 3,
        classes: 3,
        grouped: None,
        known: None,
    };
    let fit = |inference| {
        let mace = Mace { inference, max_iterations: 12, tolerance: 0.0, ..Mace::default() };
        mace.best_of(std::iter::once(start()), opinions, &AtomicBool::new(false)).unwrap()
    };

    let variational = fit(Inference::Variational);
    let expected = [
        [0.958_327_454_165_187_3, 0.034_117_472_376_157_37, 0.007_555_073_458_655_322],
        [0.001_748_430_684_720_411_3, 0.996_503_138_630_559, 0.001_748_430_684_720_411_3],
        [0.007_204_385_848_329_779, 0.031_431_921_841_697_2, 0.961_363_692_309_973_1],
        [0.999_313_781_815_981_6, 3.431_090_920_091_236e-4, 3.431_090_920_091_236e-4],
        [0.007_115_372_932_942_758, 0.007_115_372_932_942_758, 0.985_769_254_134_114_4],
        [0.113_908_198_927_310_15, 0.766_134_216_238_472, 0.119_957_584_834_218_27],
    ];
    let skills = [0.851_294_803_965_627_5, 0.523_273_545_988_574_1, 0.533_104_117_337_568];
    agree(&variational, &expected, Some(skills), 1e-12);
    climbs(&variational.fit.unwrap(), Objective::LowerBound, -20.868_067_723_975_92, -20.727_379_429_532_682);

    let maximised = fit(Inference::Em);
    let expected = [
        [0.996_358_475_721_902_5, 0.002_908_384_138_817_826_4, 7.331_401_392_796_091e-4],
        [0.007_460_280_345_959_073, 0.985_079_439_308_082, 0.007_460_280_345_959_073],
        [3.243_346_113_264_694_4e-4, 0.001_111_893_473_115_994, 0.998_563_771_915_557_5],
        [0.999_999_993_801_346, 3.099_327_063_952_924_5e-9, 3.099_327_063_952_924_5e-9],
        [2.368_413_123_089_509_3e-6, 2.368_413_123_089_509_3e-6, 0.999_995_263_173_753_9],
        [0.174_358_522_081_814_1, 0.554_573_135_715_093_3, 0.271_068_342_203_092_45],
    ];
    let skills = [0.893_961_275_059_614, 0.526_161_983_553_598_7, 0.622_639_195_305_321_9];
    agree(&maximised, &expected, Some(skills), 1e-12);
    climbs(&maximised.fit.unwrap(), Objective::LogLikelihood, -16.216_917_944_704_99, -15.562_859_310_388_642);
}
