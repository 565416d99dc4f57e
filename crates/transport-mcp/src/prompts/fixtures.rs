//! The prompts that the official conformance suite asks every server for, by names that it fixes.

use super::{Argument, Kind, Template, texts};

/// In alphabetical order, after all others.
pub(super) const TEMPLATES: &[Template] = &[
    Template {
        name: "test_prompt_with_arguments",
        title: "Conformance fixture",
        description: "Exists for the conformance suite of the Model Context Protocol",
        tools: &[],
        arguments: &[
            Argument::required("arg1", Kind::Text, "The first"),
            Argument::required("arg2", Kind::Text, "The second"),
        ],
        text: texts::filled,
    },
    Template {
        name: "test_simple_prompt",
        title: "Conformance fixture",
        description: "Exists for the conformance suite of the Model Context Protocol",
        tools: &[],
        arguments: &[],
        text: |_nothing| "This is a simple prompt for testing.".to_owned(),
    },
];
