//! A picture of its own, laid out here: SVG that needs no other file and follows the reader's light or dark.

use super::{Drawing, State, layout};

mod block;
mod ink;
mod style;

use block::{Block, Piece, blocks};
use ink::{number, shortened, text_width, xml};
use layout::{Point, Rect, Size};

/// Round the whole picture.
const MARGIN: f64 = 20.0;
/// Of the heading, in pixels.
const HEADING: f64 = 15.0;
/// Edges between the nodes of two blocks that are drawn one by one, at most.
const SINGLE: usize = 12;
/// Between the lower edge of the graph and the legend, and between lines of the legend.
const LEGEND: f64 = 24.0;
/// A legend may be this wide even where the graph is not.
const LEGEND_WIDTH: f64 = 620.0;

/// The drawing as an SVG document.
pub fn svg(drawing: &Drawing) -> String {
    let blocks = blocks(drawing);
    let pieces = pieces(drawing, &blocks);
    let sizes: Vec<Size> = blocks.iter().map(|block| block.size).collect();
    let mut between: Vec<(usize, usize)> = Vec::new();
    for piece in pieces.iter().filter(|piece| piece.blocks.0 != piece.blocks.1) {
        if !between.contains(&piece.blocks) {
            between.push(piece.blocks);
        }
    }
    let layout = layout::place(&sizes, &between);
    let title = shortened(&drawing.title, 90);
    let (legend, legend_size) = legend(drawing, &pieces, layout.size.width.max(LEGEND_WIDTH));
    let inner = layout.size.width.max(text_width(&title, HEADING)).max(legend_size.width);
    let top = MARGIN + HEADING + 18.0;
    let left = MARGIN + (inner - layout.size.width) / 2.0;
    let (width, height) = (inner + 2.0 * MARGIN, top + layout.size.height + LEGEND + legend_size.height + MARGIN);

    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"title\" width=\"{0}\" height=\"{1}\" \
         viewBox=\"0 0 {0} {1}\">\n<title id=\"title\">{2}</title>\n<style>\n{3}</style>\n{4}\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n<text class=\"heading\" x=\"{5}\" y=\"{6}\">{7}</text>\n",
        number(width),
        number(height),
        xml(&drawing.title),
        style::sheet(),
        style::ARROW,
        number(MARGIN),
        number(MARGIN + HEADING - 2.0),
        xml(&title),
    );
    out += &format!("<g transform=\"translate({} {})\">\n", number(left), number(top));
    for (block, at) in blocks.iter().zip(&layout.boxes) {
        out += &block.frame(drawing, at);
    }
    for piece in &pieces {
        out += &edge(drawing, &blocks, piece, &between, &layout);
    }
    for (block, at) in blocks.iter().zip(&layout.boxes) {
        out += &block.nodes(drawing, at);
    }
    let legend_top = top + layout.size.height + LEGEND;
    out + &format!(
        "</g>\n<g transform=\"translate({} {})\">\n{legend}</g>\n</svg>\n",
        number(MARGIN),
        number(legend_top)
    )
}

/// The edges as they are drawn: one for two blocks where each node of one leads to each node of the other, or where so many do
/// that nobody could follow them.
fn pieces(drawing: &Drawing, blocks: &[Block]) -> Vec<Piece> {
    type Pair = (usize, usize);
    let block_of = |node: usize| blocks.iter().position(|block| block.nodes.contains(&node)).unwrap_or_default();
    let mut pairs: Vec<(Pair, Vec<Pair>)> = Vec::new();
    for &(from, to) in &drawing.edges {
        let pair = (block_of(from), block_of(to));
        let at = pairs.iter().position(|(other, _)| *other == pair).unwrap_or_else(|| {
            pairs.push((pair, Vec::new()));
            pairs.len() - 1
        });
        if !pairs[at].1.contains(&(from, to)) {
            pairs[at].1.push((from, to));
        }
    }
    let mut pieces = Vec::new();
    for (pair, edges) in pairs {
        let most = blocks[pair.0].nodes.len() * blocks[pair.1].nodes.len();
        if pair.0 != pair.1 && (edges.len() == most || edges.len() > SINGLE) {
            pieces.push(Piece { blocks: pair, nodes: None, of: (edges.len(), most) });
        } else {
            pieces.extend(edges.into_iter().map(|edge| Piece { blocks: pair, nodes: Some(edge), of: (1, most) }));
        }
    }
    pieces
}

fn edge(
    drawing: &Drawing,
    blocks: &[Block],
    piece: &Piece,
    between: &[(usize, usize)],
    layout: &layout::Layout,
) -> String {
    let (from, to) = piece.blocks;
    let mut route: Vec<Point> = match between.iter().position(|pair| *pair == piece.blocks) {
        Some(at) => layout.routes[at].clone(),
        None => vec![(0.0, 0.0); 4],
    };
    let (class, told) = match piece.nodes {
        None => {
            let (count, most) = piece.of;
            let (class, some) = if count < most {
                ("edge some", format!("\n{count} of {most} edges"))
            } else {
                ("edge", String::new())
            };
            (class, format!("{} → {}{some}", blocks[from].name(drawing), blocks[to].name(drawing)))
        }
        Some((one, other)) => {
            let leaves: Rect = blocks[from].cell(one, &layout.boxes[from]);
            let arrives: Rect = blocks[to].cell(other, &layout.boxes[to]);
            let last = route.len() - 1;
            // Out of and into a frame an edge takes one bend with that on to the next layer.
            let (below, above) = (route[1].1, route[last - 1].1);
            route[0] = (leaves.centre(), leaves.bottom());
            route[1] = (leaves.centre(), if drawing.nodes[one].group.is_some() { leaves.bottom() } else { below });
            route[last] = (arrives.centre(), arrives.y);
            route[last - 1] = (arrives.centre(), if drawing.nodes[other].group.is_some() { arrives.y } else { above });
            let told = |node: usize| drawing.nodes[node].told.lines().next().unwrap_or_default().to_owned();
            ("edge thin", format!("{} → {}", told(one), told(other)))
        }
    };
    format!(
        "<path class=\"{class}\" marker-end=\"url(#tip)\" d=\"{}\"><title>{}</title></path>\n",
        path(&route),
        xml(&told)
    )
}

/// Straight through layers, and bent between them so that an edge leaves and arrives upright.
fn path(route: &[Point]) -> String {
    let mut out = format!("M{} {}", number(route[0].0), number(route[0].1));
    for (index, pair) in route.windows(2).enumerate() {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if index % 2 == 0 {
            if y0 != y1 || x0 != x1 {
                out += &format!("L{} {}", number(x1), number(y1));
            }
            continue;
        }
        let bend = ((y1 - y0) / 2.0).abs().max(14.0);
        let control = [x0, y0 + bend, x1, y1 - bend, x1, y1].map(number);
        out += &format!("C{}", control.join(" "));
    }
    out
}

/// What the states and edges that occur look like and mean, in lines of at most `width`.
fn legend(drawing: &Drawing, pieces: &[Piece], width: f64) -> (String, Size) {
    let states = State::ALL.into_iter().filter(|state| drawing.nodes.iter().any(|node| node.state == *state));
    let mut entries: Vec<(Option<State>, &str)> = states.map(|state| (Some(state), state.meaning())).collect();
    if pieces.iter().any(|piece| piece.nodes.is_none() && piece.of.0 < piece.of.1) {
        entries.push((None, "to or from some in the frame, not all"));
    }
    let mut out = String::new();
    let (mut x, mut y, mut widest) = (0.0, 0.0, 0.0_f64);
    for (state, meaning) in entries {
        let own = 26.0 + text_width(meaning, style::DETAIL);
        if x > 0.0 && x + own > width {
            (x, y) = (0.0, y + LEGEND);
        }
        let (left, middle) = (number(x), number(y + 9.0));
        out += &match state {
            Some(state) => format!(
                "<g class=\"{}\"><rect class=\"box\" x=\"{left}\" y=\"{}\" width=\"20\" height=\"18\" rx=\"5\"/>{}</g>",
                state.word(),
                number(y),
                style::mark(state, x + 10.0, y + 9.0)
            ),
            None => format!("<path class=\"edge some\" d=\"M{left} {middle}h20\"/>"),
        };
        out += &format!(
            "<text class=\"detail\" x=\"{}\" y=\"{}\">{}</text>\n",
            number(x + 27.0),
            number(y + 13.0),
            xml(meaning)
        );
        widest = widest.max(x + own);
        x += own + 24.0;
    }
    (out, Size { width: widest, height: y + 18.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Group, Node};

    #[test]
    fn every_node_is_a_titled_box_with_its_mark() {
        let drawing = super::super::tests::drawing();
        let text = svg(&drawing);
        assert_eq!(text.matches("<g class=\"node ").count(), 4, "{text}");
        for state in State::ALL {
            assert!(text.contains(&format!("<g class=\"node {}\"><title>", state.word())), "{text}");
        }
        assert!(text.contains("<title>end\nsecond line</title>"), "{text}");
        assert!(text.contains("a &quot;quoted&quot; &lt;b&gt;&amp;amp;&lt;/b&gt;"), "{text}");
        assert!(text.contains("@media (prefers-color-scheme:dark)"), "{text}");
    }

    #[test]
    fn what_leads_from_all_to_all_or_from_many_to_many_is_one_edge() {
        let node =
            |group| Node { name: "n".to_owned(), details: Vec::new(), group, state: State::Run, told: "n".to_owned() };
        let mut drawing = Drawing {
            title: "t".to_owned(),
            groups: ["one", "two"].map(|name| Group { name: name.to_owned(), period: 1 }).to_vec(),
            nodes: vec![node(Some(0)), node(Some(0)), node(Some(1)), node(Some(1))],
            edges: vec![(0, 2), (0, 3), (1, 2), (1, 3)],
        };
        assert_eq!(svg(&drawing).matches("<path class=\"edge\"").count(), 1);
        drawing.edges.pop();
        assert_eq!(svg(&drawing).matches("<path class=\"edge thin\"").count(), 3);
        drawing.nodes.extend((0..30).map(|_| node(Some(1))));
        drawing.edges.extend((4..20).map(|to| (0, to)));
        let text = svg(&drawing);
        assert!(text.contains("<path class=\"edge some\"") && text.contains("19 of 64 edges"), "{text}");
    }
}
