//! Sizes: when a file grows, a second idea has moved in.

const LINES: usize = 400;
const COLUMNS: usize = 100;

pub fn complaints(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let lines = text.lines().count();
    if lines > LINES {
        complaints.push(format!(
            "{path}: {lines} lines are more than {LINES}; make a folder with one idea \
             per file"
        ));
    }
    for (index, line) in text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > COLUMNS && !cannot_be_broken(line) {
            complaints
                .push(format!("{path}:{}: {columns} columns are more than {COLUMNS}", index + 1));
        }
    }
    complaints
}

/// Rows of tables, and parts of strings, which rustfmt leaves alone too.
fn cannot_be_broken(line: &str) -> bool {
    let line = line.trim_start();
    let table = ["//! |", "/// |"].iter().any(|row| line.starts_with(row));
    let comment = line.starts_with("//");
    table || (!comment && (line.contains('"') || line.ends_with('\\')))
}

#[cfg(test)]
mod samples {
    use super::*;

    #[test]
    fn long_files_and_long_lines_are_found() {
        let fits = "x\n".repeat(LINES);
        assert_eq!(complaints("src/queue.rs", &fits), [""; 0]);
        let long = complaints("src/queue.rs", &(fits + "x\n"));
        assert!(long[0].contains("401 lines"), "{long:?}");
        let wide = complaints("src/queue.rs", &format!("x\n{}\n", "x".repeat(COLUMNS + 1)));
        assert!(wide[0].starts_with("src/queue.rs:2: 101 columns"), "{wide:?}");
        let comment = complaints("src/queue.rs", &format!("// \"{}\"", "x".repeat(COLUMNS)));
        assert_eq!(comment.len(), 1);
        // Characters, not bytes.
        assert_eq!(complaints("src/queue.rs", &"—".repeat(COLUMNS)), [""; 0]);
        let table = format!("//! | {} |", "x".repeat(COLUMNS));
        assert_eq!(complaints("src/queue.rs", &table), [""; 0]);
        let string = format!("    \"{}\"", "x".repeat(COLUMNS));
        assert_eq!(complaints("src/queue.rs", &string), [""; 0]);
    }
}
