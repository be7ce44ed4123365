//! What is drawn once: the patient under the probe, and what one clip of them shows.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Cohort;
use super::fan::Fan;
use super::speckle::normal_pair;
use crate::random::stream;

/// Share of clips that take their patient's own class; the others draw theirs afresh.
const LOYALTY: f64 = 0.5;

/// A number uniform in `low..high`.
pub(super) fn between(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Whether something of probability `share` happens.
pub(super) fn chance(rng: &mut ChaCha8Rng, share: f64) -> bool {
    rng.random::<f64>() < share
}

/// The index drawn from a distribution; the last index with a share above 0 takes what rounding leaves.
pub(super) fn pick(rng: &mut ChaCha8Rng, shares: &[f64]) -> usize {
    let mut rest = rng.random::<f64>();
    for (index, share) in shares.iter().enumerate() {
        rest -= share;
        if rest < 0.0 {
            return index;
        }
    }
    shares.iter().rposition(|&share| share > 0.0).unwrap_or(0)
}

/// The class of clip `index`: with probability [`LOYALTY`] that of its patient, otherwise its own draw, so that clips of
/// one patient agree more often than the prevalence would have it.
pub(super) fn class(cohort: &Cohort, seed: u64, index: usize) -> usize {
    let patient = (index / cohort.clips_per_patient as usize) as u64;
    let tendency = pick(&mut stream(seed, "phantom tendency", &[patient]), &cohort.prevalence);
    let mut rng = stream(seed, "phantom class", &[index as u64]);
    let own = pick(&mut rng, &cohort.prevalence);
    if chance(&mut rng, LOYALTY) { tendency } else { own }
}

/// What all clips of a patient share.
#[derive(Debug)]
pub(super) struct Patient {
    pub(super) fan: Fan,
    pub(super) fps: f64,
    /// Depth of the pleural line as a share of the imaged depth.
    pub(super) pleura: f64,
    /// Breaths per second.
    pub(super) breathing: f64,
    /// Depth of the chest wall's fascial planes as shares of the pleura's depth, and how bright they are in dB.
    pub(super) planes: Vec<[f64; 2]>,
    /// Electronic noise in dB below the pleural line.
    pub(super) noise: f64,
    /// Depicted dynamic range in dB.
    pub(super) range: f64,
    /// Mean grey value the operator turns the gain to.
    pub(super) comfort: f64,
    /// Time-gain compensation left over, in dB from top to bottom.
    pub(super) slope: f64,
    /// Speckle size along and across the beam, in samples of a 72-pixel image.
    pub(super) spread: (f64, f64),
}

impl Patient {
    pub(super) fn draw(cohort: &Cohort, seed: u64, patient: u64) -> Self {
        let rng = &mut stream(seed, "phantom patient", &[patient]);
        let fan = Fan::draw(cohort.width as usize, cohort.height as usize, rng);
        let planes = rng.random_range(1..=3_u32);
        Self {
            fan,
            // Rates that GIF's delays of hundredths of a second hold exactly.
            fps: [5.0, 10.0, 12.5][rng.random_range(0..3_usize)],
            pleura: between(rng, 0.16, 0.30),
            breathing: between(rng, 0.2, 0.45),
            planes: (0..planes).map(|_| [between(rng, 0.2, 0.85), between(rng, -14.0, -5.0)]).collect(),
            noise: between(rng, -52.0, -38.0),
            range: between(rng, 46.0, 60.0),
            comfort: between(rng, 62.0, 104.0),
            slope: between(rng, -5.0, 7.0),
            spread: (between(rng, 0.5, 0.8), between(rng, 0.8, 1.4)),
        }
    }
}

/// One bright radial artefact that starts at the pleural line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Artefact {
    /// Where it sits on the pleura: 0 left, 1 right edge of the fan, before sliding.
    pub(super) across: f64,
    /// Half of its width as a share of the fan's width.
    pub(super) width: f64,
    /// Its brightness in dB.
    pub(super) level: f64,
    /// dB lost from the pleura to the bottom: at most 4 for a B-line, 10 to 140 for a comet tail.
    pub(super) fade: f64,
    /// Least share of its brightness it wanes to while breathing.
    pub(super) floor: f64,
    /// Where in the breath it is brightest, in radians.
    pub(super) phase: f64,
    /// Whether annotators should draw it.
    pub(super) b_line: bool,
}

/// What one clip shows.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) artefacts: Vec<Artefact>,
    /// Brightness of the first A-line in dB.
    pub(super) a_lines: f64,
    /// Brightness of the aerated lung in dB: scattered reverberation.
    pub(super) haze: f64,
    /// How far the pleura slides to either side, as a share of the fan's width.
    pub(super) slide: f64,
    /// How far breathing lifts the pleura, as a share of the depth.
    pub(super) lift: f64,
    /// Where in the breath the clip begins, in radians.
    pub(super) phase: f64,
    /// Tilt and bow of the pleural line, as shares of the depth.
    pub(super) shape: [f64; 2],
    /// Uneven thickness of the pleural line, 0 smooth.
    pub(super) rough: f64,
    /// Width of a rib's shadow at the left (first) and right edge, as a share of the fan's width.
    pub(super) ribs: [f64; 2],
}

impl Scene {
    pub(super) fn draw(class: usize, rng: &mut ChaCha8Rng) -> Self {
        // One clip in six is honestly hard: faint A-lines and long comet tails, or faint and narrow B-lines.
        let hard = chance(rng, 1.0 / 6.0);
        let artefacts = match class {
            0 => comets(rng, hard),
            1 => discrete(rng, hard),
            _ => confluent(rng, hard),
        };
        let a_lines = match class {
            0 if hard => between(rng, -36.0, -28.0),
            0 => between(rng, -24.0, -12.0),
            1 => between(rng, -30.0, -15.0),
            _ => between(rng, -38.0, -24.0),
        };
        let (first, _) = normal_pair(rng);
        Self {
            artefacts,
            a_lines,
            haze: between(rng, -40.0, -29.0),
            slide: between(rng, 0.02, 0.07),
            lift: between(rng, 0.004, 0.018),
            phase: between(rng, 0.0, TAU),
            shape: [0.02 * first, between(rng, -0.03, 0.03)],
            rough: between(rng, 0.05, 0.35) + if class == 0 { 0.0 } else { 0.12 },
            ribs: [0, 1].map(|_| if chance(rng, 0.25) { between(rng, 0.05, 0.10) } else { 0.0 }),
        }
    }
}

/// Short comet tails that fade within a fraction of the depth: they look like B-lines near the pleura and are none.
fn comets(rng: &mut ChaCha8Rng, hard: bool) -> Vec<Artefact> {
    let count = if hard { 2 } else { usize::from(chance(rng, 0.4)) };
    (0..count)
        .map(|_| Artefact {
            across: between(rng, 0.15, 0.85),
            width: between(rng, 0.010, 0.022),
            level: between(rng, -15.0, -9.0),
            fade: if hard { between(rng, 10.0, 32.0) } else { between(rng, 60.0, 140.0) },
            floor: between(rng, 0.2, 0.8),
            phase: between(rng, 0.0, TAU),
            b_line: false,
        })
        .collect()
}

/// One to three B-lines with clear lung between them.
fn discrete(rng: &mut ChaCha8Rng, hard: bool) -> Vec<Artefact> {
    let count = pick(rng, &[0.35, 0.35, 0.3]) + 1;
    let share = 0.72 / count as f64;
    (0..count)
        .map(|order| Artefact {
            across: 0.14 + share * (order as f64 + between(rng, 0.2, 0.8)),
            width: between(rng, 0.012, 0.024),
            level: between(rng, -20.0, -11.0) - if hard { 7.0 } else { 0.0 },
            fade: between(rng, 0.0, 3.0),
            // The first line never vanishes, so that no clip contradicts its class.
            floor: if order == 0 { between(rng, 0.55, 0.9) } else { between(rng, 0.05, 0.8) },
            phase: between(rng, 0.0, TAU),
            b_line: true,
        })
        .collect()
}

/// One or two wide bands of merged B-lines, sometimes with a discrete line beside them.
fn confluent(rng: &mut ChaCha8Rng, hard: bool) -> Vec<Artefact> {
    let count = 1 + usize::from(chance(rng, 0.45));
    let share = 0.8 / count as f64;
    let mut bands: Vec<Artefact> = (0..count)
        .map(|order| Artefact {
            across: 0.1 + share * (order as f64 + between(rng, 0.38, 0.62)),
            width: if hard { between(rng, 0.05, 0.07) } else { between(rng, 0.085, 0.28 / count as f64) },
            level: between(rng, -19.0, -11.0) - if hard { 6.0 } else { 0.0 },
            fade: between(rng, 0.0, 4.0),
            floor: if order == 0 { between(rng, 0.6, 0.95) } else { between(rng, 0.3, 0.9) },
            phase: between(rng, 0.0, TAU),
            b_line: true,
        })
        .collect();
    if count == 1 && chance(rng, 0.3) {
        let band = &bands[0];
        let across = if band.across < 0.5 { 0.83 } else { 0.17 };
        if (across - band.across).abs() > band.width + 0.06 {
            bands.push(Artefact { across, width: between(rng, 0.014, 0.024), ..band.clone() });
        }
    }
    bands
}
