//! The language of Graphviz.

use super::{Drawing, Group, Node, State};

/// The drawing as a Graphviz digraph: `dot -Tsvg` draws it.
pub fn dot(drawing: &Drawing) -> String {
    let mut lines = vec![
        format!("digraph {} {{", quoted(&drawing.title)),
        format!("  graph [rankdir=TB, label={}, labelloc=t, fontname=\"sans-serif\"];", quoted(&drawing.title)),
        "  node [fontname=\"sans-serif\", fontsize=11];".to_owned(),
        "  edge [color=\"#6e7781\"];".to_owned(),
    ];
    for (index, node) in drawing.nodes.iter().enumerate().filter(|(_, node)| node.group.is_none()) {
        lines.push(format!("  {}", stated(index, node)));
    }
    for (group, Group { name, .. }) in drawing.groups.iter().enumerate() {
        lines.push(format!("  subgraph \"cluster_{group}\" {{"));
        lines.push(format!("    label={}; color=\"#8c959f\";", quoted(name)));
        for (index, node) in drawing.nodes.iter().enumerate().filter(|(_, node)| node.group == Some(group)) {
            lines.push(format!("    {}", stated(index, node)));
        }
        lines.push("  }".to_owned());
    }
    lines.extend(drawing.edges.iter().map(|(from, to)| format!("  n{from} -> n{to};")));
    lines.push("}\n".to_owned());
    lines.join("\n")
}

fn stated(index: usize, node: &Node) -> String {
    let label: Vec<&str> = std::iter::once(&node.name).chain(&node.details).map(String::as_str).collect();
    let label = quoted(&format!("{} {}", node.state.mark(), label.join("\n")));
    let (fill, colour) = node.state.light();
    let (shape, style) = match node.state {
        State::Cached => ("box", "filled"),
        State::WaitsOnContent => ("box", "rounded,filled,dashed"),
        State::Run => ("box", "rounded,filled,bold"),
        State::Unreadable => ("octagon", "filled,bold"),
    };
    let told = quoted(&node.told);
    format!(
        "n{index} [label={label}, tooltip={told}, shape={shape}, style=\"{style}\", fillcolor=\"{fill}\", color=\"{colour}\"];"
    )
}

/// A text between quotes; an ampersand is written out, or Graphviz would read an entity of HTML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("\\n"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quoted("a \"b\" \\n\n&lt;\u{7}"), r#""a \"b\" \\n\n&amp;lt; ""#);
    }

    #[test]
    fn nodes_stand_in_their_frame_and_edges_after_them() {
        let text = dot(&super::super::tests::drawing());
        let order = ["n0 [label=\"✓ end\\n", "n3 [label=\"✕ c", "cluster_0", "n1 [", "n2 [", "n0 -> n1;", "n0 -> n3;"];
        let places: Vec<usize> =
            order.iter().map(|part| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"))).collect();
        assert!(places.is_sorted(), "{text}");
        assert!(text.contains("label=\"frame <1>\""), "{text}");
    }
}
