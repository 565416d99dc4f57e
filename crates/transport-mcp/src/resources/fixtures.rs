//! The resources that the official conformance suite asks every server for, by addresses that it fixes. Each stands for a file of the repository
//! that `.ci/conformance` serves: the address is exchanged before anything has looked at it, so that the read is one like any other, with all that
//! the gateway does with a call. A build that has them serves them to nobody until it is told to, like the prompts.

use crate::prompts::are_fixtures_offered;

/// The address of the file that `asked` stands for; of any other address, itself.
pub(crate) fn stand_in(asked: &str) -> &str {
    if !are_fixtures_offered() {
        return asked;
    }
    match asked {
        "test://static-text" => "repo://web/fixtures/static-text.txt",
        "test://template/123/data" => "repo://web/fixtures/template/123/data.json",
        _ => asked,
    }
}
