//! Prints a value as YAML the way no person would: indentation, style, quotes, blank lines and comments wherever YAML
//! lets them stand, as a tape of choices says.

use serde_json::Value;

/// What was printed, and how many comments it has: `#c0;`, `#c1;`, and so on in their order.
pub(super) struct Scribe<'t> {
    pub(super) out: String,
    pub(super) comments: usize,
    tape: std::iter::Cycle<std::slice::Iter<'t, u8>>,
    step: usize,
    /// Own-line comments may not stand deeper than this: behind a block scalar they would be part of it.
    deepest: usize,
}

impl<'t> Scribe<'t> {
    /// A scribe whose choices are on `tape`, which is not empty.
    pub(super) fn new(tape: &'t [u8]) -> Self {
        Self { out: String::new(), comments: 0, tape: tape.iter().cycle(), step: 0, deepest: 9 }
    }

    /// Prints a map as a document.
    pub(super) fn document(mut self, value: &Value) -> Self {
        self.gap();
        if self.pick(4) == 0 {
            self.out.push_str("---");
            self.end_line();
        }
        if self.pick(6) == 0 {
            self.flow(value, 0, 0);
            self.end_line();
        } else {
            let column = self.pick(2) * 2;
            self.entries(value, column, true);
        }
        self.gap();
        if self.pick(3) == 0 {
            self.out = self.out.replace('\n', "\r\n");
        }
        self
    }

    fn pick(&mut self, count: usize) -> usize {
        self.step += 1;
        // The tape is short; the step keeps its turns from being alike.
        (usize::from(*self.tape.next().expect("a tape")) + self.step * self.step / 7) % count
    }

    fn spaces(&mut self, count: usize) {
        self.out.push_str(&" ".repeat(count));
    }

    fn comment(&mut self) {
        let text = [" x: [", "", " - 'y", " \u{1F980} {", "\t#"][self.pick(5)];
        self.out.push_str(&format!("#c{};{text}", self.comments));
        self.comments += 1;
    }

    /// Blank lines and comments of their own lines, between two lines.
    fn gap(&mut self) {
        for _ in 0..[0, 0, 0, 1, 1, 2, 3][self.pick(7)] {
            if self.pick(2) == 0 {
                let column = self.pick(self.deepest + 1);
                self.spaces(column);
                self.comment();
            } else {
                let blanks = self.pick(3).min(self.deepest);
                self.spaces(blanks);
            }
            self.out.push('\n');
        }
    }

    /// Ends a line, perhaps with a comment, and goes on to the next that means something.
    fn end_line(&mut self) {
        let blanks = self.pick(3);
        self.spaces(blanks);
        if self.pick(4) == 0 {
            self.out.push(' ');
            self.comment();
        }
        self.out.push('\n');
        self.gap();
    }

    /// Prints the entries of a map or list in block style at `column`.
    fn entries(&mut self, value: &Value, column: usize, indent_first: bool) {
        let mut first = !indent_first;
        let mut begin = |scribe: &mut Self| {
            if !std::mem::take(&mut first) {
                scribe.spaces(column);
            }
            scribe.deepest = 9;
        };
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    begin(self);
                    if self.pick(12) == 0 {
                        self.out.push_str("? ");
                        self.inline(&Value::from(key.as_str()), false);
                        self.end_line();
                        self.spaces(column);
                    } else {
                        self.inline(&Value::from(key.as_str()), false);
                        let blanks = self.pick(8) / 7;
                        self.spaces(blanks);
                    }
                    self.out.push(':');
                    self.value(value, column, true);
                }
            }
            Value::Array(list) => {
                for value in list {
                    begin(self);
                    self.out.push('-');
                    self.value(value, column, false);
                }
            }
            _ => unreachable!("only collections have entries"),
        }
    }

    /// Prints what stands behind a colon or a dash at `column`, to the end of its last line.
    fn value(&mut self, value: &Value, column: usize, of_key: bool) {
        let is_collection = value.as_object().is_some_and(|map| !map.is_empty())
            || value.as_array().is_some_and(|list| !list.is_empty());
        if is_collection && self.pick(3) > 0 {
            if !of_key && self.pick(3) > 0 {
                let blanks = 1 + self.pick(3);
                self.spaces(blanks);
                return self.entries(value, column + 1 + blanks, false);
            }
            self.end_line();
            let deeper = usize::from(!(of_key && value.is_array() && self.pick(2) == 0));
            let deeper = deeper * (1 + self.pick(4));
            return self.entries(value, column + deeper, true);
        }
        if value.is_null() && self.pick(2) == 0 {
            return self.end_line();
        }
        if let Some(text) = value.as_str().filter(|text| is_words(text))
            && self.pick(5) == 0
        {
            let header = [" |-", " >-"][self.pick(2)];
            self.out.push_str(header);
            if self.pick(3) == 0 {
                self.out.push(' ');
                self.comment();
            }
            self.out.push('\n');
            let indent = column + 1 + self.pick(4);
            self.spaces(indent);
            if header == " |-" {
                self.out.push_str(text);
            } else {
                self.out.push_str(&text.replace(' ', &format!("\n{}", " ".repeat(indent))));
            }
            self.out.push('\n');
            self.deepest = column;
            return self.gap();
        }
        if self.pick(6) == 0 {
            self.end_line();
            let indent = column + 1 + self.pick(4);
            self.spaces(indent);
        } else {
            let blanks = 1 + self.pick(2);
            self.spaces(blanks);
        }
        if is_collection {
            self.flow(value, column + 1, 0);
        } else if let Some(text) = value.as_str().filter(|text| is_words(text) && text.contains(' '))
            && self.pick(3) == 0
        {
            let lines = text.replace(' ', &format!(" \n{}", " ".repeat(column + 1 + self.pick(3))));
            let quote = ["", "'", "\""][self.pick(3)];
            self.out.push_str(&format!("{quote}{lines}{quote}"));
        } else {
            self.inline(value, false);
        }
        self.end_line();
    }

    /// Prints a value in flow style; its lines are indented by `indent` at least.
    fn flow(&mut self, value: &Value, indent: usize, depth: usize) {
        let (open, close, length) = match value {
            Value::Object(map) => ("{", "}", map.len()),
            Value::Array(list) => ("[", "]", list.len()),
            _ if value.is_null() && depth > 1 && self.pick(2) == 0 => return,
            _ => return self.inline(value, true),
        };
        self.out.push_str(open);
        self.flow_gap(indent);
        for at in 0..length {
            if let Value::Object(map) = value {
                let (key, value) = map.iter().nth(at).expect("an entry");
                self.inline(&Value::from(key.as_str()), true);
                self.out.push_str(": ");
                self.flow(value, indent, 2);
            } else {
                self.flow(&value[at], indent, 1);
            }
            self.flow_gap(indent);
            if at + 1 < length || self.pick(3) == 0 {
                self.out.push(',');
                self.flow_gap(indent);
            }
        }
        self.out.push_str(close);
    }

    fn flow_gap(&mut self, indent: usize) {
        match self.pick(6) {
            0 => {
                self.deepest = 9;
                self.end_line();
                let deeper = indent + self.pick(5);
                self.spaces(deeper);
            }
            1 | 2 => self.out.push(' '),
            _ => {}
        }
    }

    /// Prints a scalar, or an empty collection, on one line.
    fn inline(&mut self, value: &Value, in_flow: bool) {
        let Some(text) = value.as_str() else {
            return self.out.push_str(&value.to_string());
        };
        let is_plain = is_words(text) && !matches!(text, "on" | "null")
            || (!in_flow && ["a, b", "x[1]", "{y"].contains(&text) && !text.starts_with('{'));
        match self.pick(3) {
            0 | 1 if is_plain => self.out.push_str(text),
            0 | 2 => self.out.push_str(&value.to_string()),
            _ => self.out.push_str(&format!("'{}'", text.replace('\'', "''"))),
        }
    }
}

/// Whether a text is words that YAML reads as that text, however they are written.
fn is_words(text: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_alphabetic())
            && word.chars().all(|c| c.is_alphanumeric() || "_-./*".contains(c))
    };
    text.split(' ').all(is_word)
}
