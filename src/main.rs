//! The command `vestnik`.

use std::process::ExitCode;

use clap::Parser;
use vestnik::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vestnik::cli::run(Cli::parse())
}
