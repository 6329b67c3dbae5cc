//! Which packages there are, and which test targets they want to be run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::arguments::ExploreArguments;
use crate::failure::Failure;

/// What `cargo metadata` tells of a workspace.
#[derive(Debug)]
pub struct Workspace {
    metadata: Value,
}

impl Workspace {
    /// Asks cargo, about the workspace of a Cargo.toml or else of the current folder.
    ///
    /// # Errors
    /// There is no package here, or its Cargo.toml is wrong.
    pub fn read(cargo: &OsStr, manifest: Option<&Path>) -> Result<Workspace, Failure> {
        let mut command = Command::new(cargo);
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        if let Some(path) = manifest {
            command.arg("--manifest-path").arg(path);
        }
        let output = command.output().map_err(|error| {
            Failure::new(format!("cannot run {}: {error}", cargo.to_string_lossy()))
        })?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            let message = message.trim_end();
            let message = message.strip_prefix("error: ").unwrap_or(message);
            return Err(Failure::arguments(message));
        }
        match serde_json::from_slice(&output.stdout) {
            Ok(metadata) => Ok(Workspace { metadata }),
            Err(error) => {
                Err(Failure::new(format!("cannot read what `cargo metadata` prints: {error}")))
            }
        }
    }

    /// cargo's target folder.
    ///
    /// # Errors
    /// cargo does not tell.
    pub fn target_folder(&self) -> Result<PathBuf, Failure> {
        match self.metadata["target_directory"].as_str() {
            Some(folder) => Ok(PathBuf::from(folder)),
            None => Err(Failure::new("`cargo metadata` prints no target_directory")),
        }
    }

    /// The test targets that the packages want to be run: those of
    /// `[package.metadata.selvedge] test = […]`. Empty, which means all, if one of the packages
    /// does not tell, or if the arguments choose targets themselves.
    pub fn test_targets(&self, arguments: &ExploreArguments, folder: &Path) -> Vec<String> {
        if chooses_targets(arguments) {
            return Vec::new();
        }
        let mut targets = Vec::new();
        for package in self.selected(arguments, folder) {
            let wanted = package["metadata"]["selvedge"]["test"].as_array();
            let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
                return Vec::new();
            };
            for name in wanted.iter().filter_map(Value::as_str) {
                if !targets.iter().any(|target| target == name) {
                    targets.push(name.to_owned());
                }
            }
        }
        targets
    }

    /// The package of a Cargo.toml.
    pub fn package_of(&self, manifest: &Path) -> Option<&Value> {
        let manifest = manifest.canonicalize().ok()?;
        self.packages().iter().find(|package| {
            let path = package["manifest_path"].as_str().map(Path::new);
            path.and_then(|path| path.canonicalize().ok()).as_ref() == Some(&manifest)
        })
    }

    fn packages(&self) -> &[Value] {
        self.metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The packages that `cargo test` will take, as far as the arguments tell.
    fn selected(&self, arguments: &ExploreArguments, folder: &Path) -> Vec<&Value> {
        if !arguments.packages.is_empty() {
            let named = |package: &&Value| {
                let name = package["name"].as_str().unwrap_or_default();
                arguments
                    .packages
                    .iter()
                    .any(|spec| spec == name || spec.starts_with(&format!("{name}@")))
            };
            return self.packages().iter().filter(named).collect();
        }
        let manifest = match &arguments.manifest_path {
            Some(path) => Some(path.clone()),
            None => nearest_manifest(folder),
        };
        let here = manifest.and_then(|manifest| self.package_of(&manifest));
        if let Some(package) = here.filter(|package| !self.is_root(package)) {
            return vec![package];
        }
        let defaults = self.metadata["workspace_default_members"].as_array();
        let is_default =
            |package: &&Value| defaults.is_none_or(|defaults| defaults.contains(&package["id"]));
        self.packages().iter().filter(is_default).collect()
    }

    /// Whether a package is at the root of the workspace, where the default members are taken.
    fn is_root(&self, package: &Value) -> bool {
        let root =
            self.metadata["workspace_root"].as_str().map(|root| Path::new(root).join("Cargo.toml"));
        package["manifest_path"].as_str().map(PathBuf::from) == root
    }
}

/// Whether the arguments choose among the test targets of a package.
fn chooses_targets(arguments: &ExploreArguments) -> bool {
    const TARGETS: [&str; 11] = [
        "--lib",
        "--bin",
        "--bins",
        "--example",
        "--examples",
        "--test",
        "--tests",
        "--bench",
        "--benches",
        "--all-targets",
        "--doc",
    ];
    let of_cargo = arguments.cargo_test.iter().take_while(|argument| *argument != "--");
    let mut names = of_cargo.map(|argument| argument.split('=').next().unwrap_or_default());
    !arguments.tests.is_empty() || names.any(|name| TARGETS.contains(&name))
}

/// The Cargo.toml of a folder, or of the nearest one above it that has one.
pub fn nearest_manifest(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|above| above.join("Cargo.toml")).find(|manifest| manifest.is_file())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workspace() -> Workspace {
        let package = |name: &str, metadata| {
            json!({
                "name": name,
                "id": format!("id {name}"),
                "manifest_path": format!("/w/{name}/Cargo.toml"),
                "metadata": metadata,
            })
        };
        let wants = |tests: &[&str]| json!({ "selvedge": { "test": tests } });
        let packages = [
            package("a", wants(&["catalogue"])),
            package("b", wants(&["catalogue", "queue"])),
            package("c", Value::Null),
        ];
        let metadata = json!({
            "packages": packages,
            "workspace_root": "/w",
            "target_directory": "/w/target",
            "workspace_default_members": ["id a"],
        });
        Workspace { metadata }
    }

    fn targets(arguments: ExploreArguments) -> Vec<String> {
        workspace().test_targets(&arguments, Path::new("/w"))
    }

    fn packages(names: &[&str]) -> ExploreArguments {
        let packages = names.iter().map(|name| (*name).to_owned()).collect();
        ExploreArguments { packages, ..Default::default() }
    }

    #[test]
    fn a_package_names_its_test_targets() {
        assert_eq!(targets(ExploreArguments::default()), ["catalogue"]);
        assert_eq!(targets(packages(&["a", "b@0.1.0"])), ["catalogue", "queue"]);
        assert!(targets(packages(&["a", "c"])).is_empty());
    }

    #[test]
    fn the_users_choice_of_targets_wins() {
        let tests = vec!["queue".to_owned()];
        assert!(targets(ExploreArguments { tests, ..Default::default() }).is_empty());
        let after_dashes = |words: &[&str]| {
            let cargo_test = words.iter().map(|word| (*word).to_owned()).collect();
            targets(ExploreArguments { cargo_test, ..Default::default() })
        };
        assert!(after_dashes(&["--test=queue"]).is_empty());
        assert!(after_dashes(&["--lib"]).is_empty());
        assert_eq!(after_dashes(&["--features", "x", "--", "--test"]), ["catalogue"]);
    }
}
