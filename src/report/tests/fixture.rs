//! A content with everything in it.

use super::{decoding, viewer};
use crate::report::Content;
use crate::report::content::{
    AgainstPeople, Agreement, Annotator, Chain, Confusion, Contrast, Cost, Costs, CountAgreement, CountPoint, Curve,
    CurvePoint, Evaluation, EvaluationKind, Excluded, Exclusion, Flow, FlowStep, Format, Group, LabelSet, Power,
    PrPoint, Provenance, Published, Read, Reason, Recipe, ReliabilityBin, RocPoint, Score, SharedRaters, Stage,
    Subgroup, Subject, Summary, Task, Training, Verdict,
};

pub(super) fn classes(count: usize) -> Vec<String> {
    (0..count).map(|class| format!("class {class}")).collect()
}

pub(super) fn score(metric: &str, value: f64) -> Score {
    Score {
        metric: metric.into(),
        title: metric.to_uppercase(),
        value,
        low: value - 0.05,
        high: value + 0.04,
        patients: 40,
        clips: 228,
        ..Score::default()
    }
}

pub(super) fn group(arm: &str, class_count: usize) -> Group {
    Group {
        label: format!("arm {arm}"),
        coordinates: vec![("arm".into(), arm.into())],
        seeds: 3,
        scores: vec![
            Score { worst_to_best: Some((0.7, 0.9)), sem: Some(0.011), ..score("auroc", 0.873) },
            Score {
                value: f64::NAN,
                low: f64::NAN,
                high: f64::NAN,
                reason: Some("one class only".into()),
                ..score("kappa", 0.0)
            },
        ],
        confusion: Some(Confusion { classes: classes(class_count), counts: vec![vec![7.0; class_count]; class_count] }),
        roc: vec![RocPoint { false_positive_rate: 0.2, true_positive_rate: 0.8, interval: Some((0.7, 0.9)) }],
        pr: vec![PrPoint { recall: 0.0, precision: 1.0 }, PrPoint { recall: 1.0, precision: 0.5 }],
        reliability: vec![ReliabilityBin { predicted: 0.4, observed: 0.5, clips: 30 }],
        counts: Some(CountAgreement {
            what: "lines".into(),
            difference: -0.3,
            low: -2.1,
            high: 1.5,
            between_sd: 0.5,
            within_sd: 0.8,
            frames: 30,
            patients: 10,
            points: vec![CountPoint { mean: 1.5, difference: -1.0, frames: 30 }],
        }),
        note: Some("converged late".into()),
    }
}

fn cost(source: &str, price: Option<f64>) -> Cost {
    Cost {
        group: "arm same".into(),
        source: source.into(),
        clips: 200,
        opinions: 1000.0,
        price,
        total: price.map(|price| price * 1000.0),
        score: score("auroc", 0.873),
    }
}

fn subgroup(value: &str, clips: u64) -> Subgroup {
    let scores = if clips > 0 { group("expert", 3).scores } else { vec![Score::default(), Score::default()] };
    Subgroup { column: "site".into(), value: value.into(), patients: clips / 3, clips, scores: vec![scores; 3] }
}

fn published() -> Published {
    Published {
        metric: "auroc".into(),
        title: "AUROC".into(),
        method: "delong".into(),
        method_title: "DeLong".into(),
        unit: "clips".into(),
        value: -0.012,
        low: -0.039,
        high: 0.015,
        statistic: -0.87,
        p: 0.384,
        reason: None,
    }
}

pub(super) fn contrast(name: &str, verdict: Verdict, reasons: Vec<Reason>) -> Contrast {
    Contrast {
        name: name.into(),
        along: "arm".into(),
        candidate: "same".into(),
        baseline: "expert".into(),
        metric: "auroc".into(),
        title: "AUROC".into(),
        margin: 0.05,
        difference: -0.012,
        low: -0.041,
        high: 0.018,
        bound: -0.041,
        p: 0.0112,
        p_holm: Some(0.0224),
        power: Some(Power { power: 0.71, wanted: 0.8, patients: Some(51) }),
        published: vec![
            published(),
            Published { p: f64::NAN, reason: Some("no patient tells the two apart".into()), ..published() },
        ],
        patients: 40,
        clips: 228,
        seeds: 3,
        resampled: "patients, seeds crossed".into(),
        test: "percentile bootstrap".into(),
        verdict,
        reasons,
        notices: vec!["arm same shares raters with the reference".into()],
        ..Contrast::default()
    }
}

/// A chain of every subject that `kitchen_sink` has numbers on.
fn chains() -> Vec<Chain> {
    let groups = (0..2).flat_map(|evaluation| (0..3).map(move |group| Subject::Group { evaluation, group }));
    (0..3)
        .map(Subject::Contrast)
        .chain(groups)
        .chain([Subject::Evaluation(0), Subject::Flow(0)])
        .chain(["crowd", "panel"].map(|name| Subject::Labels(name.into())))
        .chain((0..3).map(Subject::Training))
        .map(|subject| Chain {
            subject,
            task: "models".into(),
            files: vec!["scores.csv".into(), "predictions.csv".into()],
            facts: vec![("Reference".into(), "reference".into())],
            metrics: vec![
                ("auroc".into(), "the area in words (auroc 1)".into()),
                ("kappa".into(), "kappa in words".into()),
            ],
            tasks: vec!["train.classifier[arm=same]".into(), "models".into()],
            beside: vec!["train.classifier[arm=expert]".into()],
        })
        .collect()
}

pub(in crate::report) fn kitchen_sink() -> Content {
    let arms = ["expert", "same", "shuffled"];
    Content {
        title: "Same clips, two label sources".into(),
        data: "clips of a study".into(),
        caveats: vec!["opinions are simulated".into()],
        formats: vec![Format::Html, Format::Latex],
        primary: Some(contrast("primary", Verdict::NonInferior, vec![])),
        secondary: vec![
            contrast("second", Verdict::Inconclusive, vec![Reason::Bound, Reason::Other("few patients".into())]),
            contrast("third", Verdict::NotTested, vec![Reason::Order { after: "second".into() }]),
        ],
        evaluations: vec![
            Evaluation {
                name: "labels".into(),
                reference: "reference".into(),
                resampled: "patients".into(),
                test: "percentile bootstrap".into(),
                shared_raters: vec![SharedRaters { candidate: "same".into(), sentence: "shares rater e1".into() }],
                groups: arms.iter().map(|arm| group(arm, 2)).collect(),
                costs: Some(Costs {
                    currency: "EUR".into(),
                    rows: vec![cost("crowd", Some(0.055)), cost("panel", None)],
                }),
                summaries: vec![Summary {
                    label: "expert: mean of 6".into(),
                    metric: "kappa".into(),
                    mean: 0.71,
                    sem: 0.013,
                    n: 6,
                }],
                published: vec![("same".into(), Published { statistic: f64::NAN, p: f64::NAN, ..published() })],
                against_people: vec![AgainstPeople {
                    candidate: "same".into(),
                    people: "expert: 6".into(),
                    right: 0.92,
                    people_right: 0.85,
                    difference: 0.07,
                    low: 0.04,
                    high: 0.11,
                    t_test: Some((4.426, 193, 1.6e-5)),
                    patients: 41,
                    clips: 194,
                }],
                ..Evaluation::default()
            },
            Evaluation {
                subgroups: vec![subgroup("A", 30), subgroup("", 0)],
                name: "models".into(),
                kind: EvaluationKind::Models,
                on: Some("out-of-fold".into()),
                positive: vec!["discrete".into()],
                reference: "reference".into(),
                notes: vec!["fold k is scored once".into()],
                groups: arms.iter().map(|arm| group(arm, 3)).collect(),
                ..Evaluation::default()
            },
        ],
        flows: vec![Flow {
            title: "models".into(),
            steps: vec![
                FlowStep {
                    title: "listed".into(),
                    patients: Some(41),
                    clips: 4030,
                    excluded: vec![Exclusion { reason: "unreadable".into(), clips: 2, patients: Some(0) }],
                },
                FlowStep { title: "scored".into(), patients: None, clips: 4028, excluded: vec![] },
            ],
        }],
        labels: vec![LabelSet {
            name: "crowd".into(),
            classes: vec![("none".into(), 120), ("discrete".into(), 80)],
            unlabelled: 28,
            opinions: Some(4560),
            annotators: Some(62),
            agreement: Some(0.71),
        }],
        annotators: vec![Annotator {
            annotator: "w1".into(),
            group: "crowd".into(),
            opinions: 9,
            skill: Some(0.8),
            agreement: Some(0.5),
        }],
        agreement: [false, true]
            .map(|is_pair| Agreement {
                labels: "panel".into(),
                coefficient: "Fleiss' kappa".into(),
                between: if is_pair { "e1 and e2" } else { "all" }.into(),
                is_pair,
                value: Some(0.61),
                interval: (!is_pair).then_some((0.52, 0.7)),
                level: 0.95,
                clips: 194,
                opinions: 1164,
                of_drawings: is_pair,
                units: ("patient".into(), 85),
            })
            .to_vec(),
        training: Training {
            along: Some("arm".into()),
            curves: arms
                .iter()
                .map(|arm| Curve {
                    label: format!("arm={arm}"),
                    coordinates: vec![("arm".into(), (*arm).into())],
                    points: vec![
                        CurvePoint { update: 0, train_loss: 1.0, validation_loss: Some(1.1) },
                        CurvePoint { update: 100, train_loss: f64::NAN, validation_loss: None },
                    ],
                })
                .collect(),
        },
        decoding: decoding::some(),
        viewer: viewer::some(),
        excluded: vec![Excluded { clip: "c1".into(), reason: "no video stream".into() }],
        methods: vec!["Clips were decoded.".into(), "Models were trained.".into()],
        citations: vec!["Dawid & Skene 1979".into()],
        provenance: Provenance {
            program: "crowdline 0.1.0".into(),
            stages: ["decode", "train"]
                .map(|kind| Stage { name: kind.into(), kind: kind.into(), tasks: 1, reads: vec!["decode".into()] })
                .to_vec(),
            tasks: vec![
                Task { address: "train.classifier[arm=same]".into(), kind: "train".into(), ..Task::default() },
                Task {
                    address: "models".into(),
                    kind: "evaluate".into(),
                    reads: vec![Read { port: "clips".into(), from: None, content: "0123456789abcdef".into() }],
                    ..Task::default()
                },
            ],
            recipes: vec![Recipe { address: "train.classifier[arm=same]".into(), text: "updates = 8000".into() }],
            notices: vec!["arms differ in their environment".into()],
        },
        chains: chains(),
    }
}
