//! The variables that clients put into the texts of their configuration.

use std::path::Path;

use super::Client;

/// Why a text cannot be had as the client would have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gitoma) enum Unexpanded {
    /// A variable of the environment that is not set here.
    Unset(String),
    /// Something that the client alone knows, such as what it has asked its user.
    Unknown,
}

/// How a client writes variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Not at all.
    None,
    /// `${NAME}` and `${NAME:-otherwise}`.
    Braces,
    /// `$NAME`, `${NAME}` and `${NAME:-otherwise}`.
    Shell,
    /// `${env:NAME}`, `${userHome}`, `${workspaceFolder}` and others of the editor.
    Editor,
}

impl Client {
    const fn style(self) -> Style {
        match self {
            Self::ClaudeDesktop | Self::Codex | Self::Zed => Style::None,
            Self::ClaudeCode => Style::Braces,
            Self::Gemini => Style::Shell,
            Self::Cursor | Self::VsCode => Style::Editor,
        }
    }

    /// Whether the client would take a part of `text` for a variable. None of them has a way to say that it is not one.
    pub(in crate::gitoma) fn has_variable(self, text: &str) -> bool {
        match self.style() {
            Style::None => false,
            Style::Braces | Style::Editor => text.contains("${"),
            Style::Shell => text.match_indices('$').any(|(at, _)| {
                let next = text.get(at.saturating_add(1)..).and_then(|rest| rest.chars().next());
                next.is_some_and(|next| next == '{' || next == '_' || next.is_ascii_alphanumeric())
            }),
        }
    }

    /// `text` with the client's variables in their place.
    ///
    /// # Errors
    /// [`Unexpanded`] if one of them is not known here.
    pub(in crate::gitoma) fn expanded(self, text: &str, known: &Known<'_>) -> Result<String, Unexpanded> {
        let style = self.style();
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while style != Style::None
            && let Some((before, after)) = rest.split_once('$')
        {
            out.push_str(before);
            if let Some((name, after)) = after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                out.push_str(&known.braced(style, name)?);
                rest = after;
                continue;
            }
            let length = after.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(after.len());
            match after.split_at_checked(length) {
                Some((name, after)) if style == Style::Shell && !name.is_empty() => {
                    out.push_str(&known.set(name)?);
                    rest = after;
                }
                _ => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// What is known of what variables stand for.
pub(in crate::gitoma) struct Known<'a> {
    /// The value of a variable of the environment.
    pub(in crate::gitoma) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(in crate::gitoma) home: &'a Path,
    pub(in crate::gitoma) project: &'a Path,
}

impl Known<'_> {
    fn set(&self, name: &str) -> Result<String, Unexpanded> {
        (self.variable)(name).ok_or_else(|| Unexpanded::Unset(name.to_owned()))
    }

    fn braced(&self, style: Style, name: &str) -> Result<String, Unexpanded> {
        if style == Style::Editor {
            return match (name, name.strip_prefix("env:")) {
                (_, Some(name)) => self.set(name),
                ("userHome", _) => Ok(self.home.to_string_lossy().into_owned()),
                ("workspaceFolder", _) => Ok(self.project.to_string_lossy().into_owned()),
                _ => Err(Unexpanded::Unknown),
            };
        }
        match name.split_once(":-") {
            Some((name, otherwise)) => Ok(self.set(name).unwrap_or_else(|_| otherwise.to_owned())),
            None => self.set(name),
        }
    }
}

#[cfg(test)]
mod tests;
