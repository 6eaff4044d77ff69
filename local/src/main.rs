//! `skylark`: the embedded local cloud.

use std::process::ExitCode;

fn main() -> ExitCode {
    skylark_local::cli::run()
}
