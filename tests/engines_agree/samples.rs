//! The comparison by itself, on findings that no engine made.

use super::compare::{Comparison, Gap};
use super::findings::{Findings, Found};
use super::generate;
use super::rules::Rule;

fn found(outcomes: &str, complete: bool) -> Found {
    let outcomes = outcomes.split_whitespace().map(str::to_owned).collect();
    Found::Outcomes { outcomes, complete }
}

/// Engines that agree: `weak` is an outcome of RC11 alone.
fn agreeing() -> Findings {
    Findings {
        scenario: "sample".to_owned(),
        sc: found("a b c", true),
        rc11: found("a b c weak", true),
        loom: found("a b c weak", true),
        shuttle: found("a b c", true),
        sampled_well: false,
        threads: found("a weak", false),
    }
}

fn compare(gaps: &[Gap], findings: &Findings) -> Comparison {
    let mut comparison = Comparison::new(gaps);
    comparison.add(findings);
    comparison
}

/// The comparison complains once, and in these words.
fn complains(comparison: &Comparison, words: &[&str]) {
    let complaints = comparison.complaints();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    for word in words {
        assert!(complaints[0].contains(word), "{word:?} is not in {complaints:?}");
    }
}

/// Findings that break one rule alone, and what the complaint has.
fn breaking() -> Vec<(Rule, Findings, &'static str)> {
    vec![
        (
            Rule::ScWithinRc11,
            Findings {
                sc: found("a b c d", true),
                shuttle: found("a b c d", true),
                loom: found("a b c", false),
                ..agreeing()
            },
            "graph RC11 lacks {\"d\"}",
        ),
        (
            Rule::ShuttleIsSc,
            Findings { shuttle: found("a b", true), ..agreeing() },
            "Shuttle lacks, or graph SC makes up {\"c\"}",
        ),
        (
            Rule::ShuttleIsSc,
            Findings { shuttle: found("a b c weak", true), ..agreeing() },
            "graph SC lacks, or Shuttle makes up {\"weak\"}",
        ),
        (
            Rule::ShuttleWithinSc,
            Findings { shuttle: found("a weak", false), ..agreeing() },
            "graph SC lacks, or Shuttle makes up {\"weak\"}",
        ),
        (
            Rule::ScWithinSample,
            Findings { shuttle: found("a b", false), sampled_well: true, ..agreeing() },
            "Shuttle's sample lacks, or graph SC makes up {\"c\"}",
        ),
        (
            Rule::ThreadsWithinRc11,
            Findings { threads: found("a e", false), ..agreeing() },
            "graph RC11 lacks {\"e\"}",
        ),
        (
            Rule::LoomWithinRc11,
            Findings { loom: found("a b c weak e f", true), ..agreeing() },
            "loom makes up, or graph RC11 lacks {\"e\", \"f\"}",
        ),
        (
            Rule::ScWithinLoom,
            Findings { loom: found("b weak", true), ..agreeing() },
            "loom lacks, or graph SC makes up {\"a\", \"c\"}",
        ),
        (
            Rule::WeakWithinLoom,
            Findings { loom: found("a b c", true), ..agreeing() },
            "loom lacks, or graph RC11 makes up {\"weak\"}",
        ),
    ]
}

#[test]
fn engines_that_agree_are_counted_by_each_rule() {
    let mut comparison = compare(&[], &agreeing());
    let sampled = Findings { scenario: "sampled".to_owned(), ..agreeing() };
    comparison.add(&Findings { shuttle: found("b", false), loom: found("c", false), ..sampled });
    assert_eq!(comparison.complaints(), Vec::<String>::new());
    assert_eq!(comparison.compared(), 2);
    let applied = Rule::ALL.map(|rule| comparison.applied(rule));
    assert_eq!(applied, [2, 1, 1, 0, 2, 2, 1, 1]);
    let summary = comparison.summary("samples");
    assert!(summary.contains("samples: 2 scenarios compared, 0 with fewer"), "{summary}");
    assert!(summary.contains("2 by real threads within graph RC11"), "{summary}");
    assert!(summary.contains("loom 5"), "{summary}");
}

#[test]
fn outcomes_that_are_missing_or_too_many_are_named_by_scenario_and_rule() {
    let broken = breaking();
    for rule in Rule::ALL {
        assert!(broken.iter().any(|(other, ..)| *other == rule), "{rule} is not tried");
    }
    for (rule, findings, words) in broken {
        complains(&compare(&[], &findings), &["sample: ", &rule.to_string(), words]);
    }
}

#[test]
fn a_known_gap_excuses_its_rule_and_exactly_its_outcomes() {
    let gap = Gap {
        rule: Rule::LoomWithinRc11,
        scenario: "sample",
        outcomes: &["e", "f"],
        reason: "it is known",
    };
    let with_loom = |outcomes| Findings { loom: found(outcomes, true), ..agreeing() };
    assert_eq!(compare(&[gap], &with_loom("a b c weak e f")).complaints(), Vec::<String>::new());
    for other in ["a b c weak e", "a b c weak e f g"] {
        complains(&compare(&[gap], &with_loom(other)), &["sample: ", "the known gap is", "\"e\""]);
    }
    let other_rule = Gap { rule: Rule::ScWithinLoom, outcomes: &["c"], ..gap };
    let complaints = compare(&[other_rule], &with_loom("a b c weak e f")).complaints();
    assert!(
        complaints.iter().any(|complaint| complaint.contains("loom makes up")),
        "{complaints:?}"
    );
    let other_scenario = Gap { scenario: "another sample", ..gap };
    let complaints = compare(&[other_scenario], &with_loom("a b c weak e f")).complaints();
    assert!(
        complaints.iter().any(|complaint| complaint.contains("loom makes up")),
        "{complaints:?}"
    );
}

#[test]
fn a_gap_that_no_longer_occurs_has_to_go() {
    let gap = Gap {
        rule: Rule::ScWithinLoom,
        scenario: "sample",
        outcomes: &["c"],
        reason: "loom does not know c",
    };
    let words = ["sample: graph SC within loom", "no longer occurs", "loom does not know c"];
    complains(&compare(&[gap], &agreeing()), &words);
    // Where loom is not complete, the rule does not apply.
    complains(&compare(&[gap], &Findings { loom: found("a", false), ..agreeing() }), &words);
    let gone = Gap { scenario: "an old sample", ..gap };
    complains(&compare(&[gone], &agreeing()), &["an old sample: ", "no longer has its scenario"]);
}

#[test]
fn too_few_outcomes_compare_nothing() {
    let few = Findings {
        sc: found("a b", true),
        rc11: found("a b", true),
        loom: found("a b", true),
        shuttle: found("a b", true),
        threads: found("a", false),
        ..agreeing()
    };
    complains(&compare(&[], &few), &["sample: compares nothing", "fewer than 3"]);
    let mut comparison = Comparison::new(&[]);
    assert!(!comparison.try_add(&few));
    assert_eq!(comparison.complaints(), Vec::<String>::new());
    assert_eq!((comparison.compared(), comparison.applied(Rule::ShuttleIsSc)), (0, 0));
    // They are judged all the same.
    let wrong = Findings { scenario: "wrong".to_owned(), shuttle: found("c", true), ..few };
    assert!(!comparison.try_add(&wrong));
    assert_eq!(comparison.complaints().len(), 2, "{:?}", comparison.complaints());
}

#[test]
fn a_graph_that_is_not_complete_is_wrong() {
    let sc = Findings { sc: found("a b c", false), ..agreeing() };
    complains(&compare(&[], &sc), &["sample: graph SC is not complete"]);
    let rc11 = Findings { rc11: found("a b c weak", false), ..agreeing() };
    complains(&compare(&[], &rc11), &["sample: graph RC11 is not complete"]);
}

#[test]
fn an_engine_that_fails_is_wrong_even_where_a_gap_is_known() {
    let failed = || Found::Failed("deadlock: all threads wait".to_owned());
    let gap = Gap { rule: Rule::ScWithinLoom, scenario: "sample", outcomes: &[], reason: "" };
    for (engine, findings) in [
        ("graph SC", Findings { sc: failed(), ..agreeing() }),
        ("loom", Findings { loom: failed(), ..agreeing() }),
        ("Shuttle", Findings { shuttle: failed(), ..agreeing() }),
        ("real threads", Findings { threads: failed(), ..agreeing() }),
    ] {
        let words = [engine, "fails it: deadlock: all threads wait"];
        complains(&compare(&[], &findings), &words);
        assert_eq!(compare(&[gap], &findings).complaints().len(), 2);
    }
    let rc11 = compare(&[], &Findings { rc11: failed(), ..agreeing() }).complaints();
    assert!(rc11[0].contains("graph RC11 fails it: deadlock"), "{rc11:?}");
}

#[test]
fn each_scenario_has_its_own_name() {
    let mut comparison = compare(&[], &agreeing());
    comparison.add(&agreeing());
    complains(&comparison, &["sample: two scenarios have this name"]);
}

#[test]
fn a_rule_has_to_be_applied_often_enough() {
    let mut comparison = compare(&[], &agreeing());
    comparison.demand(Rule::ShuttleIsSc, 1);
    assert_eq!(comparison.complaints(), Vec::<String>::new());
    comparison.demand(Rule::ShuttleIsSc, 2);
    complains(&comparison, &["Shuttle equals graph SC: applied to 1 scenarios, and not to 2"]);
}

#[test]
fn generated_programs_can_be_repeated_and_are_all_of_their_kind() {
    let mut kinds = ["R.", "W.", "FAA.", "CAS."].map(|kind| (kind, 0));
    for seed in 1..200 {
        let name = generate::row(seed).name;
        assert_eq!(name, generate::row(seed).name);
        let (_, program) = name.split_once(": ").expect("a number, and a program");
        let threads: Vec<&str> = program.split(" || ").collect();
        assert_eq!(threads.len(), 2, "{name}");
        for thread in threads {
            assert!((2..=3).contains(&thread.split(" ; ").count()), "{name}");
            assert!(thread.contains('='), "a thread that reads nothing: {name}");
        }
        for (kind, count) in &mut kinds {
            *count += usize::from(program.contains(*kind));
        }
    }
    assert!(kinds.iter().all(|(_, count)| *count > 50), "{kinds:?}");
}
