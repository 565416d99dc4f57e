//! Configurations in JSON, with comments or without.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::{Client, Fault, Format, MOST};
use crate::gitoma::client::door::{Fields, INPUT};

/// What some editors put before a text (RFC 8259 §8.1 lets a reader ignore it).
const MARK: char = '\u{feff}';

const fn options(format: Format) -> ParseOptions {
    let comments = matches!(format, Format::JsonWithComments);
    ParseOptions {
        allow_comments: comments,
        allow_trailing_commas: comments,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// What the text says; nothing at all counts as an empty object.
pub(super) fn value(text: &str, format: Format) -> Result<Value, Fault> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    if format == Format::Json && !text.trim().is_empty() {
        // The editing parser lets comments pass that a client which wants none refuses.
        return serde_json::from_str(text).map_err(|error| Fault::Unreadable(error.line()));
    }
    let root = CstRootNode::parse(text, &options(format))
        .map_err(|error| Fault::Unreadable(line(text, error.range().start)))?;
    match root.value() {
        None => Ok(Value::Object(serde_json::Map::new())),
        Some(_) => root.to_serde_value().ok_or(Fault::Shape),
    }
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// Whether an element of `inputs` is the one that our entry refers to.
pub(super) fn is_ours(input: &Value) -> bool {
    input.get("id").and_then(Value::as_str) == Some(INPUT)
}

/// Applies `change` to the text.
fn edited(
    text: &str,
    format: Format,
    change: impl FnOnce(&CstObject) -> Result<(), Fault>,
) -> Result<String, Fault> {
    let (mark, text) = match text.strip_prefix(MARK) {
        Some(text) => (Some(MARK), text),
        None => (None, text),
    };
    let root = CstRootNode::parse(text, &options(format))
        .map_err(|error| Fault::Unreadable(line(text, error.range().start)))?;
    let object = root.object_value_or_create().ok_or(Fault::Shape)?;
    change(&object)?;
    Ok(mark.into_iter().chain(root.to_string().chars()).collect())
}

/// A member that stands there once at most.
fn member(object: &CstObject, name: &str) -> Result<Option<CstObjectProp>, Fault> {
    let mut found =
        object.properties().into_iter().filter(|member| member.decoded_name().as_deref() == Some(name));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(Fault::Doubled),
        (first, None) => Ok(first),
    }
}

/// Refuses an object or array whose parts are too many to be laid out anew.
fn require_room(parts: &[CstNode]) -> Result<(), Fault> {
    if parts.len() > MOST { Err(Fault::Crowded) } else { Ok(()) }
}

/// Puts a member behind the others.
fn append(object: &CstObject, name: &str, value: &Value) -> Result<(), Fault> {
    require_room(&object.children())?;
    object.append(name, input(value));
    Ok(())
}

pub(super) fn with(
    text: &str,
    format: Format,
    key: &str,
    name: &str,
    fields: &Fields,
) -> Result<String, Fault> {
    edited(text, format, |root| {
        let servers = match member(root, key)? {
            Some(member) => member.object_value().ok_or(Fault::Shape)?,
            None => {
                require_room(&root.children())?;
                root.object_value_or_create(key).ok_or(Fault::Shape)?
            }
        };
        match member(&servers, name)? {
            None => append(&servers, name, &fields.entry())?,
            Some(entry) => {
                let entry = entry.object_value().ok_or(Fault::Shape)?;
                for name in &fields.unset {
                    if let Some(stray) = member(&entry, name)? {
                        stray.remove();
                    }
                }
                for (name, value) in &fields.set {
                    match member(&entry, name)? {
                        Some(member)
                            if member.value().and_then(|old| old.to_serde_value()).as_ref()
                                == Some(value) => {}
                        Some(member) => member.set_value(input(value)),
                        None => append(&entry, name, value)?,
                    }
                }
            }
        }
        match &fields.input {
            Some(wanted) => asked_for(root, wanted),
            None => forget(root, key),
        }
    })
}

/// Puts an element into `inputs`, unless it is there.
fn asked_for(root: &CstObject, wanted: &Value) -> Result<(), Fault> {
    let inputs = match member(root, "inputs")? {
        Some(member) => member.array_value().ok_or(Fault::Shape)?,
        None => {
            require_room(&root.children())?;
            root.array_value_or_create("inputs").ok_or(Fault::Shape)?
        }
    };
    require_room(&inputs.children())?;
    let is_there =
        inputs.elements().iter().any(|element| element.to_serde_value().as_ref().is_some_and(is_ours));
    if !is_there {
        inputs.append(input(wanted));
    }
    Ok(())
}

/// Takes the element of `inputs` out that no entry refers to any more. VS Code alone has such.
fn forget(root: &CstObject, key: &str) -> Result<(), Fault> {
    if key != Client::VsCode.servers() {
        return Ok(());
    }
    let Some(inputs) = member(root, "inputs")?.and_then(|member| member.array_value()) else { return Ok(()) };
    let servers = member(root, key)?.and_then(|member| member.value()?.to_serde_value());
    let reference = format!("${{input:{INPUT}}}");
    if servers.is_some_and(|servers| servers.to_string().contains(&reference)) {
        return Ok(());
    }
    let elements = inputs.elements().into_iter();
    let ours = elements.filter(|element| element.to_serde_value().as_ref().is_some_and(is_ours));
    for element in ours.collect::<Vec<_>>() {
        require_room(&inputs.children())?;
        element.remove();
    }
    Ok(())
}

pub(super) fn without(text: &str, format: Format, key: &str, name: &str) -> Result<String, Fault> {
    edited(text, format, |root| {
        let Some(servers) = member(root, key)?.and_then(|member| member.object_value()) else {
            return Ok(());
        };
        if let Some(entry) = member(&servers, name)? {
            entry.remove();
        }
        forget(root, key)
    })
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(members) => {
            CstInputValue::Object(members.iter().map(|(name, value)| (name.clone(), input(value))).collect())
        }
    }
}
