//! What crowd-kit 1.4 makes of its 1,189 synthetic opinions.
//!
//! Its labels break ties by the lowest class, as `ordinal-low` does.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::close;
use super::data::{Table, crowd_kit, rows, shared, table};
use crate::crowd::mace::Start;
use crate::crowd::{
    Consensus, DawidSkene, GoldMajority, Inference, Kos, Mace, Majority, Method, Mmsr, OneCoin, Ties, WeightedMajority,
    ZeroBasedSkill, aggregate,
};
use crate::label::{Opinion, OpinionColumns};

/// Compares probabilities with a file of crowd-kit's; its columns are its classes in the order of its header.
fn compare(table: &Table, consensus: &Consensus, file: &str, tolerance: f64) {
    let worst = differences(table, consensus, file).into_iter().fold(0.0, f64::max);
    println!("{file}: largest difference {worst:e}");
    assert!(worst <= tolerance, "{file}: largest difference {worst:e}");
}

fn differences(table: &Table, consensus: &Consensus, file: &str) -> Vec<f64> {
    let path = shared("crowd_reference").unwrap().join(file);
    let columns: Vec<usize> = csv::Reader::from_path(&path)
        .unwrap()
        .headers()
        .unwrap()
        .iter()
        .skip(1)
        .map(|class| table.classes.binary_search(&class.to_owned()).unwrap())
        .collect();
    let reference = crowd_kit(path);
    assert_eq!(reference.len(), table.clips.len());
    let pairs = table.clips.iter().zip(&consensus.labels);
    let worst = pairs.map(|(clip, label)| {
        let cells = columns.iter().zip(&reference[clip]);
        cells.map(|(class, expected)| (label.probabilities[*class] - expected).abs()).fold(0.0, f64::max)
    });
    worst.collect()
}

/// How many labels differ from a file of crowd-kit's.
pub(super) fn other_labels(table: &Table, consensus: &Consensus, file: &str) -> usize {
    let labels = rows(shared("crowd_reference").unwrap().join(file));
    let labels: BTreeMap<_, _> = labels.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let pairs = table.clips.iter().zip(&consensus.labels);
    pairs.filter(|(clip, label)| table.classes[label.label.unwrap()] != labels[*clip]).count()
}

/// Compares skills with a file of crowd-kit's.
fn compare_skills(table: &Table, skills: &[Option<f64>], file: &str, tolerance: f64) {
    let reference = crowd_kit(shared("crowd_reference").unwrap().join(file));
    for (annotator, found) in table.annotators.iter().zip(skills) {
        match (found, reference.get(annotator)) {
            (Some(found), Some(expected)) => {
                assert!(close(*found, expected[0], tolerance), "{file}: {annotator}: {found}")
            }
            (found, expected) => assert!(found.is_none() && expected.is_none(), "{file}: {annotator}: {found:?}"),
        }
    }
}

fn skills(consensus: &Consensus) -> Vec<Option<f64>> {
    consensus.annotators.iter().map(|annotator| annotator.skill).collect()
}

#[test]
fn votes_and_their_weights_are_crowd_kits() {
    let Some(folder) = shared("crowd_reference") else { return };
    let table = table(folder.join("opinions.csv"));
    let majority = table.aggregate(&Method::Majority(Majority::default()));
    compare(&table, &majority, "MajorityVote.probas.csv", 1e-12);
    compare_skills(&table, &skills(&majority), "MajorityVote.skills.csv", 1e-12);
    assert_eq!(other_labels(&table, &majority, "MajorityVote.labels.csv"), 0);

    let weighted = table.aggregate(&Method::WeightedMajority(WeightedMajority::default()));
    compare(&table, &weighted, "Wawa.probas.csv", 1e-12);
    compare_skills(&table, &skills(&weighted), "Wawa.skills.csv", 1e-12);
    assert_eq!(other_labels(&table, &weighted, "Wawa.labels.csv"), 0);

    let iterated = table.aggregate(&Method::ZeroBasedSkill(ZeroBasedSkill::default()));
    compare(&table, &iterated, "ZeroBasedSkill.probas.csv", 1e-9);
    compare_skills(&table, &skills(&iterated), "ZeroBasedSkill.skills.csv", 1e-9);
    assert_eq!(other_labels(&table, &iterated, "ZeroBasedSkill.labels.csv"), 0);
}

/// The twenty known answers are `truth.label.sample(frac=0.1, random_state=1)`. Two annotators judged none of these
/// clips; crowd-kit refuses such opinions, and its figures are without them.
#[test]
fn known_answers_weigh_as_in_crowd_kit() {
    let Some(folder) = shared("crowd_reference") else { return };
    let mut table = table(folder.join("opinions.csv"));
    let unknown = ["w0008", "w0011"].map(|name| table.annotators.binary_search(&name.to_owned()).unwrap() as u32);
    table.opinions.retain(|opinion| !unknown.contains(&opinion.annotator.unwrap()));
    let clips = [4, 11, 18, 29, 34, 35, 40, 58, 59, 89, 95, 102, 110, 118, 136, 159, 168, 171, 184, 198];
    let truth: BTreeMap<_, _> =
        rows(folder.join("truth.csv")).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let mut known = vec![None; table.clips.len()];
    for clip in clips.map(|clip| format!("clip{clip:05}")) {
        let class = table.classes.binary_search(&truth[&clip]).unwrap();
        known[table.clips.binary_search(&clip).unwrap()] = Some(class as u16);
    }
    let method = Method::GoldMajority(GoldMajority::default());
    let consensus = aggregate(&method, table.opinions(Some(&known)), &AtomicBool::new(false)).unwrap();
    compare(&table, &consensus, "GoldMajorityVote.probas.csv", 1e-12);
    compare_skills(&table, &skills(&consensus), "GoldMajorityVote.skills.csv", 1e-12);
    assert_eq!(other_labels(&table, &consensus, "GoldMajorityVote.labels.csv"), 0);
}

/// `OneCoinDawidSkene(n_iter=100, tol=1e-5)` did 12 iterations, with probabilities of being right clipped at 1e-10; as
/// with Dawid–Skene below, its skills are one maximisation further than its labels.
#[test]
fn one_coin_is_crowd_kits() {
    let Some(folder) = shared("crowd_reference") else { return };
    let table = table(folder.join("opinions.csv"));
    let fit = |max_iterations| {
        let parameters = OneCoin { max_iterations, tolerance: 0.0, smoothing: 1e-10, ties: Ties::default() };
        table.aggregate(&Method::OneCoin(parameters))
    };
    let fitted = fit(12);
    compare(&table, &fitted, "OneCoinDawidSkene.probas.csv", 1e-6);
    assert_eq!(other_labels(&table, &fitted, "OneCoinDawidSkene.labels.csv"), 0);
    let next = fit(13);
    compare_skills(&table, &skills(&next), "OneCoinDawidSkene.skills.csv", 1e-6);
    let priors = crowd_kit(folder.join("OneCoinDawidSkene.priors.csv"));
    for (class, found) in table.classes.iter().zip(next.fit.unwrap().prior) {
        assert!(close(found, priors[class][0], 1e-6), "{class}: {found}");
    }
}

/// `numpy.random.RandomState(0).uniform(size=75)`: what crowd-kit's starts are drawn from, annotators in their order.
const UNIFORM: [f64; 75] = [
    0.5488135039273248,
    0.7151893663724195,
    0.6027633760716439,
    0.5448831829968969,
    0.4236547993389047,
    0.6458941130666561,
    0.4375872112626925,
    0.8917730007820798,
    0.9636627605010293,
    0.3834415188257777,
    0.7917250380826646,
    0.5288949197529045,
    0.5680445610939323,
    0.925596638292661,
    0.07103605819788694,
    0.08712929970154071,
    0.02021839744032572,
    0.832619845547938,
    0.7781567509498505,
    0.8700121482468192,
    0.978618342232764,
    0.7991585642167236,
    0.46147936225293185,
    0.7805291762864555,
    0.11827442586893322,
    0.6399210213275238,
    0.1433532874090464,
    0.9446689170495839,
    0.5218483217500717,
    0.4146619399905236,
    0.26455561210462697,
    0.7742336894342167,
    0.45615033221654855,
    0.5684339488686485,
    0.018789800436355142,
    0.6176354970758771,
    0.6120957227224214,
    0.6169339968747569,
    0.9437480785146242,
    0.6818202991034834,
    0.359507900573786,
    0.43703195379934145,
    0.6976311959272649,
    0.06022547162926983,
    0.6667667154456677,
    0.6706378696181594,
    0.2103825610738409,
    0.1289262976548533,
    0.31542835092418386,
    0.3637107709426226,
    0.5701967704178796,
    0.43860151346232035,
    0.9883738380592262,
    0.10204481074802807,
    0.2088767560948347,
    0.16130951788499626,
    0.6531083254653984,
    0.2532916025397821,
    0.4663107728563063,
    0.24442559200160274,
    0.15896958364551972,
    0.11037514116430513,
    0.6563295894652734,
    0.1381829513486138,
    0.1965823616800535,
    0.3687251706609641,
    0.8209932298479351,
    0.09710127579306127,
    0.8379449074988039,
    0.09609840789396307,
    0.9764594650133958,
    0.4686512016477016,
    0.9767610881903371,
    0.604845519745046,
    0.7392635793983017,
];

/// The annotators in the order of their first opinion.
fn in_order(opinions: &OpinionColumns, of: impl Fn(Opinion) -> usize) -> Vec<usize> {
    let mut order = Vec::new();
    for place in opinions.iter().map(of) {
        if !order.contains(&place) {
            order.push(place);
        }
    }
    order
}

/// `MACE(n_restarts=1, n_iter=50, random_state=0, method=…)` on the opinions sorted by worker and label: only then does
/// crowd-kit hold what it counts, which comes sorted, against the annotators and classes it means. (On the rows as they
/// are, README's figures, it gives one annotator's strategy to another.) It draws `uniform(1, 1.5)` for spamming and
/// knowing, and again from the same state for the classes; so all its restarts are the same.
#[test]
fn mace_is_crowd_kits() {
    let Some(folder) = shared("crowd_reference") else { return };
    let table = table(folder.join("opinions.csv"));
    let rows_of = |columns: usize| {
        UNIFORM[..25 * columns]
            .chunks(columns)
            .map(|row| row.iter().map(|value| 1.0 + 1.5 * value).collect::<Vec<f64>>())
    };
    let share = |row: &[f64], column: usize| row[column] / row.iter().sum::<f64>();
    let start = Start {
        spamming: rows_of(2).map(|row| share(&row, 0)).collect(),
        given: rows_of(3).flat_map(|row| [0, 1, 2].map(|column| share(&row, column))).collect(),
    };
    let variational = [
        (0, [0.703_211_498_419_124_7, 0.149_113_589_771_537_88, 0.147_674_911_809_337_45]),
        (1, [0.377_390_771_730_789_66, 0.035_745_027_260_825_4, 0.586_864_201_008_384_9]),
        (17, [5.105_220_622_044_760_4e-5, 4.013_536_392_869_054e-5, 0.999_908_812_429_850_7]),
        (42, [0.268_399_105_521_101_24, 0.534_453_073_699_715_1, 0.197_147_820_779_183_72]),
        (123, [0.039_035_702_481_898_36, 0.088_633_631_183_516_84, 0.872_330_666_334_584_9]),
        (199, [0.306_245_366_080_827_8, 0.665_739_359_422_369_4, 0.028_015_274_496_802_82]),
    ];
    let maximised = [
        (0, [0.400_828_073_936_980_44, 0.261_572_539_287_089_57, 0.337_599_386_775_929_9]),
        (1, [0.041_220_670_543_023_696, 0.007_131_021_526_013_762, 0.951_648_307_930_962_4]),
        (17, [2.590_208_700_287_788_5e-9, 2.640_758_233_510_35e-9, 0.999_999_994_769_033_1]),
        (42, [0.356_187_095_945_748_77, 0.359_996_246_953_261_05, 0.283_816_657_100_990_24]),
        (123, [0.031_801_227_891_488_27, 0.073_408_731_163_098_73, 0.894_790_040_945_412_9]),
        (199, [0.113_709_926_082_515_64, 0.865_190_883_644_442_9, 0.021_099_190_273_041_492]),
    ];
    for (inference, expected) in [(Inference::Variational, variational), (Inference::Em, maximised)] {
        let mace = Mace { inference, max_iterations: 50, tolerance: 0.0, ..Mace::default() };
        let starts = std::iter::once(start.clone());
        let fitted = mace.best_of(starts, table.opinions(None), &AtomicBool::new(false)).unwrap();
        for (clip, expected) in expected {
            for (found, expected) in fitted.labels[clip].probabilities.iter().zip(expected) {
                assert!(close(*found, expected, 1e-6), "{inference:?} {clip}: {found} is not {expected}");
            }
        }
    }
}

/// KOS on "0_none" (0 in the file) against the rest (1). crowd-kit draws its first messages from numpy's normal
/// distribution; the labels at the end are the same from every start.
#[test]
fn kos_gives_crowd_kits_labels_from_any_start() {
    let Some(folder) = shared("crowd_reference") else { return };
    let mut table = table(folder.join("opinions.csv"));
    let binary = |opinion: Opinion| Opinion { class: u16::from(opinion.class != 0), ..opinion };
    table.opinions = table.opinions.iter().map(binary).collect();
    table.classes = vec!["0".to_owned(), "1".to_owned()];
    for seed in 0..5 {
        let fitted = table.aggregate(&Method::Kos(Kos { seed, ..Kos::default() }));
        println!("{:?}", fitted.fit.as_ref().map(|fit| (fit.iterations, fit.converged)));
        assert_eq!(other_labels(&table, &fitted, "KOS_binary.labels.csv"), 0, "seed {seed}");
    }
}

/// crowd-kit's skills are the weights of the votes. It takes pairs that share no clip, and each annotator with
/// themselves, for pairs that disagree when it looks for signs; here all share clips and the signs agree.
#[test]
fn mmsr_is_crowd_kits() {
    let Some(folder) = shared("crowd_reference") else { return };
    let table = table(folder.join("opinions.csv"));
    let mut start = vec![0.0; 25];
    let order = in_order(&table.opinions, |opinion| opinion.annotator.unwrap() as usize);
    order.into_iter().zip(UNIFORM).for_each(|(annotator, value)| start[annotator] = value);
    let mmsr = Mmsr::default();
    let fitted = mmsr.from(&start, table.opinions(None), &AtomicBool::new(false)).unwrap();
    println!("{:?}", fitted.fit.as_ref().map(|fit| (fit.iterations, fit.converged)));
    let weights = |consensus: &Consensus| -> Vec<Option<f64>> {
        skills(consensus).iter().map(|skill| skill.map(|skill| (skill * 2.0 / (1.0 - skill)).ln())).collect()
    };
    compare_skills(&table, &weights(&fitted), "MMSR.skills.csv", 1e-6);
    println!("{} labels differ", other_labels(&table, &fitted, "MMSR.labels.csv"));
    let ours = table.aggregate(&Method::Mmsr(mmsr));
    compare_skills(&table, &weights(&ours), "MMSR.skills.csv", 1e-6);
}

/// crowd-kit 1.4 on its 1,189 synthetic opinions. Its `DawidSkene(n_iter=100, tol=1e-5)` did 54 iterations without
/// smoothing, with probabilities clipped at 1e-10: 54 of ours with 1e-10 added to each count must agree closely. Its
/// prior is taken after one more maximisation, so it equals the one our 55th iteration starts from. Its labels break
/// ties by the order of rows and are not compared where shares tie.
#[test]
fn crowd_kit_gives_the_same_probabilities() {
    let Some(folder) = shared("crowd_reference") else { return };
    let table = table(folder.join("opinions.csv"));

    let parameters = DawidSkene { max_iterations: 54, tolerance: 0.0, smoothing: 1e-10, ties: Ties::default() };
    let fitted = table.aggregate(&Method::DawidSkene(parameters.clone()));
    compare(&table, &fitted, "DawidSkene.probas.csv", 1e-6);
    let labels: BTreeMap<_, _> =
        rows(folder.join("DawidSkene.labels.csv")).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    for (clip, label) in table.clips.iter().zip(&fitted.labels) {
        assert_eq!(table.classes[label.label.unwrap()], labels[clip], "{clip}");
    }

    let next = table.aggregate(&Method::DawidSkene(DawidSkene { max_iterations: 55, ..parameters }));
    let priors = crowd_kit(folder.join("DawidSkene.priors.csv"));
    for (class, found) in table.classes.iter().zip(next.fit.unwrap().prior) {
        assert!(close(found, priors[class][0], 1e-6), "{class}: {found}");
    }
    // Rows of its error table are a worker and the class given, columns the true class.
    for row in rows(folder.join("DawidSkene.errors.csv")) {
        let annotator = table.annotators.binary_search(&row[0]).unwrap();
        let given = table.classes.binary_search(&row[1]).unwrap();
        let confusion = next.annotators[annotator].confusion.as_ref().unwrap();
        for (truth, cell) in row[2..].iter().enumerate() {
            let expected: f64 = cell.parse().unwrap();
            assert!(close(confusion[truth][given], expected, 1e-6), "{row:?}: {}", confusion[truth][given]);
        }
    }
}
