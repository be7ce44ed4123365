//! What a network consists of, and the way through it.

use super::graph::{Graph, Matrix, Vector};
use super::part::Part;
use super::planes::{Norms, Planes};
use super::recurrence::{Extent, Unit};
use super::walks::{Walk, Walks};
use crate::model::ModelError;
use crate::model::classifier::Pooling;
use crate::model::conv::Plane;
use crate::model::convnet::ConvNet;
use crate::model::device::values;
use crate::model::head::{Linear, dropout};
use crate::model::layers::{LayerList, MapHead, Source};
use crate::model::pooling::{Attention, severest};
use dfdx::shapes::HasShape;
use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;
use std::rc::Rc;

/// A network without its kernels.
#[derive(Debug, Clone)]
pub(in crate::model) enum Form {
    /// Parts: convolutions, recurrent unit, head, attention.
    Clips(Clips),
    /// Parts: layers, head.
    Frames { list: Rc<LayerList>, head: MapHead },
}

/// What [`crate::model::classifier::Classifier`] is made of.
#[derive(Debug, Clone)]
pub(in crate::model) struct Clips {
    pub net: Net,
    pub unit: Option<Unit>,
    pub pooling: Pooling,
    pub head: Linear,
    pub dropout: f64,
    pub frames: usize,
}

/// What sees a clip's frames.
#[derive(Debug, Clone)]
pub(in crate::model) enum Net {
    Chain(ConvNet),
    List(LayerList),
}

/// Of one pass.
pub(super) struct Pass<'g, D: Device<f32>, T> {
    pub graph: &'g Graph<D, T>,
    pub walks: &'g Walks<D>,
    pub parts: &'g [Vector<D>],
    pub norms: Norms<'g>,
    /// Seed and update that dropout depends on; none where nothing is left out.
    pub draws: Option<(u64, u64)>,
}

impl Form {
    /// The logits of normalised grey values.
    pub(super) fn forward<D: Device<f32>, T: Tape<f32, D>>(
        &self,
        pass: Pass<'_, D, T>,
        source: Vec<f32>,
    ) -> Result<Matrix<D>, ModelError> {
        match self {
            Form::Clips(clips) => clips.forward(pass, source),
            Form::Frames { list, head } => {
                let Pass { graph, walks, parts, norms, .. } = pass;
                let images = source.len() / list.layers[0].plane.area();
                let last = layers(list, &mut Planes { graph, walks, images, norms }, &parts[0], source)?;
                let mut part = Part::new(graph, &parts[1]);
                linear(&mut part, &last, Linear { inputs: head.channels, outputs: 1 })
            }
        }
    }
}

/// What the last layer puts out.
fn layers<D: Device<f32>, T: Tape<f32, D>>(
    list: &LayerList,
    planes: &mut Planes<'_, D, T>,
    parameters: &Vector<D>,
    source: Vec<f32>,
) -> Result<Matrix<D>, ModelError> {
    let graph = planes.graph;
    let mut part = Part::new(graph, parameters);
    let grey = graph.matrix(source, 1)?;
    let mut done: Vec<Matrix<D>> = Vec::with_capacity(list.layers.len());
    let frames = list.frames;
    for (number, layer) in list.layers.iter().enumerate() {
        let plane = layer.plane;
        let mut walk = Walk::Around(plane);
        let input = match layer.source {
            Source::Grey => grey.clone(),
            Source::Plain(from) | Source::Pooled(from) | Source::Halved(from) => {
                smaller(planes, &done[from], list.layers[from].put(), layer.source)?
            }
            Source::Frames { of, span } => {
                walk = Walk::Along { plane, frames, span };
                done[of].clone()
            }
            Source::Joined { up, skip, by } => {
                let larger = planes.larger(&done[up], list.layers[up].put(), plane, by)?;
                graph.beside(&larger, &done[skip])?
            }
        };
        let normalised = planes.layer(number, &mut part, &input, walk, [layer.cin, layer.cout])?;
        done.push(graph.rectified(&normalised)?);
    }
    done.pop().map_or(Ok(grey), Ok)
}

/// What a layer of this plane puts out, as it is read from `source`.
fn smaller<D: Device<f32>, T: Tape<f32, D>>(
    planes: &Planes<'_, D, T>,
    rows: &Matrix<D>,
    put: Plane,
    source: Source,
) -> Result<Matrix<D>, ModelError> {
    match source {
        Source::Pooled(_) => planes.pooled(rows, put),
        Source::Halved(_) => planes.halved(rows, put),
        _ => Ok(rows.clone()),
    }
}

fn linear<D: Device<f32>, T: Tape<f32, D>>(
    part: &mut Part<'_, D, T>,
    rows: &Matrix<D>,
    sizes: Linear,
) -> Result<Matrix<D>, ModelError> {
    let (weights, bias) = (part.matrix(sizes.outputs, sizes.inputs)?, part.vector(sizes.outputs)?);
    let (count, _) = *rows.shape();
    part.graph.sum(&part.graph.product(rows, &weights)?, &part.graph.in_each_row(&bias, count)?)
}

impl Clips {
    fn forward<D: Device<f32>, T: Tape<f32, D>>(
        &self,
        pass: Pass<'_, D, T>,
        source: Vec<f32>,
    ) -> Result<Matrix<D>, ModelError> {
        let Pass { graph, walks, parts, norms, draws } = pass;
        let images = source.len() / self.net.plane().area();
        let mut states = self.net.features(Planes { graph, walks, images, norms }, &parts[0], source)?;
        let mut rest = parts[1..].iter();
        let mut next = || {
            let all = rest.next().ok_or_else(|| ModelError::Weights { message: "a part is missing".into() })?;
            Ok::<_, ModelError>(Part::new(graph, all))
        };
        let extent = Extent { clips: images / self.frames, frames: self.frames };
        if let Some(unit) = &self.unit {
            states = unit.states(&mut next()?, &states, extent)?;
        }
        let mut head = next()?;
        let mut rows = match self.pooling {
            Pooling::Severest => states,
            Pooling::Mean => graph.scaled(&graph.sums(&states, self.frames)?, 1.0 / self.frames as f64)?,
            Pooling::Attention(attention) => attended(attention, &mut next()?, &states, extent)?,
        };
        if let Some((seed, update)) = draws.filter(|_| self.dropout > 0.0) {
            let (count, width) = *rows.shape();
            let factors = dropout(self.dropout, count * width, seed, update);
            rows = graph.times(&rows, &graph.matrix(factors, width)?)?;
        }
        let logits = linear(&mut head, &rows, self.head)?;
        match self.pooling {
            Pooling::Severest => {
                let which = severest(&values(&logits), self.frames, self.head.outputs);
                graph.rows(&logits, &graph.index(which)?)
            }
            _ => Ok(logits),
        }
    }
}

impl Net {
    /// What it looks at.
    fn plane(&self) -> Plane {
        match self {
            Net::Chain(chain) => chain.blocks[0].plane,
            Net::List(list) => list.layers[0].plane,
        }
    }

    /// Of each image the mean of what stands at the end.
    fn features<D: Device<f32>, T: Tape<f32, D>>(
        &self,
        mut planes: Planes<'_, D, T>,
        parameters: &Vector<D>,
        source: Vec<f32>,
    ) -> Result<Matrix<D>, ModelError> {
        let graph = planes.graph;
        let (rows, area) = match self {
            Net::Chain(chain) => {
                let mut part = Part::new(graph, parameters);
                let mut rows = graph.matrix(source, 1)?;
                let mut area = 1;
                for (number, block) in chain.blocks.iter().enumerate() {
                    let walk = Walk::Around(block.plane);
                    let normalised = planes.layer(number, &mut part, &rows, walk, [block.cin, block.cout])?;
                    rows = graph.rectified(&planes.pooled(&normalised, block.plane)?)?;
                    area = block.plane.pooled().area();
                }
                (rows, area)
            }
            Net::List(list) => {
                let put = list.layers[list.layers.len() - 1].put();
                let last = layers(list, &mut planes, parameters, source)?;
                (smaller(&planes, &last, put, list.end)?, list.end.plane(put).area())
            }
        };
        graph.scaled(&graph.sums(&rows, area)?, 1.0 / area as f64)
    }
}

/// The mean of each clip's states, weighted as attention says.
fn attended<D: Device<f32>, T: Tape<f32, D>>(
    attention: Attention,
    part: &mut Part<'_, D, T>,
    states: &Matrix<D>,
    extent: Extent,
) -> Result<Matrix<D>, ModelError> {
    let graph = part.graph;
    let bent = graph.tanh(&linear(part, states, Linear { inputs: attention.inputs, outputs: attention.hidden })?)?;
    let scores = graph.product(&bent, &part.matrix(1, attention.hidden)?)?;
    let weights = graph.shares(&graph.shaped(&scores, (extent.clips, extent.frames))?)?;
    let weights = graph.shaped(&weights, (extent.clips * extent.frames,))?;
    graph.sums(&graph.times(states, &graph.in_each_column(&weights, attention.inputs)?)?, extent.frames)
}
