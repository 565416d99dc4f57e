//! Names that some file systems take for one: those that differ in case, in what nobody sees, in how their letters are composed, or in
//! what Windows cuts off. CVE-2021-21300 and CVE-2024-32002 came of such names.

#[cfg(test)]
mod tests;

use gitoma_core::policy::denylist::fold;
use gix::utils::str::decompose;

/// The form that all spellings of one name share.
pub(super) fn alias(name: &str) -> String {
    // Letters fall apart before their case goes, and again after what stood between them has gone.
    decompose(fold(&decompose(name.into())).into()).into_owned()
}

/// Whether some file system takes `one` and `other` for the same name.
pub(super) fn same(one: &str, other: &str) -> bool {
    // Nearly all names are ASCII, of which nothing needs to be made to compare them.
    if one.is_ascii() && other.is_ascii() {
        return cut(one).eq_ignore_ascii_case(cut(other));
    }
    alias(one) == alias(other)
}

/// What Windows leaves of a name.
fn cut(name: &str) -> &str {
    let name = name.split(':').next().unwrap_or_default();
    name.trim_end_matches(['.', ' '])
}

/// What git takes for a repository: a directory with `HEAD`, and either `objects` and `refs` or a file that says where those are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    const HEAD: u8 = 1;
    const STORE: u8 = 2 | 4;
    const ELSEWHERE: u8 = 8;

    /// The names that count.
    pub(super) const NAMES: [&str; 4] = ["HEAD", "objects", "refs", "commondir"];

    /// Notes that the directory holds `name`.
    pub(super) fn note(&mut self, name: &str) {
        let may_be = |first: &u8| !first.is_ascii() || b"horcHORC".contains(first);
        if !name.as_bytes().first().is_some_and(may_be) {
            return;
        }
        for (bit, mark) in Self::NAMES.iter().enumerate() {
            if same(name, mark) {
                self.0 |= 1 << bit;
            }
        }
    }

    /// What is in the one or the other.
    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing of the kind is there.
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether git would take the directory for a repository.
    pub(super) fn is_repository(self) -> bool {
        self.0 & Self::HEAD != 0 && (self.0 & Self::ELSEWHERE != 0 || self.0 & Self::STORE == Self::STORE)
    }
}
