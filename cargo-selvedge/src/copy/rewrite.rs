//! What changes in a file when it is copied: its documentation's paths, and a comment at its top.

use selvedge::copy_out::{File, VERSION};

/// The way from this crate's paths to those of a copy.
#[derive(Clone, Debug)]
pub struct Rewrite<'a> {
    /// The module of the copy, in place of `selvedge`.
    pub path: &'a str,
    /// The modules that are copied. Links to others lose their address, and keep their text.
    pub modules: Vec<&'static str>,
}

impl Rewrite<'_> {
    /// The file's text as it is to be in the copy.
    pub fn file(&self, file: &File) -> String {
        let mut text = header(file);
        // How a link in this file begins that leads to one of the modules.
        let modules = format!("]({}", "super::".repeat(1 + file.name.matches('/').count()));
        for line in file.text.lines() {
            let code = line.trim_start();
            if code.starts_with("///") || code.starts_with("//!") {
                text.push_str(&self.without_lost_links(&self.with_paths(line), &modules));
            } else {
                text.push_str(line);
            }
            text.push('\n');
        }
        text
    }

    /// With the copy's path in place of `selvedge`, where that is the beginning of a path.
    fn with_paths(&self, line: &str) -> String {
        const CRATE: &str = "selvedge::";
        let mut text = String::with_capacity(line.len());
        let mut rest = line;
        while let Some(at) = rest.find(CRATE) {
            let (before, after) = rest.split_at(at);
            let inside_a_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
            text.push_str(before);
            match before.ends_with(inside_a_word) {
                true => text.push_str(CRATE),
                false => text.extend([self.path, "::"]),
            }
            rest = &after[CRATE.len()..];
        }
        text.push_str(rest);
        text
    }

    /// With `text` in place of `[text](super::module::…)` if the module is not copied, where
    /// `modules` is what stands before the module's name.
    fn without_lost_links(&self, line: &str, modules: &str) -> String {
        let mut text = String::with_capacity(line.len());
        let mut rest = line;
        while let Some(at) = rest.find(modules) {
            let address = &rest[at + modules.len()..];
            let module = address.split([':', ')']).next().unwrap_or(address);
            let (Some(open), Some(close)) = (rest[..at].rfind('['), address.find(')')) else {
                break;
            };
            if self.modules.contains(&module) {
                text.push_str(&rest[..at + modules.len() + close + 1]);
            } else {
                text.push_str(&rest[..open]);
                text.push_str(&rest[open + 1..at]);
            }
            rest = &address[close + 1..];
        }
        text.push_str(rest);
        text
    }
}

/// The text of a file that is written for copies: its `selvedge` is the crate itself.
pub fn unchanged(file: &File) -> String {
    header(file) + file.text
}

/// The comment at the top: what the file is, where it comes from, and its license. It does not
/// depend on the primitive, since primitives share files.
fn header(file: &File) -> String {
    format!(
        "// {} of selvedge {VERSION}, copied by `cargo selvedge copy`.\n\
         // Copyright (c) the selvedge authors. SPDX-License-Identifier: {}\n\n",
        file.name,
        env!("CARGO_PKG_LICENSE"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &'static str) -> String {
        rewritten_in("version.rs", text)
    }

    fn rewritten_in(name: &'static str, text: &'static str) -> String {
        let rewrite = Rewrite { path: "shop::shared", modules: vec!["swap", "version"] };
        let file = File { name, text, exports: "" };
        rewrite.file(&file)[header(&file).len()..].to_owned()
    }

    #[test]
    fn paths_change_in_documentation_only() {
        let cases = [
            ("//! use selvedge::{A, B};\n", "//! use shop::shared::{A, B};\n"),
            ("    /// (`selvedge::A`)\n", "    /// (`shop::shared::A`)\n"),
            ("/// ::selvedge::A, my_selvedge::A\n", "/// ::selvedge::A, my_selvedge::A\n"),
            ("// selvedge::A\n", "// selvedge::A\n"),
            ("let a = \"selvedge::A\";\n", "let a = \"selvedge::A\";\n"),
        ];
        for (before, after) in cases {
            assert_eq!(rewritten(before), after);
        }
    }

    #[test]
    fn links_to_what_is_not_copied_lose_their_address() {
        let before =
            "//! [`A`](super::cell::A), [B](super::version::B) and [`C`](super::cell), [d](self)\n";
        let after = "//! `A`, [B](super::version::B) and `C`, [d](self)\n";
        assert_eq!(rewritten(before), after);
        assert_eq!(rewritten("/// [`A`](super::cell\n"), "/// [`A`](super::cell\n");
    }

    #[test]
    fn links_of_a_part_begin_one_module_deeper() {
        let before = "/// [`A`](super::super::cell::A), [`B`](super::super::version::B), \
                      [`C`](super::C)\n";
        let after = "/// `A`, [`B`](super::super::version::B), [`C`](super::C)\n";
        assert_eq!(rewritten_in("queue/ring.rs", before), after);
    }

    #[test]
    fn the_header_is_one_comment() {
        let header = header(&File { name: "version.rs", text: "", exports: "" });
        assert!(header.starts_with("// version.rs of selvedge "));
        assert!(header.contains("SPDX-License-Identifier: MIT OR Apache-2.0"));
        assert!(header.lines().all(|line| line.is_empty() || line.starts_with("// ")));
        assert!(header.lines().all(|line| line.chars().count() <= 100));
    }
}
