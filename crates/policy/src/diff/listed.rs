//! What of a path's beginning bears on whether the built-in denylist refuses the whole. Two beginnings with one outline
//! are refused with the same continuations, and there are finitely many outlines.

use crate::denylist;

/// The outline of `path`, which may end inside a segment.
pub(super) fn outline(path: &str) -> String {
    let mut segments: Vec<&str> = path.split('/').collect();
    let current = segments.pop().unwrap_or_default();
    // A directory that is listed by itself refuses all beneath it; what else is listed is a run of up to three names.
    // Names that fold to nothing are passed over.
    let names = segments.into_iter().map(denylist::fold).filter(|name| !name.is_empty());
    let names: Vec<String> =
        names.map(|name| if denylist::is_in_run(&name) { name } else { "-".into() }).collect();
    let mut outline = String::new();
    for name in names.iter().skip(names.len().saturating_sub(2)).skip_while(|name| *name == "-") {
        outline.push_str(name);
        outline.push('/');
    }
    outline.push_str(&of_segment(current));
    outline
}

/// Whether the last segment of `path` begins with a listed name, so that more makes it a copy of that, or not.
pub(super) fn is_copy(path: &str) -> bool {
    let outline = path.rsplit('/').next().map(of_segment).unwrap_or_default();
    outline.contains('|') || denylist::beginnings().any(|listed| listed == outline)
}

/// The outline of one segment to which more may be appended.
fn of_segment(segment: &str) -> String {
    // What is appended behind a colon is cut, and what makes it no longer trailing keeps dots and spaces.
    let cut = segment.contains(':');
    let more = denylist::fold(&format!("{segment}x"));
    let name = if cut { more.as_str() } else { more.strip_suffix('x').unwrap_or(&more) };
    if denylist::beginnings().any(|listed| listed.starts_with(name)) {
        return format!("{name}{}", if cut { ":" } else { "" });
    }
    let stem =
        denylist::beginnings().filter(|listed| name.starts_with(listed)).max_by_key(|listed| listed.len());
    let Some(stem) = stem else { return String::from("-") };
    let rest = name.strip_prefix(stem).unwrap_or_default();
    format!("{stem}{}{}", of_rest(rest), if cut { ":" } else { "" })
}

/// What follows a listed name: its first character says whether it is a copy, `~1` is a short name, `.pub` is the
/// public half of a key, and trailing dots and spaces do not count.
fn of_rest(rest: &str) -> String {
    let first = rest.chars().next().map(|c| if c.is_alphanumeric() { 'a' } else { c });
    let blank = rest.chars().all(|c| matches!(c, '.' | ' '));
    let number = rest.strip_prefix('~').map(|tail| {
        let (number, more) = tail.split_once('.').map_or((tail, false), |(number, _)| (number, true));
        (number.trim_end_matches(' ').is_empty(), number.bytes().all(|b| b.is_ascii_digit()), more)
    });
    let spaced = rest.ends_with(' ');
    let digits = rest.trim_end_matches([' ', '.']).bytes().last().is_some_and(|b| b.is_ascii_digit());
    let tail = [".pub", ".pu", ".p", "."].into_iter().find(|tail| rest.ends_with(tail)).unwrap_or_default();
    let public = rest.trim_end_matches([' ', '.']).ends_with(".pub");
    format!("|{first:?}{blank}{number:?}{spaced}{digits}{tail}{public}")
}
