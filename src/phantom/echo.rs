//! The echo a frame returns: amplitudes of the chest wall, pleura, A-lines and B-lines at each polar sample.

use std::f64::consts::TAU;

use super::anatomy::{Artefact, Patient, Scene};

/// Amplitude of a level in dB.
pub(super) fn amplitude(level: f64) -> f64 {
    libm::exp10(level / 20.0)
}

/// A Gaussian bump, cut off where it is below 1e-4.
fn bump(distance: f64, width: f64) -> f64 {
    let z = distance / width;
    if z.abs() > 4.3 { 0.0 } else { libm::exp(-0.5 * z * z) }
}

/// A flat-topped bump: bands of merged B-lines have edges, not a peak.
fn plateau(distance: f64, width: f64) -> f64 {
    let z = distance / width;
    let square = z * z;
    if square > 4.0 { 0.0 } else { libm::exp(-0.7 * square * square) }
}

/// The state of breathing at one moment of a clip.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    patient: &'a Patient,
    scene: &'a Scene,
    phase: f64,
}

impl<'a> Moment<'a> {
    pub(super) fn new(patient: &'a Patient, scene: &'a Scene, frame: usize) -> Self {
        let phase = scene.phase + TAU * patient.breathing * frame as f64 / patient.fps;
        Self { patient, scene, phase }
    }

    /// How far the pleura has slid to the right, as a share of the fan's width.
    pub(super) fn slide(&self) -> f64 {
        self.scene.slide * libm::sin(self.phase)
    }

    /// Depth of the pleural line at `across`, as a share of the imaged depth.
    pub(super) fn pleura(&self, across: f64) -> f64 {
        let off = 2.0 * across - 1.0;
        let [tilt, bow] = self.scene.shape;
        self.patient.pleura + tilt * off + bow * off * off + self.scene.lift * libm::sin(self.phase + 0.8)
    }

    /// Where an artefact is now.
    pub(super) fn across(&self, artefact: &Artefact) -> f64 {
        artefact.across + self.slide()
    }

    /// How bright an artefact is now, as a share of its brightest.
    pub(super) fn wax(&self, artefact: &Artefact) -> f64 {
        let swing = 0.5 + 0.5 * libm::sin(self.phase + artefact.phase);
        artefact.floor + (1.0 - artefact.floor) * swing
    }
}

/// Everything about one beam that does not depend on depth.
#[derive(Debug)]
pub(super) struct Beam {
    pleura: f64,
    pleura_width: f64,
    pleura_level: f64,
    /// Summed amplitude of B-lines, and of comet tails with their fades.
    lines: Vec<[f64; 2]>,
    /// What is left of the A-lines and of the haze beside a B-line.
    aerated: f64,
    /// What a rib lets through.
    shadow: f64,
}

impl Beam {
    /// `texture` is a slowly varying normal number that slides with the pleura.
    pub(super) fn new(moment: &Moment<'_>, across: f64, texture: f64) -> Self {
        let scene = moment.scene;
        let mut aerated: f64 = 1.0;
        let mut lines = Vec::with_capacity(scene.artefacts.len());
        for artefact in &scene.artefacts {
            let distance = across - moment.across(artefact);
            let wide = artefact.width > 0.04;
            let profile = if wide { plateau(distance, artefact.width) } else { bump(distance, 0.75 * artefact.width) };
            let bright = profile * moment.wax(artefact);
            // Merged lines leave stripes of their own in a band.
            let stripes = if wide { amplitude(2.2 * texture) } else { 1.0 };
            if bright > 1e-4 {
                lines.push([bright * stripes * amplitude(artefact.level), artefact.fade]);
            }
            if artefact.b_line {
                aerated *= 1.0 - bright.min(0.95);
            }
        }
        let [left, right] = scene.ribs;
        let edge = |width: f64, from: f64| {
            if width > 0.0 { 1.0 / (1.0 + libm::exp(-(from - width) / 0.012)) } else { 1.0 }
        };
        Self {
            pleura: moment.pleura(across),
            pleura_width: 0.011 * (1.0 + scene.rough * texture).max(0.5),
            pleura_level: amplitude(8.0 * scene.rough * texture.min(0.5)),
            lines,
            aerated,
            shadow: edge(left, across) * edge(right, 1.0 - across),
        }
    }

    /// Amplitudes at `depth`: what scatters diffusely (under full speckle) and what reflects or reverberates (under
    /// reduced speckle). The pleural line has amplitude about 1.
    pub(super) fn at(&self, patient: &Patient, scene: &Scene, depth: f64) -> [f64; 2] {
        let below = depth - self.pleura;
        let mut specular = self.pleura_level * bump(below, self.pleura_width) + 0.5 * bump(depth, 0.02);
        let diffuse;
        if below < 0.0 {
            diffuse = amplitude(-21.0 - 4.0 * depth / self.pleura);
            for &[place, level] in &patient.planes {
                specular += amplitude(level) * bump(depth - place * self.pleura, 0.012);
            }
        } else {
            let lung = 1.0 - self.pleura;
            diffuse = amplitude(scene.haze - 8.0 * below / lung) * (0.4 + 0.6 * self.aerated);
            // The sound bounces between probe and pleura: one A-line per round trip, each weaker than the one before.
            let order = libm::round(depth / self.pleura);
            if order >= 2.0 {
                let level = scene.a_lines - 5.0 * (order - 2.0);
                let width = self.pleura_width * (0.9 + 0.15 * order);
                specular += self.aerated * self.aerated * amplitude(level) * bump(depth - order * self.pleura, width);
            }
            for &[level, fade] in &self.lines {
                specular += level * if fade > 0.0 { amplitude(-fade * below / lung) } else { 1.0 };
            }
        }
        // A rib reflects a little above the pleura and shadows what lies deeper.
        let through = if depth > 0.72 * self.pleura { 0.04 + 0.96 * self.shadow } else { 1.0 };
        let rib = (1.0 - self.shadow) * 0.8 * bump(depth - 0.70 * self.pleura, 0.016);
        [diffuse * through, specular * through + rib]
    }
}
