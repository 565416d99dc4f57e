//! Configurations in TOML.

use serde_json::{Map, Value};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

use super::Fault;
use crate::gitoma::client::door::Fields;

/// What some editors put before a text; TOML lets a reader ignore it.
const MARK: char = '\u{feff}';

fn parsed(text: &str) -> Result<DocumentMut, Fault> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        Fault::Unreadable(before.matches('\n').count().saturating_add(1))
    })
}

/// What the text says.
pub(super) fn value(text: &str) -> Result<Value, Fault> {
    Ok(table(parsed(text)?.as_table()))
}

fn table(members: &dyn TableLike) -> Value {
    let members = members.iter().filter(|(_, item)| !item.is_none());
    Value::Object(members.map(|(name, item)| (name.to_owned(), json(item))).collect::<Map<_, _>>())
}

fn json(item: &Item) -> Value {
    if let Some(members) = item.as_table_like() {
        return table(members);
    }
    if let Some(tables) = item.as_array_of_tables() {
        return Value::Array(tables.iter().map(|members| table(members)).collect());
    }
    item.as_value().map_or(Value::Null, plain)
}

fn plain(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => text.value().clone().into(),
        toml_edit::Value::Integer(number) => (*number.value()).into(),
        toml_edit::Value::Float(number) => {
            // JSON has neither infinities nor what is no number.
            serde_json::Number::from_f64(*number.value())
                .map_or_else(|| number.value().to_string().into(), Value::Number)
        }
        toml_edit::Value::Boolean(value) => (*value.value()).into(),
        toml_edit::Value::Datetime(moment) => moment.value().to_string().into(),
        toml_edit::Value::Array(items) => items.iter().map(plain).collect(),
        toml_edit::Value::InlineTable(members) => table(members),
    }
}

fn item(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(item).collect::<Option<Array>>()?.into(),
        Value::Object(members) => {
            let mut table = InlineTable::new();
            for (name, value) in members {
                table.insert(name, item(value)?);
            }
            table.into()
        }
    })
}

pub(super) fn with(text: &str, key: &str, name: &str, fields: &Fields) -> Result<String, Fault> {
    let mut document = parsed(text)?;
    // Where nothing else stands, the comments are the head of the file and no trailer.
    let head = document.is_empty().then(|| document.trailing().as_str().unwrap_or_default().to_owned());
    if head.is_some() {
        document.set_trailing("");
    }
    let servers = document.as_table_mut().entry(key).or_insert_with(|| {
        let mut servers = Table::new();
        servers.set_implicit(true);
        Item::Table(servers)
    });
    let is_inline = servers.is_inline_table();
    let head = head.filter(|head| !head.is_empty()).map(|head| format!("{}\n\n", head.trim_end()));
    let servers = servers.as_table_like_mut().ok_or(Fault::Shape)?;
    let entry = servers.entry(name).or_insert_with(|| {
        if is_inline {
            return Item::Value(InlineTable::new().into());
        }
        let mut entry = Table::new();
        if let Some(head) = head {
            entry.decor_mut().set_prefix(head);
        }
        Item::Table(entry)
    });
    let entry = entry.as_table_like_mut().ok_or(Fault::Shape)?;
    for name in &fields.unset {
        entry.remove(name);
    }
    for (name, value) in &fields.set {
        let mut new = item(value).ok_or(Fault::Unfaithful)?;
        match entry.get_mut(name) {
            Some(old) if json(old) == *value => {}
            Some(old) => {
                if let Some(old) = old.as_value() {
                    *new.decor_mut() = old.decor().clone();
                }
                *old = Item::Value(new);
            }
            None => {
                entry.insert(name, Item::Value(new));
            }
        }
    }
    written(text, &document)
}

/// The document with the line ends of the text that it was read from, which the library does not keep.
fn written(text: &str, document: &DocumentMut) -> Result<String, Fault> {
    let mark = if text.starts_with(MARK) { "\u{feff}" } else { "" };
    let ends = text.matches('\n').count();
    let new = match text.matches("\r\n").count() {
        0 => document.to_string(),
        windows if windows == ends => document.to_string().replace('\n', "\r\n"),
        _ => return Err(Fault::Unfaithful),
    };
    Ok(format!("{mark}{new}"))
}

pub(super) fn without(text: &str, key: &str, name: &str) -> Result<String, Fault> {
    let mut document = parsed(text)?;
    let servers = document.get_mut(key).ok_or(Fault::Shape)?.as_table_like_mut().ok_or(Fault::Shape)?;
    let removed = servers.remove(name);
    let is_empty = servers.is_empty();
    let head = removed.as_ref().and_then(Item::as_table).and_then(|entry| entry.decor().prefix()?.as_str());
    let head = head.filter(|head| head.contains('#')).map(|head| format!("{}\n", head.trim_end()));
    if let Some(head) = head.filter(|_| is_empty && document.len() == 1) {
        // The head of a file that has nothing else.
        let trailing = document.trailing().as_str().unwrap_or_default();
        let trailing = format!("{head}{trailing}");
        document.remove(key);
        document.set_trailing(trailing);
    }
    written(text, &document)
}
