//! `cargo selvedge copy`: a primitive as source files for another crate.

mod destination;
mod rewrite;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use selvedge::copy_out::{Primitive, SWAP, primitives};

use crate::arguments::CopyArguments;
use crate::failure::Failure;
use crate::output::print_line;
use rewrite::Rewrite;

/// Copies a primitive, or lists them all.
///
/// # Errors
/// There is no such primitive, its place in the crate is not known, or a file is in the way.
pub fn copy(arguments: &CopyArguments) -> Result<ExitCode, Failure> {
    if arguments.list {
        print_line(&list(primitives()))?;
        return Ok(ExitCode::SUCCESS);
    }
    // The arguments' parser asks for both unless there is --list.
    let (Some(name), Some(folder)) = (&arguments.primitive, &arguments.to) else {
        return Err(Failure::arguments("copying needs a PRIMITIVE and --to DIR"));
    };
    let primitive = find(name)?;
    let path = match &arguments.crate_path {
        Some(path) => destination::check_module_path(path)?,
        None => destination::module_path(folder)?,
    };
    let files = files(primitive, &path);
    let written = write(&files, folder, arguments.force)?;
    print_line(instructions(&written, primitive, folder, &path).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn list(primitives: &[Primitive]) -> String {
    let width = primitives.iter().map(|primitive| primitive.name.len()).max().unwrap_or(0);
    let lines: Vec<String> =
        primitives.iter().map(|p| format!("{:width$}  {}", p.name, p.about)).collect();
    lines.join("\n")
}

/// The primitive of this name, as a module (`versioned_cell`) or as a type (`VersionedCell`).
fn find(name: &str) -> Result<&'static Primitive, Failure> {
    let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    primitives().iter().find(|primitive| plain(primitive.name) == plain(name)).ok_or_else(|| {
        let list = list(primitives()).replace('\n', "\n  ");
        Failure::arguments(format!("there is no primitive {name:?}; the primitives are\n  {list}"))
    })
}

/// A file as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Copy {
    name: &'static str,
    text: String,
}

/// The primitive's files, and the swap's, for the module `path`.
fn files(primitive: &Primitive, path: &str) -> Vec<Copy> {
    let names = modules(primitive).into_iter().map(|(name, _)| name);
    let rewrite = Rewrite { path, modules: names.collect() };
    let swap = Copy { name: SWAP.name, text: rewrite::unchanged(&SWAP) };
    let own = primitive.files.iter().map(|file| Copy { name: file.name, text: rewrite.file(file) });
    std::iter::once(swap).chain(own).collect()
}

/// The modules of a copy, in the order of their names, and what the crate's root has of each.
fn modules(primitive: &Primitive) -> Vec<(&'static str, &'static str)> {
    let files = std::iter::once(&SWAP).chain(primitive.files);
    let mut modules: Vec<_> = files
        .filter_map(|file| Some((file.name.strip_suffix(".rs")?, file.exports)))
        .filter(|(name, _)| !name.contains('/'))
        .collect();
    modules.sort_unstable();
    modules
}

/// Writes the files that are not there or, if forced, differ. Nothing if one is in the way.
/// Returns which were written.
fn write(files: &[Copy], folder: &Path, force: bool) -> Result<Vec<&'static str>, Failure> {
    let mut missing = Vec::new();
    let mut differing = Vec::new();
    for file in files {
        match std::fs::read(folder.join(file.name)) {
            Ok(text) if text == file.text.as_bytes() => {}
            Ok(_) => differing.push(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => missing.push(file),
            Err(error) => return Err(cannot("read", &folder.join(file.name), &error)),
        }
    }
    if !differing.is_empty() && !force {
        let list: Vec<String> = differing
            .iter()
            .map(|file| format!("\n  {}", folder.join(file.name).display()))
            .collect();
        return Err(Failure::new(format!(
            "nothing was copied, because these files are there and differ; --force overwrites \
             them:{}",
            list.concat()
        )));
    }
    let mut written = Vec::new();
    for file in missing.into_iter().chain(differing) {
        let target = folder.join(file.name);
        let parent = target.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|error| cannot("create", parent, &error))?;
        std::fs::write(&target, &file.text).map_err(|error| cannot("write", &target, &error))?;
        written.push(file.name);
    }
    Ok(written)
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {verb} {}: {error}", path.display()))
}

/// What was done, and what is left to do.
fn instructions(written: &[&str], primitive: &Primitive, folder: &Path, path: &str) -> String {
    let mut text = String::new();
    for name in written {
        text.push_str(&format!("wrote {}\n", folder.join(name).display()));
    }
    if written.is_empty() {
        text.push_str("all files were there already\n");
    }
    text.push_str(&format!("\nadd to {}, if not there yet:\n\n", module_file(folder, path)));
    let modules = modules(primitive);
    for (module, _) in &modules {
        text.push_str(&format!("pub mod {module};\n"));
    }
    text.push('\n');
    for (module, exports) in modules.iter().filter(|(_, exports)| !exports.is_empty()) {
        let exports = match exports.contains(',') {
            true => format!("{{{exports}}}"),
            false => (*exports).to_owned(),
        };
        text.push_str(&format!("pub use {module}::{exports};\n"));
    }
    text
}

/// The file in which a module's submodules are declared.
fn module_file(folder: &Path, path: &str) -> String {
    let candidates: Vec<PathBuf> = match path.contains("::") {
        true => vec![folder.join("mod.rs"), folder.with_extension("rs")],
        false => vec![folder.join("lib.rs"), folder.join("main.rs")],
    };
    let file = candidates.iter().find(|file| file.is_file()).unwrap_or(&candidates[0]);
    file.display().to_string()
}

#[cfg(test)]
#[path = "copy/tests.rs"]
mod tests;
