//! One file that a write changes, as its result lists it.

use gitoma_core::FileEffect;
use serde_json::{Map, Value};

use crate::shape::{Fields, Shape};

/// The file of `effect`: where, what becomes of it, and how many lines come and go.
pub(crate) fn show(effect: &FileEffect) -> Map<String, Value> {
    let status = match (&effect.old, &effect.new) {
        (None, _) => "added",
        (_, None) => "deleted",
        _ => "modified",
    };
    let mut file = Map::new();
    file.insert("path".into(), effect.path.as_str().into());
    file.insert("status".into(), status.into());
    file.insert("insertions".into(), effect.added.into());
    file.insert("deletions".into(), effect.removed.into());
    file
}

/// What [`show`] makes.
pub(crate) fn shape() -> Fields {
    Fields::new()
        .required("path", Shape::text())
        .required("status", Shape::one_of(["added", "deleted", "modified"]))
        .required("insertions", Shape::count())
        .required("deletions", Shape::count())
}
