//! The module that a folder is.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;
use crate::package::{Workspace, nearest_manifest};

/// The module path of a folder below the `src` of a crate: `my_crate::shared` for
/// `my-crate/src/shared`.
///
/// # Errors
/// No crate has the folder in its `src`, or the folder's name is no module's.
pub fn module_path(folder: &Path) -> Result<String, Failure> {
    let folder = absolute(folder)?;
    let unknown = |why: String| {
        Failure::arguments(format!(
            "cannot tell which module {} is, because {why}; name it with --crate-path, as in \
             --crate-path my_crate::shared",
            folder.display()
        ))
    };
    let manifest =
        nearest_manifest(&folder).ok_or_else(|| unknown("no Cargo.toml is above it".to_owned()))?;
    let source = manifest.with_file_name("src");
    let below = folder
        .strip_prefix(&source)
        .map_err(|_| unknown(format!("it is not below {}", source.display())))?;
    let name = crate_name(&manifest)?
        .ok_or_else(|| unknown(format!("{} has no package", manifest.display())))?;
    let mut path = name.replace('-', "_");
    for component in below.components() {
        path.push_str("::");
        path.push_str(&component.as_os_str().to_string_lossy());
    }
    check_module_path(&path)
}

/// A path that a user wrote, if it is one.
///
/// # Errors
/// It is not one.
pub fn check_module_path(path: &str) -> Result<String, Failure> {
    let is_name = |name: &str| {
        let mut characters = name.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_')
    };
    if path.split("::").all(is_name) {
        return Ok(path.to_owned());
    }
    Err(Failure::arguments(format!(
        "{path:?} is no path of a module; write one like my_crate::shared, and name it with \
         --crate-path if the folder has another name"
    )))
}

/// The absolute path without `.` and `..`; the folder need not be there.
fn absolute(folder: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(folder)
        .map_err(|error| Failure::arguments(format!("--to {}: {error}", folder.display())))?;
    let mut path = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            _ => path.push(component),
        }
    }
    Ok(path)
}

/// The name of the package's library, or else of the package; `None` if the file is a workspace's
/// without a package.
fn crate_name(manifest: &Path) -> Result<Option<String>, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let workspace = Workspace::read(&cargo, Some(manifest))?;
    let Some(package) = workspace.package_of(manifest) else { return Ok(None) };
    let targets = package["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_library = |target: &&Value| {
        let kinds = target["kind"].as_array().map(Vec::as_slice).unwrap_or_default();
        kinds.iter().any(|kind| kind.as_str().is_some_and(|kind| kind.ends_with("lib")))
    };
    let library = targets.iter().find(is_library);
    Ok(library.unwrap_or(package)["name"].as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(manifest: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/lib.rs"), "").unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        folder
    }

    const SHOP: &str =
        "[package]\nname = 'my-shop'\nversion = '0.1.0'\nedition = '2024'\n[workspace]\n";

    #[test]
    fn a_folder_below_src_is_a_module() {
        let package = package(SHOP);
        let path = |folder: &str| module_path(&package.path().join(folder)).unwrap();
        assert_eq!(path("src/shared"), "my_shop::shared");
        assert_eq!(path("src/orders/shared/"), "my_shop::orders::shared");
        assert_eq!(path("src/orders/../shared"), "my_shop::shared");
        assert_eq!(path("src"), "my_shop");
    }

    #[test]
    fn the_librarys_name_is_the_crates() {
        let package = package(&format!("{SHOP}[lib]\nname = 'shop'\n"));
        assert_eq!(module_path(&package.path().join("src/shared")).unwrap(), "shop::shared");
    }

    #[test]
    fn other_folders_need_the_users_word() {
        let package = package(SHOP);
        let error = module_path(&package.path().join("vendor")).unwrap_err().to_string();
        assert!(error.contains("it is not below") && error.contains("--crate-path"), "{error}");
        let error = module_path(&package.path().join("src/a-b")).unwrap_err().to_string();
        assert!(error.starts_with("\"my_shop::a-b\" is no path of a module"), "{error}");
    }

    #[test]
    fn a_users_path_is_checked() {
        assert_eq!(check_module_path("crate::shared").unwrap(), "crate::shared");
        for wrong in ["", "a::", "a:b", "a/b", "1::b", "a b"] {
            assert!(check_module_path(wrong).is_err(), "{wrong}");
        }
    }
}
