//! The text of a client's configuration: looking into it, and changing one entry so that everything else stays as it was written, with
//! its comments and its order.
//!
//! Every change is read back and compared: if anything but the entry says something else, the text is not handed out.

mod json;
mod toml;

use std::path::Path;

use serde_json::Value;

use super::Client;
use super::door::Fields;

/// The most members, commas, comments and line breaks in an object or array that is changed: laying it out anew takes a time that grows
/// with their square.
const MOST: usize = 8_192;

/// Why a configuration cannot be read or changed. None repeats what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::gitoma) enum Fault {
    #[error("is no text in UTF-8")]
    NotText,
    #[error("cannot be read at line {0}: mend it first, for its client cannot read it either")]
    Unreadable(usize),
    #[error("has something else where the servers should be: mend it first")]
    Shape,
    #[error(
        "has a key twice on the way to the entry, and clients differ on which counts: take one away first"
    )]
    Doubled,
    #[error(
        "has more members and lines in one place than are worked through there ({MOST}): write the entry that --print shows by hand"
    )]
    Crowded,
    #[error(
        "cannot be changed without changing what else it says; write the entry that --print shows by hand"
    )]
    Unfaithful,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gitoma) enum Format {
    /// JSON as RFC 8259 has it.
    Json,
    /// JSON with comments and trailing commas.
    JsonWithComments,
    Toml,
}

impl Client {
    pub(in crate::gitoma) const fn format(self) -> Format {
        match self {
            Self::ClaudeCode | Self::ClaudeDesktop => Format::Json,
            Self::Cursor | Self::VsCode | Self::Gemini | Self::Zed => Format::JsonWithComments,
            Self::Codex => Format::Toml,
        }
    }

    /// The member of the file that has the servers by their names.
    pub(in crate::gitoma) const fn servers(self) -> &'static str {
        match self {
            Self::ClaudeCode | Self::ClaudeDesktop | Self::Cursor | Self::Gemini => "mcpServers",
            Self::VsCode => "servers",
            Self::Zed => "context_servers",
            Self::Codex => "mcp_servers",
        }
    }
}

/// A client's configuration as it stands in its file.
#[derive(Debug)]
pub(in crate::gitoma) struct Document<'a> {
    client: Client,
    text: &'a str,
    value: Value,
}

impl<'a> Document<'a> {
    /// Reads what a file holds; nothing at all counts as no settings.
    ///
    /// # Errors
    /// [`Fault`] if the client cannot read it.
    pub(in crate::gitoma) fn read(client: Client, bytes: &'a [u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::NotText)?;
        let value = value(client.format(), text)?;
        if value.is_object() { Ok(Self { client, text, value }) } else { Err(Fault::Shape) }
    }

    /// The servers with their names.
    ///
    /// # Errors
    /// [`Fault::Shape`] if there is something else.
    pub(in crate::gitoma) fn servers(&self) -> Result<impl Iterator<Item = (&str, &Value)>, Fault> {
        let servers = match self.value.get(self.client.servers()) {
            None => None,
            Some(servers) => Some(servers.as_object().ok_or(Fault::Shape)?),
        };
        Ok(servers.into_iter().flatten().map(|(name, entry)| (name.as_str(), entry)))
    }

    /// The servers that the file has for one project alone, under its path; of the clients only Claude Code keeps such.
    ///
    /// # Errors
    /// [`Fault::Shape`] if there is something else.
    pub(in crate::gitoma) fn servers_for(
        &self,
        project: &Path,
    ) -> Result<impl Iterator<Item = (&str, &Value)>, Fault> {
        let projects = self.value.get("projects").filter(|_| self.client == Client::ClaudeCode);
        let project = projects.zip(project.to_str()).and_then(|(projects, path)| projects.get(path));
        let servers = match project.and_then(|project| project.get(self.client.servers())) {
            None => None,
            Some(servers) => Some(servers.as_object().ok_or(Fault::Shape)?),
        };
        Ok(servers.into_iter().flatten().map(|(name, entry)| (name.as_str(), entry)))
    }

    /// The entry of a server.
    ///
    /// # Errors
    /// As [`Document::servers`].
    pub(in crate::gitoma) fn entry(&self, name: &str) -> Result<Option<&Value>, Fault> {
        Ok(self.servers()?.find(|(known, _)| *known == name).map(|(_, entry)| entry))
    }

    /// The text with `fields` in the entry `name`; none if they stand there already.
    ///
    /// # Errors
    /// [`Fault`] if that cannot be done without changing more.
    pub(in crate::gitoma) fn with(&self, name: &str, fields: &Fields) -> Result<Option<String>, Fault> {
        let old = self.entry(name)?;
        if old.is_some_and(|old| has(old, fields)) && self.has_input(fields.input.as_ref()) {
            return Ok(None);
        }
        let key = self.client.servers();
        let changed = match self.client.format() {
            Format::Toml => toml::with(self.text, key, name, fields)?,
            format => json::with(self.text, format, key, name, fields)?,
        };
        let value = value(self.client.format(), &changed).map_err(|_| Fault::Unfaithful)?;
        let new = value.get(key).and_then(|servers| servers.get(name)).ok_or(Fault::Unfaithful)?;
        let is_kept = kept(old, new, fields);
        if has(new, fields) && is_kept && self.rest(&self.value, name) == self.rest(&value, name) {
            Ok(Some(changed))
        } else {
            Err(Fault::Unfaithful)
        }
    }

    /// The text without the entry `name`; none if there is none.
    ///
    /// # Errors
    /// As [`Document::with`].
    pub(in crate::gitoma) fn without(&self, name: &str) -> Result<Option<String>, Fault> {
        if self.entry(name)?.is_none() {
            return Ok(None);
        }
        let key = self.client.servers();
        let changed = match self.client.format() {
            Format::Toml => toml::without(self.text, key, name)?,
            format => json::without(self.text, format, key, name)?,
        };
        let value = value(self.client.format(), &changed).map_err(|_| Fault::Unfaithful)?;
        let is_gone = value.get(key).and_then(|servers| servers.get(name)).is_none();
        let is_same = self.rest(&self.value, name) == self.rest(&value, name);
        if is_gone && is_same { Ok(Some(changed)) } else { Err(Fault::Unfaithful) }
    }

    /// Everything that is not ours: the value without the entry, and without what the entry needs besides.
    fn rest(&self, value: &Value, name: &str) -> Value {
        let mut rest = value.clone();
        let Some(members) = rest.as_object_mut() else { return rest };
        let key = self.client.servers();
        if let Some(servers) = members.get_mut(key).and_then(Value::as_object_mut) {
            servers.shift_remove(name);
            if servers.is_empty() {
                members.shift_remove(key);
            }
        }
        if self.client == Client::VsCode
            && let Some(inputs) = members.get_mut("inputs").and_then(Value::as_array_mut)
        {
            inputs.retain(|input| !json::is_ours(input));
            if inputs.is_empty() {
                members.shift_remove("inputs");
            }
        }
        rest
    }

    fn has_input(&self, input: Option<&Value>) -> bool {
        let inputs = self.value.get("inputs").and_then(Value::as_array);
        input.is_none() || inputs.into_iter().flatten().any(json::is_ours)
    }
}

/// Whether an entry says what it should.
fn has(entry: &Value, fields: &Fields) -> bool {
    fields.set.iter().all(|(name, value)| entry.get(name) == Some(value))
        && fields.unset.iter().all(|name| entry.get(name).is_none())
}

/// Whether what is the user's in an entry is as it was.
fn kept(old: Option<&Value>, new: &Value, fields: &Fields) -> bool {
    let is_ours =
        |name: &str| fields.set.iter().any(|(ours, _)| *ours == name) || fields.unset.contains(&name);
    let users = |entry: &Value| -> Vec<(String, Value)> {
        let members = entry.as_object().into_iter().flatten();
        let users = members.filter(|(name, _)| !is_ours(name));
        users.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    old.map(users).unwrap_or_default() == users(new)
}

/// What a text says.
fn value(format: Format, text: &str) -> Result<Value, Fault> {
    match format {
        Format::Toml => toml::value(text),
        Format::Json | Format::JsonWithComments => json::value(text, format),
    }
}

#[cfg(test)]
mod tests;
