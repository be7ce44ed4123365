//! The frames of an artifact as the model reads them.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use crate::{
    artifact::{
        ArtifactError, Blob,
        frames::{self, Clip},
    },
    decode,
    model::{ClipShape, Clips, ModelError},
    stage::StageError,
    store::Stored,
};

/// Decoded clips of a store, mapped into memory. The model reads their windows: one a clip, unless `decode` made several.
#[derive(Debug)]
pub(super) struct StoredClips<'s> {
    pub(super) rows: Vec<Clip>,
    pub(super) index: HashMap<String, usize>,
    /// Row and number of each window, in the order of the rows.
    windows: Vec<(usize, usize)>,
    /// The first window of each row.
    first: Vec<usize>,
    shape: ClipShape,
    blobs: Vec<Blob>,
    _folder: &'s Stored<'s>,
}

impl<'s> StoredClips<'s> {
    /// With `by_frame` every frame is an input of its own, and clips may have different numbers of them.
    pub(super) fn open(folder: &'s Stored<'s>, by_frame: bool) -> Result<Self, StageError> {
        let rows = frames::read_clips(folder)?;
        let Some(first) = rows.first() else {
            return Err(StageError::Input("there are no decoded clips to train on".to_owned()));
        };
        let windows_of = |row: &Clip| if by_frame { row.frames } else { row.windows.max(1) };
        let shape_of = |row: &Clip| ClipShape {
            frames: row.frames / windows_of(row).max(1),
            height: row.height,
            width: row.width,
        };
        let shape = shape_of(first);
        let other = |row: &&Clip| shape_of(row) != shape;
        if let Some(row) = rows.iter().find(other) {
            return Err(StageError::Input(format!(
                "clips differ in shape: `{}` is {}×{}×{} and `{}` is {}×{}×{} (frames × height × width); give `decode` \
                 `frames` and `size`",
                first.clip, first.frames, first.height, first.width, row.clip, row.frames, row.height, row.width
            )));
        }
        let blobs: Result<Vec<Blob>, ArtifactError> = rows.iter().map(|row| frames::open(folder, &row.clip)).collect();
        let index = rows.iter().enumerate().map(|(at, row)| (row.clip.clone(), at)).collect();
        let mut windows = Vec::new();
        let mut first = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            first.push(windows.len());
            windows.extend((0..windows_of(row)).map(|window| (at, window)));
        }
        Ok(Self { rows, index, windows, first, shape, blobs: blobs?, _folder: folder })
    }

    /// The windows of a row.
    pub(super) fn windows(&self, row: usize) -> Range<usize> {
        self.first[row]..self.first.get(row + 1).copied().unwrap_or(self.windows.len())
    }

    /// The clip a window is of.
    pub(super) fn of_window(&self, window: usize) -> Option<&Clip> {
        self.windows.get(window).map(|(row, _)| &self.rows[*row])
    }
}

impl Clips for StoredClips<'_> {
    fn len(&self) -> usize {
        self.windows.len()
    }

    fn shape(&self) -> ClipShape {
        self.shape
    }

    fn frames(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
        let (row, window) = self.windows[index];
        let (_, pixels) = decode::read_npy(&self.blobs[row])
            .map_err(|error| ModelError::Clip { clip: index, source: error.into() })?;
        let size = self.shape.frames * self.shape.height * self.shape.width;
        Ok(Cow::Borrowed(&pixels[window * size..][..size]))
    }
}
