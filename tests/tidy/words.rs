//! Which names stand where. Code under test goes through the swap; only the swap and the engines
//! name what is behind it.

use super::Source;

/// A name, and what to write instead.
struct Rule {
    name: &'static str,
    found: fn(&str) -> bool,
    instead: &'static str,
}

const RULES: [Rule; 6] = [
    Rule {
        name: "cfg(loom), cfg(shuttle) or cfg(selvedge)",
        found: names_a_build,
        instead: "let the swap decide",
    },
    Rule {
        name: "std::sync or std::thread",
        found: |line| {
            ["std::sync", "std::thread", "core::sync"].iter().any(|name| line.contains(name))
        },
        instead: "use the swap's sync and thread",
    },
    Rule {
        name: "parking_lot",
        found: |line| line.contains("parking_lot"),
        instead: "use the swap's locks",
    },
    Rule {
        name: "crossbeam",
        found: |line| line.contains("crossbeam"),
        instead: "use the swap's Parker, Backoff and CachePadded",
    },
    Rule {
        name: "loom::",
        found: |line| names_crate(line, "loom::"),
        instead: "use the swap, or Engine::Loom",
    },
    Rule {
        name: "shuttle::",
        found: |line| names_crate(line, "shuttle::"),
        instead: "use the swap, or Engine::Shuttle",
    },
];

/// Where everything may be named.
const ANYTHING: [(&str, &str); 4] = [
    ("src/swap/", "it is the swap"),
    ("src/engines/", "they run loom, Shuttle and threads"),
    ("tests/production.rs", "compares the swap's types with what is behind them"),
    ("tests/tidy", "these rules"),
];

/// Where one rule does not hold: a place, a part of the rule's name, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("src/scenario/", "std::sync", "the runner works outside of executions"),
    ("src/arrivals.rs", "std::sync", "enumerates outside of executions"),
    ("src/graph/", "std::sync", "the engine itself: what it is made of, and its workers"),
    ("src/graph/", "parking_lot", "what workers share"),
    ("src/lib.rs", "cfg", "the graph engine is in the model build only"),
    ("src/scenario/run.rs", "parking_lot", "the runner works outside of executions"),
    ("src/scenario/engine.rs", "cfg", "the build chooses the default engines"),
    ("src/scenario/environment.rs", "cfg", "SELVEDGE_EXPECT asks which build it is"),
    ("bench/benches/", "std::sync", "what is measured runs on std's threads"),
    ("bench/benches/", "crossbeam", "the peers"),
    ("bench/benches/explore/main.rs", "cfg", "the engines are in the model build only"),
    ("cargo-selvedge/", "std::sync", "an ordinary program"),
    ("cargo-selvedge/tests/command.rs", "cfg", "asks which flags a build got"),
    ("tests/readme.rs", "cfg", "the report's command names the build's flag"),
    ("tests/catalogue.rs", "cfg", "more instances where schedules are sampled"),
    ("tests/comparison.rs", "cfg", "operations are observed in the model build only"),
    ("tests/copy_out.rs", "std::sync", "what is copied out is used by std's threads"),
    (
        "tests/sequenced_map_properties.rs",
        "std::sync",
        "user types and a clock that outlive the map",
    ),
    ("tests/sequenced_register_properties.rs", "std::sync", "user types that outlive the register"),
    ("tests/sequenced_register_properties.rs", "cfg", "the size in production"),
    ("tests/versioned_cell_properties.rs", "std::sync", "user types that outlive the cell"),
    ("tests/versioned_cell_properties.rs", "cfg", "the size in production"),
    ("tests/hybrid_clock_properties.rs", "std::sync", "a source that outlives the clock"),
    ("tests/hybrid_clock_properties.rs", "cfg", "the size in production"),
    ("tests/lamport_clock_properties.rs", "cfg", "the size in production"),
    ("tests/reorder_buffer_properties.rs", "std::sync", "user types that outlive the buffer"),
    ("tests/queue_stress.rs", "cfg", "more schedules where they are sampled"),
    ("tests/versioned_words_properties.rs", "cfg", "the size in production"),
    ("tests/engines.rs", "std::sync", "tests of what is carried into a scenario from outside"),
    ("tests/common/engines.rs", "cfg", "the engines differ by build"),
    ("tests/modeled_engines.rs", "cfg", "engines of the model build"),
    ("tests/modeled_engines.rs", "std::sync", "what is carried from one execution to another"),
    ("tests/environment.rs", "cfg", "the engines differ by build"),
    ("tests/environment.rs", "std::sync", "the lock that stands in an engine's way"),
    ("tests/graph_arc.rs", "cfg", "the graph engine is in the model build only"),
    ("tests/graph_families.rs", "cfg", "the graph engine is in the model build only"),
    ("tests/graph_findings.rs", "cfg", "the graph engine is in the model build only"),
    ("tests/graph_runs", "cfg", "the graph engine is in the model build only"),
    ("tests/graph_runs", "std::sync", "what outlives an execution, and is asked after it"),
    ("tests/graph_bad_input.rs", "cfg", "the graph engine is in the model build only"),
    ("tests/graph_bad_input.rs", "std::sync", "what is carried from one execution to another"),
    ("tests/graph_bad_input/misused.rs", "std::sync", "the lock that stands in the engine's way"),
    ("tests/graph_blocking.rs", "cfg", "the graph engine is in the model build only"),
    ("tests/graph_blocking.rs", "std::sync", "counts of executions outlive them"),
    ("tests/inputs.rs", "std::sync", "a closure that is not deterministic"),
    ("tests/swap.rs", "cfg", "the engines differ by build"),
    ("tests/unwinding.rs", "cfg", "the engines differ by build"),
    ("tests/unwinding.rs", "std::sync", "what outlives an execution, and is asked after it"),
    ("tests/litmus", "cfg", "the graph engine is in the model build only"),
    ("tests/litmus", "std::sync", "programs and observers outlive the executions"),
    ("tests/graph_differential", "cfg", "the graph engine is in the model build only"),
    ("tests/graph_differential", "std::sync", "what is carried from one execution to another"),
    ("tests/engines_agree.rs", "cfg", "the engines are in the model build only"),
    ("tests/engines_agree/", "std::sync", "programs outlive the executions"),
    ("tests/loom_gaps.rs", "cfg", "loom is in the model build only"),
    ("tests/surface", "cfg", "the engines, and what invariant! does, differ by build"),
    ("tests/whole_run", "cfg", "counts the executions of each build"),
    ("tests/sizes.rs", "cfg", "the graph engine is in the model build only"),
    ("tests/sizes/line.rs", "std::sync", "drops are counted outside of what is explored"),
    ("tests/closing_lines.rs", "std::sync", "tests of a program that runs outside of scenarios"),
];

/// Whether a `cfg` on the line names a build.
fn names_a_build(line: &str) -> bool {
    ["cfg(", "cfg!(", "cfg_attr("].iter().any(|cfg| {
        let conditions =
            line.match_indices(cfg).map(|(index, _)| inside(&line[index + cfg.len()..]));
        conditions.into_iter().any(|condition| {
            let words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.into_iter().any(|word| ["loom", "shuttle", "selvedge"].contains(&word))
        })
    })
}

/// The text up to the parenthesis that closes it.
fn inside(text: &str) -> &str {
    let mut depth = 1;
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..index];
        }
    }
    text
}

/// Whether the line names the crate, and not a module of that name behind `::`.
fn names_crate(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(index, _)| {
        let before = line[..index].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    })
}

pub fn complaints(path: &str, text: &str) -> Vec<String> {
    if ANYTHING.iter().any(|(place, _)| path.starts_with(place)) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (line, code) in code_lines(text) {
        for rule in &RULES {
            let excepted = EXCEPTIONS
                .iter()
                .any(|(place, name, _)| path.starts_with(place) && rule.name.contains(name));
            if (rule.found)(code) && !excepted {
                complaints.push(format!(
                    "{path}:{line}: names {}; {}, or add an exception with its reason to \
                     tests/tidy/words.rs",
                    rule.name, rule.instead
                ));
            }
        }
    }
    complaints
}

/// Exceptions that no file needs any longer.
pub fn needless_exceptions(files: &[Source]) -> Vec<String> {
    let needed = |place: &str, name: &str| {
        files.iter().filter(|file| file.path.starts_with(place)).any(|file| {
            code_lines(&file.text).any(|(_, code)| {
                RULES.iter().any(|rule| rule.name.contains(name) && (rule.found)(code))
            })
        })
    };
    EXCEPTIONS
        .iter()
        .filter(|(place, name, _)| !needed(place, name))
        .map(|(place, name, _)| {
            format!("tests/tidy/words.rs: {place} no longer needs its exception for {name}")
        })
        .collect()
}

/// The lines without comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod samples {
    use super::*;

    fn complain_about(path: &str, text: &str, part: &str) {
        let complaints = complaints(path, text);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains(part), "{complaints:?}");
        assert!(complaints[0].starts_with(&format!("{path}:1: ")), "{complaints:?}");
    }

    #[test]
    fn names_in_the_wrong_place_are_found() {
        let primitive = "src/versioned_cell.rs";
        complain_about(primitive, "use std::sync::Arc;", "std::sync");
        complain_about(primitive, "std::thread::yield_now();", "std::thread");
        complain_about(primitive, "use core::sync::atomic::fence;", "std::sync");
        complain_about(primitive, "lock: parking_lot::Mutex<()>,", "parking_lot");
        complain_about(primitive, "use crossbeam_utils::CachePadded;", "crossbeam");
        complain_about(primitive, "loom::model(|| ());", "loom::");
        complain_about(primitive, "use shuttle::thread;", "shuttle::");
        complain_about(primitive, "#[cfg(not(loom))]", "cfg(loom)");
        complain_about(primitive, "if cfg!(any(shuttle, loom)) {", "cfg(loom)");
        complain_about("tests/versioned_cell.rs", "#![cfg(selvedge)]", "cfg(loom)");
    }

    #[test]
    fn names_in_their_place_are_left_alone() {
        for (path, text) in [
            ("src/swap/production.rs", "pub use std::sync::Arc;"),
            ("src/engines/loom.rs", "loom::model::Builder::new()"),
            ("src/versioned_cell.rs", "//! As std::sync::Arc, under `cfg(loom)`."),
            ("src/versioned_cell.rs", "use super::swap::sync::Arc;"),
            ("src/versioned_cell.rs", "#[cfg(test)]"),
            ("tests/x.rs", "#[cfg(feature = \"harness\")] use crate::engines::loom::run;"),
        ] {
            assert_eq!(complaints(path, text), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn exceptions_that_nobody_needs_are_found() {
        assert_eq!(needless_exceptions(&[]).len(), EXCEPTIONS.len());
    }
}
