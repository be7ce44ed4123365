//! Where a model computes.

use super::device;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A device. It never enters what was asked for: on a processor results are the same to the bit, on an accelerator they
/// are near.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Place {
    /// The processor.
    #[default]
    Cpu,
    /// A CUDA device by its number. Only a program that can use one reads such a name.
    Cuda(usize),
}

impl Place {
    /// What it is, without which one of several.
    pub fn family(self) -> &'static str {
        match self {
            Place::Cpu => "cpu",
            Place::Cuda(_) => "cuda",
        }
    }

    /// Whether this program was built to use CUDA devices.
    pub fn knows_cuda() -> bool {
        device::CUDA
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Cpu => f.write_str("cpu"),
            Place::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        let number = text.strip_prefix("cuda:").and_then(|number| number.parse().ok());
        match (text, number) {
            ("cpu", _) => Ok(Place::Cpu),
            (_, Some(number)) if Place::knows_cuda() => Ok(Place::Cuda(number)),
            (_, Some(_)) => Err(format!(
                "this program is built without CUDA, so there is no device `{text}`: where a CUDA toolkit is installed, build it \
                 with `cargo build --release --features cuda`"
            )),
            _ => Err(format!("unknown device `{text}`: take `cpu`, or `cuda:0` for the first CUDA device")),
        }
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Place, String> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> String {
        place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written_or_refused_with_what_to_do() {
        assert_eq!("cpu".parse(), Ok(Place::Cpu));
        assert_eq!(Place::Cuda(3).to_string(), "cuda:3");
        match "cuda:3".parse::<Place>() {
            Ok(place) => assert_eq!((place, Place::knows_cuda()), (Place::Cuda(3), true)),
            Err(message) => assert!(!Place::knows_cuda() && message.contains("--features cuda"), "{message}"),
        }
        for text in ["cuda", "cuda:", "cuda:-1", "gpu", ""] {
            assert!(text.parse::<Place>().unwrap_err().contains("take `cpu`, or `cuda:0`"), "{text}");
        }
    }
}
