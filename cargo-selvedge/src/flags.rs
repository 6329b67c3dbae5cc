//! The compiler's flags of the model build.
//!
//! cargo takes `CARGO_ENCODED_RUSTFLAGS`, or else `RUSTFLAGS`, or else all `target.*.rustflags` of
//! its configuration, or else `build.rustflags`: the first that is there, never two of them. So
//! the flag is added to the first that is there. Flags of the environment are extended in it. Else
//! the flag goes into the configuration, under a target that matches always: flags of other targets
//! stay, and only `build.rustflags` is lost, of which [`lost_flags`] tells.

use std::path::{Path, PathBuf};

/// The flag that makes a build the model build.
const CFG: &str = "--cfg=selvedge";

/// What `cargo test` is given for the model build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelBuild {
    /// Arguments for cargo.
    pub arguments: Vec<String>,
    /// Variables for cargo.
    pub variables: Vec<(&'static str, String)>,
}

impl ModelBuild {
    /// Adds the model build's flag to the flags that `variable` tells of.
    pub fn compose(variable: impl Fn(&str) -> Option<String>) -> ModelBuild {
        let mut build = ModelBuild::default();
        match from_environment(&variable, "RUSTFLAGS") {
            Some(flags) => build.variables.push(("CARGO_ENCODED_RUSTFLAGS", encode(flags))),
            None => {
                // `not(any())` is always true, and nobody's key: a key that is in a file as well
                // cannot be merged if its value is a string there.
                let setting = format!("target.'cfg(not(any()))'.rustflags=['{CFG}']");
                build.arguments.extend(["--config".to_owned(), setting]);
            }
        }
        // Doctests are compiled with rustdoc's flags.
        let rustdoc = from_environment(&variable, "RUSTDOCFLAGS").unwrap_or_default();
        build.variables.push(("CARGO_ENCODED_RUSTDOCFLAGS", encode(rustdoc)));
        build
    }
}

/// The flags of `CARGO_ENCODED_` and `name`, or else of `name`, as cargo reads them.
fn from_environment(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<Vec<String>> {
    let parts = |text: String, separator| {
        text.split(separator)
            .map(str::trim)
            .filter(|flag| !flag.is_empty())
            .map(str::to_owned)
            .collect()
    };
    match variable(&format!("CARGO_ENCODED_{name}")) {
        Some(encoded) => Some(parts(encoded, '\x1f')),
        None => variable(name).map(|flags| parts(flags, ' ')),
    }
}

fn encode(mut flags: Vec<String>) -> String {
    flags.push(CFG.to_owned());
    flags.join("\x1f")
}

/// Where `build.rustflags` is set, which the model build does not use if the environment has no
/// flags: a variable or a file of cargo's configuration for the folder.
pub fn lost_flags(variable: impl Fn(&str) -> Option<String>, folder: &Path) -> Option<String> {
    if from_environment(&variable, "RUSTFLAGS").is_some() {
        return None;
    }
    if variable("CARGO_BUILD_RUSTFLAGS").is_some() {
        return Some("CARGO_BUILD_RUSTFLAGS".to_owned());
    }
    let home = variable("CARGO_HOME").map(PathBuf::from);
    let folders = folder.ancestors().map(|above| above.join(".cargo")).chain(home);
    folders
        .flat_map(|folder| [folder.join("config.toml"), folder.join("config")])
        .find(|file| std::fs::read_to_string(file).is_ok_and(|text| sets_build_rustflags(&text)))
        .map(|file| format!("build.rustflags in {}", file.display()))
}

/// Whether a configuration file sets `build.rustflags`. It reads the usual spellings, not all of
/// TOML: it only decides on a warning.
fn sets_build_rustflags(toml: &str) -> bool {
    let mut section = "";
    for line in toml.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = header.trim();
        } else if let Some((key, _)) = line.split_once('=') {
            match (section, key.trim()) {
                ("build", "rustflags") | ("", "build.rustflags") => return true,
                _ => {}
            }
        }
    }
    false
}

/// Whether a variable is one that an outer cargo sets for the program that it runs, and that the
/// inner cargo, or a build script that watches it, would take for its own.
pub fn is_of_outer_cargo(name: &str) -> bool {
    const PREFIXES: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CFG_"];
    const NAMES: [&str; 4] =
        ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR", "OUT_DIR"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(set: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn flags_of_the_environment_are_kept() {
        let build = ModelBuild::compose(variables(&[("RUSTFLAGS", "-C  debuginfo=1 ")]));
        assert!(build.arguments.is_empty());
        let flags = ("CARGO_ENCODED_RUSTFLAGS", "-C\x1fdebuginfo=1\x1f--cfg=selvedge".to_owned());
        assert_eq!(build.variables[0], flags);
    }

    #[test]
    fn encoded_flags_beat_plain_ones() {
        let build = ModelBuild::compose(variables(&[
            ("RUSTFLAGS", "-C debuginfo=1"),
            ("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fa b"),
        ]));
        let flags = ("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fa b\x1f--cfg=selvedge".to_owned());
        assert_eq!(build.variables[0], flags);
    }

    #[test]
    fn without_flags_in_the_environment_the_configuration_is_extended() {
        let build = ModelBuild::compose(variables(&[("RUSTDOCFLAGS", "-D warnings")]));
        let setting = "target.'cfg(not(any()))'.rustflags=['--cfg=selvedge']";
        assert_eq!(build.arguments, ["--config", setting]);
        let rustdoc = ("CARGO_ENCODED_RUSTDOCFLAGS", "-D\x1fwarnings\x1f--cfg=selvedge".to_owned());
        assert_eq!(build.variables, [rustdoc]);
    }

    #[test]
    fn lost_flags_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(folder.path().join(".cargo")).unwrap();
        let file = folder.path().join(".cargo/config.toml");
        std::fs::write(&file, "[build] # flags\njobs = 1\nrustflags = ['-C', 'x']\n").unwrap();
        let found = lost_flags(variables(&[]), &inner).unwrap();
        assert_eq!(found, format!("build.rustflags in {}", file.display()));
        assert_eq!(lost_flags(variables(&[("RUSTFLAGS", "")]), &inner), None);
    }

    #[test]
    fn only_the_builds_flags_are_lost() {
        assert!(sets_build_rustflags("build.rustflags = 'x'"));
        assert!(!sets_build_rustflags(
            "[target.'cfg(unix)']\nrustflags = ['x']\n[build]\njobs = 1"
        ));
        assert!(!sets_build_rustflags("[build]\n# rustflags = ['x']"));
    }

    #[test]
    fn variables_of_the_outer_cargo_are_known() {
        assert!(is_of_outer_cargo("CARGO_PKG_NAME"));
        assert!(is_of_outer_cargo("CARGO_MANIFEST_DIR"));
        assert!(!is_of_outer_cargo("CARGO_HOME"));
        assert!(!is_of_outer_cargo("CARGO_TARGET_DIR"));
        assert!(!is_of_outer_cargo("CARGO"));
    }
}
