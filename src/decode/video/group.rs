//! Several videos through one process.
//!
//! The program spends about as long on starting as on decoding a short clip. Given several files it writes each to a pipe
//! of its own, all of them read side by side.

use std::{
    ffi::OsString,
    io,
    path::Path,
    sync::{Mutex, PoisonError, atomic::AtomicBool},
    thread,
};

use super::{LUMA, before, input, output, read};
use crate::decode::{About, Clip, Pass, Source, Take, Wanted, error::DecodeError, ffmpeg::Ffmpeg};

/// Videos that are decoded together.
pub(in crate::decode) struct Group<'a> {
    pub(in crate::decode) files: &'a [&'a Path],
    pub(in crate::decode) ffmpeg: &'a Ffmpeg,
    pub(in crate::decode) cancel: &'a AtomicBool,
}

/// One of them, which can be read once.
struct Piped {
    pipe: Mutex<Option<io::PipeReader>>,
    about: About,
}

impl Source for Piped {
    fn about(&self) -> &About {
        &self.about
    }

    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        let mut pass = Pass { frames: 0, fps: None };
        let pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner).take();
        read(&mut pipe.ok_or(DecodeError::NoFrames)?, wanted, take, &mut pass)?;
        Ok(pass)
    }

    fn times(&self, _frames: usize) -> Result<Option<Vec<f64>>, DecodeError> {
        Ok(None)
    }
}

impl Group<'_> {
    /// Runs `work` on each video; nothing for those whose outcome is not to be relied on.
    pub(in crate::decode) fn run(
        &self,
        work: &(dyn Fn(usize, &dyn Source) -> Result<Clip, DecodeError> + Sync),
    ) -> Vec<Option<Clip>> {
        self.together(work).unwrap_or_default()
    }

    fn together(
        &self,
        work: &(dyn Fn(usize, &dyn Source) -> Result<Clip, DecodeError> + Sync),
    ) -> Result<Vec<Option<Clip>>, DecodeError> {
        let mut arguments: Vec<OsString> = before();
        arguments.push("-noauto_conversion_filters".into());
        arguments.extend(self.files.iter().flat_map(|file| input(file)));
        let (mut sources, mut ends) = (Vec::new(), Vec::new());
        for number in 0..self.files.len() {
            let (reader, writer) = io::pipe()?;
            let target = format!("pipe:{}", Ffmpeg::FIRST_PIPE + number);
            arguments.extend(output(number, "-fps_mode", LUMA, &target));
            sources.push(Piped { pipe: Mutex::new(Some(reader)), about: About::default() });
            ends.push(writer);
        }
        let mut clips = Vec::new();
        self.ffmpeg.run_group(&arguments, ends, self.cancel, &mut || {
            clips = thread::scope(|scope| {
                let one = |(at, source): (usize, Piped)| scope.spawn(move || work(at, &source).ok());
                let threads: Vec<_> = sources.drain(..).enumerate().map(one).collect();
                threads.into_iter().map(|thread| thread.join().ok().flatten()).collect()
            });
        })?;
        Ok(clips)
    }
}
