//! The lines that show a place of a text: cut to a width that fits, and with nothing in them that drives a terminal.

use std::fmt;

use super::hidden::is_bidirectional;

/// The line fit to be printed: at most 120 characters around `column`, controls replaced.
pub(crate) fn excerpt(line: &str, column: u32) -> String {
    const WIDTH: usize = 120;
    // A window that starts at the line's start unless the column would fall outside of it. The window's start is
    // lost on the reader then, so the caret below is only drawn for columns inside.
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    let skip = if column > WIDTH { column.saturating_sub(WIDTH / 2) } else { 0 };
    line.chars()
        .skip(skip)
        .take(WIDTH)
        .map(|c| if c.is_control() || is_bidirectional(c) { '\u{FFFD}' } else { c })
        .collect()
}

/// The lines that show a place: number, text and a caret. Writes nothing when there is no text.
pub(crate) struct Snippet<'a> {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) text: &'a str,
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            return Ok(());
        }
        let number = self.line.to_string();
        write!(f, "\n  {number} | {}", self.text)?;
        let column = usize::try_from(self.column).unwrap_or(1);
        if column <= self.text.chars().count() {
            write!(
                f,
                "\n  {:number$} | {:column$}^",
                "",
                "",
                number = number.len(),
                column = column.saturating_sub(1)
            )?;
        }
        Ok(())
    }
}
