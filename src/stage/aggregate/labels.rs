//! From opinions to labels.

use super::{
    agreement,
    chosen::Chosen,
    known,
    opinions::{self, Taken},
    parameters::{Known, Parameters},
    raters,
    screen::{self, Screened},
    times,
};
use crate::{
    artifact::{
        agreement as files,
        labels::{self, Aggregation, Label},
    },
    crowd,
    stage::{Context, Output, StageError},
    texts::Texts,
};

/// Makes the labels of a task.
///
/// # Errors
/// What is wrong with its tables, what the method makes of them, or a stop.
pub(super) fn make(
    context: &Context<'_>,
    parameters: &Parameters,
    method: &crowd::Method,
) -> Result<Output, StageError> {
    let classes = context.classes();
    let (table, _) = context.required_table("opinions")?;
    let clips = context.table("clips")?.map(|(table, _)| table);
    let patients = clips.as_ref().map(agreement::patients).transpose()?.flatten();
    let listed = clips.as_ref().map(|table| table.required("clip").symbols().iter().map(str::to_owned).collect());
    let chosen = Chosen::new(context, parameters, listed, "on clips that the clip table does not have")?;
    let answers = context
        .table("known_answers")?
        .map(|(answers, _)| known::read(&answers, &table, classes, parameters))
        .transpose()?;
    let order = times::order(&table)?;
    let pool = context.pool()?;
    let mut taken = pool.install(|| opinions::take(&table, classes, parameters, &chosen, order.as_deref()))?;
    let file = table.file.clone();
    // Of ten million opinions the table is the larger half.
    drop((table, order));
    let screened = screen::screen(&mut taken, answers.as_ref(), classes, parameters, &file)?;
    tell(context, &taken, &screened, parameters);
    let opinions = crowd::Opinions {
        opinions: &taken.opinions,
        clips: taken.clips.len(),
        annotators: taken.annotators.len(),
        classes: classes.len(),
        grouped: taken.grouped.as_ref(),
        known: answers.is_some().then_some(screened.known.as_slice()),
    };
    let consensus = pool.install(|| crowd::aggregate(method, opinions, context.cancel));
    let mut consensus = consensus.map_err(|error| match error {
        crowd::CrowdError::Cancelled => StageError::Cancelled,
        error => StageError::Input(format!("{file}: {error}")),
    })?;
    if let Some(fit) = consensus.fit.as_ref().filter(|fit| !fit.converged) {
        let message = format!("{} did not converge in {} iterations", method.name(), fit.iterations);
        context.warn(format!("{message}; raise `max_iterations`"));
    }
    taken.grouped = None;
    let fit = consensus.fit.take();
    let known = taken.clips.iter().zip(&screened.known).filter(|(_, answer)| answer.is_some());
    let known: Vec<&str> = known.map(|(clip, _)| clip).collect();
    let mut aggregation = Aggregation {
        method: method.name().to_owned(),
        opinions: taken.opinions.total(),
        without_fold: parameters.fold,
        known_answers: known.len() as u64,
        known_omitted: if parameters.known == Known::Omit { known.len() as u64 } else { 0 },
        few_reads: 0,
        opinions_per_item: parameters.opinions_per_item,
        short_of_opinions: screened.short as u64,
        iterations: fit.as_ref().map(|fit| fit.iterations),
        converged: fit.as_ref().map(|fit| fit.converged),
        log_likelihood: match fit {
            Some(fit) if fit.objective == crowd::Objective::LogLikelihood => fit.history,
            _ => Vec::new(),
        },
        excluded: taken.excluded.clone(),
    };
    let raters = raters::raters(&taken, &screened, consensus.annotators, parameters);
    // Of what was taken, the last to be looked at.
    let opinions = taken.opinions;
    let (clips, annotators) = (&taken.clips, &taken.annotators);
    let (by_name, annotators_by_name) = pool.install(|| (clips.order(), annotators.order()));
    let agreement = || {
        let named = [(clips, &*by_name), (annotators, &*annotators_by_name)];
        agreement::rows(opinions, named, classes.len(), patients.as_ref(), parameters.agreement)
    };
    let written = || {
        let (made, few) = labelled((clips, &by_name), &screened, consensus.labels, parameters);
        (labels::write_labels(&made, classes), labels::write_raters(&raters, classes), few)
    };
    let (agreement, (made, raters, few)) = pool.install(|| rayon::join(agreement, written));
    if few > 0 {
        let least = parameters.minimum_reads;
        context.warn(format!("{few} clips get no label: fewer than {least} opinions count (`minimum_reads`)"));
    }
    aggregation.few_reads = few;
    let mut output = Output::default();
    output.add(context.store, "labels.csv", &made)?;
    output.add(context.store, "annotators.csv", &raters)?;
    output.add(context.store, files::PATH, &files::write(&agreement))?;
    if answers.is_some() {
        output.add(context.store, labels::KNOWN, &labels::write_known(&known))?;
    }
    let aggregation = serde_json::to_vec_pretty(&aggregation).map_err(|e| StageError::Failed(e.to_string()))?;
    output.add(context.store, "aggregation.json", &aggregation)?;
    Ok(output)
}

/// Tells what was left out, but for what is left out on purpose.
fn tell(context: &Context<'_>, taken: &Taken, screened: &Screened, parameters: &Parameters) {
    for (reason, count) in &taken.excluded {
        if !reason.contains("kept out") && reason != screen::NOT_DRAWN {
            context.warn(format!("{count} opinions left out: {reason}"));
        }
    }
    if let Some(per_item) = parameters.opinions_per_item.filter(|_| screened.short > 0) {
        let (short, all) = (screened.short, taken.clips.len());
        context.warn(format!("{short} of {all} clips have fewer than {per_item} opinions; they keep what they have"));
    }
}

/// The labels sorted by clip, and how many clips have too few opinions for one. Of the clips the names are told, and the
/// places of these in their order.
fn labelled(
    (clips, by_name): (&Texts, &[u32]),
    screened: &Screened,
    mut labels: Vec<crowd::ClipLabel>,
    parameters: &Parameters,
) -> (Vec<Label>, u64) {
    let mut few = 0;
    let one = |at: u32| {
        let label = &mut labels[at as usize];
        let mut label = Label {
            clip: clips[at as usize].to_owned(),
            label: label.label,
            probabilities: std::mem::take(&mut label.probabilities),
            opinions: label.opinions,
            agreement: label.agreement,
            difficulty: label.difficulty,
        };
        let answer = screened.known.get(at as usize).copied().flatten();
        match (answer, parameters.known) {
            (Some(_), Known::Omit) => return None,
            (Some(answer), Known::Answer) => {
                label.label = Some(usize::from(answer));
                let certain = |class| if class == usize::from(answer) { 1.0 } else { 0.0 };
                label.probabilities = (0..label.probabilities.len()).map(certain).collect();
            }
            _ if label.opinions < f64::from(parameters.minimum_reads) => {
                label.label = None;
                few += 1;
            }
            _ => {}
        }
        Some(label)
    };
    let labels = by_name.iter().copied().filter_map(one).collect();
    (labels, few)
}
