//! What is judged at once: one access of a call with one path, in the forms that rules compare.

use std::borrow::Cow;

use crate::fold;
use crate::model::{Access, Effect};

/// A text as given and folded: allow rules compare the former, deny and ask rules the latter.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    pub(crate) exact: &'a str,
    folded: Cow<'a, str>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(exact: &'a str) -> Self {
        Self { exact, folded: fold::case(exact) }
    }

    /// The folded text, for a rule that compares it.
    pub(crate) fn folded_for(&self, effect: Effect) -> Option<&str> {
        match effect {
            Effect::Allow => None,
            Effect::Ask | Effect::Deny => Some(&self.folded),
        }
    }
}

/// The path of a unit.
#[derive(Debug, Clone)]
pub(crate) enum UnitPath<'a> {
    None,
    Discovered,
    Named(Text<'a>),
}

/// What is judged at once: one access with one path, or the call itself where it reaches for nothing.
#[derive(Debug, Clone)]
pub(crate) struct Unit<'a> {
    pub(crate) reference: Option<Text<'a>>,
    pub(crate) host: Option<Cow<'a, str>>,
    pub(crate) path: UnitPath<'a>,
}

impl<'a> Unit<'a> {
    /// The unit of `access` without its paths.
    pub(crate) fn of(access: Option<&'a Access>) -> Self {
        let host = access.and_then(|access| access.host.as_deref());
        Self {
            reference: access.and_then(|access| access.reference.as_deref()).map(Text::new),
            // The root dot of a fully qualified name changes nothing.
            host: host.map(|host| fold::case(host.strip_suffix('.').unwrap_or(host))),
            path: UnitPath::None,
        }
    }

    /// The path, where it is known.
    pub(crate) fn named(&self) -> Option<&'a str> {
        match &self.path {
            UnitPath::Named(path) => Some(path.exact),
            UnitPath::None | UnitPath::Discovered => None,
        }
    }
}
