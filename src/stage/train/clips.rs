//! The frames of an artifact as the model reads them.

use std::{borrow::Cow, collections::HashMap};

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

/// Decoded clips of a store, mapped into memory.
#[derive(Debug)]
pub(super) struct StoredClips<'s> {
    pub(super) rows: Vec<Clip>,
    pub(super) index: HashMap<String, usize>,
    shape: ClipShape,
    blobs: Vec<Blob>,
    _folder: &'s Stored<'s>,
}

impl<'s> StoredClips<'s> {
    pub(super) fn open(folder: &'s Stored<'s>) -> Result<Self, StageError> {
        let rows = frames::read_clips(folder)?;
        let Some(first) = rows.first() else {
            return Err(StageError::Input("there are no decoded clips to train on".to_owned()));
        };
        let shape = ClipShape { frames: first.frames, height: first.height, width: first.width };
        let other = |row: &&Clip| (row.frames, row.height, row.width) != (first.frames, first.height, first.width);
        if let Some(row) = rows.iter().find(other) {
            return Err(StageError::Input(format!(
                "clips differ in shape: `{}` is {}×{}×{} and `{}` is {}×{}×{} (frames × height × width); give `decode` \
                 `frames` and `size`",
                first.clip, first.frames, first.height, first.width, row.clip, row.frames, row.height, row.width
            )));
        }
        let blobs: Result<Vec<Blob>, ArtifactError> = rows.iter().map(|row| frames::open(folder, &row.clip)).collect();
        let index = rows.iter().enumerate().map(|(at, row)| (row.clip.clone(), at)).collect();
        Ok(Self { rows, index, shape, blobs: blobs?, _folder: folder })
    }
}

impl Clips for StoredClips<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn shape(&self) -> ClipShape {
        self.shape
    }

    fn frames(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
        let (_, pixels) = decode::read_npy(&self.blobs[index])
            .map_err(|error| ModelError::Clip { clip: index, source: error.into() })?;
        Ok(Cow::Borrowed(pixels))
    }
}
