//! What an entry of a client's configuration describes: a program with its arguments, or an address with what is sent to it.

use std::path::Path;

use serde_json::Value;

use super::Ward;
use super::found::{Authorization, Entry, NAME, PASSED, Source, Way};
use crate::gitoma::client::Client;
use crate::gitoma::client::variables::{Known, Unexpanded};
use crate::gitoma::install::PROGRAM;

/// The server that an entry describes, if it is a gateway of ours.
pub(super) fn entry(
    client: Client,
    source: Source,
    name: &str,
    value: &Value,
    ward: &Ward<'_>,
) -> Option<Entry> {
    // A project's file could have any variable sent to whom its writer likes.
    let may_ask =
        |name: &str| source != Source::Project || name.starts_with("GITOMA_") || PASSED.contains(&name);
    let lookup = |name: &str| may_ask(name).then(|| ward.around.environment().named.value(name)).flatten();
    let known = Known { variable: &lookup, home: ward.around.home(), project: ward.project };
    let command = value.get("command").and_then(Value::as_str);
    let starts =
        command.is_some_and(|command| Path::new(command).file_name().is_some_and(|file| file == PROGRAM));
    if !starts && name != NAME {
        return None;
    }
    let address = ["url", "httpUrl"].iter().find_map(|name| value.get(*name)).and_then(Value::as_str);
    let refused = if client == Client::Codex { refused_by_codex(value) } else { None };
    let way = match (command, address) {
        _ if let Some(why) = refused => Way::Unclear(why),
        (Some(command), _) => program(client, command, value, &known),
        (None, Some(url)) => address_of(client, url, value, &known),
        (None, None) => Way::Unclear("says neither which program to start nor where to call"),
    };
    let flag = |name: &str| value.get(name).and_then(Value::as_bool);
    let is_off = flag("enabled") == Some(false) || flag("disabled") == Some(true);
    Some(Entry { client, source, name: name.to_owned(), way, is_off })
}

fn program(client: Client, command: &str, value: &Value, known: &Known<'_>) -> Way {
    let expanded = |text: &str| client.expanded(text, known).ok();
    let arguments = match value.get("args") {
        None => Some(Vec::new()),
        Some(list) => list.as_array().and_then(|list| {
            list.iter().map(|text| text.as_str().and_then(expanded)).collect::<Option<Vec<_>>>()
        }),
    };
    let added = match value.get("env") {
        None => Some(Vec::new()),
        Some(list) => list.as_object().and_then(|list| {
            let texts = list.iter().map(|(name, text)| Some((name.clone(), expanded(text.as_str()?)?)));
            texts.collect::<Option<Vec<_>>>()
        }),
    };
    let directory = value.get("cwd").and_then(Value::as_str).and_then(expanded);
    match (expanded(command), arguments, added) {
        (Some(command), Some(arguments), Some(added)) => {
            Way::Program { command, arguments, added, directory }
        }
        _ => Way::Unclear(
            "has arguments or an environment that are no texts, or that need a variable which is not set here",
        ),
    }
}

fn address_of(client: Client, url: &str, value: &Value, known: &Known<'_>) -> Way {
    let Ok(url) = client.expanded(url, known) else {
        return Way::Unclear("has an address that needs a variable which is not set here");
    };
    let authorization = if client == Client::Codex {
        codex_authorization(value, known)
    } else {
        member(value, "headers", "authorization").map_or(Authorization::None, |text| {
            if !client.has_variable(text) {
                return Authorization::Written(text.to_owned());
            }
            match client.expanded(text, known) {
                Ok(text) => Authorization::Set(text),
                Err(Unexpanded::Unset(name)) => Authorization::Unset(name),
                Err(Unexpanded::Unknown) => Authorization::Kept,
            }
        })
    };
    Way::Address { url, authorization }
}

/// Codex has three places for it, and puts in no variables.
fn codex_authorization(value: &Value, known: &Known<'_>) -> Authorization {
    let named = |name: &str, before: &str| match (known.variable)(name) {
        Some(token) => Authorization::Set(format!("{before}{token}")),
        None => Authorization::Unset(name.to_owned()),
    };
    if let Some(name) = value.get("bearer_token_env_var").and_then(Value::as_str) {
        return named(name, "Bearer ");
    }
    if let Some(name) = member(value, "env_http_headers", "authorization") {
        return named(name, "");
    }
    let written = member(value, "http_headers", "authorization");
    written.map_or(Authorization::None, |text| Authorization::Written(text.to_owned()))
}

/// The text of a header in the object `list`, whatever the case of its name.
fn member<'a>(value: &'a Value, list: &str, header: &str) -> Option<&'a str> {
    let mut headers = value.get(list)?.as_object()?.iter();
    headers.find(|(name, _)| name.eq_ignore_ascii_case(header)).and_then(|(_, value)| value.as_str())
}

/// Why Codex would refuse an entry, and with it its whole configuration: fields of a program and of an address exclude each other.
fn refused_by_codex(value: &Value) -> Option<&'static str> {
    let has = |names: &[&str]| names.iter().any(|name| value.get(*name).is_some());
    if has(&["bearer_token"]) {
        return Some("has `bearer_token`, for which Codex refuses its whole configuration");
    }
    let is_mixed = if has(&["command"]) {
        has(&["url", "bearer_token_env_var", "http_headers", "env_http_headers", "oauth", "oauth_resource"])
    } else {
        has(&["url"]) && has(&["args", "env", "env_vars", "cwd"])
    };
    is_mixed.then_some(
        "mixes the fields of a program and of an address, for which Codex refuses its whole configuration",
    )
}
