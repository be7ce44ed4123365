//! What may be drawn on: the frames of the decoded clips.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    artifact::{Folder, frames, lines},
    crowd::drawn::Frame,
    stage::StageError,
};

/// A clip that was decoded.
#[derive(Debug)]
pub(super) struct Clip {
    /// Whose it is.
    pub(super) patient: String,
    /// Size and scale of the source.
    pub(super) picture: Frame,
    /// Number of frames of the source.
    pub(super) length: usize,
    /// The frames of the source that were decoded.
    pub(super) decoded: BTreeSet<u32>,
}

/// The clips that were decoded, by id.
#[derive(Debug)]
pub(super) struct Study {
    pub(super) clips: BTreeMap<String, Clip>,
}

impl Study {
    /// Reads `Frames`.
    ///
    /// # Errors
    /// An artifact that can't be read.
    pub(super) fn read(folder: &dyn Folder) -> Result<Self, StageError> {
        let pictures = frames::read_pictures(folder)?;
        let mut decoded: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for source in frames::read_sources(folder)? {
            let numbers = source.numbers.into_iter().flatten().map(|number| number as u32);
            decoded.entry(source.clip).or_default().extend(numbers);
        }
        let mut clips = BTreeMap::new();
        for clip in frames::read_clips(folder)? {
            let Some(frames::Picture { source, mm_per_pixel }) = pictures.get(&clip.clip).copied() else {
                return Err(StageError::Failed(format!("`frames` has no geometry of clip `{}`", clip.clip)));
            };
            let picture = Frame { width: source.width, height: source.height, mm_per_pixel };
            let decoded = decoded.remove(&clip.clip).unwrap_or_default();
            clips.insert(clip.clip, Clip { patient: clip.patient, picture, length: clip.source_frames, decoded });
        }
        Ok(Self { clips })
    }

    /// The decoded frames of the clips that are asked for.
    pub(super) fn decoded<'s>(&'s self, asked: impl Fn(&str) -> bool + 's) -> impl Iterator<Item = (&'s String, u32)> {
        let clips = self.clips.iter().filter(move |(id, _)| asked(id));
        clips.flat_map(|(id, clip)| clip.decoded.iter().map(move |frame| (id, *frame)))
    }

    /// Of the clips that are asked for the decoded frames that are not among `seen`, which are in order.
    pub(super) fn unviewed(&self, seen: &[(String, u32)], asked: impl Fn(&str) -> bool) -> Vec<lines::Frame> {
        let is_seen = |id: &String, frame: u32| seen.binary_search_by(|(c, f)| (c, *f).cmp(&(id, frame))).is_ok();
        let unseen = self.decoded(asked).filter(|(id, frame)| !is_seen(id, *frame));
        unseen.map(|(id, frame)| row(id, frame, &self.clips[id].picture)).collect()
    }
}

/// A frame nobody looked at.
pub(super) fn row(clip: &str, frame: u32, picture: &Frame) -> lines::Frame {
    lines::Frame {
        clip: clip.to_owned(),
        frame,
        width: picture.width,
        height: picture.height,
        mm_per_pixel: picture.mm_per_pixel,
        viewers: 0,
        decided: false,
        found: None,
        iterations: None,
        converged: None,
    }
}
