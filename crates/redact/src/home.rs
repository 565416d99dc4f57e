//! Home directories in errors and log lines: the part that names a person becomes `~`. File contents keep theirs.

use crate::bytes::{Class, before, run, sub};
use memchr::memmem;
use std::borrow::Cow;

const ROOTS: [(&str, bool); 3] = [("/home/", true), ("/Users/", true), ("/root", false)];
const NAME: Class = Class::BASE64_URL.with(b'.').with(b'@').with(b'+');

/// Replaces home directories by `~`.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    ROOTS.iter().fold(Cow::Borrowed(text), |text, (root, named)| match shorten_one(&text, root, *named) {
        Some(shorter) => Cow::Owned(shorter),
        None => text,
    })
}

fn shorten_one(text: &str, root: &str, named: bool) -> Option<String> {
    let bytes = text.as_bytes();
    let mut shorter = String::new();
    let mut copied = 0;
    for start in memmem::find_iter(bytes, root) {
        let name = start + root.len();
        let end = run(bytes, name, NAME, 256);
        let inside = Class::WORD.with(b'.').with(b'~').has(before(bytes, start));
        if start < copied || inside || named != (end > name) || sub(bytes, name..end).starts_with(b".") {
            continue;
        }
        shorter.push_str(text.get(copied..start).unwrap_or_default());
        shorter.push('~');
        copied = end;
    }
    (copied > 0).then(|| {
        shorter.push_str(text.get(copied..).unwrap_or_default());
        shorter
    })
}
