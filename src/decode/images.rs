//! Still images: one file, or a folder of them in the order of their numbers.

use std::path::{Path, PathBuf};

use image::ImageReader;

use super::{DecodeError, Frames, grey};

pub(super) struct Stills {
    paths: Vec<PathBuf>,
    next: usize,
    size: Option<(usize, usize)>,
}

impl Stills {
    pub(super) fn file(path: &Path) -> Self {
        Self { paths: vec![path.to_owned()], next: 0, size: size(path).ok() }
    }

    /// The images of a folder. Hidden files are passed over; anything else that is no image is an error.
    pub(super) fn folder(path: &Path) -> Result<Self, DecodeError> {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(path).map_err(DecodeError::unreadable)? {
            let path = entry.map_err(DecodeError::unreadable)?.path();
            if path.is_file() && !name(&path).starts_with('.') {
                paths.push(path);
            }
        }
        paths.sort_by_cached_key(|path| natural(&name(path)));
        let mut first: Option<((usize, usize), &PathBuf)> = None;
        for path in &paths {
            let size =
                size(path).map_err(|error| DecodeError::Folder(format!("`{}` is no image: {error}", name(path))))?;
            let (expected, other) = *first.get_or_insert((size, path));
            if size != expected {
                return Err(DecodeError::Folder(format!(
                    "images differ in size: `{}` is {}×{}, `{}` is {}×{}",
                    name(other),
                    expected.1,
                    expected.0,
                    name(path),
                    size.1,
                    size.0
                )));
            }
        }
        let size = first.map(|(size, _)| size);
        Ok(Self { paths, next: 0, size })
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

fn size(path: &Path) -> Result<(usize, usize), image::ImageError> {
    let (width, height) = ImageReader::open(path)?.with_guessed_format()?.into_dimensions()?;
    Ok((height as usize, width as usize))
}

/// A key by which `f2` stands before `f10`: runs of digits compare as numbers.
fn natural(name: &str) -> Vec<(String, u128)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let after = &rest[text..];
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        parts.push((rest[..text].to_owned(), after[..digits].parse().unwrap_or(0)));
        rest = &after[digits..];
    }
    parts
}

impl Frames for Stills {
    fn size(&self) -> (usize, usize) {
        self.size.unwrap_or_default()
    }

    fn fps(&self) -> Option<f64> {
        None
    }

    fn count(&self) -> usize {
        self.paths.len()
    }

    fn next(&mut self, into: &mut Vec<u8>) -> Result<(), DecodeError> {
        let path = &self.paths[self.next];
        self.next += 1;
        let damaged = |error: image::ImageError| match self.paths.len() {
            1 => DecodeError::Damaged(error.to_string()),
            _ => DecodeError::Folder(format!("`{}` is damaged: {error}", name(path))),
        };
        let reader = ImageReader::open(path).map_err(DecodeError::unreadable)?;
        let image = reader.with_guessed_format().map_err(DecodeError::unreadable)?.decode().map_err(damaged)?;
        *into = grey::of(&image);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_sort_as_numbers() {
        let mut names = ["f10.png", "f2.png", "f1.png", "g1.png"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["f1.png", "f2.png", "f10.png", "g1.png"]);
    }
}
