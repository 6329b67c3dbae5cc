use super::*;

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_copy_has_the_files_with_the_crates_paths() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("src/shared");
    let primitive = find("versioned_cell").unwrap();
    let copies = files(primitive, "my_shop::shared");
    let written = write(&copies, &folder, false).unwrap();
    assert_eq!(written, ["swap.rs", "versioned_cell.rs", "version.rs"]);
    let cell = text(&folder, "versioned_cell.rs");
    assert!(cell.starts_with("// versioned_cell.rs of selvedge "));
    assert!(cell.contains("//! use my_shop::shared::VersionedCell;"));
    assert!(!cell.contains("selvedge::"));
    assert!(text(&folder, "swap.rs").contains("`selvedge::swap`"));
}

#[test]
fn the_parts_of_a_primitive_stand_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let primitive = find("idempotency_table").unwrap();
    let names: Vec<&str> = modules(primitive).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["hash_index", "idempotency_table", "swap"]);
    write(&files(primitive, "my_shop"), folder.path(), false).unwrap();
    let parts = std::fs::read_dir(folder.path().join("idempotency_table")).unwrap().count();
    assert_eq!(parts + names.len(), files(primitive, "my_shop").len());
    let main = text(folder.path(), "idempotency_table.rs");
    for line in main.lines().filter_map(|line| line.strip_prefix("mod ")) {
        let part = format!("idempotency_table/{}.rs", line.trim_end_matches(';'));
        assert!(text(folder.path(), &part).contains("//! "), "{part}");
    }
}

#[test]
fn a_second_copy_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cell = files(find("versioned_cell").unwrap(), "my_shop");
    write(&cell, folder.path(), false).unwrap();
    assert!(write(&cell, folder.path(), false).unwrap().is_empty());
    // Another primitive shares files with the first one.
    let words = files(find("versioned_words").unwrap(), "my_shop");
    assert_eq!(write(&words, folder.path(), false).unwrap(), ["versioned_words.rs"]);
}

#[test]
fn a_file_that_differs_is_not_overwritten_without_force() {
    let folder = tempfile::tempdir().unwrap();
    let copies = files(find("versioned_cell").unwrap(), "my_shop");
    std::fs::write(folder.path().join("version.rs"), "mine").unwrap();
    let error = write(&copies, folder.path(), false).unwrap_err().to_string();
    assert!(error.contains("version.rs") && error.contains("--force"), "{error}");
    assert!(!error.contains("swap.rs"), "{error}");
    assert_eq!(text(folder.path(), "version.rs"), "mine");
    assert!(!folder.path().join("swap.rs").exists(), "nothing is written if a file is in the way");
    assert_eq!(write(&copies, folder.path(), true).unwrap().len(), 3);
    assert_ne!(text(folder.path(), "version.rs"), "mine");
}

#[test]
fn primitives_go_by_the_names_of_module_and_type() {
    assert_eq!(find("VersionedCell").unwrap().name, "versioned_cell");
    assert_eq!(find("versioned-words").unwrap().name, "versioned_words");
    let error = find("cell").unwrap_err().to_string();
    assert!(error.starts_with("there is no primitive \"cell\"; the primitives are\n  "), "{error}");
    assert!(error.contains("\n  versioned_words"), "{error}");
}

#[test]
fn what_is_left_to_do_is_told() {
    let folder = Path::new("src/shared");
    let primitive = find("versioned_cell").unwrap();
    insta::assert_snapshot!(instructions(
        &["swap.rs", "version.rs"],
        primitive,
        folder,
        "my_shop::shared"
    ));
}
