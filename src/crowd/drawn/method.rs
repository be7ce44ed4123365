//! The table of methods that bring drawings together, as they are written in an experiment file.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::line_consensus::check_support;
use super::panel::Sheet;
use super::{
    Consensus, Content, Drawings, DrawnError, Em, Frame, Length, LineConsensus, Mask, Measure, OriginPoints,
    PixelMajority, Rasa, Ruler, Shape, Staple,
};

/// The most lines and points that all viewers of a frame together may have drawn, where they are matched.
const MAX_SHAPES: usize = 2048;

/// A method with its parameters. Its name alone (`"line-consensus"`) stands for all defaults.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Lines that enough annotators drew, each as the median of theirs.
    LineConsensus(LineConsensus),
    /// Where enough annotators saw a line begin.
    OriginPoints(OriginPoints),
    /// Pixels that enough annotators drew on.
    PixelMajority(PixelMajority),
    /// A mask and each annotator's sensitivity and specificity, fitted together.
    Staple(Staple),
    /// A mask and each annotator's accuracy, fitted together.
    Em(Em),
    /// A majority weighted by each annotator's overlap with it.
    Rasa(Rasa),
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
    /// The names of all methods.
    pub const NAMES: &'static [&'static str] =
        &["line-consensus", "origin-points", "pixel-majority", "staple", "em", "rasa"];

    /// The method's name.
    pub fn name(&self) -> &'static str {
        Self::NAMES[match self {
            Self::LineConsensus(_) => 0,
            Self::OriginPoints(_) => 1,
            Self::PixelMajority(_) => 2,
            Self::Staple(_) => 3,
            Self::Em(_) => 4,
            Self::Rasa(_) => 5,
        }]
    }

    /// The version of the method's behaviour; it rises whenever output for the same input changes.
    pub fn version(&self) -> u32 {
        match self {
            Self::LineConsensus(_) => super::line_consensus::VERSION,
            Self::OriginPoints(_) => super::origin_points::VERSION,
            Self::PixelMajority(_) => super::pixel_majority::VERSION,
            Self::Staple(_) => super::staple::VERSION,
            Self::Em(_) => super::em::VERSION,
            Self::Rasa(_) => super::rasa::VERSION,
        }
    }

    /// Whether the outcome is a mask.
    pub fn makes_masks(&self) -> bool {
        !matches!(self, Self::LineConsensus(_) | Self::OriginPoints(_))
    }

    /// What agreement with the outcome is counted in: lines and origins no further apart than the method's own length match,
    /// and pixels of lines are as wide as it makes them.
    ///
    /// # Errors
    /// As [`Method::check`].
    pub fn measure(&self) -> Result<Measure, DrawnError> {
        let length = self.check()?;
        Ok(match self {
            Self::LineConsensus(_) => Measure::Lines(length),
            Self::OriginPoints(_) => Measure::Origins(length),
            Self::PixelMajority(_) | Self::Staple(_) | Self::Em(_) | Self::Rasa(_) => Measure::Dice(length),
        })
    }

    /// Whether agreement with the method's outcome can be counted that way.
    pub(super) fn suits(&self, measure: Measure) -> bool {
        match measure {
            Measure::Dice(_) => self.makes_masks(),
            Measure::Lines(_) => matches!(self, Self::LineConsensus(_)),
            Measure::Origins(_) => !self.makes_masks(),
        }
    }

    /// The name of the parameter that is a length, without its unit.
    pub(super) fn length_name(&self) -> &'static str {
        match self {
            Self::LineConsensus(_) => "match",
            Self::OriginPoints(_) => "radius",
            Self::PixelMajority(_) | Self::Staple(_) | Self::Em(_) | Self::Rasa(_) => "width",
        }
    }

    /// Holds the parameters against their ranges; gives the one that is a length.
    ///
    /// # Errors
    /// A parameter out of its range, or a length in two units.
    pub fn check(&self) -> Result<Length, DrawnError> {
        let ranged = |parameter, value: f64, allowed, holds: bool| {
            if holds { Ok(()) } else { Err(DrawnError::Parameter { parameter, value, allowed }) }
        };
        let share =
            |parameter, value: f64| ranged(parameter, value, "a share between 0 and 1", (0.0..=1.0).contains(&value));
        let iterations = |number: u32| ranged("max_iterations", number.into(), "at least 1", number > 0);
        let tolerance =
            |value: f64| ranged("tolerance", value, "a finite number of at least 0", value.is_finite() && value >= 0.0);
        match self {
            Self::LineConsensus(lines) => check_support(lines.support).and_then(|()| lines.limit()),
            Self::OriginPoints(points) => check_support(points.support).and_then(|()| points.limit()),
            Self::PixelMajority(majority) => share("threshold", majority.threshold).and_then(|()| majority.width()),
            Self::Staple(staple) => {
                iterations(staple.max_iterations)?;
                tolerance(staple.tolerance)?;
                share("threshold", staple.threshold)?;
                let weight = staple.confidence_weight;
                ranged("confidence_weight", weight, "a finite number above 0", weight.is_finite() && weight > 0.0)?;
                staple.width()
            }
            Self::Em(em) => {
                iterations(em.max_iterations)?;
                tolerance(em.tolerance)?;
                em.width()
            }
            Self::Rasa(rasa) => {
                iterations(rasa.max_iterations)?;
                tolerance(rasa.tolerance)?;
                rasa.width()
            }
        }
    }

    /// Fails where there is a drawing the method can make nothing of.
    pub(super) fn check_shapes(&self, drawings: &Drawings<'_>) -> Result<(), DrawnError> {
        match self {
            Self::LineConsensus(_) => check_shapes(self.name(), LINES, drawings),
            Self::OriginPoints(_) => check_shapes(self.name(), ORIGINS, drawings),
            Self::PixelMajority(_) | Self::Staple(_) | Self::Em(_) | Self::Rasa(_) => Ok(()),
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
        let masks = || -> Vec<Mask> { sheets.iter().map(|sheet| sheet.to_mask(size, length)).collect() };
        Ok(match self {
            Self::LineConsensus(lines) => {
                check_number(frame, sheets)?;
                lines.frame(size, sheets, length)
            }
            Self::OriginPoints(points) => {
                check_number(frame, sheets)?;
                points.frame(size, sheets, length)
            }
            Self::PixelMajority(majority) => Consensus::of_masks(size, sheets, &masks(), |p| majority.fit(p)),
            Self::Staple(staple) => Consensus::of_masks(size, sheets, &masks(), |p| staple.fit(p)),
            Self::Em(em) => Consensus::of_masks(size, sheets, &masks(), |p| em.fit(p)),
            Self::Rasa(rasa) => Consensus::of_masks(size, sheets, &masks(), |p| rasa.fit(p)),
        })
    }
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

/// A method's name on its own, so that an unknown one is reported where it stands.
struct Name(&'static str);

impl Name {
    fn parse<E: Error>(name: &str) -> Result<Self, E> {
        let known = Method::NAMES.iter().find(|known| **known == name);
        known.map(|known| Self(known)).ok_or_else(|| E::unknown_variant(name, Method::NAMES))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?)
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MethodVisitor)
    }
}

struct MethodVisitor;

impl<'de> Visitor<'de> for MethodVisitor {
    type Value = Method;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the name of a method for drawings, or a table with that one name as its key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Method, E> {
        Ok(match Name::parse(name)?.0 {
            "line-consensus" => Method::LineConsensus(LineConsensus::default()),
            "origin-points" => Method::OriginPoints(OriginPoints::default()),
            "pixel-majority" => Method::PixelMajority(PixelMajority::default()),
            "staple" => Method::Staple(Staple::default()),
            "em" => Method::Em(Em::default()),
            _ => Method::Rasa(Rasa::default()),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Method, A::Error> {
        let Some(Name(name)) = map.next_key()? else { return Err(A::Error::invalid_length(0, &self)) };
        let method = match name {
            "line-consensus" => Method::LineConsensus(map.next_value()?),
            "origin-points" => Method::OriginPoints(map.next_value()?),
            "pixel-majority" => Method::PixelMajority(map.next_value()?),
            "staple" => Method::Staple(map.next_value()?),
            "em" => Method::Em(map.next_value()?),
            _ => Method::Rasa(map.next_value()?),
        };
        match map.next_key::<String>()? {
            None => Ok(method),
            Some(second) => Err(A::Error::custom(format_args!(
                "`{second}` is a second method beside `{}`: give one method",
                method.name()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
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
        assert!(message("method.em = {}\nmethod.rasa = {}").contains("give one method"));
        assert!(message("method = {}").contains("a method for drawings"));
    }
}
