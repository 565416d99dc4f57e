//! Whose an entry is: one of ours is changed and taken out without being asked twice, one of somebody else is not.

use std::path::Path;

use serde_json::Value;

use super::PROGRAM;
use crate::gitoma::client::door::{Door, INPUT};

/// The name that an entry has unless told otherwise.
pub(super) const NAME: &str = "gitoma";

/// What is known of an entry besides what stands in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// What the client calls the server.
    pub(super) name: &'a str,
    /// The variable that holds the token.
    pub(super) variable: &'a str,
    pub(super) door: &'a Door,
}

/// Whether an entry is one of ours: it starts a program of our name, leads to the address that is asked for, or refers to a token as we
/// write it, under our name or through a variable of ours.
pub(super) fn is_ours(entry: &Value, asked: Asked<'_>) -> bool {
    if let Some(command) = entry.get("command") {
        return command
            .as_str()
            .is_some_and(|command| Path::new(command).file_name().is_some_and(|name| name == PROGRAM));
    }
    let address = ["url", "httpUrl"].iter().find_map(|name| entry.get(*name)).and_then(Value::as_str);
    match (address, asked.door) {
        (None, _) => false,
        (Some(address), Door::Address { url, .. }) if url == address => true,
        (Some(_), _) => reference(entry).is_some_and(|reference| {
            let is_ours = reference == INPUT || reference.starts_with("GITOMA_");
            is_ours || asked.name == NAME || reference == asked.variable
        }),
    }
}

/// What the token of an entry is taken from, if it is written as we write it: a variable of the environment, or what VS Code asks for.
fn reference(entry: &Value) -> Option<&str> {
    if let Some(variable) = entry.get("bearer_token_env_var") {
        return variable.as_str();
    }
    let headers = entry.get("headers")?.as_object()?;
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let inner = value.as_str()?.strip_prefix("Bearer ${")?.strip_suffix('}')?;
    let reference = inner.strip_prefix("env:").or_else(|| inner.strip_prefix("input:")).unwrap_or(inner);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (!reference.is_empty() && reference.bytes().all(is_name)).then_some(reference)
}
