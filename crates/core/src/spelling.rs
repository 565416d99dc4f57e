//! Built-in rules that are about how a name is spelt, and what to write instead. What breaks one of them was a slip as a rule: whoever made it
//! can mend it, and needs to be told how. Rules about where a name leads (`..`, git's own files, links) are none of them.

/// What to write instead of a name that breaks the built-in rule `rule`; nothing for a rule that another spelling does not satisfy.
///
/// ```
/// assert!(gitoma_core::spelling("path:absolute").is_some_and(|advice| advice.contains("root")));
/// assert_eq!(gitoma_core::spelling("path:parent-component"), None);
/// ```
#[must_use]
pub fn spelling(rule: &str) -> Option<&'static str> {
    let advice = match rule {
        "path:empty" => "name a file or a folder, from the repository's root",
        "path:absolute" | "path:home-directory" => {
            "give the path from the repository's root, without what is before it, such as src/main.rs"
        }
        "path:backslash" => "separate folders by /",
        "path:too-long" | "path:component-too-long" | "path:too-deep" => {
            "it is longer than any path that is taken"
        }
        "repo:malformed-alias" => "give its name as it is listed; it is no path and no address",
        "revision:range" | "ref:range" => {
            "a range is not taken: name one commit; a tool that compares takes each end by itself"
        }
        "revision:object-path" => "name the commit alone; the path has an argument of its own",
        "revision:reflog" | "ref:reflog" => "the reflog is not read; name a commit, a branch or a tag",
        "revision:search" => "a revision finds no commit by its text; look at the history first",
        "revision:unknown-suffix" => "only ~N and ^N may follow the name",
        "revision:step-too-far" | "revision:too-many-steps" => "name a commit that is nearer",
        "revision:empty" | "revision:too-long" | "ref:empty" | "ref:too-long" | "ref:blank"
        | "ref:malformed" | "ref:reserved" => {
            "name a branch, a tag, HEAD or a commit id of at least 7 digits"
        }
        _ => return None,
    };
    Some(advice)
}
