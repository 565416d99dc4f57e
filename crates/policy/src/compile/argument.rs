//! The argument matchers of a rule: held against what the catalogue knows of its tools' arguments.

use serde_json::Value;

use super::Compiler;
use crate::argument::{Argument, Test};
use crate::document::{self, Matcher};
use crate::error::Place;

impl Compiler<'_> {
    pub(super) fn arguments(&mut self, rule: &document::Rule, fold: bool) -> Box<[Argument]> {
        let Some(arguments) = &rule.arguments else { return Box::default() };
        if arguments.value.0.is_empty() {
            self.empty(arguments.place, "arguments");
        }
        let mut compiled = Vec::with_capacity(arguments.value.0.len());
        for (name, matcher) in &arguments.value.0 {
            if !self.is_argument(rule, &name.value) {
                let fix = Some("write the argument as the tool's own schema has it");
                self.faults.note(name.place, "none of the rule's tools has this argument", fix);
            }
            if let Some(test) = self.test(&matcher.value, matcher.place, fold) {
                compiled.push(Argument { name: name.value.as_str().into(), test });
            }
        }
        compiled.into()
    }

    /// Whether a tool of the rule has the argument, as far as the catalogue knows arguments.
    fn is_argument(&self, rule: &document::Rule, name: &str) -> bool {
        let mut named = self.catalogue.tools().filter(|(tool, _)| {
            rule.tools
                .value
                .iter()
                .any(|t| t.value.strip_suffix('*').map_or(t.value == *tool, |p| tool.starts_with(p)))
        });
        named.any(|(_, tool)| tool.arguments.as_ref().is_none_or(|arguments| arguments.contains_key(name)))
    }

    fn test(&mut self, matcher: &Matcher, at: Place, fold: bool) -> Option<Test> {
        match matcher {
            Matcher::Equals(value) => self.options(std::slice::from_ref(value), at),
            Matcher::OneOf(values) => self.options(values, at),
            Matcher::Glob(text) => self.glob(text, at, fold).map(|glob| Test::Glob(glob, fold)),
            Matcher::Range(document::Range { min, max }) => {
                let ordered = match (min, max) {
                    (None, None) => false,
                    (Some(min), Some(max)) => min <= max,
                    (Some(one), None) | (None, Some(one)) => !one.is_nan(),
                };
                if !ordered {
                    let fix = "give `min`, `max` or both, the smaller as `min`";
                    self.faults.note(at, "range holds no number", Some(fix));
                }
                Some(Test::Range(*min, *max))
            }
            Matcher::MaxLength(most) => Some(Test::MaxLength(*most)),
            Matcher::Absent => Some(Test::Absent),
        }
    }

    fn options(&mut self, values: &[Value], at: Place) -> Option<Test> {
        if values.is_empty() {
            self.empty(at, "one_of");
            return None;
        }
        Some(Test::OneOf(values.into()))
    }
}
