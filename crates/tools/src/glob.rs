//! Path patterns of callers, in the dialect of policy: `*` and `?` inside one segment, `**` as a whole segment for any number
//! of segments. A pattern without a slash names a file at any depth. Matching is linear in the path, whatever the pattern.

#[cfg(test)]
mod tests;

use gitoma_core::ArgError;
use regex::{Regex, RegexBuilder};

/// The longest pattern, in bytes.
const MAX_BYTES: usize = 512;
/// Bytes a compiled pattern may take.
const COMPILED_BYTES: usize = 1024 * 1024;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Glob(Regex);

impl Glob {
    /// Compiles the argument `name`.
    pub(crate) fn parse(name: &'static str, text: &str) -> Result<Self, ArgError> {
        let expected = || ArgError::invalid(name, "a path pattern of `*`, `?` and `**`, at most 512 bytes");
        let good = (1..=MAX_BYTES).contains(&text.len())
            && !text.starts_with('/')
            && !text.ends_with('/')
            && !text.chars().any(|c| c.is_control() || matches!(c, '[' | ']' | '{' | '}' | '!' | '\\'));
        if !good {
            return Err(expected());
        }
        let mut expression = String::from("^");
        if !text.contains('/') && text != "**" {
            expression.push_str("(?:[^/]+/)*");
        }
        let mut segments = text.split('/').peekable();
        while let Some(segment) = segments.next() {
            let last = segments.peek().is_none();
            match segment {
                "" => return Err(expected()),
                "**" if last => expression.push_str(".+"),
                "**" => expression.push_str("(?:[^/]+/)*"),
                _ if segment.contains("**") => return Err(expected()),
                _ => {
                    push_segment(&mut expression, segment);
                    if !last {
                        expression.push('/');
                    }
                }
            }
        }
        expression.push('$');
        RegexBuilder::new(&expression)
            .dot_matches_new_line(true)
            .size_limit(COMPILED_BYTES)
            .build()
            .map(Self)
            .map_err(|_| expected())
    }

    /// Whether the pattern covers all of `path`, which is the text that a result shows.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

fn push_segment(expression: &mut String, segment: &str) {
    for character in segment.chars() {
        match character {
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
}
