//! What rules have in common, kept once. Most repositories of a long policy repeat the same few lists of tools, patterns
//! and names; a list that is written as another was is neither checked nor parsed nor stored again.

use std::fmt::Write as _;
use std::sync::Arc;

use super::Compiler;
use crate::document::List;
use crate::hash::HashMap;
use crate::model::Transport;
use crate::rule::{Conditions, Globs, HostPattern, Tools};

/// Compiled values by what was written. All of them passed without a fault.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) tools: Table<Tools>,
    pub(super) names: Table<[Box<str>]>,
    pub(super) transports: Table<[Transport]>,
    pub(super) globs: Table<Globs>,
    pub(super) hosts: Table<[HostPattern]>,
    pub(super) texts: Table<str>,
    conditions: HashMap<[usize; 6], Arc<Conditions>>,
}

impl Shared {
    /// The conditions, or the same that another rule has. What they are made of is shared already, so that addresses tell
    /// them apart; argument matchers are not, and conditions with such are each rule's own.
    pub(super) fn conditions(&mut self, conditions: Conditions) -> Arc<Conditions> {
        let Conditions { principals, roles, transports, refs, hosts, arguments, text } = &conditions;
        if !arguments.is_empty() {
            return Arc::new(conditions);
        }
        let parts = [
            address(principals.as_ref()),
            address(roles.as_ref()),
            address(transports.as_ref()),
            address(refs.as_ref()),
            address(hosts.as_ref()),
            address(text.as_ref()),
        ];
        Arc::clone(self.conditions.entry(parts).or_insert_with(|| Arc::new(conditions)))
    }
}

/// Where a shared value is; 0 for none. It stays there for as long as somebody shares it.
pub(crate) fn address<T: ?Sized>(value: Option<&Arc<T>>) -> usize {
    value.map_or(0, |value| Arc::as_ptr(value).cast::<()>().addr())
}

type Table<T> = HashMap<Box<str>, Arc<T>>;

impl Compiler<'_> {
    /// The value of `table` under `key`, made by `make` if it is not there yet. One that has a fault is not kept, so that
    /// the fault is found again wherever it is written.
    pub(super) fn shared<T: ?Sized>(
        &mut self,
        table: impl Fn(&mut Shared) -> &mut Table<T>,
        key: String,
        make: impl FnOnce(&mut Self) -> Arc<T>,
    ) -> Arc<T> {
        if let Some(known) = table(&mut self.shared).get(key.as_str()) {
            return Arc::clone(known);
        }
        let before = self.faults.count();
        let made = make(self);
        if self.faults.count() == before {
            table(&mut self.shared).insert(key.into(), Arc::clone(&made));
        }
        made
    }
}

/// A key that two lists share only if they hold the same texts and are `about` the same.
pub(super) fn key(about: &str, list: &List<String>) -> String {
    // Room for most lists, which grow no further then.
    let mut key = String::with_capacity(96);
    key.push_str(about);
    for item in &list.value {
        // With its length in front, no text can pass for two.
        let _ = write!(key, " {}:{}", item.value.len(), item.value);
    }
    key
}
