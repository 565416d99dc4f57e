//! A naive evaluator, written from docs/policy.md over the bare policy document, to hold the compiled one against.
//! It knows the few tools, names and patterns that `laws` generates, and is slow on purpose.

use serde_json::Value;

use super::*;

/// The code of the verdict; the effect follows from it.
pub(super) fn judge(policy: &Value, request: &Request<'_>) -> Code {
    let named = |access: &Access| match &access.paths {
        Paths::Named(paths) => paths.clone(),
        _ => Vec::new(),
    };
    let paths: Vec<String> = request.accesses.iter().flat_map(named).collect();
    if paths.iter().any(|path| path.split('/').any(|segment| ["", ".", ".."].contains(&segment))) {
        return Code::BadRequest;
    }
    let narrowing = request.narrowing;
    let repos = || request.accesses.iter().map(|access| access.repo.as_deref());
    let left =
        |repo: &str| narrowing.repositories.as_ref().is_none_or(|left| left.contains(&repo.to_owned()));
    let write = request.capability == Capability::Write;
    if narrowing.read_only && request.capability != Capability::Read || !repos().flatten().all(left) {
        return Code::Narrowed;
    }
    if request.capability == Capability::Automation && policy["automation"] != "allow" {
        return Code::CapabilityDisabled;
    }
    if write && request.write_mode == WriteMode::Off {
        return Code::WriteModeOff;
    }
    if write && (request.accesses.is_empty() || !repos().all(|repo| whitelisted(policy, repo))) {
        return Code::RepositoryNotWhitelisted;
    }
    let never_read = |name: &str| name.to_lowercase() == ".env";
    let never_written =
        |name: &str| name.to_lowercase() == ".gitmodules" && request.capability != Capability::Read;
    if paths.iter().any(|path| path.split('/').any(|name| never_read(name) || never_written(name))) {
        return Code::PathDenied;
    }
    let no_access = Access { repo: None, reference: None, paths: Paths::None, host: None };
    let accesses = if request.accesses.is_empty() { vec![no_access] } else { request.accesses.to_vec() };
    let mut units = Vec::new();
    for access in accesses {
        let named = named(&access);
        if named.is_empty() {
            let paths = if access.paths == Paths::Discovered { Paths::Discovered } else { Paths::None };
            units.push(Access { paths, ..access });
        } else {
            units.extend(
                named.into_iter().map(|path| Access { paths: Paths::Named(vec![path]), ..access.clone() }),
            );
        }
    }
    let verdicts: Vec<Option<&str>> = units.iter().map(|unit| strictest(policy, request, unit)).collect();
    if verdicts.contains(&Some("deny")) {
        Code::Denied
    } else if verdicts.contains(&None) {
        Code::DefaultDeny
    } else if verdicts.contains(&Some("ask")) {
        Code::ApprovalRequired
    } else {
        Code::Allowed
    }
}

/// The entries of the policy that speak of a repository, and whether they spell it as the request does.
fn entries<'a>(policy: &'a Value, repo: Option<&str>) -> Vec<(&'a Value, bool)> {
    let (Some(repo), Some(map)) = (repo, policy["repositories"].as_object()) else { return Vec::new() };
    let speaks = |key: &str, repo: &str| match key.strip_suffix("/*") {
        Some(owner) => repo.split_once('/').is_some_and(|(o, _)| o == owner),
        None => key == repo,
    };
    let spoken = map.iter().filter(|(key, _)| speaks(&fold(key), &fold(repo)));
    spoken.map(|(key, entry)| (entry, speaks(key, repo))).collect()
}

fn whitelisted(policy: &Value, repo: Option<&str>) -> bool {
    let entries = entries(policy, repo);
    entries.iter().any(|(entry, exact)| entry["write"] == "allow" && *exact)
        && !entries.iter().any(|(entry, _)| entry["write"] == "deny")
}

fn strictest<'a>(policy: &'a Value, request: &Request<'_>, unit: &Access) -> Option<&'a str> {
    let mut rules: Vec<&Value> = policy["global"]["rules"].as_array().into_iter().flatten().collect();
    for (entry, exact) in entries(policy, unit.repo.as_deref()) {
        let own = entry["rules"].as_array().into_iter().flatten();
        rules.extend(own.filter(|rule| exact || rule["effect"] != "allow"));
    }
    let matching = rules.into_iter().filter(|rule| concerns(rule, request, unit));
    matching.filter_map(|rule| rule["effect"].as_str()).max_by_key(|effect| match *effect {
        "deny" => 2,
        "ask" => 1,
        _ => 0,
    })
}

fn concerns(rule: &Value, request: &Request<'_>, unit: &Access) -> bool {
    let list = |key: &str| -> Option<Vec<&str>> {
        rule[key].as_array().map(|items| items.iter().filter_map(Value::as_str).collect())
    };
    let allow = rule["effect"] == "allow";
    let capability = rule["capability"].as_str().or(allow.then_some("read"));
    let tool = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(prefix) => request.tool.starts_with(prefix),
        None => *pattern == request.tool,
    };
    // Denying patterns are compared without regard to case, and `?` is then a character as it is written or as it is folded.
    let any = |patterns: &[&str], text: &str| {
        let same = |p: &&str| {
            if allow { glob(p, &characters(text, false)) } else { glob(&fold(p), &characters(text, true)) }
        };
        patterns.iter().any(same)
    };
    list("tools").expect("required").iter().any(tool)
        && capability.is_none_or(|capability| capability == request.capability.as_str())
        && list("principals").is_none_or(|names| names.contains(&request.principal))
        && list("roles").is_none_or(|names| request.roles.iter().any(|role| names.contains(&&**role)))
        && list("transports").is_none_or(|names| names.contains(&request.transport.as_str()))
        && list("hosts").is_none_or(|hosts| unit.host.as_deref().is_some_and(|host| hosts.contains(&host)))
        && list("refs").is_none_or(|refs| unit.reference.as_deref().map_or(!allow, |text| any(&refs, text)))
        && list("paths").is_none_or(|paths| match &unit.paths {
            Paths::None => !allow,
            Paths::Discovered => allow || paths.contains(&"**"),
            Paths::Named(named) => any(&paths, &named[0]),
        })
        && match (rule["arguments"]["n"]["equals"].as_i64(), request.arguments) {
            (None, _) => true,
            (Some(_), None) => !allow,
            (Some(n), Some(arguments)) => match arguments.get("n") {
                Some(Value::Array(_)) => !allow,
                value => value.and_then(Value::as_i64) == Some(n),
            },
        }
}

/// A text without regard to case: what some capital or small letter of it would be, as small letters.
fn fold(text: &str) -> String {
    text.to_lowercase().to_uppercase().to_lowercase().replace('ς', "σ")
}

/// The characters of a text, each as one or, where it folds to several, as those.
fn characters(text: &str, folded: bool) -> Vec<Vec<char>> {
    let own = |c: char| if folded { fold(&c.to_string()).chars().collect() } else { vec![c] };
    text.chars().map(own).collect()
}

/// `**` is any number of segments, `*` any part of one, `?` one character.
fn glob(pattern: &str, text: &[Vec<char>]) -> bool {
    fn segments(pattern: &[&str], text: &[&[Vec<char>]]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ["**", rest @ ..] => (0..=text.len()).any(|taken| segments(rest, &text[taken..])),
            [head, rest @ ..] => {
                let head: Vec<char> = head.chars().collect();
                !text.is_empty() && one(&head, text[0], 0) && segments(rest, &text[1..])
            }
        }
    }
    /// `within` is how much of the first character is taken already.
    fn one(pattern: &[char], text: &[Vec<char>], within: usize) -> bool {
        let Some((first, others)) = text.split_first() else {
            return pattern.iter().all(|c| *c == '*');
        };
        let after = |pattern: &[char]| {
            if within + 1 == first.len() { one(pattern, others, 0) } else { one(pattern, text, within + 1) }
        };
        match pattern {
            [] => false,
            ['*', rest @ ..] => one(rest, text, within) || after(pattern),
            ['?', rest @ ..] => after(rest) || (within == 0 && one(rest, others, 0)),
            [c, rest @ ..] => *c == first[within] && after(rest),
        }
    }
    segments(&pattern.split('/').collect::<Vec<_>>(), &text.split(|c| *c == ['/']).collect::<Vec<_>>())
}
