//! The architecture test: dependencies between the rooms point one way, channel crates know neither
//! the gateway nor one another, and each outside thing (the broker, the database, the clock, bare
//! tasks) is named in its own room only. `rules.rs` is the table of what holds.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources has failed")]

mod check;
mod edges;
mod manifest;
mod reliability;
mod rules;
mod tokens;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use check::{Breach, SourceFile, check_sources};
use manifest::check_manifest;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_rooms_keep_to_their_rules() {
    let files: Vec<SourceFile> =
        ["src", "channels"].iter().flat_map(|folder| rust_files(&root().join(folder))).map(read).collect();
    let seen: BTreeSet<&str> = files.iter().filter_map(SourceFile::room).collect();
    for room in ["clock", "domain", "lifecycle"] {
        assert!(
            seen.contains(room),
            "the room `{room}` was not found: is the test looking in the right place?"
        );
    }
    report(&check_sources(&files));
}

#[test]
fn channel_crates_depend_on_the_contract_alone() {
    let manifests: Vec<PathBuf> =
        folders(&root().join("channels")).map(|path| path.join("Cargo.toml")).collect();
    assert!(manifests.len() >= 6, "the contract and five channels, not {manifests:?}");
    let breaches: Vec<Breach> = manifests
        .iter()
        .flat_map(|path| check_manifest(&relative(path), &fs::read_to_string(path).unwrap()))
        .collect();
    report(&breaches);
}

fn report(breaches: &[Breach]) {
    let lines: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(breaches.is_empty(), "the architecture is broken:\n  {}", lines.join("\n  "));
}

/// Every Rust file under the folder; `tests/` and `benches/` of a crate are not part of what ships.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") && !path.ends_with("benches") {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn folders(inside: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(inside).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
}

fn read(path: PathBuf) -> SourceFile {
    SourceFile::new(relative(&path), &fs::read_to_string(path).unwrap())
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}
