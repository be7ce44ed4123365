//! Clip classifiers: architectures, their training and prediction.
//!
//! [`train()`] fits an [`Architecture`] to labelled clips and returns weights as safetensors bytes; [`predict()`] turns such
//! bytes and clips into probabilities. Both give the same bytes for the same arguments, whatever the number of threads
//! and whichever of a processor's instruction sets is used.

use serde::Serialize;
use std::borrow::Cow;

mod architecture;
mod augment;
mod baseline;
mod checkpoint;
mod classifier;
mod cnn_attention;
mod cnn_gru;
mod cnn_lstm;
mod composed;
mod conv;
mod convnet;
mod crowd_layer;
mod describe;
mod device;
mod down;
mod elementary;
mod examine;
mod features;
mod frame_cnn;
mod gates;
mod gru;
mod head;
mod lanes;
mod layers;
mod learner;
mod lessons;
mod logistic;
mod loss;
mod lstm;
mod matrix;
mod means;
mod network;
mod norm;
mod optimiser;
mod place;
mod pooling;
mod predict;
mod profiles;
mod r2plus1d;
mod recurrence;
#[cfg(test)]
mod reference;
mod sampling;
mod schedule;
mod train;
mod unet;
mod upsample;
mod weights;
mod workers;

pub use architecture::Architecture;
pub use augment::Augment;
pub use baseline::Baseline;
pub use checkpoint::{Keeper, Nobody};
pub use cnn_attention::CnnAttention;
pub use cnn_gru::CnnGru;
pub use cnn_lstm::CnnLstm;
pub use crowd_layer::CrowdLayer;
pub use describe::{Description, describe};
pub use down::Down;
pub use frame_cnn::FrameCnn;
pub use lessons::{Example, Lessons, Maps, NoMaps, Opinion, Target};
pub use loss::Loss;
pub use optimiser::{Adam, AdamW, Optimiser, Sgd};
pub use place::Place;
pub use predict::{check_place, predict, segment};
pub use r2plus1d::R2Plus1D;
pub use schedule::{Constant, Cosine, Plateau, Schedule, Step};
pub use train::{Point, Progress, Settings, Trained, memory, train};
pub use unet::UNet;
pub use upsample::Upsample;

/// Frames of a clip, and rows and columns of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClipShape {
    pub frames: usize,
    pub height: usize,
    pub width: usize,
}

impl ClipShape {
    /// Bytes of a clip.
    pub fn bytes(self) -> usize {
        self.frames * self.height * self.width
    }
}

impl std::fmt::Display for ClipShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} frames of {}×{} pixels", self.frames, self.width, self.height)
    }
}

/// Decoded clips, all of one shape.
pub trait Clips: Sync {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The shape of every clip.
    fn shape(&self) -> ClipShape;
    /// Grey values of clip `index`, `[frame][row][column]`.
    ///
    /// # Errors
    /// [`ModelError::Clip`] where the clip can't be read.
    fn frames(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError>;
}

/// Why a model can't be trained or used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("channels = [] has no layer: name at least one, such as channels = [16, 32, 64, 64]")]
    NoLayers,
    #[error("{field} holds 0: every layer needs at least one channel or unit")]
    ZeroWidth { field: &'static str },
    #[error("{shape} can't be halved {layers} times: use larger frames or at most {most} entries in channels")]
    TooSmall { shape: ClipShape, layers: usize, most: usize },
    #[error("no clip to train on: check the labels, the split and `only`")]
    NoTraining,
    #[error("{classes} class can't be told apart: a classifier needs at least two")]
    Classes { classes: usize },
    #[error("clip {clip} is not among the {clips} clips")]
    UnknownClip { clip: usize, clips: usize },
    #[error("clip {clip} can't be read: {source}")]
    Clip {
        clip: usize,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("clip {clip} has {found} bytes where {shape} make {expected}: decode all clips to one shape")]
    Shape { clip: usize, found: usize, expected: usize, shape: ClipShape },
    #[error("the target of clip {clip} is no distribution over {classes} classes: {target:?}")]
    Target { clip: usize, classes: usize, target: Vec<f32> },
    #[error("the opinions on clip {clip} are none, or of annotators or classes that are unknown")]
    Opinions { clip: usize },
    #[error("{field} = {value} makes no sense: {remedy}")]
    Setting { field: &'static str, value: String, remedy: &'static str },
    #[error("the loss is {loss} at update {update}: try learning_rate = {suggestion} instead of {learning_rate}")]
    Diverged {
        update: u64,
        loss: f64,
        learning_rate: f64,
        suggestion: f64,
        /// Of the batch.
        clips: Vec<usize>,
    },
    #[error("cancelled")]
    Cancelled,
    #[error("the weights can't be read: {message}")]
    Weights { message: String },
    #[error("the checkpoint can't be read: {message}")]
    Checkpoint { message: String },
    #[error("map {map} is asked for where there are no maps")]
    UnknownMap { map: usize },
    #[error(
        "the weights to begin with are those of {trained}, wanted is {wanted}: give both the same model and frames"
    )]
    OtherStart { trained: String, wanted: String },
    #[error("the weights were trained on {trained}, the clips are {found}: decode them alike")]
    OtherShape { trained: String, found: ClipShape },
    #[error("{threads} threads can't be started: {message}")]
    Threads { threads: usize, message: String },
    #[error(
        "`{model}` can't be computed on {place}: these can: {others}; take one of them, or do without `--device` for this stage"
    )]
    NotComposed { model: &'static str, place: Place, others: String },
    #[error("the tensor library failed: {message}")]
    Device { message: String },
}

/// The instructions that models are trained with, where this processor has better ones than plain arithmetic.
pub fn instructions() -> Option<&'static str> {
    lanes::Level::detect().name()
}

/// Grey values of a clip, checked for their number.
fn frames_of(clips: &dyn Clips, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
    if index >= clips.len() {
        return Err(ModelError::UnknownClip { clip: index, clips: clips.len() });
    }
    let frames = clips.frames(index)?;
    let shape = clips.shape();
    if frames.len() != shape.bytes() {
        return Err(ModelError::Shape { clip: index, found: frames.len(), expected: shape.bytes(), shape });
    }
    Ok(frames)
}
