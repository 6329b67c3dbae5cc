//! Each ordering of a primitive has its reason above it, which begins with a tag:
//! `// W1 Release: publishes the value; pairs with R1 in load.`

const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];

pub fn complaints(path: &str, text: &str) -> Vec<String> {
    // Unit tests stand at the end, and order nothing.
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut complaints = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with("//") || line.starts_with("use ") {
            continue;
        }
        for ordering in ORDERINGS {
            if !line.contains(&format!("Ordering::{ordering}")) {
                continue;
            }
            let comment = comment_above(&lines, index);
            let number = index + 1;
            if comment.is_empty() {
                complaints.push(format!(
                    "{path}:{number}: Ordering::{ordering} has no reason on the line above, as in \
                     `// W1 Release: publishes the value; pairs with R1 in load.`"
                ));
            } else if !comment.iter().any(|line| has_tag(line)) {
                complaints.push(format!(
                    "{path}:{number}: the comment above Ordering::{ordering} has no tag at the \
                     beginning of a line, as in `// W1 Release: …`"
                ));
            } else if !comment.iter().any(|line| line.contains(ordering)) {
                complaints.push(format!(
                    "{path}:{number}: the comment above does not explain {ordering}"
                ));
            }
        }
    }
    complaints
}

/// The comment above the statement in which the line stands.
fn comment_above<'a>(lines: &[&'a str], index: usize) -> Vec<&'a str> {
    let ends_statement = |line: &str| line.is_empty() || line.ends_with([';', '{', '}']);
    let mut top = index;
    while top > 0 && !ends_statement(lines[top - 1]) && !lines[top - 1].starts_with("//") {
        top -= 1;
    }
    let mut comment: Vec<_> =
        lines[..top].iter().rev().take_while(|line| line.starts_with("// ")).copied().collect();
    comment.reverse();
    comment
}

/// Whether a comment begins with a tag and an ordering.
fn has_tag(comment: &str) -> bool {
    let mut words = comment.trim_start_matches("// ").split_whitespace();
    let (Some(tag), Some(ordering)) = (words.next(), words.next()) else { return false };
    let letters = tag.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_tag = (1..=2).contains(&letters.len())
        && letters.len() < tag.len()
        && letters.chars().all(|c| c.is_ascii_uppercase());
    is_tag && ORDERINGS.iter().any(|name| ordering.trim_end_matches(':') == *name)
}

#[cfg(test)]
mod samples {
    use super::*;

    #[track_caller]
    fn complain_about(text: &str, part: &str) {
        let complaints = complaints("src/queue.rs", text);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains(part), "{complaints:?}");
    }

    #[test]
    fn an_ordering_without_its_reason_is_found() {
        let load = "a.load(Ordering::Acquire);";
        complain_about(load, "no reason");
        complain_about(&format!("// R1 Acquire: sees the value.\nfirst();\n{load}"), "no reason");
        complain_about(&format!("// Acquire, to be safe.\n{load}"), "no tag");
        complain_about(&format!("// R Acquire: sees the value.\n{load}"), "no tag");
        complain_about(&format!("// R1 Relaxed: nobody cares.\n{load}"), "explain Acquire");
        let exchange = "a.compare_exchange(\n1,\n2,\nOrdering::AcqRel,\nOrdering::Relaxed,\n);";
        complain_about(&format!("// W1 AcqRel: takes it.\n{exchange}"), "explain Relaxed");
    }

    #[test]
    fn an_ordering_with_its_reason_is_left_alone() {
        for text in [
            "use x::Ordering::Relaxed;",
            "//! a.load(Ordering::Acquire)",
            "// R1 Acquire: sees\n// the value.\na.load(Ordering::Acquire);",
            "// R1 Acquire: sees the value.\nif a\n.load(Ordering::Acquire)\n{",
            "// TX1 AcqRel: takes it. Relaxed on failure.\nlet x = a.compare_exchange(\n1,\n2,\n\
             Ordering::AcqRel,\nOrdering::Relaxed,\n);",
            "// R3 Acquire fence: as above.\nfence(Ordering::Acquire);",
            "#[cfg(test)]\nmod tests {\na.load(Ordering::Acquire);",
        ] {
            assert_eq!(complaints("src/queue.rs", text), [""; 0], "{text}");
        }
    }
}
