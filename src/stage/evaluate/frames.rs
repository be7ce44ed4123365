//! Frames: what models found on them, or people drew, against what others drew.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    On, Parameters, candidates, raters,
    score::{self, Scored},
    subgroups, write,
};
use crate::{
    artifact::{
        Folder as _,
        labels::{self, Rater},
        lines::Frame,
        maps::{self, Target},
        rows::{self, Writer},
        scores::{CountAgreement, Evaluation, Group, Step},
        split::Part,
    },
    decode::geometry::Geometry,
    metric::{self, Counts, Draws, FrameCase, Metric, Outlines},
    plan::address,
    stage::{Context, Output, StageError, clips, drawings::Drawn},
    store::Stored,
    table::Table,
};

mod comparison;

use comparison::Comparison;

/// A frame of a clip.
type Place = (String, u32);

/// What was found on the frames of an artifact.
enum Source<'a> {
    Drawn(Drawn<'a>),
    Model { folder: Stored<'a>, geometries: BTreeMap<String, Geometry> },
}

/// Where a frame is in an artifact: number of the artifact, and the frame's there.
type Where = (usize, usize);

/// One candidate: drawings, or the models that share all coordinates but fold and seed.
struct Candidate {
    source: String,
    coordinates: Vec<(String, String)>,
    is_model: bool,
    raters: Vec<Rater>,
    /// What a model learned.
    target: Option<Target>,
    /// By seed: where each frame is; of a test part in each fold's model.
    seeds: Vec<(String, HashMap<Place, Vec<Where>>)>,
}

pub(super) fn run(
    context: &Context<'_>,
    parameters: &Parameters,
    (rows, table): (&[clips::Row], &Table),
    (reference, reference_name): (Stored<'_>, &str),
) -> Result<Output, StageError> {
    let reference = Drawn::read(reference)?;
    let judges = reference.raters()?;
    let patients: HashMap<&str, &str> = rows.iter().map(|row| (row.clip.as_str(), row.patient.as_str())).collect();
    let mut sources = Vec::new();
    let found = match parameters.on {
        Some(on) if !context.located("models").is_empty() => models(context, on, &patients, &mut sources)?,
        _ => people(context, &mut sources)?,
    };
    for candidate in &found {
        let name = address(&candidate.source, &candidate.coordinates);
        raters::refuse_shared(&name, &candidate.raters, &judges, reference_name, parameters.allow_shared_raters)?;
    }
    let (scored, flow) = cohort(rows, &reference, &found)?;
    let whose: BTreeSet<&str> = scored.iter().map(|at| patients[reference.frames[*at].clip.as_str()]).collect();
    let whose: Vec<&str> = whose.into_iter().collect();
    let patient = |at: usize| {
        let of = patients[reference.frames[at].clip.as_str()];
        whose.partition_point(|other| *other < of) as u32
    };
    let comparison = Comparison { context, parameters, reference: &reference, sources: &sources };
    let mut cases: Vec<Vec<Vec<FrameCase>>> = Vec::new();
    for candidate in &found {
        let by_seed = candidate.seeds.iter().map(|(_, places)| comparison.cases(candidate, places, &scored, &patient));
        cases.push(by_seed.collect::<Result<_, _>>()?);
    }
    let metrics = metrics(parameters, &cases)?;
    let row_of: HashMap<&str, usize> = rows.iter().map(|row| (row.clip.as_str(), row.row)).collect();
    let place =
        |at: &usize| subgroups::Place { row: row_of[reference.frames[*at].clip.as_str()], patient: patient(*at) };
    let parts = subgroups::parts(parameters, table, &scored.iter().map(place).collect::<Vec<_>>())?;
    let mut of_parts = vec![(Vec::new(), Vec::new()); parts.len()];
    let clips: BTreeSet<&str> = scored.iter().map(|at| reference.frames[*at].clip.as_str()).collect();
    let mut groups = Vec::new();
    let mut rows_of = Vec::new();
    for (candidate, by_seed) in found.iter().zip(&cases) {
        let draws = Draws::new(whose.len(), by_seed.len(), parameters.replicates, context.seed());
        let estimates = metric::estimate_frames(&metrics, by_seed, &draws);
        groups.push(Group {
            source: candidate.source.clone(),
            coordinates: candidate.coordinates.clone(),
            seeds: candidate.seeds.iter().map(|(seed, _)| seed.clone()).collect(),
            scores: metrics.iter().zip(&estimates).map(|(m, e)| score::plain(*m, e, parameters)).collect(),
            confusion: Vec::new(),
            roc: Vec::new(),
            pr: Vec::new(),
            reliability: Vec::new(),
            roc_band: Vec::new(),
            counts: count_agreement(by_seed),
            shared_raters: raters::shared(&candidate.raters, &judges),
            raters_known: raters::known(&candidate.raters),
            clips_missing: 0,
            frames_one_sided: by_seed.iter().flatten().filter(|case| case.outlines == Some(Outlines::OneSided)).count(),
        });
        rows_of.extend(estimates);
        for (part, (scores, estimates_of)) in parts.iter().zip(&mut of_parts) {
            let by_seed: Vec<Vec<FrameCase>> = by_seed.iter().map(|cases| part.of(cases)).collect();
            let estimates = metric::estimate_frames(&metrics, &by_seed, &draws);
            scores.push(part.scores(&metrics, &estimates, parameters));
            estimates_of.extend(estimates);
        }
    }
    let mut told = Vec::new();
    for (part, (scores, estimates)) in parts.iter().zip(of_parts) {
        told.push(part.told(scores));
        rows_of.extend(estimates);
    }
    let evaluation = Evaluation {
        subject: if found[0].is_model { "models" } else { "labels" }.to_owned(),
        reference: reference_name.to_owned(),
        on: parameters.on.filter(|_| found[0].is_model).map(|on| on.name().to_owned()),
        classes: Vec::new(),
        positive: Vec::new(),
        metrics: metrics.iter().map(|metric| metric.name().to_owned()).collect(),
        groups,
        summaries: Vec::new(),
        against_people: Vec::new(),
        published: Vec::new(),
        flow,
        replicates: parameters.replicates,
        level: parameters.level,
        interval: parameters.interval.name().to_owned(),
        patients: whose.len(),
        clips: clips.len(),
        balance: Vec::new(),
        reference_raters_known: raters::known(&judges),
        subgroups: told,
    };
    let table = frames_table(&found, &cases, &scored, &reference);
    write::frames(context.store, &Scored::new(evaluation, rows_of), &table, parameters.interval)
}

/// Drawings of people.
fn people<'a>(context: &Context<'a>, sources: &mut Vec<Source<'a>>) -> Result<Vec<Candidate>, StageError> {
    let mut found = Vec::new();
    for (folder, stage, coordinates) in context.artifacts("candidate")? {
        if !Drawn::is(&folder) {
            return Err(StageError::Input(format!(
                "`@{stage}` labels clips, and the reference is of drawings on frames"
            )));
        }
        let drawn = Drawn::read(folder)?;
        let places = drawn.frames.iter().enumerate();
        let places = places.map(|(at, frame)| ((frame.clip.clone(), frame.frame), vec![(sources.len(), at)])).collect();
        found.push(Candidate {
            source: stage.to_owned(),
            coordinates: coordinates.to_vec(),
            is_model: false,
            raters: drawn.raters()?,
            target: None,
            seeds: vec![(String::new(), places)],
        });
        sources.push(Source::Drawn(drawn));
    }
    Ok(found)
}

/// Models, gathered over folds and seeds.
fn models<'a>(
    context: &Context<'a>,
    on: On,
    patients: &HashMap<&str, &str>,
    sources: &mut Vec<Source<'a>>,
) -> Result<Vec<Candidate>, StageError> {
    let mut all: Vec<Candidate> = Vec::new();
    for (folder, stage, coordinates) in context.artifacts("models")? {
        if !folder.tree().files.contains_key(maps::MAPS) {
            return Err(StageError::Input(format!(
                "`@{stage}` tells classes of clips, and the reference is of drawings on frames"
            )));
        }
        let rest: Vec<_> = coordinates.iter().filter(|(key, _)| key != "fold" && key != "seed").cloned().collect();
        let seed = coordinates.iter().find(|(key, _)| key == "seed").map_or(String::new(), |(_, value)| value.clone());
        let mut rows = maps::read(&folder)?;
        rows.retain(|row| (row.part == Part::Test) == (on == On::Test));
        let scored: BTreeSet<&str> = rows.iter().filter_map(|row| patients.get(row.clip.as_str()).copied()).collect();
        candidates::refuse_leak(&folder, &scored, patients)?;
        let same = |one: &Candidate| one.source == stage && one.coordinates == rest;
        let at = all.iter().position(same).unwrap_or_else(|| {
            let (source, coordinates) = (stage.to_owned(), rest.clone());
            let (raters, target, seeds) = (Vec::new(), None, Vec::new());
            all.push(Candidate { source, coordinates, is_model: true, raters, target, seeds });
            all.len() - 1
        });
        let candidate = &mut all[at];
        candidate.target = Some(maps::read_target(&folder)?);
        for rater in labels::read_raters(&folder)? {
            let known = |other: &Rater| (&other.annotator, &other.group) == (&rater.annotator, &rater.group);
            if !candidate.raters.iter().any(known) {
                candidate.raters.push(rater);
            }
        }
        let position = candidate.seeds.iter().position(|(other, _)| *other == seed).unwrap_or_else(|| {
            candidate.seeds.push((seed, HashMap::new()));
            candidate.seeds.len() - 1
        });
        for row in rows {
            let places = candidate.seeds[position].1.entry((row.clip.clone(), row.frame)).or_default();
            if on == On::OutOfFold && !places.is_empty() {
                let name = address(stage, &rest);
                let message = format!("clip `{}` is predicted twice by `{name}`: each fold is scored once", row.clip);
                return Err(StageError::Input(message));
            }
            places.push((sources.len(), row.index));
        }
        let geometries = serde_json::from_str(&folder.text(maps::GEOMETRY)?)
            .map_err(|error| StageError::Failed(format!("geometry.json: {error}")))?;
        sources.push(Source::Model { folder, geometries });
    }
    Ok(all)
}

/// The frames that the reference decided and every candidate has, and how they were arrived at.
fn cohort(
    rows: &[clips::Row],
    reference: &Drawn<'_>,
    candidates: &[Candidate],
) -> Result<(Vec<usize>, Vec<Step>), StageError> {
    let patients: HashMap<&str, &str> = rows.iter().map(|row| (row.clip.as_str(), row.patient.as_str())).collect();
    let known: Vec<usize> =
        (0..reference.frames.len()).filter(|at| patients.contains_key(reference.frames[*at].clip.as_str())).collect();
    let has = |at: &usize| {
        let frame = &reference.frames[*at];
        let place = (frame.clip.clone(), frame.frame);
        candidates.iter().all(|candidate| candidate.seeds.iter().all(|(_, places)| places.contains_key(&place)))
    };
    let scored: Vec<usize> = known.iter().copied().filter(has).collect();
    if scored.is_empty() {
        return Err(StageError::Input(format!(
            "no frame can be scored: of {} frames the reference decided, {} are of clips in the clip table, and none of these is in every candidate",
            reference.frames.len(),
            known.len()
        )));
    }
    let step = |title: String, of: &[usize]| {
        let clips: BTreeSet<&str> = of.iter().map(|at| reference.frames[*at].clip.as_str()).collect();
        let whose: BTreeSet<&str> = clips.iter().filter_map(|clip| patients.get(clip).copied()).collect();
        Step { title, patients: whose.len(), clips: clips.len(), excluded: Vec::new() }
    };
    let all: BTreeSet<&str> = rows.iter().map(|row| row.patient.as_str()).collect();
    let table =
        Step { title: "In the clip table".to_owned(), patients: all.len(), clips: rows.len(), excluded: Vec::new() };
    let mut decided = step(format!("With a frame the reference decided ({} frames)", known.len()), &known);
    if reference.undecided > 0 {
        decided.title = format!("{}; {} frames had no viewers, or too few", decided.title, reference.undecided);
    }
    let last = step(format!("Scored ({} frames)", scored.len()), &scored);
    Ok((scored, vec![table, decided, last]))
}

/// The metrics that are asked for, or all that every candidate has.
fn metrics(parameters: &Parameters, cases: &[Vec<Vec<FrameCase>>]) -> Result<Vec<Metric>, StageError> {
    let defined = |metric: &Metric| cases.iter().flatten().all(|cases| metric::is_defined(*metric, cases));
    match &parameters.metrics {
        None => Ok(Metric::USUAL_OF_FRAMES.into_iter().filter(defined).collect()),
        Some(asked) => match asked.iter().find(|metric| !defined(metric)) {
            None => Ok(asked.clone()),
            Some(metric) if !metric.is_of_frames() => Err(StageError::Input(format!(
                "`{}` is a metric of clips, and the reference is of drawings on frames",
                metric.name()
            ))),
            Some(metric) => Err(StageError::Input(format!(
                "`{}` is not defined here: masks have pixels, lines have lines and origins, origins have origins, and models of \
                 lines have pixels too",
                metric.name()
            ))),
        },
    }
}

/// How far counts lie from the reference's, over the frames of all seeds; `None` where pixels alone are compared.
fn count_agreement(by_seed: &[Vec<FrameCase>]) -> Option<CountAgreement> {
    let pooled: Vec<FrameCase> = by_seed.iter().flatten().copied().collect();
    let found = metric::limits_of_agreement(&pooled)?;
    let are_lines = pooled.iter().all(|case| case.lines.is_some());
    Some(CountAgreement {
        what: if are_lines { "lines" } else { "origins" }.to_owned(),
        difference: found.difference,
        limits: found.limits.map(|limits| (limits.low, limits.high)),
        variances: found.limits.map(|limits| (limits.between, limits.within)),
        patients: found.patients,
        frames: found.frames,
        points: found.points,
    })
}

/// What each frame adds, for whoever wants to look.
fn frames_table(
    found: &[Candidate],
    cases: &[Vec<Vec<FrameCase>>],
    scored: &[usize],
    reference: &Drawn<'_>,
) -> Vec<u8> {
    let counted = ["pixels", "lines", "origins"];
    let columns = counted.iter().flat_map(|what| ["found", "there", "shared"].map(|side| format!("{what}_{side}")));
    let columns = columns.chain(["hd95", "assd"].map(str::to_owned));
    let start = ["candidate", "seed", "clip", "frame"].map(str::to_owned);
    let mut writer = Writer::new(start.into_iter().chain(columns));
    for (candidate, by_seed) in found.iter().zip(cases) {
        let name = address(&candidate.source, &candidate.coordinates);
        for ((seed, _), cases) in candidate.seeds.iter().zip(by_seed) {
            for (at, case) in scored.iter().zip(cases) {
                let Frame { clip, frame, .. } = &reference.frames[*at];
                let start = [name.clone(), seed.clone(), clip.clone(), frame.to_string()];
                let counts = [case.pixels, case.lines, case.origins].into_iter().flat_map(|counts| {
                    let text =
                        |value: fn(&Counts) -> u64| counts.as_ref().map_or(String::new(), |c| value(c).to_string());
                    [text(|c| c.found), text(|c| c.there), text(|c| c.shared)]
                });
                let apart = match case.outlines {
                    Some(Outlines::Apart(surface)) => [surface.hd95, surface.assd].map(rows::number),
                    Some(Outlines::OneSided) | None => [String::new(), String::new()],
                };
                writer.row(start.into_iter().chain(counts).chain(apart));
            }
        }
    }
    writer.finish()
}
