//! The binary: an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    crowdline::cli::main()
}
