//! The rules of this repository, as a test. Each rule is a function from text to complaints, tried
//! on bad samples beside it, and applied to the repository here.

#[path = "tidy/manifest.rs"]
mod manifest;
#[path = "tidy/pages.rs"]
mod pages;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/tags.rs"]
mod tags;
#[path = "tidy/words.rs"]
mod words;

use std::path::{Path, PathBuf};

/// What has no page. Every other file directly in `src` is a primitive's; its parts stand in a
/// folder of its name.
const NO_PAGE: &[(&str, &str)] = &[
    ("src/lib.rs", "re-exports only"),
    ("src/arrivals.rs", "what happens to messages, a part of the harness"),
    ("src/copy_out.rs", "the list of the primitives' files"),
    ("src/hash_index.rs", "what two tables find their entries by"),
    ("src/offer.rs", "the vocabulary of the sequenced primitives, not one of them"),
    ("src/panics.rs", "how two primitives outlast panics of the caller's code"),
    ("src/random.rs", "numbers for choices, a part of the harness"),
    ("src/stamp.rs", "the vocabulary of clocks and sequences"),
    ("src/version.rs", "the vocabulary of the versioned primitives, not one of them"),
];

/// A file of the repository.
pub struct Source {
    /// Its place, relative to the root, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust files under these folders.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut found);
    }
    assert!(!found.is_empty(), "no Rust files in {folders:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root()).unwrap();
            let parts: Vec<_> = relative.iter().map(|part| part.to_str().unwrap()).collect();
            found.push(Source {
                path: parts.join("/"),
                text: std::fs::read_to_string(&path).unwrap(),
            });
        }
    }
}

/// The primitives: their main files.
fn primitives() -> Vec<Source> {
    let mut found = sources(&["src"]);
    found.retain(|source| {
        let directly = source.path.matches('/').count() == 1;
        directly && !NO_PAGE.iter().any(|(path, _)| *path == source.path)
    });
    found
}

/// Whether a file is directly in `src`, or a part of one that is: in a folder of its name.
fn is_of_a_primitive(path: &str, files: &[Source]) -> bool {
    let Some(below) = path.strip_prefix("src/") else { return false };
    match below.split_once('/') {
        None => true,
        Some((folder, _)) => {
            let main = format!("src/{folder}.rs");
            files.iter().any(|file| file.path == main)
        }
    }
}

fn demand(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn engines_and_production_types_are_named_in_their_places_only() {
    let files = sources(&["src", "tests", "bench", "cargo-selvedge"]);
    let mut complaints: Vec<_> =
        files.iter().flat_map(|source| words::complaints(&source.path, &source.text)).collect();
    complaints.extend(words::needless_exceptions(&files));
    demand(complaints);
}

#[test]
fn orderings_of_primitives_have_their_reasons() {
    let files = sources(&["src"]);
    let checked = files.iter().filter(|file| is_of_a_primitive(&file.path, &files));
    demand(checked.flat_map(|file| tags::complaints(&file.path, &file.text)).collect());
}

#[test]
fn parts_of_a_primitive_stand_in_a_folder_of_its_name() {
    let source = |path: &str| Source { path: path.to_owned(), text: String::new() };
    let files = ["src/queue.rs", "src/queue/ring.rs", "src/naive/queue.rs"].map(source);
    let found = files.each_ref().map(|file| is_of_a_primitive(&file.path, &files));
    assert_eq!(found, [true, true, false]);
    assert!(!is_of_a_primitive("tests/queue.rs", &files));
}

#[test]
fn pages_of_primitives_have_their_headings_in_order() {
    let files = primitives();
    demand(files.iter().flat_map(|file| pages::headings(&file.path, &file.text)).collect());
}

#[test]
fn guarantees_have_tests_and_named_tests_exist() {
    let tests = sources(&["tests", "src"]);
    let files = primitives();
    demand(files.iter().flat_map(|file| pages::guarantees(file, &tests)).collect());
}

#[test]
fn files_and_lines_are_of_a_readable_size() {
    let files = sources(&["src", "tests", "bench", "cargo-selvedge"]);
    demand(files.iter().flat_map(|file| shape::complaints(&file.path, &file.text)).collect());
}

#[test]
fn exceptions_name_files_that_exist() {
    for (path, reason) in NO_PAGE {
        assert!(!reason.is_empty());
        assert!(root().join(path).exists(), "{path} is not there");
    }
}

#[test]
fn the_changelog_names_the_version() {
    demand(manifest::changelog(&read("Cargo.toml"), &read("CHANGELOG.md")));
}

#[test]
fn production_depends_on_two_crates() {
    demand(manifest::dependencies(&manifest::tree(&root())));
}

#[test]
fn the_whole_run_is_the_last_test() {
    let files = sources(&["tests"]);
    let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
    demand(manifest::last_test(&paths));
}
