//! The table of faults names tests that there are, and all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The tests that `docs/reliability.md` names: the last column of its tables.
fn promised() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    let last_cells = text.lines().filter_map(|line| line.strip_suffix("` |")?.rsplit_once("| `"));
    last_cells.map(|(_, name)| name.to_owned()).collect()
}

/// The names of the tests in the files of a folder.
fn tests_in(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter_map(|file| fs::read_to_string(file).ok());
    texts.flat_map(|text| names(&text).collect::<Vec<_>>()).collect()
}

fn names(text: &str) -> impl Iterator<Item = String> {
    let after = text.split("#[tokio::test").skip(1);
    after.filter_map(|part| Some(part.split_once("async fn ")?.1.split_once('(')?.0.to_owned()))
}

#[test]
fn every_fault_has_its_line_and_every_line_its_test() {
    let promised = promised();
    let faults = tests_in(&root().join("tests/e2e/faults"));
    let all = &faults | &tests_in(&root().join("tests/e2e"));
    assert!(!faults.is_empty());
    assert_eq!(
        promised.difference(&all).collect::<Vec<_>>(),
        [""; 0],
        "docs/reliability.md names no such test"
    );
    assert_eq!(faults.difference(&promised).collect::<Vec<_>>(), [""; 0], "docs/reliability.md leaves out");
}
