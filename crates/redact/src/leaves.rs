//! Every text of a structured value, keys too, through one function.

use serde_json::{Map, Value};

/// Puts what `change` makes of a text in its place. A key that another member has already gets a number, so that none is lost.
pub(crate) fn change(value: &mut Value, change: &mut impl FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(changed) = change(text) {
                *text = changed;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| self::change(item, change)),
        Value::Object(members) => {
            members.iter_mut().for_each(|(_, value)| self::change(value, change));
            let keys: Vec<Option<String>> = members.keys().map(|key| change(key)).collect();
            if keys.iter().any(Option::is_some) {
                *members = renamed(std::mem::take(members), keys);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn renamed(members: Map<String, Value>, keys: Vec<Option<String>>) -> Map<String, Value> {
    let mut out = Map::with_capacity(members.len());
    let mut taken = 1_u64;
    for ((key, value), changed) in members.into_iter().zip(keys) {
        let base = changed.unwrap_or(key);
        let mut name = base.clone();
        while out.contains_key(&name) {
            taken = taken.saturating_add(1);
            name = format!("{base}#{taken}");
        }
        out.insert(name, value);
    }
    out
}
