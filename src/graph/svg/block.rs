//! What the layout places: a node of its own, or a frame with a grid of nodes.

use super::{
    ink::{number, shortened, text_width, xml},
    layout::{Rect, Size},
    style::{self, DETAIL, NAME},
};
use crate::graph::{Drawing, Node};

/// Letters of a name that are shown; a reader who points at it sees all.
const LETTERS: usize = 34;
/// Between text and the edge of its box.
const PAD: f64 = 12.0;
/// Room for the mark before a name.
const MARK: f64 = 20.0;
/// From one line of text to the next.
const LINE: f64 = 17.0;
/// Between the nodes of a frame.
const GAP: f64 = 8.0;
/// The line of a frame's name.
const HEAD: f64 = 26.0;
/// Nodes side by side in a frame, at most.
const COLUMNS: usize = 5;

/// A node of its own, or a frame.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) nodes: Vec<usize>,
    pub(super) size: Size,
    group: Option<usize>,
    columns: usize,
    cell: Size,
}

/// An edge as it is drawn: between two blocks, or between two nodes in them.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) blocks: (usize, usize),
    pub(super) nodes: Option<(usize, usize)>,
    /// How many edges it stands for, and how many there could be.
    pub(super) of: (usize, usize),
}

/// The blocks of a drawing, in the order in which their nodes first come.
pub(super) fn blocks(drawing: &Drawing) -> Vec<Block> {
    let mut blocks: Vec<(Option<usize>, Vec<usize>)> = Vec::new();
    for (index, node) in drawing.nodes.iter().enumerate() {
        match blocks.iter_mut().find(|(group, _)| group.is_some() && *group == node.group) {
            Some((_, nodes)) => nodes.push(index),
            None => blocks.push((node.group, vec![index])),
        }
    }
    blocks.into_iter().map(|(group, nodes)| Block::new(drawing, group, nodes)).collect()
}

impl Block {
    fn new(drawing: &Drawing, group: Option<usize>, nodes: Vec<usize>) -> Self {
        let sizes: Vec<Size> = nodes.iter().map(|&node| size(&drawing.nodes[node])).collect();
        let cell = Size {
            width: sizes.iter().map(|size| size.width).fold(0.0, f64::max),
            height: sizes.iter().map(|size| size.height).fold(0.0, f64::max),
        };
        let Some(group) = group else { return Self { nodes, size: cell, group, columns: 1, cell } };
        let square = (1..=COLUMNS).find(|columns| columns * columns >= nodes.len()).unwrap_or(COLUMNS);
        let period = drawing.groups[group].period;
        let columns = if (2..=COLUMNS + 1).contains(&period) { period } else { square };
        let rows = nodes.len().div_ceil(columns);
        let grid = |count: usize, each: f64| count as f64 * (each + GAP) - GAP;
        let name = text_width(&shortened(&drawing.groups[group].name, LETTERS), NAME);
        let width = grid(columns, cell.width).max(name) + 2.0 * PAD;
        let size = Size { width, height: HEAD + grid(rows, cell.height) + PAD };
        Self { nodes, size, group: Some(group), columns, cell }
    }

    /// What it is called.
    pub(super) fn name<'d>(&self, drawing: &'d Drawing) -> &'d str {
        match self.group {
            Some(group) => &drawing.groups[group].name,
            None => drawing.nodes[self.nodes[0]].told.lines().next().unwrap_or_default(),
        }
    }

    /// Where one of its nodes stands.
    pub(super) fn cell(&self, node: usize, at: &Rect) -> Rect {
        if self.group.is_none() {
            return *at;
        }
        let place = self.nodes.iter().position(|other| *other == node).unwrap_or_default();
        let (row, column) = (place / self.columns, place % self.columns);
        let step = |count: usize, each: f64| count as f64 * (each + GAP);
        let Size { width, height } = self.cell;
        Rect { x: at.x + PAD + step(column, width), y: at.y + HEAD + step(row, height), width, height }
    }

    /// Its frame, if it has one; it stands behind the edges.
    pub(super) fn frame(&self, drawing: &Drawing, at: &Rect) -> String {
        let Some(group) = self.group else { return String::new() };
        format!(
            "<g class=\"frame\"><title>{}</title>{}<text class=\"group\" x=\"{}\" y=\"{}\">{}</text></g>\n",
            xml(&drawing.groups[group].name),
            rect("around", at),
            number(at.x + PAD),
            number(at.y + 17.0),
            xml(&shortened(&drawing.groups[group].name, LETTERS))
        )
    }

    /// Its nodes.
    pub(super) fn nodes(&self, drawing: &Drawing, at: &Rect) -> String {
        self.nodes.iter().map(|&node| drawn(&drawing.nodes[node], &self.cell(node, at))).collect()
    }
}

fn size(node: &Node) -> Size {
    let name = MARK + text_width(&shortened(&node.name, LETTERS), NAME);
    let details = node.details.iter().map(|line| text_width(&shortened(line, LETTERS + 4), DETAIL));
    let width = details.fold(name, f64::max) + 2.0 * PAD;
    Size { width, height: LINE * (node.details.len() + 1) as f64 + if node.details.is_empty() { 9.0 } else { 15.0 } }
}

fn drawn(node: &Node, at: &Rect) -> String {
    let first = at.y + if node.details.is_empty() { 17.0 } else { 21.0 };
    let mut out = format!(
        "<g class=\"node {}\"><title>{}</title>{}{}<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
        node.state.word(),
        xml(&node.told),
        rect("box", at),
        style::mark(node.state, at.x + PAD + 6.0, first - 4.5),
        number(at.x + PAD + MARK),
        number(first),
        xml(&shortened(&node.name, LETTERS))
    );
    for (index, line) in node.details.iter().enumerate() {
        let y = first + LINE * (index + 1) as f64;
        let text = xml(&shortened(line, LETTERS + 4));
        out += &format!("<text class=\"detail\" x=\"{}\" y=\"{}\">{text}</text>", number(at.x + PAD), number(y));
    }
    out + "</g>\n"
}

fn rect(class: &str, at: &Rect) -> String {
    let [x, y, width, height] = [at.x, at.y, at.width, at.height].map(number);
    format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>")
}
