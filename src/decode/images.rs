//! A folder of PNG, JPEG and TIFF files, one a frame, in the natural order of their names: `f2` before `f10`.

use std::{
    cmp::Ordering,
    fs,
    path::{Path, PathBuf},
};

use super::{
    About, Pass, Source, Take, Wanted,
    animation::Animated,
    error::DecodeError,
    format::{self, Format},
    still::Still,
};

/// A folder of frames.
pub(super) struct Images {
    members: Vec<(String, PathBuf)>,
    about: About,
}

impl Images {
    /// Lists the folder. Hidden files (a leading dot) are passed over.
    ///
    /// # Errors
    /// What the folder cannot be listed for.
    pub(super) fn open(folder: &Path) -> Result<Self, DecodeError> {
        let mut members = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                members.push((name, entry.path()));
            }
        }
        members.sort_by(|left, right| natural(&left.0, &right.0));
        let about = About { frames: Some(members.len()), ..About::default() };
        Ok(Self { members, about })
    }
}

impl Source for Images {
    fn about(&self) -> &About {
        &self.about
    }

    fn pass(&self, wanted: &Wanted<'_>, take: &mut Take<'_>) -> Result<Pass, DecodeError> {
        for (number, (name, path)) in self.members.iter().enumerate().filter(|(number, _)| wanted(*number)) {
            let within = |error| DecodeError::Member { file: name.clone(), error: Box::new(error) };
            let format = match format::recognise(path) {
                Ok(Format::Still(format)) => format,
                Ok(Format::Animation(Animated::Png)) => return Err(within(DecodeError::SeveralPictures("PNG"))),
                Ok(_) | Err(DecodeError::UnknownFormat { .. }) => return Err(DecodeError::NotAnImage(name.clone())),
                Err(error) => return Err(within(error)),
            };
            let frame = Still::open(path, format).and_then(|still| still.only()).map_err(within)?;
            take(number, frame).map_err(|error| match error {
                DecodeError::Sizes { width, height, expected_width, expected_height, .. } => {
                    DecodeError::Sizes { frame: name.clone(), width, height, expected_width, expected_height }
                }
                error => error,
            })?;
        }
        Ok(Pass { frames: self.members.len(), fps: None })
    }
}

/// Runs of digits compare as numbers, all else byte by byte; names that differ only in leading zeros compare as text.
fn natural(left: &str, right: &str) -> Ordering {
    let (mut a, mut b) = (left.as_bytes(), right.as_bytes());
    while let (Some(x), Some(y)) = (a.first(), b.first()) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (first, second) = (take_number(&mut a), take_number(&mut b));
            first.len().cmp(&second.len()).then(first.cmp(second))
        } else {
            (a, b) = (&a[1..], &b[1..]);
            x.cmp(y)
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len()).then_with(|| left.cmp(right))
}

/// Cuts the leading digits off and returns them without leading zeros.
fn take_number<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let (digits, rest) = bytes.split_at(end);
    *bytes = rest;
    &digits[digits.iter().take_while(|digit| **digit == b'0').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_order_as_numbers() {
        let mut names =
            ["f10", "f2", "f1b", "f02", "g1", "f", "f1a", "99999999999999999999999", "100000000000000000000000"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["99999999999999999999999", "100000000000000000000000", "f", "f1a", "f1b", "f02", "f2", "f10", "g1"]
        );
    }
}
