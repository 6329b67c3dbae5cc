//! The command as a process: its exit codes, and what it says about wrong arguments.

#[allow(dead_code)] // Unit tests use the rest.
#[path = "../src/synthetic.rs"]
mod synthetic;

use std::path::Path;
use std::process::{Command, Output};

use selvedge::scenario::{Method, ReportLine};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-selvedge"))
        .arg("selvedge")
        .args(arguments)
        .current_dir(folder)
        .env_remove("SELVEDGE_ENGINES")
        .env_remove("COLUMNS")
        .output()
        .unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn package(tests: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest =
        "[package]\nname = \"my-shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), tests).unwrap();
    folder
}

#[test]
fn an_unknown_engine_is_a_wrong_argument() {
    let output = run(Path::new("."), &["--engine", "lom"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("the engines are graph, "), "{}", error(&output));
}

#[test]
fn a_folder_without_a_package_is_a_wrong_argument() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).starts_with("error: could not find `Cargo.toml`"), "{}", error(&output));
}

#[test]
fn a_crate_without_scenarios_is_told_how_to_get_one() {
    let folder = package("#[test]\nfn adds() {\n    assert_eq!(1 + 1, 2);\n}\n");
    let output = run(folder.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("no selvedge scenario"), "{}", error(&output));
    assert!(output.stdout.is_empty());

    let output = run(folder.path(), &["--only", "multiplies"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).ends_with("the tests are\n  adds\n"), "{}", error(&output));
}

#[test]
fn a_crate_that_does_not_compile_fails_with_cargos_output() {
    let folder = package("fn broken() -> u8 {\n    missing\n}\n");
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("cannot find value `missing`"), "{}", error(&output));
}

#[test]
fn a_failing_test_without_a_scenario_fails_with_cargos_output() {
    let folder = package("#[test]\nfn adds() {\n    assert_eq!(1 + 1, 3);\n}\n");
    let output = run(folder.path(), &["--engine", "threads"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("left: 2"), "{}", error(&output));
}

#[test]
fn how_far_a_scenario_has_come_is_passed_on() {
    let told = r#""a queue": 610,000 executions in 10 s"#;
    let folder = package(&format!(
        "#[test]\nfn long() {{\n    use std::io::Write;\n    \
         writeln!(std::io::stderr(), r#\"selvedge: {told}\"#).unwrap();\n    \
         writeln!(std::io::stderr(), \"something else\").unwrap();\n}}\n"
    ));
    let output = run(folder.path(), &["--engine", "threads"]);
    // No scenario is there, so 2 means that the test passed.
    assert_eq!(output.status.code(), Some(2), "{}", error(&output));
    assert!(error(&output).lines().any(|line| line == told), "{}", error(&output));
    assert!(!error(&output).contains("something else"), "{}", error(&output));
}

/// A run that holds. A test of these writes the lines itself, and needs no engine.
fn line(scenario: &str, setting: Option<&str>, engine: &str) -> String {
    let line = ReportLine {
        scenario: scenario.to_owned(),
        setting: setting.map(str::to_owned),
        test: Some("reports".to_owned()),
        package: None,
        ..synthetic::line(scenario, Method::Check, engine)
    };
    serde_json::to_string(&line).unwrap()
}

#[test]
fn what_the_matrix_leaves_out_is_told() {
    let lines = [
        line("carts", Some("cart"), "loom"),
        line("till", None, "loom"),
        line("shares", Some("cart"), "shuttle-random"),
    ];
    let folder = package(&format!(
        "#[test]\nfn reports() {{\n    let path = std::env::var(\"SELVEDGE_REPORT\").unwrap();\n    \
         std::fs::write(path, r#\"{}\n\"#).unwrap();\n}}\n",
        lines.join("\n")
    ));
    let told =
        |arguments: &[&str]| String::from_utf8(run(folder.path(), arguments).stdout).unwrap();
    let bare = "left out: 1 scenario without a setting; --all shows it, uncounted\n";
    let other = "left out: 1 scenario with an engine of its own choice; --engine shuttle-random \
                 shows it\n";
    let text = told(&["--engine", "loom"]);
    assert!(text.contains(bare) && text.contains(other), "{text}");
    assert_eq!(text.matches("shuttle-random").count(), 1, "{text}");
    let text = told(&["--all"]);
    assert!(text.contains("till") && !text.contains("left out"), "{text}");
    assert!(text.contains("shuttle-random"), "{text}");
}

#[test]
fn the_build_has_the_flag_beside_those_of_the_environment_and_the_configuration() {
    let lines = "#[test]\nfn flags() {\n    \
                 assert!(cfg!(selvedge) && cfg!(of_environment) && !cfg!(of_configuration));\n}\n\
                 #[test]\nfn variables() {\n    \
                 assert_eq!(std::env::var(\"SELVEDGE_EXPECT\").unwrap(), \"model\");\n    \
                 assert_eq!(std::env::var(\"SELVEDGE_ENGINES\").unwrap(), \"threads\");\n}\n";
    let folder = package(&format!("#![allow(unexpected_cfgs)]\n{lines}"));
    std::fs::create_dir(folder.path().join(".cargo")).unwrap();
    let configuration = "[target.'cfg(all())']\nrustflags = '--cfg=of_configuration'\n";
    std::fs::write(folder.path().join(".cargo/config.toml"), configuration).unwrap();
    let flags = |environment: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-selvedge"));
        command.args(["--engine", "threads"]).current_dir(folder.path());
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        command.envs(environment.map(|flags| ("RUSTFLAGS", flags)));
        command.output().unwrap()
    };
    // No scenario is there, so 2 means that the tests passed.
    let output = flags(Some("--cfg of_environment"));
    assert_eq!(output.status.code(), Some(2), "{}", error(&output));

    let lines = lines.replace("cfg!(of_environment) && !", "");
    let source = format!("#![allow(unexpected_cfgs)]\n{lines}");
    std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
    let output = flags(None);
    assert_eq!(output.status.code(), Some(2), "{}", error(&output));
}

#[test]
fn a_copied_primitive_compiles_and_its_examples_pass() {
    let folder = package("pub mod shared;\n");
    for primitive in ["versioned_cell", "VersionedWords"] {
        let output = run(folder.path(), &["copy", primitive, "--to", "src/shared"]);
        assert!(output.status.success(), "{}", error(&output));
    }
    let mut modules = String::new();
    for module in ["swap", "version", "versioned_cell", "versioned_words"] {
        modules.push_str(&format!("pub mod {module};\npub use {module}::*;\n"));
    }
    std::fs::write(folder.path().join("src/shared/mod.rs"), modules).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap();
    let output = Command::new(cargo)
        .args(["test", "--quiet", "--offline"])
        .current_dir(folder.path())
        .env("RUSTFLAGS", "-D warnings")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", error(&output));
}

#[test]
fn an_unknown_primitive_is_a_wrong_argument_with_the_list() {
    let output = run(Path::new("."), &["copy", "versioned_map", "--to", "src/shared"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("\n  versioned_words  "), "{}", error(&output));
}
