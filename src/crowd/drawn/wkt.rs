//! Cells of a table that hold drawings, in well-known text (OGC 06-103r4, section 7).
//!
//! A cell holds no geometry (blank, `[]`), one (`LINESTRING (1 2, 3 4)`), several with `;` between them, or a list the
//! way Python prints one (`['LINESTRING (1 2, 3 4)', 'POINT (5 6)']`). Points, lines, polygons, their `MULTI` forms and
//! collections are read; `EMPTY` ones are nothing; third and fourth coordinates (`Z`, `M`) are read and left out.
//!
//! The reader is our own because an error has to say where in the cell it is, and because a cell nested a million deep
//! must not exhaust the stack.

use super::shape::{Position, Shape};

/// Collections may stand in collections this deep.
const MAX_DEPTH: u32 = 8;

/// Where a cell stops being well-known text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "character {column} of the geometry: expected {expected}, found {found}; write e.g. `LINESTRING (10 20, 12.5 80)`"
)]
pub struct WktError {
    /// Position in the cell in characters, from 1.
    pub column: usize,
    /// What should have stood there.
    pub expected: &'static str,
    /// What stands there, quoted; `the end` where the cell is too short.
    pub found: String,
}

/// The shapes of one cell, in its order.
///
/// # Errors
/// Anything but well-known text: an unknown geometry, a coordinate that is not a finite number, a line of fewer than
/// two positions, a ring of fewer than three, text left over.
pub fn parse(cell: &str) -> Result<Vec<Shape>, WktError> {
    let mut reader = Reader { cell, at: 0, shapes: Vec::new() };
    if reader.take("[") {
        reader.list()?;
    } else {
        while reader.peek().is_some() {
            reader.geometry(0)?;
            if !reader.take(";") {
                break;
            }
        }
    }
    match reader.peek() {
        None => Ok(reader.shapes),
        Some(_) => Err(reader.error("`;` and another geometry, or the end")),
    }
}

struct Reader<'a> {
    cell: &'a str,
    /// Byte position; always at the start of a character.
    at: usize,
    shapes: Vec<Shape>,
}

impl<'a> Reader<'a> {
    /// What is left, blanks skipped.
    fn rest(&mut self) -> &'a str {
        let rest = &self.cell[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn peek(&mut self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn expect(&mut self, token: &str, expected: &'static str) -> Result<(), WktError> {
        if self.take(token) { Ok(()) } else { Err(self.error(expected)) }
    }

    fn error(&mut self, expected: &'static str) -> WktError {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "(),;[]'\"".contains(c)).unwrap_or(rest.len());
        let word =
            if end == 0 { rest.chars().take(1).collect() } else { rest[..end].chars().take(40).collect::<String>() };
        let found = if word.is_empty() { "the end".to_owned() } else { format!("`{word}`") };
        WktError { column: self.cell[..self.at].chars().count() + 1, expected, found }
    }

    /// The rest of a list as Python prints it, its `[` taken.
    fn list(&mut self) -> Result<(), WktError> {
        while !self.take("]") {
            let quote = if self.take("'") { "'" } else { "\"" };
            if quote == "\"" {
                self.expect("\"", "a quoted geometry or `]`")?;
            }
            self.geometry(0)?;
            self.expect(quote, "the closing quote")?;
            if !self.take(",") {
                return self.expect("]", "`,` or `]`");
            }
        }
        Ok(())
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Takes `word` in any case, where it stands alone.
    fn keyword(&mut self, word: &str) -> bool {
        let before = self.at;
        let found = self.word().eq_ignore_ascii_case(word);
        if !found {
            self.at = before;
        }
        found
    }

    fn geometry(&mut self, depth: u32) -> Result<(), WktError> {
        self.rest();
        let begin = self.at;
        let name = self.word().to_ascii_uppercase();
        let name = name.strip_suffix("ZM").or(name.strip_suffix('Z')).or(name.strip_suffix('M')).unwrap_or(&name);
        let _dimension = ["Z", "M", "ZM"].iter().find(|dimension| self.keyword(dimension));
        match name {
            "POINT" => self.member(Self::point),
            "LINESTRING" => self.member(Self::line),
            "POLYGON" => self.member(Self::polygon),
            "MULTIPOINT" => self.members(Self::point_of_many),
            "MULTILINESTRING" => self.members(Self::line),
            "MULTIPOLYGON" => self.members(Self::polygon),
            "GEOMETRYCOLLECTION" if depth < MAX_DEPTH => self.members(|reader| reader.geometry(depth + 1)),
            _ => {
                self.at = begin;
                Err(self.error("POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON or a collection"))
            }
        }
    }

    /// One geometry's content, or `EMPTY`.
    fn member(&mut self, read: impl FnOnce(&mut Self) -> Result<(), WktError>) -> Result<(), WktError> {
        if self.keyword("EMPTY") { Ok(()) } else { read(self) }
    }

    /// `(` contents with commas between them `)`, or `EMPTY`.
    fn members(&mut self, mut read: impl FnMut(&mut Self) -> Result<(), WktError>) -> Result<(), WktError> {
        if self.keyword("EMPTY") {
            return Ok(());
        }
        self.expect("(", "`(` or EMPTY")?;
        loop {
            self.member(&mut read)?;
            if !self.take(",") {
                return self.expect(")", "`,` or `)`");
            }
        }
    }

    fn point(&mut self) -> Result<(), WktError> {
        self.expect("(", "`(` or EMPTY")?;
        let position = self.position()?;
        self.shapes.push(Shape::Point(position));
        self.expect(")", "`)`")
    }

    /// Both `MULTIPOINT ((1 2), (3 4))` and the older `MULTIPOINT (1 2, 3 4)`.
    fn point_of_many(&mut self) -> Result<(), WktError> {
        if self.peek() == Some('(') {
            return self.point();
        }
        let position = self.position()?;
        self.shapes.push(Shape::Point(position));
        Ok(())
    }

    fn line(&mut self) -> Result<(), WktError> {
        let line = self.positions()?;
        if line.len() < 2 {
            return Err(self.error("a second position before the end of the line"));
        }
        self.shapes.push(Shape::Line(line));
        Ok(())
    }

    fn polygon(&mut self) -> Result<(), WktError> {
        let mut rings = Vec::new();
        self.members(|reader| {
            let ring = reader.positions()?;
            if ring.len() < 3 {
                return Err(reader.error("at least three positions before the end of the ring"));
            }
            rings.push(ring);
            Ok(())
        })?;
        if !rings.is_empty() {
            self.shapes.push(Shape::Polygon(rings));
        }
        Ok(())
    }

    fn positions(&mut self) -> Result<Vec<Position>, WktError> {
        let mut positions = Vec::new();
        self.expect("(", "`(` or EMPTY")?;
        loop {
            positions.push(self.position()?);
            if !self.take(",") {
                self.expect(")", "`,` or `)`")?;
                return Ok(positions);
            }
        }
    }

    fn position(&mut self) -> Result<Position, WktError> {
        let position = [self.number()?, self.number()?];
        for _ in 0..2 {
            if self.peek().is_some_and(|next| next != ',' && next != ')') {
                self.number()?;
            }
        }
        Ok(position)
    }

    fn number(&mut self) -> Result<f64, WktError> {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "(),;".contains(c)).unwrap_or(rest.len());
        match rest[..end].parse::<f64>() {
            Ok(number) if number.is_finite() => {
                self.at += end;
                Ok(number)
            }
            _ => Err(self.error("a finite number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(positions: &[Position]) -> Shape {
        Shape::Line(positions.to_vec())
    }

    #[test]
    fn geometries_are_read_as_they_are_written_in_the_wild() {
        let two = [line(&[[1.0, 2.0], [-3.5, 4e1]]), Shape::Point([5.0, 6.0])];
        for cell in [
            "['LINESTRING (1 2, -3.5 4e1)', 'POINT (5 6)']",
            "[\"LINESTRING (1 2, -3.5 4e1)\", 'POINT (5 6)',]",
            "LINESTRING(1 2,-3.5 4e1);POINT(5 6)",
            " linestring ( 1 2 , -3.5 40 ) ; Point (5 6) ; ",
            "LINESTRING Z (1 2 9, -3.5 40 9); POINTM(5 6 1)",
            "GEOMETRYCOLLECTION (LINESTRING (1 2, -3.5 40), POINT (5 6), POLYGON EMPTY)",
            "MULTILINESTRING ((1 2, -3.5 40)); MULTIPOINT (5 6)",
            "MULTILINESTRING (EMPTY, (1 2, -3.5 40)); MULTIPOINT ((5 6), EMPTY)",
        ] {
            assert_eq!(parse(cell).as_deref(), Ok(&two[..]), "{cell}");
        }
        for cell in ["", "  ", "[]", "[ ]", "LINESTRING EMPTY", "['POLYGON EMPTY']", "MULTIPOINT EMPTY"] {
            assert_eq!(parse(cell), Ok(Vec::new()), "{cell}");
        }
        let ring = |low: f64, high: f64| vec![[low, low], [high, low], [high, high], [low, low]];
        let cell = "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (1 1, 2 1, 2 2, 1 1)), ((3 3, 4 3, 4 4, 3 3)))";
        let polygons = [Shape::Polygon(vec![ring(0.0, 9.0), ring(1.0, 2.0)]), Shape::Polygon(vec![ring(3.0, 4.0)])];
        assert_eq!(parse(cell).as_deref(), Ok(&polygons[..]));
    }

    #[test]
    fn errors_name_the_place_and_the_value() {
        for (cell, column, found) in [
            ("LINESTRING (1 2, 3 nan)", 20, "`nan`"),
            ("LINESTRING (1 2, 3 inf)", 20, "`inf`"),
            ("POINT (1 1e999)", 10, "`1e999`"),
            ("POINT (1,2)", 9, "`,`"),
            ("LINESTRING (1 2)", 17, "the end"),
            ("LINESTRING (1 2, 3 4", 21, "the end"),
            ("POLYGON ((1 2, 3 4))", 20, "`)`"),
            ("CIRCLE (1 2)", 1, "`CIRCLE`"),
            ("['LINESTRING (1 2, 3 4)'", 25, "the end"),
            ("['POINT (1 2), 'POINT (1 2)']", 14, "`,`"),
            ("POINT (1 2) POINT (3 4)", 13, "`POINT`"),
            ("POINT (1 2 3 4 5)", 16, "`5`"),
            ("é", 1, "`é`"),
            ("é POINT (1 2)", 1, "`é`"),
            ("POINT (１ 2)", 8, "`１`"),
            ("[", 2, "the end"),
            ("nan", 1, "`nan`"),
        ] {
            let error = parse(cell).unwrap_err();
            assert_eq!((error.column, error.found.as_str()), (column, found), "{cell}: {error}");
        }
    }

    #[test]
    fn hostile_cells_end_in_an_error_or_a_shape() {
        let deep = "GEOMETRYCOLLECTION (".repeat(100_000);
        assert!(parse(&deep).is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
        let long = format!("POLYGON (({}0 0))", "1 2,".repeat(1_000_000));
        let shapes = parse(&long).unwrap();
        assert!(matches!(&shapes[..], [Shape::Polygon(rings)] if rings[0].len() == 1_000_001));
    }
}
