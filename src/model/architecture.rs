//! The table of architectures.

use super::baseline::Logistic;
use super::conv::SIDES;
use super::network::{Network, Trainable, parameters};
use super::{Baseline, ClipShape, CnnAttention, CnnGru, CnnLstm, FrameCnn, ModelError, R2Plus1D, UNet};
use crate::name::choice::choice;
use std::rc::Rc;

/// What all architectures have.
pub(super) trait Sizes {
    /// Raised when the same settings give other weights or other predictions.
    fn version(&self) -> u32;
    /// Whether it can be built for inputs of this shape.
    fn check(&self, shape: ClipShape) -> Result<(), ModelError>;
    /// Whether it finds pixels of frames, and not classes of clips.
    fn of_frames(&self) -> bool {
        false
    }
    /// The network, for inputs of this shape.
    fn built(&self, classes: usize, shape: ClipShape) -> Built;
}

/// A network, by how it is trained.
#[derive(Debug)]
pub(super) enum Built {
    /// By steps down a gradient.
    Trainable(Rc<dyn Trainable>),
    /// By solving for its one optimum.
    Solved(Rc<Logistic>),
}

impl Built {
    /// The network, however it is trained.
    pub fn network(self) -> Rc<dyn Network> {
        match self {
            Built::Trainable(network) => network,
            Built::Solved(logistic) => logistic,
        }
    }
}

choice! {
    /// What kind of model, and its sizes.
    pub enum Architecture: dyn Sizes, "a model" {
        "cnn-gru" => CnnGru,
        "cnn-lstm" => CnnLstm,
        "cnn-attention" => CnnAttention,
        "frame-cnn" => FrameCnn,
        "r2plus1d" => R2Plus1D,
        "unet" => UNet,
        "baseline" => Baseline,
    }
}

impl Architecture {
    /// Raised when the same settings give other weights or other predictions.
    pub fn version(&self) -> u32 {
        self.settings().version()
    }

    /// Whether it can be built for inputs of this shape.
    ///
    /// # Errors
    /// Says which size is at fault.
    pub fn check(&self, shape: ClipShape) -> Result<(), ModelError> {
        self.settings().check(shape)
    }

    /// Whether it finds pixels of frames, and not classes of clips.
    pub fn of_frames(&self) -> bool {
        self.settings().of_frames()
    }

    /// The number of trainable parameters.
    pub fn parameters(&self, classes: usize, shape: ClipShape) -> usize {
        parameters(&*self.network(classes, shape))
    }

    /// Whether it is fitted to its one optimum, so that nobody need say for how long.
    pub fn is_solved(&self) -> bool {
        matches!(self, Architecture::Baseline(_))
    }

    pub(super) fn network(&self, classes: usize, shape: ClipShape) -> Rc<dyn Network> {
        self.built(classes, shape).network()
    }

    pub(super) fn built(&self, classes: usize, shape: ClipShape) -> Built {
        self.settings().built(classes, shape)
    }
}

impl Default for Architecture {
    fn default() -> Self {
        Architecture::CnnGru(CnnGru::default())
    }
}

/// Whether blocks of these channels, each followed by 2×2 pooling, fit frames of this shape.
pub(super) fn check_blocks(channels: &[usize], shape: ClipShape) -> Result<(), ModelError> {
    if channels.is_empty() {
        return Err(ModelError::NoLayers);
    }
    if channels.contains(&0) {
        return Err(ModelError::ZeroWidth { field: "channels" });
    }
    let most = shape.height.min(shape.width).max(1).ilog2() as usize;
    if shape.frames == 0 || channels.len() > most {
        return Err(ModelError::TooSmall { shape, layers: channels.len(), most });
    }
    Ok(())
}

/// Whether a layer has units.
pub(super) fn check_units(field: &'static str, units: usize) -> Result<(), ModelError> {
    if units == 0 { Err(ModelError::ZeroWidth { field }) } else { Ok(()) }
}

/// Whether there are convolutions of so many rows and columns.
pub(super) fn check_kernel(side: usize) -> Result<(), ModelError> {
    if SIDES.contains(&side) {
        return Ok(());
    }
    Err(ModelError::Setting { field: "kernel", value: side.to_string(), remedy: "take 1, 3, 5 or 7" })
}

/// Whether convolutions have the rows and columns that all had before there was a choice: then nothing is written, and
/// old models keep their bytes.
#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
pub(super) fn is_usual_kernel(side: &usize) -> bool {
    *side == 3
}

/// Whether a share of units can be left out.
pub(super) fn check_dropout(rate: f64) -> Result<(), ModelError> {
    if (0.0..1.0).contains(&rate) {
        return Ok(());
    }
    Err(ModelError::Setting { field: "dropout", value: rate.to_string(), remedy: "take a share from 0 to below 1" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Stage {
        model: Architecture,
    }

    #[test]
    fn a_bare_name_is_short_for_all_defaults() {
        for text in ["model = \"cnn-gru\"", "model.cnn-gru = {}", "[model.cnn-gru]\nhidden = 64"] {
            let stage: Stage = toml::from_str(text).unwrap();
            assert_eq!(stage.model, Architecture::default(), "{text}");
        }
        let stage: Stage = toml::from_str("model.cnn-gru = { channels = [8], hidden = 3 }").unwrap();
        let sizes = CnnGru { channels: vec![8], hidden: 3, ..CnnGru::default() };
        assert_eq!(stage.model, Architecture::CnnGru(sizes));
        let json = serde_json::to_string(&stage.model).unwrap();
        assert_eq!(serde_json::from_str::<Architecture>(&json).unwrap(), stage.model);
    }

    #[test]
    fn what_is_as_it_was_before_there_was_a_choice_is_not_written() {
        for name in Architecture::NAMES {
            let stage: Stage = toml::from_str(&format!("model = \"{name}\"")).unwrap();
            let json = serde_json::to_string(&stage.model).unwrap();
            assert!(!json.contains("down") && !json.contains("upsample"), "{json}");
        }
        for text in ["model.cnn-gru = { down = \"average\" }", "model.unet = { upsample = \"bilinear\" }"] {
            let stage: Stage = toml::from_str(text).unwrap();
            let json = serde_json::to_string(&stage.model).unwrap();
            assert_eq!(serde_json::from_str::<Architecture>(&json).unwrap(), stage.model, "{json}");
            assert!(json.contains("average") || json.contains("bilinear"), "{json}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| toml::from_str::<Stage>(text).unwrap_err().to_string();
        assert!(error("model = \"cnn-gur\"").contains("unknown variant `cnn-gur`"));
        assert!(error("model.resnet = {}").contains("unknown variant `resnet`"));
        assert!(error("model.cnn-gru = { depth = 3 }").contains("unknown field `depth`"));
        assert!(error("model = 3").contains("the name of a model"));
        let shape = ClipShape { frames: 3, height: 32, width: 40 };
        let refused = |text: &str| toml::from_str::<Stage>(text).unwrap().model.check(shape).unwrap_err().to_string();
        for name in ["cnn-gru", "cnn-lstm", "cnn-attention", "frame-cnn", "r2plus1d"] {
            let error = refused(&format!("model.{name} = {{ kernel = 4 }}"));
            assert_eq!(error, "kernel = 4 makes no sense: take 1, 3, 5 or 7", "{name}");
        }
        assert!(refused("model.r2plus1d = { span = 2 }").contains("span = 2 makes no sense: take an odd number"));
    }

    #[test]
    fn all_are_built_and_say_what_does_not_fit() {
        let shape = ClipShape { frames: 3, height: 32, width: 40 };
        for name in Architecture::NAMES {
            let stage: Stage = toml::from_str(&format!("model = \"{name}\"")).unwrap();
            assert_eq!(stage.model.name(), *name);
            let shape = ClipShape { frames: if stage.model.of_frames() { 1 } else { 3 }, ..shape };
            stage.model.check(shape).unwrap();
            assert!(stage.model.parameters(3, shape) > 50, "{name}");
            let network = stage.model.network(3, shape);
            assert!(network.operations() > 1000 && network.workspace(2) > 1000, "{name}");
        }
    }
}
