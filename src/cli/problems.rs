//! Problems of an experiment as a person reads them: file, line, caret, remedy.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::shown;
use crate::spec::{Diagnostic, Source};

/// Prints every problem to standard error; as JSON lines on standard output for programs.
pub(super) fn print(source: &Source, problems: &[Diagnostic], json: bool) {
    if json {
        for problem in problems {
            let (file, line) = match source.override_at(problem.span.start) {
                Some(_) => ("--set".to_owned(), 1),
                None => (shown(&source.path), source.line(problem.span.start)),
            };
            let line = serde_json::json!({
                "event": "error", "file": file, "line": line,
                "message": problem.message, "help": problem.help,
            });
            say!("{line}");
        }
        return;
    }
    let color = super::watched() && std::env::var_os("NO_COLOR").is_none();
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    for (at, problem) in problems.iter().enumerate() {
        // A remedy that serves several problems, such as where the data come from, is said once.
        let said = problems[..at].iter().any(|earlier| earlier.help == problem.help);
        let problem = if said { Diagnostic { help: None, ..problem.clone() } } else { problem.clone() };
        tell!("{}\n", render(source, &problem, &renderer));
    }
    let count = problems.len();
    let noun = if count == 1 { "problem" } else { "problems" };
    tell!("{count} {noun} in {}; nothing was run", shown(&source.path));
}

fn render(source: &Source, problem: &Diagnostic, renderer: &Renderer) -> String {
    let end = source.text.len();
    let start = problem.span.start.min(end);
    // A table's span is many lines long; a caret under its first line says enough.
    let line_end = source.text[start..].find('\n').map_or(end, |at| start + at);
    let span = start..problem.span.end.clamp(start, line_end.max(start));
    let snippet = match source.override_at(span.start) {
        Some(argument) => {
            let at = |position: usize| position.clamp(argument.start, argument.end) - argument.start;
            Snippet::source(source.text[argument.clone()].to_owned())
                .path("--set")
                .annotation(AnnotationKind::Primary.span(at(span.start)..at(span.end)))
        }
        None => Snippet::source(source.text[..source.overrides_at].to_owned())
            .path(shown(&source.path))
            .annotation(AnnotationKind::Primary.span(span)),
    };
    let mut group = Level::ERROR.primary_title(problem.message.as_str()).element(snippet);
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}
