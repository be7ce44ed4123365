//! Recurrent units over rows `[clip · frame]`, gate by gate; [`crate::model::gru`] and [`crate::model::lstm`] have the
//! formulas.

use super::graph::{Graph, Index, Matrix, Vector};
use super::part::Part;
use crate::model::ModelError;
use crate::model::gates::Gates;
use dfdx::tensor::Tape;
use dfdx::tensor_ops::Device;

/// A unit, as its sizes.
#[derive(Debug, Clone)]
pub(in crate::model) enum Unit {
    Gru(Gates),
    Lstm(Gates),
    /// The same unit once ahead and once back, side by side.
    BothWays(Box<Unit>),
}

/// Clips, and frames of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub clips: usize,
    pub frames: usize,
}

impl Extent {
    /// The rows of every clip's frame at `time`.
    fn at<D: Device<f32>, T: Tape<f32, D>>(self, graph: &Graph<D, T>, time: usize) -> Result<Index<D>, ModelError> {
        graph.index((0..self.clips).map(|clip| clip * self.frames + time).collect())
    }

    /// Each clip's frames from the last to the first.
    fn back<D: Device<f32>, T: Tape<f32, D>>(self, graph: &Graph<D, T>) -> Result<Index<D>, ModelError> {
        let rows = 0..self.clips * self.frames;
        graph.index(rows.map(|row| row - row % self.frames + self.frames - 1 - row % self.frames).collect())
    }

    /// From `[time][clip]` to `[clip][time]`.
    fn turned<D: Device<f32>, T: Tape<f32, D>>(self, graph: &Graph<D, T>) -> Result<Index<D>, ModelError> {
        let rows = 0..self.clips * self.frames;
        graph.index(rows.map(|row| row % self.frames * self.clips + row / self.frames).collect())
    }
}

impl Unit {
    /// The states of each frame.
    pub(super) fn states<D: Device<f32>, T: Tape<f32, D>>(
        &self,
        part: &mut Part<'_, D, T>,
        inputs: &Matrix<D>,
        extent: Extent,
    ) -> Result<Matrix<D>, ModelError> {
        match self {
            Unit::Gru(gates) => Walker::<D, 3>::new(*gates, part, inputs, extent)?.walk(part.graph, gru),
            Unit::Lstm(gates) => Walker::<D, 4>::new(*gates, part, inputs, extent)?.walk(part.graph, lstm),
            Unit::BothWays(unit) => {
                let graph = part.graph;
                let back = extent.back(graph)?;
                let ahead = unit.states(part, inputs, extent)?;
                let turned = unit.states(part, &graph.rows(inputs, &back)?, extent)?;
                graph.beside(&ahead, &graph.rows(&turned, &back)?)
            }
        }
    }
}

/// State, and cell where the unit has one.
struct Carried<D: Device<f32>> {
    state: Matrix<D>,
    cell: Matrix<D>,
}

/// `r`, `u`, `n` of what inputs and states give.
fn gru<D: Device<f32>, T: Tape<f32, D>>(
    graph: &Graph<D, T>,
    [xr, xu, xn]: [Matrix<D>; 3],
    [hr, hu, hn]: [Matrix<D>; 3],
    before: &Carried<D>,
) -> Result<Carried<D>, ModelError> {
    let reset = graph.logistic(&graph.sum(&xr, &hr)?)?;
    let update = graph.logistic(&graph.sum(&xu, &hu)?)?;
    let new = graph.tanh(&graph.sum(&xn, &graph.times(&reset, &hn)?)?)?;
    let kept = graph.times(&update, &graph.difference(&before.state, &new)?)?;
    Ok(Carried { state: graph.sum(&new, &kept)?, cell: before.cell.clone() })
}

/// Input, forget, cell and output gate.
fn lstm<D: Device<f32>, T: Tape<f32, D>>(
    graph: &Graph<D, T>,
    [xi, xf, xg, xo]: [Matrix<D>; 4],
    [hi, hf, hg, ho]: [Matrix<D>; 4],
    before: &Carried<D>,
) -> Result<Carried<D>, ModelError> {
    let input = graph.logistic(&graph.sum(&xi, &hi)?)?;
    let forget = graph.logistic(&graph.sum(&xf, &hf)?)?;
    let new = graph.tanh(&graph.sum(&xg, &hg)?)?;
    let output = graph.logistic(&graph.sum(&xo, &ho)?)?;
    let cell = graph.sum(&graph.times(&forget, &before.cell)?, &graph.times(&input, &new)?)?;
    Ok(Carried { state: graph.times(&output, &graph.tanh(&cell)?)?, cell })
}

/// A unit of `G` gates with its weights, before the first frame.
struct Walker<D: Device<f32>, const G: usize> {
    extent: Extent,
    hidden: usize,
    /// What inputs give to each gate, of all frames.
    outer: [Matrix<D>; G],
    weights: [Matrix<D>; G],
    biases: [Vector<D>; G],
}

/// One of each gate.
fn each<A, const G: usize>(mut make: impl FnMut(usize) -> Result<A, ModelError>) -> Result<[A; G], ModelError> {
    let made: Vec<A> = (0..G).map(&mut make).collect::<Result<_, _>>()?;
    made.try_into().map_err(|_| ModelError::Device { message: "gates are missing".into() })
}

impl<D: Device<f32>, const G: usize> Walker<D, G> {
    fn new<T: Tape<f32, D>>(
        gates: Gates,
        part: &mut Part<'_, D, T>,
        inputs: &Matrix<D>,
        extent: Extent,
    ) -> Result<Self, ModelError> {
        let (graph, rows, hidden) = (part.graph, extent.clips * extent.frames, gates.hidden);
        let by_input: [Matrix<D>; G] = each(|_| part.matrix(hidden, gates.inputs))?;
        let weights = each(|_| part.matrix(hidden, hidden))?;
        let input_biases: [Vector<D>; G] = each(|_| part.vector(hidden))?;
        let biases = each(|_| part.vector(hidden))?;
        let outer = each(|gate| {
            graph.sum(&graph.product(inputs, &by_input[gate])?, &graph.in_each_row(&input_biases[gate], rows)?)
        })?;
        Ok(Walker { extent, hidden, outer, weights, biases })
    }

    fn walk<T: Tape<f32, D>>(
        &self,
        graph: &Graph<D, T>,
        step: impl Fn(&Graph<D, T>, [Matrix<D>; G], [Matrix<D>; G], &Carried<D>) -> Result<Carried<D>, ModelError>,
    ) -> Result<Matrix<D>, ModelError> {
        let Extent { clips, frames } = self.extent;
        let zeros = || graph.matrix(vec![0.0; clips * self.hidden], self.hidden);
        let mut carried = Carried { state: zeros()?, cell: zeros()? };
        let mut states: Option<Matrix<D>> = None;
        for time in 0..frames {
            let now = self.extent.at(graph, time)?;
            let outer = each(|gate| graph.rows(&self.outer[gate], &now))?;
            let inner = each(|gate| {
                let product = graph.product(&carried.state, &self.weights[gate])?;
                graph.sum(&product, &graph.in_each_row(&self.biases[gate], clips)?)
            })?;
            carried = step(graph, outer, inner, &carried)?;
            states = Some(match states {
                None => carried.state.clone(),
                Some(states) => graph.above(&states, &carried.state)?,
            });
        }
        match states {
            Some(states) => graph.rows(&states, &self.extent.turned(graph)?),
            None => zeros(),
        }
    }
}
