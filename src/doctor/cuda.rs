//! CUDA devices, as the driver tells. Asked in every build: the driver is looked for when the program runs.

use cudarc::driver::{DriverError, result, sys};

use super::Finding;
use crate::stage::Place;

/// Looks for devices.
pub(super) fn examine() -> Finding {
    // SAFETY: it opens the driver's library and closes it again.
    let there = unsafe { sys::is_culib_present() };
    let devices = there.then(devices);
    finding(devices.map(|devices| devices.map_err(|error| format!("{:?}", error.0))), Place::knows_cuda())
}

/// Name and bytes of memory of each device. Calls nothing but the driver, whose library is there.
fn devices() -> Result<Vec<(String, usize)>, DriverError> {
    result::init()?;
    let device = |number| {
        let device = result::device::get(number)?;
        // SAFETY: `device` is what the driver just named.
        let memory = unsafe { result::device::total_mem(device)? };
        Ok((result::device::get_name(device)?, memory))
    };
    (0..result::device::get_count()?).map(device).collect()
}

/// What is so, given the devices, or what the driver said, or that there is no driver.
fn finding(devices: Option<Result<Vec<(String, usize)>, String>>, built_in: bool) -> Finding {
    let (seen, usable) = match devices {
        None => ("no CUDA driver (libcuda) is found".to_owned(), false),
        Some(Err(error)) => (format!("the CUDA driver says {error}"), false),
        Some(Ok(devices)) if devices.is_empty() => ("the CUDA driver knows no device".to_owned(), false),
        Some(Ok(devices)) => {
            let told = |(number, (name, memory)): (usize, &(String, usize))| {
                format!("cuda:{number} is {name} with {} MB", memory / 1_000_000)
            };
            (devices.iter().enumerate().map(told).collect::<Vec<_>>().join(", "), true)
        }
    };
    match (built_in, usable) {
        (true, true) => Finding::ok("cuda", format!("{seen}; `--device cuda:N` takes it")),
        (true, false) => Finding::warning(
            "cuda",
            format!("{seen}, and this program is built for CUDA: models train on the processor"),
            "install NVIDIA's driver, or build without `--features cuda`",
        ),
        (false, _) => {
            Finding::ok("cuda", format!("{seen}; this program is built without CUDA: models train on the processor"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn devices_are_listed_and_what_is_missing_is_a_warning_only_where_it_was_built_for() {
        let two = || Some(Ok(vec![("A100".to_owned(), 80_000_000_000), ("T4".to_owned(), 16_000_000_000)]));
        let found = finding(two(), true);
        assert_eq!(found.level, Level::Ok);
        assert!(found.message.contains("cuda:0 is A100 with 80000 MB, cuda:1 is T4"), "{}", found.message);
        assert!(finding(two(), false).message.contains("built without CUDA"));
        for none in [None, Some(Ok(Vec::new())), Some(Err("CUDA_ERROR_NO_DEVICE".to_owned()))] {
            assert_eq!(finding(none.clone(), true).level, Level::Warning);
            assert_eq!(finding(none, false).level, Level::Ok);
        }
    }
}
