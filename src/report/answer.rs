//! The answer in words, made of the verdict and the numbers that carry it.

use serde::Serialize;

use super::ReportError;
use super::content::{Content, Contrast, Direction, Evaluation, EvaluationKind, Goal, Group, Reason, Score, Verdict};
use super::format;

mod equivalence;
mod outlook;
mod p_value;

/// What the page says about one contrast, or about their absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Answer {
    /// `primary`, or the name of a secondary contrast; empty without a contrast.
    pub name: String,
    /// The verdict in a word or two; empty without a contrast.
    pub verdict: &'static str,
    /// The verdict's class in the style sheet.
    pub tone: &'static str,
    /// The verdict in a sentence.
    pub sentence: String,
    /// The numbers behind it, in a sentence; empty without a contrast.
    pub evidence: String,
    /// Why no more can be said.
    pub reasons: Vec<String>,
    /// What the verdict means, for readers who do not know the word.
    pub meaning: String,
    /// What the study could show, and how many patients would; empty where nothing can be said.
    pub outlook: String,
    /// Sentences that stand beside its numbers.
    pub notices: Vec<String>,
}

/// The answer to the experiment's question.
pub(super) fn of(content: &Content) -> Answer {
    match &content.primary {
        Some(contrast) => about(contrast),
        None => Answer {
            name: String::new(),
            verdict: "",
            tone: "none",
            sentence: measured(content),
            evidence: String::new(),
            reasons: Vec::new(),
            meaning: String::new(),
            outlook: String::new(),
            notices: Vec::new(),
        },
    }
}

/// What can be said about one contrast.
pub(super) fn about(contrast: &Contrast) -> Answer {
    let (verdict, tone) = words(contrast.verdict);
    Answer {
        name: contrast.name.clone(),
        verdict,
        tone,
        sentence: sentence(contrast),
        evidence: evidence(contrast),
        reasons: contrast.reasons.iter().map(|reason| because(reason, contrast)).collect(),
        meaning: meaning(contrast),
        outlook: outlook::sentence(contrast),
        notices: contrast.notices.clone(),
    }
}

/// Refuses a verdict that its own bound does not carry.
pub(super) fn check(contrast: &Contrast) -> Result<(), ReportError> {
    let (bound, margin) = oriented(contrast);
    // A bound without a value carries nothing: every comparison with it is false.
    let carried = match contrast.verdict {
        Verdict::Superior => bound > 0.0,
        Verdict::NonInferior => bound > -margin,
        Verdict::Equivalent => contrast.low > -margin && contrast.high < margin,
        Verdict::Inferior | Verdict::Inconclusive | Verdict::NotTested => true,
    };
    if !carried {
        let verdict = words(contrast.verdict).0;
        let (contrast, bound, margin) = (contrast.name.clone(), contrast.bound, contrast.margin);
        return Err(ReportError::Verdict { contrast, verdict, bound, margin });
    }
    Ok(())
}

/// A verdict as people write it, and its class in the style sheet.
pub(super) fn words(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Superior => ("superior", "good"),
        Verdict::NonInferior => ("non-inferior", "good"),
        Verdict::Equivalent => ("equivalent", "good"),
        Verdict::Inferior => ("inferior", "bad"),
        Verdict::Inconclusive => ("inconclusive", "open"),
        Verdict::NotTested => ("not tested", "open"),
    }
}

/// The bound turned so that more is better, and the margin.
fn oriented(contrast: &Contrast) -> (f64, f64) {
    match contrast.direction {
        Direction::Higher => (contrast.bound, contrast.margin),
        Direction::Lower => (-contrast.bound, contrast.margin),
    }
}

fn sentence(contrast: &Contrast) -> String {
    let arm = |value: &str| {
        if contrast.along.is_empty() { value.to_owned() } else { format!("{} {value}", contrast.along) }
    };
    let (candidate, baseline, title) = (arm(&contrast.candidate), arm(&contrast.baseline), &contrast.title);
    let claim = |word: &str| format!("{candidate} is {word} to {baseline} in {title}.");
    let sentence = match contrast.verdict {
        Verdict::Superior => claim("superior"),
        Verdict::NonInferior => claim("non-inferior"),
        Verdict::Equivalent => claim("equivalent"),
        Verdict::Inferior => claim("inferior"),
        Verdict::Inconclusive if contrast.goal == Goal::Equivalence => {
            format!("Whether {candidate} and {baseline} are equivalent in {title} cannot be said from these data.")
        }
        Verdict::Inconclusive => {
            format!("Whether {candidate} is as good as {baseline} in {title} cannot be said from these data.")
        }
        Verdict::NotTested => format!("{candidate} was not tested against {baseline} in {title}."),
    };
    capitalised(&sentence)
}

fn evidence(contrast: &Contrast) -> String {
    let sample = {
        let mut sample = vec![format::counted(contrast.patients, "patient"), format::counted(contrast.clips, "clip")];
        if contrast.seeds > 0 {
            sample.push(format::counted(contrast.seeds, "seed"));
        }
        sample.join(", ")
    };
    if contrast.difference.is_nan() {
        return format!("No difference could be computed ({sample}).");
    }
    let difference = format::difference_with(contrast.difference, contrast.low, contrast.high, decimals(contrast));
    let interval = format!("{difference} (two-sided {} interval; {sample})", format::level(contrast.level));
    // Where the bound is the reason, it is said there.
    if contrast.reasons.contains(&Reason::Bound) {
        return format!("The difference is {interval}{}.", p_value::clause(contrast));
    }
    format!("The difference is {interval}; {}{}.", bound_clause(contrast), p_value::clause(contrast))
}

/// Where the one-sided bound lies, as a clause without its full stop.
fn bound_clause(contrast: &Contrast) -> String {
    if contrast.goal == Goal::Equivalence {
        return equivalence::bounds(contrast);
    }
    let (bound, margin) = oriented(contrast);
    if bound.is_nan() {
        return "no one-sided bound could be computed".to_owned();
    }
    let (side, tolerated, better, worse) = match contrast.direction {
        Direction::Higher => ("lower", -contrast.margin, "above", "below"),
        Direction::Lower => ("upper", contrast.margin, "below", "above"),
    };
    let decimals = decimals(contrast);
    let place = if bound > 0.0 {
        format!("{better} 0")
    } else if margin == 0.0 {
        "not beyond 0".to_owned()
    } else {
        let side = if bound > -margin { better } else { worse };
        format!("{side} the margin of {}", format::signed(tolerated, decimals))
    };
    format!(
        "its one-sided {} {side} bound, {}, lies {place}",
        format::level(1.0 - contrast.alpha),
        format::signed(contrast.bound, decimals)
    )
}

/// Decimals at which the bound does not look like the limit it is held against.
fn decimals(contrast: &Contrast) -> usize {
    let (bound, margin) = oriented(contrast);
    let limit = if bound > 0.0 { 0.0 } else { -margin };
    let decimals = format::decimals(&[contrast.difference, contrast.low, contrast.high, contrast.bound]);
    format::decimals_apart(decimals, &[bound], limit)
}

fn because(reason: &Reason, contrast: &Contrast) -> String {
    match reason {
        Reason::Floor { group, title, value, declared } => {
            let decimals = format::decimals_apart(format::decimals(&[*value, *declared]), &[*value], *declared);
            format!(
                "The floor was not met: {title} of {group} is {}, and {} was declared as the floor. Two poor models are not inferior to each other, so no verdict is given.",
                format::fixed(*value, decimals),
                format::fixed(*declared, decimals),
            )
        }
        Reason::Control { group, title, value, low, high, chance } => {
            let decimals = format::decimals_apart(format::decimals(&[*value, *low, *high]), &[*low, *high], *chance);
            format!(
                "The control failed: {title} of {group} is {}, an interval that excludes {}, the value of chance. Something other than the labels is being scored.",
                format::interval_with(*value, *low, *high, decimals),
                format::fixed(*chance, 1),
            )
        }
        Reason::Bound => format!("{}.", capitalised(&bound_clause(contrast))),
        Reason::Order { after } => {
            format!("Contrasts are tested in order, and “{after}” before this one was not shown.")
        }
        Reason::Other(sentence) => sentence.clone(),
    }
}

fn meaning(contrast: &Contrast) -> String {
    let margin = format::fixed(contrast.margin, format::decimals(&[contrast.margin]));
    let alpha = format::level(contrast.alpha);
    match contrast.verdict {
        Verdict::Superior => format!("Superior: better by more than chance, at a one-sided error of {alpha}."),
        Verdict::NonInferior => format!(
            "Non-inferior: worse by less than {margin} in {}, if at all, at a one-sided error of {alpha}. It does not mean equal.",
            contrast.title
        ),
        Verdict::Equivalent => equivalence::meaning(contrast),
        Verdict::Inferior => format!("Inferior: worse by more than the declared margin of {margin} allows."),
        Verdict::Inconclusive if contrast.goal == Goal::Equivalence => {
            "Inconclusive: neither that the two are equivalent nor that they are not has been shown.".to_owned()
        }
        Verdict::Inconclusive => {
            "Inconclusive: neither that the candidate is as good nor that it is worse has been shown.".to_owned()
        }
        Verdict::NotTested => String::new(),
    }
}

/// What was measured where nothing was compared.
fn measured(content: &Content) -> String {
    let parts: Vec<String> =
        content.evaluations.iter().filter(|evaluation| !evaluation.groups.is_empty()).map(measured_in).collect();
    if parts.is_empty() {
        return "Nothing was evaluated and no comparison was declared, so there is no answer here.".to_owned();
    }
    capitalised(&format!("{}. No comparison was declared, so nothing was compared.", parts.join("; ")))
}

/// How many groups are told one by one; of more, the lowest and the highest.
const TOLD: usize = 3;

/// One evaluation in a clause: AUROC of models, accuracy of people, or the first metric there is.
fn measured_in(evaluation: &Evaluation) -> String {
    let (wanted, noun) = match evaluation.kind {
        EvaluationKind::Labels => ("accuracy", "label sources"),
        EvaluationKind::Models => ("auroc", "groups of models"),
    };
    let score = |group: &Group| -> Option<(String, Score)> {
        let score = group.scores.iter().find(|score| score.metric == wanted).or(group.scores.first())?;
        (!score.value.is_nan()).then(|| (group.label.clone(), score.clone()))
    };
    let mut scores: Vec<(String, Score)> = evaluation.groups.iter().filter_map(score).collect();
    let reference = &evaluation.reference;
    let Some((_, first)) = scores.first() else {
        let count = format::count(evaluation.groups.len() as u64);
        return format!("measured: {count} {noun} against “{reference}”");
    };
    let title = first.title.clone();
    let told = |(label, score): &(String, Score)| {
        format!("{} for {label}", format::interval(score.value, score.low, score.high))
    };
    if scores.len() <= TOLD {
        let all: Vec<String> = scores.iter().map(told).collect();
        let list = match all.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => all.join(""),
        };
        return format!("{title} against “{reference}” is {list}");
    }
    scores.sort_by(|a, b| a.1.value.total_cmp(&b.1.value));
    let (lowest, highest) = (told(&scores[0]), told(&scores[scores.len() - 1]));
    format!("{title} of {} {noun} against “{reference}” lies between {lowest} and {highest}", scores.len())
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast() -> Contrast {
        Contrast {
            name: "primary".into(),
            along: "arm".into(),
            candidate: "same".into(),
            baseline: "expert".into(),
            title: "AUROC".into(),
            margin: 0.05,
            difference: -0.012,
            low: -0.041,
            high: 0.018,
            bound: -0.041,
            patients: 40,
            clips: 228,
            seeds: 3,
            verdict: Verdict::NonInferior,
            ..Contrast::default()
        }
    }

    #[test]
    fn non_inferior_names_arms_metric_bound_and_margin() {
        let answer = about(&contrast());
        assert_eq!(answer.sentence, "Arm same is non-inferior to arm expert in AUROC.");
        assert_eq!(
            answer.evidence.replace('\u{a0}', " "),
            "The difference is −0.012 [−0.041, +0.018] (two-sided 95 % interval; 40 patients, 228 clips, 3 seeds); \
             its one-sided 97.5 % lower bound, −0.041, lies above the margin of −0.050."
        );
    }

    #[test]
    fn a_lower_is_better_metric_turns_the_words_round() {
        let contrast = Contrast {
            direction: Direction::Lower,
            difference: 0.3,
            low: 0.1,
            high: 0.6,
            bound: 0.6,
            margin: 0.5,
            verdict: Verdict::Inconclusive,
            reasons: vec![Reason::Bound],
            ..contrast()
        };
        let text = about(&contrast).reasons[0].replace('\u{a0}', " ");
        assert_eq!(text, "Its one-sided 97.5 % upper bound, +0.600, lies above the margin of +0.500.");
    }

    #[test]
    fn failed_guards_say_what_was_needed_and_what_came() {
        let floor = Reason::Floor { group: "arm expert".into(), title: "AUROC".into(), value: 0.7498, declared: 0.75 };
        let text = because(&floor, &contrast());
        assert!(text.contains("is 0.7498, and 0.7500 was declared"), "{text}");
        let control = Reason::Control {
            group: "arm shuffled".into(),
            title: "AUROC".into(),
            value: 0.55,
            low: 0.5004,
            high: 0.6,
            chance: 0.5,
        };
        let text = because(&control, &contrast()).replace('\u{a0}', " ");
        assert!(text.contains("0.5500 [0.5004, 0.6000], an interval that excludes 0.5"), "{text}");
    }

    #[test]
    fn a_verdict_its_bound_does_not_carry_is_refused() {
        assert!(check(&contrast()).is_ok());
        assert!(check(&Contrast { bound: -0.05, ..contrast() }).is_err());
        assert!(check(&Contrast { bound: f64::NAN, ..contrast() }).is_err());
        assert!(check(&Contrast { verdict: Verdict::Superior, ..contrast() }).is_err());
        assert!(check(&Contrast { verdict: Verdict::Superior, bound: 0.001, ..contrast() }).is_ok());
        assert!(check(&Contrast { direction: Direction::Lower, bound: 0.04, ..contrast() }).is_ok());
        assert!(check(&Contrast { direction: Direction::Lower, bound: 0.06, ..contrast() }).is_err());
    }

    #[test]
    fn without_a_contrast_the_answer_says_that_nothing_was_compared() {
        let mut content = Content::default();
        assert!(of(&content).sentence.starts_with("Nothing was evaluated"));
        content.evaluations.push(Evaluation {
            reference: "panel".into(),
            groups: vec![Group::default(), Group::default()],
            ..Evaluation::default()
        });
        assert_eq!(
            of(&content).sentence,
            "Measured: 2 label sources against “panel”. No comparison was declared, so nothing was compared."
        );
        let group = |label: &str, value: f64| Group {
            label: label.into(),
            scores: vec![Score {
                metric: "accuracy".into(),
                title: "Accuracy".into(),
                value,
                low: value - 0.1,
                high: value + 0.1,
                ..Score::default()
            }],
            ..Group::default()
        };
        content.evaluations[0].groups = vec![group("crowd", 0.8), group("e1", 0.7)];
        let sentence = of(&content).sentence.replace('\u{a0}', " ");
        let expected = "Accuracy against “panel” is 0.800 [0.700, 0.900] for crowd and 0.700 [0.600, 0.800] for e1.";
        assert!(sentence.starts_with(expected), "{sentence}");
        content.evaluations[0].groups.extend([group("e2", 0.6), group("e3", 0.65)]);
        let sentence = of(&content).sentence.replace('\u{a0}', " ");
        let expected = "lies between 0.600 [0.500, 0.700] for e2 and 0.800 [0.700, 0.900] for crowd.";
        assert!(sentence.contains(expected), "{sentence}");
    }
}
