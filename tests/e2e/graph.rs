//! What `graph` draws.

use crate::workshop::{TINY, Workshop, tiny_with};

#[test]
fn stages_are_drawn_once_with_their_states() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    workshop.write("x.toml", tiny_with("updates = 6", "updates = 7"));
    let dot = workshop.crowdline(&["graph", "x.toml"]).out;
    assert_eq!(dot.matches(" [label=").count(), 9, "{dot}");
    assert!(dot.contains("\"✓ cohort\\nsimulate · 1 task\\n1 cached\""), "{dot}");
    assert!(dot.contains("\"▶ classifier\\ntrain · 4 tasks\\n4 to run\""), "{dot}");
    assert!(dot.contains("\"… models\\nevaluate · 1 task\\n1 waiting\""), "{dot}");
    assert_eq!(dot.matches("n6 -> n7;").count(), 1, "four models are one edge: {dot}");
}

#[test]
fn tasks_are_drawn_in_frames_and_files_say_their_language() {
    let workshop = Workshop::new().with("x.toml", TINY);
    let mermaid = workshop.crowdline(&["graph", "x.toml", "--tasks", "--format", "mermaid"]).out;
    assert!(mermaid.contains("subgraph g0[\"classifier · train\"]"), "{mermaid}");
    assert!(mermaid.contains("{{\"… fold=1 arm=crowd\"}}:::waits"), "{mermaid}");
    assert_eq!(mermaid.matches(":::").count(), 12, "{mermaid}");
    let drawn = workshop.crowdline(&["graph", "x.toml", "-o", "x.svg"]);
    assert_eq!((drawn.code, drawn.out.as_str()), (0, ""), "{}", drawn.err);
    let svg = workshop.read("x.svg");
    assert!(svg.starts_with("<svg ") && svg.contains("<title id=\"title\">Tiny</title>"), "{svg}");
    workshop.crowdline(&["graph", "x.toml", "-o", "again.svg"]);
    assert_eq!(workshop.read("again.svg"), svg);
}

#[test]
fn what_cannot_be_read_is_marked() {
    let tables = TINY.replace("@cohort.clips", "clips.csv");
    let workshop = Workshop::new().with("x.toml", &tables).with("clips.csv", "clip\nc1\n");
    let dot = workshop.crowdline(&["graph", "x.toml"]).out;
    assert!(dot.contains("\"✕ patients\\nsplit · 1 task\\n1 unreadable\""), "{dot}");
}

/// A second opinion where Graphviz is installed; elsewhere the unit tests of quoting must do.
#[test]
fn graphviz_reads_what_is_written_for_it() {
    if std::process::Command::new("dot").arg("-V").output().is_err() {
        return;
    }
    let hostile = tiny_with("title = \"Tiny\"", "title = 'A \"b\" \\N \\ <c> &amp; <b>&lt;'");
    let workshop = Workshop::new().with("x.toml", &hostile);
    for tasks in [&["--tasks"][..], &[]] {
        let drawn = workshop.crowdline(&[&["graph", "x.toml", "-o", "x.dot"], tasks].concat());
        assert_eq!(drawn.code, 0, "{}", drawn.err);
        let output = std::process::Command::new("dot").arg("-Tsvg").arg(workshop.path("x.dot")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let svg = String::from_utf8_lossy(&output.stdout);
        assert!(svg.contains("A &quot;b&quot; \\N \\ &lt;c&gt; &amp;amp; &lt;b&gt;&amp;lt;</text>"), "{svg}");
    }
}
