//! Names of principals and roles that the configuration does not have: such a rule concerns nobody.

use super::cover::for_each;
use super::{Key, Kind, Known, Notes};
use crate::set::PolicySet;

pub(super) fn warn(set: &PolicySet, known: &Known, notes: &mut Notes<'_>) {
    for_each(set, |placed| {
        let rule = placed.rule;
        for name in unknown(rule.principals.as_deref(), known.principals.as_deref()) {
            let message = format!("principal `{name}` is not in the configuration");
            let fix = "correct the name, or add the principal to the configuration";
            notes.warning(Kind::UnlistedPrincipal, rule, Key::Principal(name), message, fix);
        }
        for name in unknown(rule.roles.as_deref(), known.roles.as_deref()) {
            let message = format!("nobody in the configuration has the role `{name}`");
            let fix = "correct the name, or give the role to a principal";
            notes.warning(Kind::UnlistedRole, rule, Key::Role(name), message, fix);
        }
    });
}

fn unknown<'a>(names: Option<&'a [Box<str>]>, known: Option<&'a [String]>) -> impl Iterator<Item = &'a str> {
    let names = names.filter(|_| known.is_some()).unwrap_or_default();
    let known = known.unwrap_or_default();
    names.iter().map(AsRef::as_ref).filter(move |name| !known.iter().any(|listed| listed == name))
}
