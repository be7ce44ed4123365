//! Values against scikit-learn 1.9.1, statsmodels 0.15.0, krippendorff 0.9.0 and irrCAC 0.4.4 (`digits=12`).
//!
//! The recipe of the figures: 30 clips, 5 annotators, 3 classes, with and without missing opinions.
//!
//! ```python
//! i, a = np.meshgrid(np.arange(30), np.arange(5), indexing="ij")
//! x = np.where((i*a) % 4 == 0, (i*7 + i*i//5) % 3, (i + 2*a) % 3).astype(float)
//! part = np.where((i*3 + a*5) % 7 < 2, np.nan, x)
//! krippendorff.alpha(x.T, level_of_measurement=level, value_domain=[0, 1, 2])
//! CAC(pd.DataFrame(x), weights=w, categories=[0, 1, 2], digits=12).gwet(), .fleiss()       # w: identity, quadratic
//! fleiss_kappa(aggregate_raters(x.astype(int), n_cat=3)[0])
//! cohen_kappa_score(x[k, p], x[k, q], labels=[0, 1, 2], weights=w)                          # k: both there
//! # p against the others: one case for each class that most of the others gave, of weight 1 / (number of these classes)
//! cohen_kappa_score(most_of_others, own, labels=[0, 1, 2], weights=w, sample_weight=share)
//! ```

use std::path::PathBuf;

use super::{Agreement, Between, Coefficient, Ratings, Resampling, agreement};
use crate::label::{Opinion, OpinionColumns};

const PLAIN: Resampling = Resampling { replicates: 0, seed: 0, level: 0.95 };

fn recipe(missing: bool) -> Vec<Opinion> {
    let there = |(i, a): &(u32, u32)| !missing || (i * 3 + a * 5) % 7 >= 2;
    let class = |i: u32, a: u32| if (i * a).is_multiple_of(4) { (i * 7 + i * i / 5) % 3 } else { (i + 2 * a) % 3 };
    (0..30)
        .flat_map(|i| (0..5).map(move |a| (i, a)))
        .filter(there)
        .map(|(clip, a)| Opinion { clip, annotator: Some(a), class: class(clip, a) as u16, votes: 1.0 })
        .collect()
}

fn columns(opinions: &[Opinion]) -> OpinionColumns {
    opinions.iter().copied().collect()
}

/// Every clip its own unit.
fn by_clip(opinions: &[Opinion], annotators: usize, resampling: &Resampling) -> Vec<Agreement> {
    let clips = opinions.iter().map(|opinion| opinion.clip + 1).max().unwrap_or(0);
    let unit_of: Vec<u32> = (0..clips).collect();
    let opinions = &columns(opinions);
    let ratings = Ratings { opinions, annotators, classes: 3, unit_of: &unit_of, units: clips as usize };
    agreement(&ratings, resampling)
}

fn values(all: &[Agreement], between: Between) -> Vec<f64> {
    all.iter().filter(|one| one.between == between).map(|one| one.value.unwrap_or(f64::NAN)).collect()
}

#[track_caller]
fn close(found: &[f64], expected: &[f64]) {
    let near = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(near, "{found:?}\n{expected:?}");
}

#[test]
fn complete_opinions_as_the_references() {
    let all = by_clip(&recipe(false), 5, &PLAIN);
    let expected = [
        0.536666666667,
        0.24707496749963903,
        0.25209446771630795,
        0.22585313374461913,
        0.22259673100009247,
        0.330744045708,
        0.510342038364,
    ];
    close(&values(&all, Between::All), &expected);
    let pair = [0.36666666666666664, -0.03260869565217406, 0.07407407407407418, 0.2142857142857143];
    close(&values(&all, Between::Pair(0, 1)), &pair);
    close(&values(&all, Between::Others(0)), &[1.0; 4]);
    close(&values(&all, Between::Others(3)), &[0.7, 0.5195729537366549, 0.5921450151057402, 0.6867749419953597]);
    assert_eq!(all.len(), 7 + 10 * 4 + 5 * 4);
    assert!(all.iter().all(|one| one.interval.is_none() && one.draws == 0));
    assert_eq!((all[0].clips, all[0].opinions), (30, 150.0));
}

#[test]
fn missing_opinions_as_the_references() {
    let all = by_clip(&recipe(true), 5, &PLAIN);
    let expected = [
        0.522222222222,
        0.22569027611,
        0.24214015151515156,
        0.21803111676668574,
        0.21624242424242424,
        0.309051955008,
        0.492263056093,
    ];
    close(&values(&all, Between::All), &expected);
    let pair = [0.35294117647058826, -0.08092485549132955, 0.06030150753768848, 0.2549800796812749];
    close(&values(&all, Between::Pair(1, 4)), &pair);
    let others = [0.8015873015873017, 0.6728971962616823, 0.6656050955414015, 0.6560196560196561];
    close(&values(&all, Between::Others(0)), &others);
    let clips = |between| all.iter().find(|one| one.between == between).unwrap().clips;
    assert_eq!([clips(Between::Pair(0, 1)), clips(Between::Pair(1, 4)), clips(Between::Others(0))], [12, 17, 21]);
}

#[test]
fn alpha_of_a_synthetic_crowd_as_crowd_kit() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/crowd_reference/opinions.csv");
    let Ok(mut reader) = csv::Reader::from_path(path) else {
        println!("skipped: no ../shared/data");
        return;
    };
    let (mut clips, mut annotators, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    let index = |names: &mut Vec<String>, name: &str| {
        names.iter().position(|other| other == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        }) as u32
    };
    let opinions: Vec<Opinion> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let (clip, by) = (index(&mut clips, &row[0]), index(&mut annotators, &row[1]));
            Opinion { clip, annotator: Some(by), class: index(&mut classes, &row[2]) as u16, votes: 1.0 }
        })
        .collect();
    assert_eq!((opinions.len(), annotators.len(), classes.len()), (1189, 25, 3));
    let all = by_clip(&opinions, 25, &PLAIN);
    assert!((values(&all, Between::All)[2] - 0.182_913_100_853_918).abs() < 1e-12);
    assert_eq!(all.len(), 7, "25 annotators are not compared one by one");
}

#[test]
fn votes_and_nobody_in_particular_are_opinions() {
    let opinions = recipe(true);
    let named = by_clip(&opinions, 5, &PLAIN);
    let mut votes: Vec<Opinion> = Vec::new();
    for opinion in &opinions {
        match votes.iter_mut().find(|other| (other.clip, other.class) == (opinion.clip, opinion.class)) {
            Some(other) => other.votes += 1.0,
            None => votes.push(Opinion { annotator: None, ..*opinion }),
        }
    }
    let counted = by_clip(&votes, 0, &PLAIN);
    assert_eq!(counted, named[..7]);
    votes[0].votes = 1.5;
    assert!(by_clip(&votes, 0, &PLAIN).is_empty(), "half an opinion agrees with nobody");
}

#[test]
fn what_is_not_defined_has_no_value() {
    let same: Vec<Opinion> =
        (0..6).map(|at| Opinion { clip: at / 2, annotator: Some(at % 2), class: 1, votes: 1.0 }).collect();
    let all = by_clip(&same, 2, &Resampling { replicates: 300, ..PLAIN });
    for one in &all {
        let share = matches!(one.coefficient, Coefficient::Percent | Coefficient::PercentOfPairs);
        let gwet = matches!(one.coefficient, Coefficient::Ac1 | Coefficient::Ac2);
        assert_eq!(one.value, (share || gwet).then_some(1.0), "{one:?}");
        assert_eq!(one.interval.is_some(), share || gwet, "{one:?}");
    }
    assert!(by_clip(&same[..1], 2, &PLAIN).is_empty());
    assert!(by_clip(&[], 0, &PLAIN).is_empty());
}

#[test]
fn intervals_resample_units_and_hold_the_value() {
    let opinions = recipe(true);
    let resampling = Resampling { replicates: 1000, seed: 1, level: 0.95 };
    let by_patient = |unit_of: &[u32], units: usize| {
        let ratings = Ratings { opinions: &columns(&opinions), annotators: 5, classes: 3, unit_of, units };
        agreement(&ratings, &resampling)
    };
    let patients: Vec<u32> = (0..30).map(|clip| clip / 6).collect();
    let clips: Vec<u32> = (0..30).collect();
    let (wide, narrow) = (by_patient(&patients, 5), by_patient(&clips, 30));
    for one in wide.iter().chain(&narrow) {
        let (value, interval) = (one.value.unwrap(), one.interval.unwrap());
        assert!(interval.low <= value + 0.05 && value - 0.05 <= interval.high, "{one:?}");
        assert_eq!(one.draws, 1000);
    }
    // The bootstrap of the share of agreeing pairs is that of a mean: its standard error is known.
    let share =
        |at: &[Agreement]| at.iter().find(|one| one.coefficient == Coefficient::PercentOfPairs).unwrap().clone();
    let per_clip: Vec<f64> = (0..30)
        .filter_map(|clip| {
            let classes: Vec<u16> = opinions.iter().filter(|o| o.clip == clip).map(|o| o.class).collect();
            let pairs = classes.len() * (classes.len() - 1);
            let agree = classes.iter().flat_map(|a| classes.iter().map(move |b| a == b)).filter(|same| *same).count();
            (pairs > 0).then(|| (agree - classes.len()) as f64 / pairs as f64)
        })
        .collect();
    let n = per_clip.len() as f64;
    let mean = per_clip.iter().sum::<f64>() / n;
    let error = (per_clip.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n / n).sqrt();
    let interval = share(&narrow).interval.unwrap();
    assert!((mean - share(&narrow).value.unwrap()).abs() < 1e-12);
    assert!(((interval.high - interval.low) / (2.0 * 1.96 * error) - 1.0).abs() < 0.15, "{interval:?} {error}");
    assert_ne!(share(&wide).interval, share(&narrow).interval);
}

#[test]
fn work_has_a_limit() {
    let opinions = recipe(false);
    let nobodys: Vec<Opinion> = opinions.iter().map(|o| Opinion { annotator: None, ..*o }).collect();
    let unit_of: Vec<u32> = (0..30).collect();
    let draws = |opinions: &[Opinion], annotators: usize, units: usize| {
        let opinions = &columns(opinions);
        let ratings = Ratings { opinions, annotators, classes: 3, unit_of: &unit_of, units };
        agreement(&ratings, &Resampling { replicates: 1000, ..PLAIN })[0].draws
    };
    assert_eq!([30, 40_000, 200_000].map(|units| draws(&opinions, 5, units)), [1000, 500, 0]);
    // Where it is enough to draw how many units of each sort there are, it is little work.
    assert_eq!([30, 40_000, 200_000].map(|units| draws(&nobodys, 0, units)), [1000, 1000, 1000]);
}

/// 3,000 clips of four opinions, once with names (units are drawn one by one) and once without (by sort): the
/// intervals differ by what chance makes of 4,000 draws.
#[test]
fn units_that_are_alike_may_be_drawn_together() {
    let resampling = Resampling { replicates: 4000, seed: 3, level: 0.95 };
    let class = |clip: u32, a: u32| ((clip.wrapping_mul(2_654_435_761) >> (7 + 3 * a)) % 5 / (1 + clip % 3)).min(2);
    let opinion = |clip: u32, a: u32| Opinion { clip, annotator: Some(a), class: class(clip, a) as u16, votes: 1.0 };
    let signed: Vec<Opinion> = (0..3000).flat_map(|clip| (0..4).map(move |a| opinion(clip, a))).collect();
    let nobodys: Vec<Opinion> = signed.iter().map(|o| Opinion { annotator: None, ..*o }).collect();
    let (one_by_one, by_sort) = (by_clip(&signed, 4, &resampling), by_clip(&nobodys, 0, &resampling));
    assert!(by_sort.len() == 7 && by_sort.iter().all(|one| one.draws == 4000));
    let mut same = 0;
    for (one, other) in one_by_one.iter().zip(&by_sort) {
        assert_eq!((one.coefficient, one.value), (other.coefficient, other.value));
        let (one, other) = (one.interval.unwrap(), other.interval.unwrap());
        let width = one.high - one.low;
        let apart = (one.low - other.low).abs().max((one.high - other.high).abs()) / width;
        assert!(apart < 0.04, "{one:?} {other:?}");
        same += usize::from(one == other);
    }
    assert!(same < 3, "they are other draws");
}
