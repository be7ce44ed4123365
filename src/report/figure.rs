//! Figures as SVG: drawn once, shown inside the page and written as files of their own.
//!
//! Inside the page a figure takes its colours from the page's variables and so follows light and dark. As a file it
//! carries its style with the light colours written out, because drawing programs know no variables.

use canvas::{Canvas, escape};

pub(super) mod axis;
pub(super) mod balance;
pub(super) mod calibration;
pub(super) mod canvas;
pub(super) mod confusion;
pub(super) mod cost;
pub(super) mod counts;
pub(super) mod curves;
pub(super) mod flow;
pub(super) mod forest;
pub(super) mod palette;
pub(super) mod precision_recall;
pub(super) mod roc;
pub(super) mod scores;
pub(super) mod skill;
pub(super) mod stages;
pub(super) mod unit_square;
pub(super) mod varied;

pub(super) const STYLE: &str = include_str!("templates/figure.css");

/// One figure.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// File stem and prefix of ids; unique in a report.
    pub name: String,
    /// What it shows; read out first.
    pub title: String,
    /// What can be seen in it; read out next.
    pub description: String,
    /// What is printed under it.
    pub caption: String,
    canvas: Canvas,
}

impl Figure {
    /// The SVG element as it stands in the page.
    pub(super) fn inline(&self) -> String {
        self.element("")
    }

    /// The SVG file.
    pub(super) fn standalone(&self) -> String {
        let style = format!("<style>{}</style>", palette::written_out(STYLE));
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", self.element(&style))
    }

    /// Width and height at natural size, in CSS pixels.
    pub(super) fn size(&self) -> (f64, f64) {
        (self.canvas.width, self.canvas.height)
    }

    fn element(&self, style: &str) -> String {
        let (width, height) = self.size();
        let (width, height, body) = (canvas::number(width), canvas::number(height), &self.canvas.body);
        let (name, title, description) = (&self.name, escape(&self.title), escape(&self.description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\">\
             <title id=\"{name}-title\">{title}</title><desc id=\"{name}-desc\">{description}</desc>{style}{body}</svg>"
        )
    }
}
