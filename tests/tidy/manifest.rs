//! Version, dependencies and the order of the tests.

use std::path::Path;
use std::process::Command;

pub fn changelog(manifest: &str, changelog: &str) -> Vec<String> {
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = \"").and_then(|rest| rest.strip_suffix('"')));
    let Some(version) = version else {
        return vec!["Cargo.toml: no line `version = \"…\"`".to_owned()];
    };
    let names = |line: &str| {
        let mut words = line.strip_prefix("## ").unwrap_or_default().split_whitespace();
        words.next() == Some(version)
    };
    if changelog.lines().any(names) {
        return Vec::new();
    }
    vec![format!("CHANGELOG.md: no heading `## {version}`, the version of Cargo.toml")]
}

/// What `cargo tree` shows of a default build, a line a crate, indented by a digit.
pub fn tree(root: &Path) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["tree", "--package", "selvedge", "--edges", "normal", "--prefix", "depth"])
        .args(["--locked", "--offline"])
        .output()
        .expect("cargo runs the tests, so it is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

const DIRECT: [&str; 2] = ["crossbeam-utils", "parking_lot"];

/// What these two depend on, on any target.
const INDIRECT: [&str; 8] = [
    "cfg-if",
    "libc",
    "lock_api",
    "parking_lot_core",
    "redox_syscall",
    "scopeguard",
    "smallvec",
    "windows-link",
];

pub fn dependencies(tree: &str) -> Vec<String> {
    let mut direct = Vec::new();
    let mut complaints = Vec::new();
    for line in tree.lines() {
        let name = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let depth = &line[..line.len() - name.len()];
        let name = name.split_whitespace().next().unwrap_or_default();
        match depth {
            "0" => {}
            "1" => direct.push(name),
            _ if INDIRECT.contains(&name) => {}
            _ => complaints.push(format!("production depends on {name}, indirectly")),
        }
    }
    direct.sort_unstable();
    if direct != DIRECT {
        complaints.push(format!("production depends on {direct:?}; it should on {DIRECT:?} only"));
    }
    complaints
}

/// `tests/whole_run.rs` counts what the others ran, and cargo runs them by name.
pub fn last_test(paths: &[&str]) -> Vec<String> {
    let is_target = |path: &&&str| path.matches('/').count() == 1;
    match paths.iter().filter(is_target).max() {
        Some(&"tests/whole_run.rs") => Vec::new(),
        Some(other) => vec![format!("{other} runs after tests/whole_run.rs, so it is not counted")],
        None => vec!["there are no tests".to_owned()],
    }
}

#[cfg(test)]
mod samples {
    use super::*;

    #[test]
    fn a_version_without_its_changelog_is_found() {
        let manifest = "[workspace.package]\nversion = \"0.2.0\"\n";
        assert_eq!(changelog(manifest, "# Changes\n\n## 0.2.0 (2027)\n"), [""; 0]);
        for bad in ["## 0.1.0", "0.2.0", "## 0.2.0-rc.1", ""] {
            assert!(changelog(manifest, bad)[0].contains("0.2.0"), "{bad}");
        }
        assert!(changelog("", "## 0.2.0")[0].starts_with("Cargo.toml"));
    }

    #[test]
    fn another_dependency_is_found() {
        let good = "0selvedge v0.1.0 (/x)\n1crossbeam-utils v0.8.23\n1parking_lot v0.12.5\n\
                    2lock_api v0.4.14\n3scopeguard v1.2.0\n";
        assert_eq!(dependencies(good), [""; 0]);
        assert!(dependencies(&format!("{good}1serde v1.0.0\n"))[0].contains("serde"));
        assert!(dependencies(&format!("{good}2rand v1.0.0\n"))[0].contains("rand, indirectly"));
        assert!(!dependencies("0selvedge v0.1.0 (/x)\n1parking_lot v0.12.5\n").is_empty());
        assert!(!dependencies("").is_empty());
    }

    #[test]
    fn a_test_after_the_whole_run_is_found() {
        let order = ["tests/a.rs", "tests/whole_run.rs", "tests/z/part.rs"];
        assert_eq!(last_test(&order), [""; 0]);
        assert!(last_test(&["tests/whole_run.rs", "tests/wicked.rs"])[0].contains("wicked"));
        assert!(!last_test(&[]).is_empty());
    }
}
