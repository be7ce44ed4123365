//! Why drawings have no consensus.

/// Why drawings have no consensus.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DrawnError {
    /// An index lies outside its table.
    #[error("{table} {position} names {noun} {index}, but there are only {len}: number {noun}s from 0")]
    OutOfRange {
        /// `drawing` or `viewing`.
        table: &'static str,
        /// Position in its slice.
        position: usize,
        /// `frame` or `annotator`.
        noun: &'static str,
        /// The offending index.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// A frame whose size or scale is none.
    #[error(
        "frame {frame} is {width} × {height} pixels with {mm_per_pixel:?} mm a pixel: give a size of 1 to {most} \
         pixels in all, and a scale of two finite numbers above 0 or none"
    )]
    Frame {
        /// Index of the frame.
        frame: usize,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// Its scale.
        mm_per_pixel: Option<[f64; 2]>,
        /// The largest number of pixels.
        most: u64,
    },
    /// A coordinate that is no position in any picture.
    #[error("drawing {position} has the position ({x}, {y}): give finite numbers, in the unit declared for the table")]
    Coordinate {
        /// Position of the drawing in the slice.
        position: usize,
        /// The offending x.
        x: f64,
        /// The offending y.
        y: f64,
    },
    /// So much lies so far outside that the unit must be another.
    #[error(
        "{far} of {drawings} drawings lie more than a whole frame outside their frame, the first (drawing {position}) \
         at ({x}, {y}) on {width} × {height} pixels: check `drawn_unit`, which says {unit}"
    )]
    Unit {
        /// Drawings with such a position.
        far: usize,
        /// Drawings with positions.
        drawings: usize,
        /// The first such drawing.
        position: usize,
        /// Its offending x.
        x: f64,
        /// Its offending y.
        y: f64,
        /// Width of its frame.
        width: u32,
        /// Height of its frame.
        height: u32,
        /// The unit declared.
        unit: &'static str,
    },
    /// A length in mm on frames without scale.
    #[error(
        "`{parameter}` is {value} mm, but {lacking} of {frames} frames have no mm per pixel: give their geometry, or \
         give the length in pixels or percent of the frame's diagonal"
    )]
    Scale {
        /// The parameter's name in the experiment file, without the unit.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// Viewed frames without scale.
        lacking: usize,
        /// All viewed frames.
        frames: usize,
    },
    /// One length in two units.
    #[error("`{parameter}` is given twice: keep one of {parameter}_mm, {parameter}_px and {parameter}_percent")]
    TwoUnits {
        /// The parameter's name without the unit.
        parameter: &'static str,
    },
    /// A parameter outside its domain.
    #[error("{parameter} = {value} is out of range: give {allowed}")]
    Parameter {
        /// The parameter's name in the experiment file.
        parameter: &'static str,
        /// The offending value.
        value: f64,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// A drawing the method can make nothing of.
    #[error(
        "{method} needs {needs}, but drawing {position} holds a {found}: leave such drawings out, or use a method for \
         masks (pixel-majority, staple, em, rasa)"
    )]
    Shape {
        /// The method's name.
        method: &'static str,
        /// What it takes.
        needs: &'static str,
        /// Position of the drawing in the slice.
        position: usize,
        /// What is there.
        found: &'static str,
    },
    /// A measure that does not compare what the method makes.
    #[error(
        "agreement in {measure} can't be counted on what {method} makes: use `dice` for masks, `lines` or `origins` else"
    )]
    Measure {
        /// The method's name.
        method: &'static str,
        /// The measure's name.
        measure: &'static str,
    },
    /// A mask that could not be had.
    #[error("mask {mask} of drawing {position}: {reason}")]
    Mask {
        /// Position of the drawing in the slice.
        position: usize,
        /// The mask's number.
        mask: u32,
        /// What the source of masks says, or which size is wrong.
        reason: String,
    },
    /// Who has looked at what can't be known.
    #[error(
        "every annotator is said to have viewed every frame (`unviewed = \"all\"`), but {anonymous} of {drawings} \
         drawings have no annotator: name the annotator column, give a table of viewings, or say `drawn-only`"
    )]
    Anonymous {
        /// Drawings without annotator.
        anonymous: usize,
        /// All drawings.
        drawings: usize,
    },
    /// More than a person draws.
    #[error(
        "frame {frame} carries {shapes} lines or points; {most} are the most: check that the table is what it should be"
    )]
    TooMany {
        /// Index of the frame.
        frame: usize,
        /// How many there are.
        shapes: usize,
        /// The limit.
        most: usize,
    },
    /// The cancel flag was raised.
    #[error("aggregation was cancelled")]
    Cancelled,
}

impl DrawnError {
    /// The position in its slice of the drawing at fault, where it is one.
    #[must_use]
    pub fn drawing(&self) -> Option<usize> {
        match self {
            Self::OutOfRange { table: "drawing", position, .. }
            | Self::Coordinate { position, .. }
            | Self::Unit { position, .. }
            | Self::Shape { position, .. }
            | Self::Mask { position, .. } => Some(*position),
            _ => None,
        }
    }

    /// The index of the frame at fault, where it is one.
    #[must_use]
    pub fn frame(&self) -> Option<usize> {
        match self {
            Self::Frame { frame, .. } | Self::TooMany { frame, .. } => Some(*frame),
            _ => None,
        }
    }
}
