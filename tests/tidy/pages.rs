//! The page at the top of a primitive: its headings, and the tests that its guarantees name.

use super::Source;

const HEADINGS: [&str; 10] = [
    "Problem",
    "Example",
    "Guarantee",
    "Protocol",
    "States",
    "Progress",
    "Cost",
    "When not to use",
    "Checked by",
    "Source",
];

/// The lines of the page, without `//!`.
fn page(text: &str) -> Vec<&str> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect()
}

pub fn headings(path: &str, text: &str) -> Vec<String> {
    let page = page(text);
    let mut complaints = Vec::new();
    if page.first().is_none_or(|line| line.is_empty() || line.starts_with('#')) {
        complaints.push(format!("{path}: the page does not begin with a sentence"));
    }
    // Lines that begin with `#` in an example are hidden code.
    let mut in_code = false;
    let mut found = Vec::new();
    for line in page {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if let (false, Some(heading)) = (in_code, line.strip_prefix("# ")) {
            found.push(heading);
        }
    }
    if found != HEADINGS {
        complaints.push(format!(
            "{path}: the headings of the page are {found:?}; they should be {HEADINGS:?}"
        ));
    }
    complaints
}

/// The lines under a heading.
fn section<'a>(page: &[&'a str], heading: &str) -> Vec<&'a str> {
    let begin = page.iter().position(|line| line.strip_prefix("# ") == Some(heading));
    let Some(begin) = begin else { return Vec::new() };
    let lines = page[begin + 1..].iter().take_while(|line| !line.starts_with("# "));
    lines.copied().collect()
}

/// Each guarantee has a test of its number in a test file of the primitive, and each test that the
/// page names exists.
pub fn guarantees(primitive: &Source, files: &[Source]) -> Vec<String> {
    let Source { path, text } = primitive;
    let page = page(text);
    let stem = path.trim_start_matches("src/").trim_end_matches(".rs");
    let begin = format!("tests/{stem}");
    let tests: Vec<_> = files.iter().filter(|file| file.path.starts_with(&begin)).collect();
    let named = |files: &[&Source], is: &dyn Fn(&str) -> bool| {
        files.iter().any(|file| function_names(&file.text).any(is))
    };
    let mut complaints = Vec::new();
    let numbers: Vec<String> = section(&page, "Guarantee")
        .iter()
        .filter_map(|line| line.split("**G").nth(1)?.split("**").next().map(str::to_owned))
        .collect();
    let expected: Vec<String> = (1..=numbers.len()).map(|number| number.to_string()).collect();
    if numbers.is_empty() || numbers != expected {
        complaints.push(format!(
            "{path}: the guarantees should be numbered **G1**, **G2** and so on: {numbers:?}"
        ));
    }
    for number in &numbers {
        let prefix = format!("g{number}_");
        if !named(&tests, &|name| name.starts_with(&prefix)) {
            complaints.push(format!(
                "{path}: G{number} is not tested: no function {prefix}… in {begin}*.rs"
            ));
        }
    }
    let everywhere: Vec<_> = files.iter().collect();
    for name in section(&page, "Checked by").iter().flat_map(|line| names(line)) {
        if !named(&everywhere, &|function| function == name) {
            complaints.push(format!("{path}: `{name}` of \"Checked by\" is no test"));
        }
    }
    complaints
}

fn function_names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let name = line.trim_start().strip_prefix("fn ")?;
        name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
    })
}

/// The names of functions between backticks.
fn names(line: &str) -> Vec<&str> {
    let quoted = line.split('`').skip(1).step_by(2);
    let is_name = |name: &&str| {
        let mut characters = name.chars();
        let begins = characters.next().is_some_and(|c| c.is_ascii_lowercase());
        begins && name.contains('_') && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    quoted.filter(is_name).collect()
}

#[cfg(test)]
mod samples {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    fn good_page() -> String {
        let mut page = "//! A queue.\n//!\n".to_owned();
        for heading in HEADINGS {
            page += &format!("//! # {heading}\n//!\n//! Text.\n//!\n");
            if heading == "Guarantee" {
                page += "//! * **G1** One.\n//! * **G2** Two.\n";
            }
            if heading == "Checked by" {
                page += "//! `g1_works`, `g2_works` in `tests/queue.rs`, also for `Drop`.\n";
            }
        }
        page + "\nuse x;\n"
    }

    #[test]
    fn headings_out_of_order_are_found() {
        assert_eq!(headings("src/queue.rs", &good_page()), [""; 0]);
        let hidden =
            good_page().replace("//! # Cost", "//! ```\n//! # use x;\n//! ```\n//! # Cost");
        assert_eq!(headings("src/queue.rs", &hidden), [""; 0]);
        for bad in [
            good_page().replace("# Cost", "# Costs"),
            good_page().replace("# Cost", "Cost"),
            good_page().replace("# Cost", "# X").replace("# Progress", "# Cost"),
            good_page().replace("# Source", "# Source\n//! # More"),
            String::new(),
        ] {
            assert!(!headings("src/queue.rs", &bad).is_empty(), "{bad}");
        }
        let silent = good_page().replace("//! A queue.\n", "");
        assert!(headings("src/queue.rs", &silent)[0].contains("sentence"));
    }

    #[test]
    fn guarantees_without_tests_and_names_without_functions_are_found() {
        let queue = source("src/queue.rs", &good_page());
        let both = source("tests/queue.rs", "fn g1_works() {\n}\n    fn g2_works() {");
        assert_eq!(guarantees(&queue, &[both]), [""; 0]);
        let one = source("tests/queue.rs", "fn g1_works() {");
        let other = source("tests/other.rs", "fn g2_works() {");
        let complaints = guarantees(&queue, &[one, other]);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains("G2 is not tested"), "{complaints:?}");
        let renamed = source("tests/queue_more.rs", "fn g1_works() {\nfn g2_holds() {");
        let complaints = guarantees(&queue, &[renamed]);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains("`g2_works`"), "{complaints:?}");
        let skipped = source("src/queue.rs", &good_page().replace("**G2**", "**G3**"));
        let tests = source("tests/queue.rs", "fn g1_works() {\nfn g2_works() {\nfn g3_x() {");
        let complaints = guarantees(&skipped, &[tests]);
        assert!(complaints[0].contains("numbered"), "{complaints:?}");
    }
}
