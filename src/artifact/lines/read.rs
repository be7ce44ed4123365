//! Reading `Lines` back.

use ndarray::Array2;
use ndarray_npy::{ReadNpyExt as _, ReadableElement};

use super::{
    AGGREGATION, ANNOTATORS, Aggregation, FRAMES, Frame, LINES, Line, ORIGINS, Origin, PLACE, RESTS_ON, Rater, RestsOn,
    mask_path, probability_path,
};
use crate::{
    artifact::{ArtifactError, Folder, rows},
    table::{Table, Wanted},
};

/// Reads the frames.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_frames(folder: &dyn Folder) -> Result<Vec<Frame>, ArtifactError> {
    let found = read_aggregation(folder)?.found.column();
    let columns = ["clip", "frame", "width", "height", "mm_per_pixel_x", "mm_per_pixel_y", "viewers", "decided", found];
    let fit = ["iterations", "converged"];
    let wanted: Vec<Wanted> = columns.iter().chain(&fit).map(|column| Wanted::required(column)).collect();
    let table = rows::read(folder, FRAMES, &wanted)?;
    (0..table.len())
        .map(|row| {
            let mm_per_pixel =
                [rows::parse(&table, "mm_per_pixel_x", row)?, rows::parse(&table, "mm_per_pixel_y", row)?];
            Ok(Frame {
                clip: table.required("clip").get(row).to_owned(),
                frame: whole(&table, "frame", row)?,
                width: whole(&table, "width", row)?,
                height: whole(&table, "height", row)?,
                mm_per_pixel: mm_per_pixel.iter().all(|mm| mm.is_finite()).then_some(mm_per_pixel),
                viewers: whole(&table, "viewers", row)?,
                decided: flag(&table, "decided", row)?.ok_or_else(|| malformed(&table, row, "`decided` is blank"))?,
                found: maybe_whole(&table, found, row)?.map(u64::from),
                iterations: maybe_whole(&table, "iterations", row)?,
                converged: flag(&table, "converged", row)?,
            })
        })
        .collect()
}

/// Reads the lines; none where another method made the artifact.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_lines(folder: &dyn Folder) -> Result<Vec<Line>, ArtifactError> {
    let one = |(clip, frame, ends, rests_on)| Line { clip, frame, ends, rests_on };
    Ok(read_found(folder, LINES, ["x1", "y1", "x2", "y2"])?.into_iter().map(one).collect())
}

/// Reads the origins; none where another method made the artifact.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_origins(folder: &dyn Folder) -> Result<Vec<Origin>, ArtifactError> {
    let one = |(clip, frame, position, rests_on)| Origin { clip, frame, position, rests_on };
    Ok(read_found(folder, ORIGINS, ["x", "y"])?.into_iter().map(one).collect())
}

type Placed<const N: usize> = (String, u32, [f64; N], RestsOn);

fn read_found<const N: usize>(
    folder: &dyn Folder,
    path: &str,
    coordinates: [&str; N],
) -> Result<Vec<Placed<N>>, ArtifactError> {
    if !folder.tree().files.contains_key(path) {
        return Ok(Vec::new());
    }
    let columns = PLACE.iter().chain(&coordinates).chain(&RESTS_ON);
    let table = rows::read(folder, path, &columns.map(|column| Wanted::required(column)).collect::<Vec<_>>())?;
    let one = |row| {
        let mut at = [0.0; N];
        for (column, value) in coordinates.iter().zip(&mut at) {
            *value = finite(&table, column, row)?;
        }
        let support = finite(&table, "support", row)?;
        if !(0.0..=1.0).contains(&support) {
            return Err(malformed(&table, row, &format!("`support` is {support}, which is no share")));
        }
        let in_mm = match table.required("spread_unit").get(row) {
            "mm" => true,
            "pixels" => false,
            other => return Err(malformed(&table, row, &format!("`spread_unit` is `{other}`, not `mm` or `pixels`"))),
        };
        let (viewers, spread) = (whole(&table, "viewers", row)?, finite(&table, "spread", row)?);
        let clip = table.required("clip").get(row).to_owned();
        Ok((clip, whole(&table, "frame", row)?, at, RestsOn { support, viewers, spread, in_mm }))
    };
    (0..table.len()).map(one).collect()
}

/// Reads who drew, without what they have in common with the consensus.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_raters(folder: &dyn Folder) -> Result<Vec<Rater>, ArtifactError> {
    let columns = ["annotator", "group", "frames_viewed", "frames_drawn_on"];
    let table = rows::read(folder, ANNOTATORS, &columns.map(Wanted::required))?;
    (0..table.len())
        .map(|row| {
            let id = table.required("annotator").get(row);
            Ok(Rater {
                annotator: (!id.is_empty()).then(|| id.to_owned()),
                group: table.required("group").get(row).to_owned(),
                viewed: whole(&table, "frames_viewed", row)?.into(),
                drawn_on: whole(&table, "frames_drawn_on", row)?.into(),
                overlap: None,
                skill: None,
            })
        })
        .collect()
}

/// Reads the mask of a frame, `[height, width]`: 1 where a pixel belongs to it, 0 elsewhere.
///
/// # Errors
/// A file that is missing, damaged, or of another size than the frame.
pub fn read_mask(folder: &dyn Folder, frame: &Frame) -> Result<Array2<u8>, ArtifactError> {
    read_pixels(folder, &mask_path(&frame.clip, frame.frame), frame)
}

/// Reads the probabilities of a frame's pixels, `[height, width]`.
///
/// # Errors
/// As [`read_mask`].
pub fn read_probabilities(folder: &dyn Folder, frame: &Frame) -> Result<Array2<f32>, ArtifactError> {
    read_pixels(folder, &probability_path(&frame.clip, frame.frame), frame)
}

fn read_pixels<T: ReadableElement>(folder: &dyn Folder, path: &str, frame: &Frame) -> Result<Array2<T>, ArtifactError> {
    let fail = |message: String| ArtifactError::Malformed { path: path.to_owned(), message };
    let blob = folder.open(path)?;
    let pixels = Array2::<T>::read_npy(&blob[..]).map_err(|error| fail(error.to_string()))?;
    let (height, width) = pixels.dim();
    if (width, height) != (frame.width as usize, frame.height as usize) {
        let message = format!("it has {width} × {height} pixels, its frame {} × {}", frame.width, frame.height);
        return Err(fail(message));
    }
    Ok(pixels)
}

/// Reads how lines were made.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_aggregation(folder: &dyn Folder) -> Result<Aggregation, ArtifactError> {
    serde_json::from_str(&folder.text(AGGREGATION)?)
        .map_err(|error| ArtifactError::Malformed { path: AGGREGATION.to_owned(), message: error.to_string() })
}

fn malformed(table: &Table, row: usize, message: &str) -> ArtifactError {
    ArtifactError::Malformed { path: table.file.clone(), message: format!("line {}: {message}", table.line(row)) }
}

fn finite(table: &Table, column: &str, row: usize) -> Result<f64, ArtifactError> {
    let value = rows::parse(table, column, row)?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(malformed(table, row, &format!("`{column}` is not a finite number")))
    }
}

fn whole(table: &Table, column: &str, row: usize) -> Result<u32, ArtifactError> {
    let text = table.required(column).get(row);
    text.parse().map_err(|_| malformed(table, row, &format!("`{text}` in `{column}` is not a whole number")))
}

fn maybe_whole(table: &Table, column: &str, row: usize) -> Result<Option<u32>, ArtifactError> {
    if table.required(column).get(row).is_empty() { Ok(None) } else { whole(table, column, row).map(Some) }
}

/// True, false, or nothing where it is blank.
fn flag(table: &Table, column: &str, row: usize) -> Result<Option<bool>, ArtifactError> {
    match table.required(column).get(row) {
        "" => Ok(None),
        text => {
            let wrong = |_| malformed(table, row, &format!("`{text}` in `{column}` is neither true nor false"));
            text.parse().map(Some).map_err(wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        artifact::{Blob, Entry, Tree, lines},
        recipe::Digest,
    };

    /// Files in memory.
    #[derive(Default)]
    struct Files {
        tree: Tree,
        bytes: BTreeMap<String, Vec<u8>>,
    }

    impl Files {
        fn with(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
            let bytes = bytes.into();
            let entry = Entry { digest: Digest::of(&bytes), size: bytes.len() as u64 };
            self.tree.files.insert(path.to_owned(), entry);
            self.bytes.insert(path.to_owned(), bytes);
            self
        }
    }

    impl Folder for Files {
        fn tree(&self) -> &Tree {
            &self.tree
        }

        fn open(&self, path: &str) -> Result<Blob, ArtifactError> {
            let gone = || ArtifactError::Missing { path: path.to_owned() };
            self.bytes.get(path).cloned().map(Blob::Held).ok_or_else(gone)
        }
    }

    fn frame() -> Frame {
        Frame {
            clip: "a/b".to_owned(),
            frame: 7,
            width: 3,
            height: 2,
            mm_per_pixel: Some([0.25, 0.5]),
            viewers: 4,
            decided: true,
            found: Some(1),
            iterations: Some(12),
            converged: Some(false),
        }
    }

    fn with_aggregation(found: lines::Found) -> Files {
        let aggregation = Aggregation { found, ..Aggregation::default() };
        Files::default().with(AGGREGATION, serde_json::to_vec(&aggregation).unwrap())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let unknown = Frame { frame: 8, mm_per_pixel: None, found: None, iterations: None, converged: None, ..frame() };
        let frames = vec![frame(), unknown];
        let rests_on = RestsOn { support: 0.75, viewers: 4, spread: 1.0 / 3.0, in_mm: true };
        let line = Line { clip: "a/b".to_owned(), frame: 7, ends: [0.5, 0.0, 1.0 / 7.0, 2.0], rests_on };
        let origin = Origin { clip: "a,b".to_owned(), frame: 7, position: [0.5, 0.25], rests_on };
        let files = with_aggregation(lines::Found::Origins)
            .with(FRAMES, lines::write_frames(&frames, lines::Found::Origins))
            .with(LINES, lines::write_lines(std::slice::from_ref(&line)))
            .with(ORIGINS, lines::write_origins(std::slice::from_ref(&origin)))
            .with("masks/a%2Fb_7.npy", lines::write_pixels([3, 2], vec![0_u8, 1, 0, 0, 0, 1]))
            .with("probabilities/a%2Fb_7.npy", lines::write_pixels([3, 2], vec![0.5_f32; 6]));
        assert_eq!(read_frames(&files).unwrap(), frames);
        assert_eq!(read_lines(&files).unwrap(), [line]);
        assert_eq!(read_origins(&files).unwrap(), [origin]);
        assert_eq!(read_mask(&files, &frame()).unwrap(), ndarray::arr2(&[[0, 1, 0], [0, 0, 1]]));
        assert_eq!(read_probabilities(&files, &frame()).unwrap()[[1, 2]], 0.5);
    }

    #[test]
    fn what_is_damaged_is_told_with_its_line() {
        let header = "clip,frame,x1,y1,x2,y2,support,viewers,spread,spread_unit";
        let said = |row: &str| {
            let files = Files::default().with(LINES, format!("{header}\n{row}\n"));
            read_lines(&files).unwrap_err().to_string()
        };
        assert!(said("c,0,1,2,3,4,1.5,2,0,mm").contains("line 2: `support` is 1.5, which is no share"));
        assert!(said("c,0,1,,3,4,1,2,0,mm").contains("line 2: `y1` is not a finite number"));
        assert!(said("c,-1,1,2,3,4,1,2,0,mm").contains("line 2: `-1` in `frame` is not a whole number"));
        assert!(said("c,0,1,2,3,4,1,2,0,cm").contains("`cm`, not `mm` or `pixels`"));
        let frames = String::from_utf8(lines::write_frames(&[frame()], lines::Found::Lines)).unwrap();
        let files = with_aggregation(lines::Found::Lines).with(FRAMES, frames.replace("true", "yes"));
        assert!(read_frames(&files).unwrap_err().to_string().contains("`yes` in `decided` is neither true nor false"));
        let files = Files::default().with("masks/a%2Fb_7.npy", lines::write_pixels([2, 2], vec![0_u8; 4]));
        assert!(read_mask(&files, &frame()).unwrap_err().to_string().contains("2 × 2 pixels, its frame 3 × 2"));
    }
}
