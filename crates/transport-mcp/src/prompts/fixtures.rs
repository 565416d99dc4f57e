//! The prompts that the official conformance suite asks every server for, by names that it fixes. A build that has them offers them to nobody
//! until it is told to: another program of the workspace, built with every feature, has them too.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Argument, Kind, Template, texts};

static OFFERED: AtomicBool = AtomicBool::new(false);

/// Offers, from now on and in the whole process, the prompts and resources that the conformance suite of the Model Context Protocol asks for.
pub(crate) fn offer_fixtures() {
    OFFERED.store(true, Ordering::Relaxed);
}

/// Whether that was done.
pub(crate) fn are_fixtures_offered() -> bool {
    OFFERED.load(Ordering::Relaxed)
}

/// Those that are offered.
pub(super) fn offered() -> &'static [Template] {
    if are_fixtures_offered() { TEMPLATES } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::super::find;

    #[test]
    fn fixtures_are_offered_to_whoever_asked_for_them() {
        let asked = "test://static-text";
        assert!(find("test_simple_prompt").is_none() && find("review_branch").is_some());
        assert_eq!(crate::resources::fixtures::stand_in(asked), asked);
        super::offer_fixtures();
        assert!(find("test_simple_prompt").is_some() && find("review_branch").is_some());
        assert_ne!(crate::resources::fixtures::stand_in(asked), asked);
    }
}

/// In alphabetical order, after all others.
const TEMPLATES: &[Template] = &[
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
