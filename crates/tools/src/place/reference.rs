//! What policy knows a reference by: the short names, whichever way the caller spelled it.

use std::sync::Arc;

use gitoma_confine::{Base, Revision};
use gitoma_core::policy::reference;

/// The names of the reference that `revision` starts from: the digits of an id, or one or two short names. `HEAD` has
/// none: which branch it stands for is not known before the call runs.
pub(super) fn names(revision: &Revision) -> Vec<Option<Arc<str>>> {
    let names = match revision.base() {
        Base::Head => [None, None],
        Base::Id(id) => [Some(id.as_str()), None],
        Base::Name(name) => reference::names(name.as_str()),
    };
    let names: Vec<_> = names.into_iter().flatten().map(|name| Some(Arc::from(name))).collect();
    if names.is_empty() { vec![None] } else { names }
}
