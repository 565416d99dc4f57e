//! Spelling of scalars: what stands in the text, whether it may stand in a flow collection, and how the lines of one
//! that has several are indented anew without changing what they say.

use super::tree::{Form, Scalar};

/// What ends a line in YAML.
const BREAKS: [char; 2] = ['\n', '\r'];
/// What indents and separates.
const BLANKS: [char; 2] = [' ', '\t'];

impl<'a> Scalar<'a> {
    /// A plain or quoted scalar.
    pub(super) fn inline(text: &'a str, is_plain: bool) -> Self {
        let form = if is_plain { Form::Plain } else { Form::Quoted };
        let is_flow =
            !has_break(text) && !(is_plain && (text.is_empty() || text.contains([',', '[', ']', '{', '}'])));
        Self { text, form, width: is_flow.then(|| text.chars().count()) }
    }

    /// A block scalar. `from` begins with its header, `indent` is the column of the text.
    /// `None` if its last line breaks are kept, or if it cannot be told how it is indented.
    pub(super) fn block(from: &'a str, text: &'a str, indent: Option<usize>) -> Option<Self> {
        let (header, _) =
            from.split_at_checked(from.find(|c: char| c.is_whitespace() || c == '#').unwrap_or(from.len()))?;
        if header.contains('+') {
            return None;
        }
        let explicit = header.chars().find_map(|c| c.to_digit(10)).and_then(|c| usize::try_from(c).ok());
        let is_blank = text.trim_matches([' ', '\n', '\r']).is_empty();
        if is_blank && explicit.is_some() {
            return None;
        }
        let (text, indent) = if is_blank { ("", 0) } else { (text, indent?) };
        Some(Self { text, form: Form::Block { header, indent, explicit }, width: None })
    }

    /// Whether what is plain where it stands would be read as an indicator, or as the end of the document, elsewhere.
    pub(super) fn is_ambiguous(&self) -> bool {
        let indicates = |mark: &str| {
            self.text
                .strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        };
        self.form == Form::Plain && ["-", "?", "---", "..."].into_iter().any(indicates)
    }

    /// Its lines as they are written: the first after what stands before it, each further one indented by
    /// `indent`, or empty.
    pub(super) fn lines(&self) -> Vec<String> {
        let all = self.text.replace("\r\n", "\n");
        let lines = all.split(BREAKS);
        if let Form::Block { indent, .. } = self.form {
            let mut lines: Vec<_> = lines.map(|line| dedent(line, indent).to_owned()).collect();
            while lines.pop_if(|line| line.is_empty()).is_some() {}
            return lines;
        }
        let last = all.matches(BREAKS).count();
        let trim = |(number, line): (usize, &str)| {
            let line = if number == 0 { line } else { line.trim_start_matches(BLANKS) };
            if number == last { line.to_owned() } else { trim_end(line).to_owned() }
        };
        lines.enumerate().map(trim).collect()
    }
}

/// Whether it has more than one line.
pub(super) fn has_break(text: &str) -> bool {
    text.contains(BREAKS)
}

/// Where the line of `at` begins.
fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind(BREAKS).map_or(0, |last| last + 1)
}

/// How many blanks the line of `at` begins with.
pub(super) fn indentation(text: &str, at: usize) -> usize {
    let line = text.get(line_start(text, at)..).unwrap_or_default();
    line.len() - line.trim_start_matches(BLANKS).len()
}

/// Whether nothing but blanks stands before `at` in its line.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end_matches(BLANKS);
    before.is_empty() || before.ends_with(BREAKS)
}

/// Whether the line before that of `at` is blank.
pub(super) fn follows_blank(text: &str, at: usize) -> bool {
    let before = text.get(..line_start(text, at)).unwrap_or_default();
    let before = before.strip_suffix("\r\n").or_else(|| before.strip_suffix(BREAKS));
    before.is_some_and(|before| {
        let before = before.trim_end_matches(BLANKS);
        before.is_empty() || before.ends_with(BREAKS)
    })
}

/// A line of a block scalar without its indentation. A line that is shorter than that is blank.
fn dedent(line: &str, indent: usize) -> &str {
    line.get(..indent)
        .filter(|blanks| blanks.chars().all(|c| c == ' '))
        .map_or("", |_| line.get(indent..).unwrap_or_default())
}

/// A line of a scalar that goes on in the next one: trailing blanks are not part of it, unless one is escaped.
fn trim_end(line: &str) -> &str {
    let trimmed = line.trim_end_matches(BLANKS);
    let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    if backslashes % 2 == 1 { line.get(..=trimmed.len()).unwrap_or(line) } else { trimmed }
}
