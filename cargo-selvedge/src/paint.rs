//! Colors, which are few, and never the only sign of anything.

use clap::ColorChoice;
use console::Style;

/// Puts colors around text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    colors: bool,
}

impl Paint {
    /// No colors.
    #[cfg(test)]
    pub const PLAIN: Paint = Paint { colors: false };

    /// Colors as the user chose; by themselves, on a terminal and without `NO_COLOR`.
    pub fn new(choice: ColorChoice, no_color: bool, is_terminal: bool) -> Paint {
        let colors = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !no_color,
        };
        Paint { colors }
    }

    /// Whether there are colors.
    pub fn is_colored(self) -> bool {
        self.colors
    }

    /// A heading.
    pub fn heading(self, text: &str) -> String {
        self.apply(Style::new().bold(), text)
    }

    /// What stands back.
    pub fn dim(self, text: &str) -> String {
        self.apply(Style::new().dim(), text)
    }

    /// As expected.
    pub fn good(self, text: &str) -> String {
        self.apply(Style::new().green(), text)
    }

    /// Expected, and not shown.
    pub fn doubtful(self, text: &str) -> String {
        self.apply(Style::new().yellow(), text)
    }

    /// Wrong.
    pub fn bad(self, text: &str) -> String {
        self.apply(Style::new().red().bold(), text)
    }

    fn apply(self, style: Style, text: &str) -> String {
        style.force_styling(self.colors).apply_to(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_beats_the_environment() {
        assert!(Paint::new(ColorChoice::Always, true, false).is_colored());
        assert!(!Paint::new(ColorChoice::Never, false, true).is_colored());
        assert!(Paint::new(ColorChoice::Auto, false, true).is_colored());
        assert!(!Paint::new(ColorChoice::Auto, true, true).is_colored());
        assert!(!Paint::new(ColorChoice::Auto, false, false).is_colored());
    }

    #[test]
    fn without_colors_text_is_unchanged() {
        assert_eq!(Paint::PLAIN.bad("violated"), "violated");
        let colored = Paint { colors: true }.bad("violated");
        assert!(colored.contains("\x1b[") && colored.contains("violated"));
    }
}
