//! The table of methods that bring drawings together, as they are written in an experiment file.

use super::panel::Sheet;
use super::{
    Consensus, Content, Drawings, DrawnError, Em, Frame, Length, LineConsensus, Measure, OriginPoints, PixelMajority,
    Rasa, Ruler, Shape, Staple,
};
use crate::name::choice::choice;

/// The most lines and points that all viewers of a frame together may have drawn, where they are matched.
const MAX_SHAPES: usize = 2048;

choice! {
    /// A method with its parameters. Its name alone (`"line-consensus"`) stands for all defaults.
    pub enum Method: dyn Combine, "a method for drawings" {
        /// Lines that enough annotators drew, each as the median of theirs.
        "line-consensus" => LineConsensus,
        /// Where enough annotators saw a line begin.
        "origin-points" => OriginPoints,
        /// Pixels that enough annotators drew on.
        "pixel-majority" => PixelMajority,
        /// A mask and each annotator's sensitivity and specificity, fitted together.
        "staple" => Staple,
        /// A mask and each annotator's accuracy, fitted together.
        "em" => Em,
        /// A majority weighted by each annotator's overlap with it.
        "rasa" => Rasa,
    }
}

/// What a method makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Lines, from lines.
    Lines,
    /// Points, from lines and points.
    Origins,
    /// Masks, from anything.
    Masks,
}

/// What every method for drawings can do.
pub(super) trait Combine {
    /// The version of the method's behaviour; it rises whenever output for the same input changes.
    fn version(&self) -> u32;

    /// What it makes.
    fn outcome(&self) -> Outcome {
        Outcome::Masks
    }

    /// Holds the parameters against their ranges; gives the one that is a length.
    fn check(&self) -> Result<Length, DrawnError>;

    /// The consensus of the viewers of a frame.
    fn combine(&self, frame: &Frame, sheets: &[Sheet], length: &Ruler) -> Consensus;
}

/// What a method or measure takes, in words, and whether it takes points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Takes {
    needs: &'static str,
    points: bool,
}

pub(super) const LINES: Takes = Takes { needs: "lines", points: false };
pub(super) const ORIGINS: Takes = Takes { needs: "lines or points", points: true };

impl Method {
    /// The version of the method's behaviour; it rises whenever output for the same input changes.
    pub fn version(&self) -> u32 {
        self.settings().version()
    }

    /// Whether the outcome is a mask.
    pub fn makes_masks(&self) -> bool {
        self.settings().outcome() == Outcome::Masks
    }

    /// What agreement with the outcome is counted in: lines and origins no further apart than the method's own length match,
    /// and pixels of lines are as wide as it makes them.
    ///
    /// # Errors
    /// As [`Method::check`].
    pub fn measure(&self) -> Result<Measure, DrawnError> {
        let length = self.check()?;
        Ok(match self.settings().outcome() {
            Outcome::Lines => Measure::Lines(length),
            Outcome::Origins => Measure::Origins(length),
            Outcome::Masks => Measure::Dice(length),
        })
    }

    /// Whether agreement with the method's outcome can be counted that way.
    pub(super) fn suits(&self, measure: Measure) -> bool {
        let outcome = self.settings().outcome();
        match measure {
            Measure::Dice(_) => outcome == Outcome::Masks,
            Measure::Lines(_) => outcome == Outcome::Lines,
            Measure::Origins(_) => outcome != Outcome::Masks,
        }
    }

    /// The name of the parameter that is a length, without its unit.
    pub(super) fn length_name(&self) -> &'static str {
        match self.settings().outcome() {
            Outcome::Lines => "match",
            Outcome::Origins => "radius",
            Outcome::Masks => "width",
        }
    }

    /// Holds the parameters against their ranges; gives the one that is a length.
    ///
    /// # Errors
    /// A parameter out of its range, or a length in two units.
    pub fn check(&self) -> Result<Length, DrawnError> {
        self.settings().check()
    }

    /// Fails where there is a drawing the method can make nothing of.
    pub(super) fn check_shapes(&self, drawings: &Drawings<'_>) -> Result<(), DrawnError> {
        match self.settings().outcome() {
            Outcome::Lines => check_shapes(self.name(), LINES, drawings),
            Outcome::Origins => check_shapes(self.name(), ORIGINS, drawings),
            Outcome::Masks => Ok(()),
        }
    }

    /// The consensus of the viewers of frame number `frame`.
    pub(super) fn frame(
        &self,
        frame: usize,
        size: &Frame,
        sheets: &[Sheet],
        length: &Ruler,
    ) -> Result<Consensus, DrawnError> {
        if !self.makes_masks() {
            check_number(frame, sheets)?;
        }
        Ok(self.settings().combine(size, sheets, length))
    }
}

/// Refuses a share that is none.
pub(super) fn check_share(parameter: &'static str, value: f64) -> Result<(), DrawnError> {
    within(parameter, value, "a share between 0 and 1", (0.0..=1.0).contains(&value))
}

/// Refuses a number that is not above 0.
pub(super) fn check_positive(parameter: &'static str, value: f64) -> Result<(), DrawnError> {
    within(parameter, value, "a finite number above 0", value.is_finite() && value > 0.0)
}

/// Refuses no iterations, and a tolerance nothing can come below.
pub(super) fn check_iteration(max_iterations: u32, tolerance: f64) -> Result<(), DrawnError> {
    within("max_iterations", max_iterations.into(), "at least 1", max_iterations > 0)?;
    within("tolerance", tolerance, "a finite number of at least 0", tolerance.is_finite() && tolerance >= 0.0)
}

fn within(parameter: &'static str, value: f64, allowed: &'static str, holds: bool) -> Result<(), DrawnError> {
    if holds { Ok(()) } else { Err(DrawnError::Parameter { parameter, value, allowed }) }
}

/// Fails where there is a drawing that is no line, or no point where points are taken.
pub(super) fn check_shapes(method: &'static str, takes: Takes, drawings: &Drawings<'_>) -> Result<(), DrawnError> {
    for (position, drawing) in drawings.drawings.iter().enumerate() {
        let found = match drawing.content {
            Content::Mask(_) => Some("mask"),
            Content::Shapes(shapes) => shapes
                .iter()
                .find(|shape| match shape {
                    Shape::Line(_) => false,
                    Shape::Point(_) => !takes.points,
                    Shape::Polygon(_) => true,
                })
                .map(Shape::noun),
        };
        if let Some(found) = found {
            return Err(DrawnError::Shape { method, needs: takes.needs, position, found });
        }
    }
    Ok(())
}

/// Fails where a frame carries more lines and points than can be matched in reasonable time.
pub(super) fn check_number(frame: usize, sheets: &[Sheet]) -> Result<(), DrawnError> {
    let shapes = sheets.iter().map(|sheet| sheet.shapes.len()).sum();
    if shapes > MAX_SHAPES { Err(DrawnError::TooMany { frame, shapes, most: MAX_SHAPES }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Stage {
        method: Method,
    }

    #[test]
    fn names_agree_with_serde() {
        for name in Method::NAMES {
            let stage: Stage = toml::from_str(&format!("method = '{name}'")).unwrap();
            assert_eq!((stage.method.name(), stage.method.version()), (*name, 1));
            let written = serde_json::to_value(&stage.method).unwrap();
            assert!(written.get(name).is_some(), "{written}");
            assert_eq!(serde_json::from_value::<Method>(written).unwrap(), stage.method);
            assert_eq!(toml::from_str::<Stage>(&format!("[method.{name}]")).unwrap().method, stage.method);
        }
    }

    #[test]
    fn parameters_are_read_and_what_is_unknown_is_named() {
        let stage: Stage = toml::from_str("method.line-consensus = { match_px = 12.5, support = 0.4 }").unwrap();
        let expected = LineConsensus { match_px: Some(12.5), support: 0.4, ..LineConsensus::default() };
        assert_eq!(stage.method, Method::LineConsensus(expected));
        assert_eq!(stage.method.check(), Ok(Length::Px(12.5)));

        let message = |text: &str| toml::from_str::<Stage>(text).unwrap_err().to_string();
        assert!(message("method = 'line'").contains("unknown variant `line`, expected one of `line-consensus`"));
        assert!(message("method.staple = { match_mm = 5 }").contains("unknown field `match_mm`"));
        assert!(message("method.em = {}\nmethod.rasa = {}").contains("give one of them"));
        assert!(message("method = {}").contains("a method for drawings"));
    }
}
