//! Pictures of a graph: a [`Drawing`] as Graphviz, Mermaid or SVG text. Same drawing, same bytes.
//!
//! What a node's state is can be told without colour: every state has a word, a mark and a shape of its own.

use serde::Serialize;

mod dot;
mod layout;
mod mermaid;
mod svg;

pub use dot::dot;
pub use layout::{Layout, Point, Rect, Size, place};
pub use mermaid::mermaid;
pub use svg::svg;

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drawing {
    /// What the picture is called.
    pub title: String,
    /// The frames that nodes stand in.
    pub groups: Vec<Group>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// From what is read to what reads it, as indices of nodes.
    pub edges: Vec<(usize, usize)>,
}

/// A frame round nodes that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What it is called.
    pub name: String,
    /// After how many nodes their order comes round again: so many stand side by side.
    pub period: usize,
}

/// One box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its first line.
    pub name: String,
    /// The lines below.
    pub details: Vec<String>,
    /// The frame it stands in, as an index of [`Drawing::groups`].
    pub group: Option<usize>,
    /// What a run would do with it.
    pub state: State,
    /// All there is to say of it, shown where a reader points at it.
    pub told: String,
}

/// What a run would do with a node; the most pressing last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its output is there.
    Cached,
    /// Whether it runs depends on what comes out of what it reads.
    WaitsOnContent,
    /// It would run.
    Run,
    /// What it reads can't be read.
    Unreadable,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Cached, Self::WaitsOnContent, Self::Run, Self::Unreadable];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cached => "cached",
            Self::WaitsOnContent => "waits",
            Self::Run => "run",
            Self::Unreadable => "unreadable",
        }
    }

    /// What the word means, for a legend.
    fn meaning(self) -> &'static str {
        match self {
            Self::Cached => "cached: the output is there",
            Self::WaitsOnContent => "waits: depends on what comes out upstream",
            Self::Run => "run: out of date",
            Self::Unreadable => "unreadable: an input can't be read",
        }
    }

    /// A mark for it, for pictures that are text.
    fn mark(self) -> char {
        match self {
            Self::Cached => '✓',
            Self::WaitsOnContent => '…',
            Self::Run => '▶',
            Self::Unreadable => '✕',
        }
    }

    /// Ground and edge on light paper. The edges are Okabe and Ito's colours, darkened where white would swallow them.
    fn light(self) -> (&'static str, &'static str) {
        match self {
            Self::Cached => ("#e2f4ee", "#00805d"),
            Self::WaitsOnContent => ("#fdf3dc", "#8f6400"),
            Self::Run => ("#e0eff9", "#0072b2"),
            Self::Unreadable => ("#fbe6d9", "#b84f00"),
        }
    }

    /// Ground and edge on dark paper.
    fn dark(self) -> (&'static str, &'static str) {
        match self {
            Self::Cached => ("#12332a", "#2fc398"),
            Self::WaitsOnContent => ("#3a2f14", "#e69f00"),
            Self::Run => ("#12314a", "#56b4e9"),
            Self::Unreadable => ("#43240f", "#f0793a"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every state, hostile texts, a frame and a long edge.
    pub(super) fn drawing() -> Drawing {
        let node = |name: &str, group, state| Node {
            name: name.to_owned(),
            details: vec!["a \"quoted\" <b>&amp;</b> \\ #1; `x`".to_owned()],
            group,
            state,
            told: format!("{name}\nsecond line"),
        };
        Drawing {
            title: "A \"title\" & more".to_owned(),
            groups: vec![Group { name: "frame <1>".to_owned(), period: 2 }],
            nodes: vec![
                node("end", None, State::Cached),
                node("a", Some(0), State::Run),
                node("b", Some(0), State::WaitsOnContent),
                node("c", None, State::Unreadable),
            ],
            edges: vec![(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)],
        }
    }

    #[test]
    fn states_differ_in_word_mark_and_colour() {
        for (index, one) in State::ALL.into_iter().enumerate() {
            for other in State::ALL.into_iter().skip(index + 1) {
                assert!(one < other);
                assert_ne!(one.word(), other.word());
                assert_ne!(one.mark(), other.mark());
                assert_ne!(one.light(), other.light());
                assert_ne!(one.dark(), other.dark());
            }
        }
    }

    #[test]
    fn pictures_are_the_same_every_time() {
        let drawing = drawing();
        for draw in [dot, mermaid, svg] {
            assert_eq!(draw(&drawing), draw(&drawing));
        }
    }
}
