//! Text in columns.

use console::{Alignment, measure_text_width, pad_str};

/// A column's heading, and the side at which its cells stand.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The heading.
    pub heading: &'static str,
    /// The side.
    pub side: Side,
}

/// The side of a column at which its cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Spaces between two columns.
const GAP: usize = 2;

/// Columns, each as wide as its widest cell.
#[derive(Clone, Debug)]
pub struct Table {
    indent: usize,
    sides: Vec<Side>,
    widths: Vec<usize>,
}

impl Table {
    /// Measures the columns for these rows.
    pub fn measure(indent: usize, columns: &[Column], rows: &[Vec<String>]) -> Table {
        let width = |index: usize, column: &Column| {
            let cells =
                rows.iter().filter_map(|row| row.get(index)).map(|cell| measure_text_width(cell));
            cells.fold(measure_text_width(column.heading), usize::max)
        };
        Table {
            indent,
            sides: columns.iter().map(|column| column.side).collect(),
            widths: columns
                .iter()
                .enumerate()
                .map(|(index, column)| width(index, column))
                .collect(),
        }
    }

    /// The width of a line.
    pub fn width(&self) -> usize {
        let gaps = GAP * self.widths.len().saturating_sub(1);
        self.indent + self.widths.iter().sum::<usize>() + gaps
    }

    /// A line of cells, without spaces at its end. Cells may have styles.
    pub fn line<S: AsRef<str>>(&self, cells: &[S]) -> String {
        let mut line = " ".repeat(self.indent);
        for (index, cell) in cells.iter().enumerate() {
            let side = match self.sides[index] {
                Side::Left => Alignment::Left,
                Side::Right => Alignment::Right,
            };
            if index > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            line.push_str(&pad_str(cell.as_ref(), self.widths[index], side, None));
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// The width of sentences: that of the matrix, unless their lines were too long to be read.
pub fn width_of_text(width: usize) -> usize {
    width.clamp(60, 100)
}

/// Breaks text at spaces into lines of at most `width` columns, if its words allow.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && measure_text_width(&line) + 1 + measure_text_width(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let columns = [
            Column { heading: "engine", side: Side::Left },
            Column { heading: "bad", side: Side::Right },
        ];
        let rows = [
            vec!["loom".to_owned(), "–".to_owned()],
            vec!["threads".to_owned(), "0.1%".to_owned()],
        ];
        let table = Table::measure(1, &columns, &rows);
        assert_eq!(table.line(&["engine", "bad"]), " engine    bad");
        assert_eq!(table.line(&rows[0]), " loom        –");
        assert_eq!(table.line(&rows[1]), " threads  0.1%");
        assert_eq!(table.line(&["loom", ""]), " loom");
        assert_eq!(table.width(), 14);
    }

    #[test]
    fn text_is_wrapped_at_spaces() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("wonderful", 3), ["wonderful"]);
        assert!(wrap(" ", 3).is_empty());
    }
}
