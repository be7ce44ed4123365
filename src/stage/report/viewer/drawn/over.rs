//! Shapes and areas of a frame as SVG path data over its small picture.

use std::fmt::Write as _;

use crate::{
    crowd::drawn::Shape,
    decode::geometry::{Geometry, Point},
};

/// Where a frame stands in the picture.
pub(super) struct Over<'a> {
    pub(super) geometry: &'a Geometry,
    pub(super) size: [u32; 2],
    /// Its first column there.
    pub(super) left: u32,
}

impl Over<'_> {
    fn scale(&self) -> [f64; 2] {
        let (width, height) = self.geometry.output();
        [f64::from(self.size[0]) / width as f64, f64::from(self.size[1]) / height as f64]
    }

    /// A point of the source in the picture, cut at the frame's edge.
    fn at(&self, [x, y]: [f64; 2]) -> (f64, f64) {
        let point = self.geometry.to_output(Point { x, y });
        let [wide, high] = self.scale();
        let cut = |value: f64, most: u32| value.clamp(0.0, f64::from(most));
        (f64::from(self.left) + cut(point.x * wide, self.size[0]), cut(point.y * high, self.size[1]))
    }

    pub(super) fn shape(&self, path: &mut String, shape: &Shape) {
        // Writing to a string cannot fail.
        match shape {
            Shape::Point(position) => {
                let (x, y) = self.at(*position);
                let _ = write!(path, "M{:.1} {y:.1}a3 3 0 1 0 6 0a3 3 0 1 0-6 0", x - 3.0);
            }
            Shape::Line(positions) => {
                for (at, position) in positions.iter().enumerate() {
                    let (x, y) = self.at(*position);
                    let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
                }
            }
            Shape::Polygon(_) => {}
        }
    }

    /// The pixels of the picture whose centre is inside, as runs.
    pub(super) fn area(&self, path: &mut String, inside: &dyn Fn(Point) -> bool) {
        let [wide, high] = self.scale();
        for row in 0..self.size[1] {
            let within = |column: u32| {
                let point = Point { x: (f64::from(column) + 0.5) / wide, y: (f64::from(row) + 0.5) / high };
                column < self.size[0] && inside(self.geometry.to_source(point))
            };
            let mut column = 0;
            while column < self.size[0] {
                let begun = column;
                while within(column) {
                    column += 1;
                }
                if column > begun {
                    let _ = write!(path, "M{} {row}h{}v1h-{}z", self.left + begun, column - begun, column - begun);
                }
                column += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pictures of 40 by 20 pixels whose right half is kept, at half the size.
    fn geometry() -> Geometry {
        serde_json::from_value(serde_json::json!({
            "source": {"width": 40, "height": 20}, "crop": {"left": 20, "top": 0, "right": 40, "bottom": 20},
            "pad_x": [0, 0], "pad_y": [0, 0], "size": {"width": 20, "height": 20}, "mm_per_pixel": null,
        }))
        .unwrap()
    }

    #[test]
    fn shapes_lie_where_the_picture_shows_them_and_end_at_its_edge() {
        let geometry = geometry();
        // The second of pictures of 10 by 10 pixels.
        let over = Over { geometry: &geometry, size: [10, 10], left: 10 };
        let mut path = String::new();
        over.shape(&mut path, &Shape::Line(vec![[24.0, 4.0], [30.0, 100.0]]));
        assert_eq!(path, "M12.0 2.0L15.0 10.0");
        path.clear();
        over.shape(&mut path, &Shape::Point([30.0, 10.0]));
        assert!(path.starts_with("M12.0 5.0a3 3"), "{path}");
        path.clear();
        over.area(&mut path, &|point| point.x >= 36.0 && point.y < 4.0);
        assert_eq!(path, "M18 0h2v1h-2zM18 1h2v1h-2z");
    }
}
