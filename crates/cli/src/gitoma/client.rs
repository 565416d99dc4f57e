//! The clients of the Model Context Protocol that `gitoma install` and `gitoma doctor` know: what they are called, where they keep their
//! configuration, what it looks like and which variables they put into it.
//!
//! Holds facts about programs of others, each from its own documentation; docs/mcp.md lists them.

pub(super) mod document;
pub(super) mod door;
pub(super) mod place;
pub(super) mod variables;

use clap::ValueEnum;
use clap::builder::PossibleValue;

/// A client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    ClaudeCode,
    ClaudeDesktop,
    Codex,
    Cursor,
    VsCode,
    Gemini,
    Zed,
}

impl Client {
    /// Every client, in the order in which they are listed.
    pub(super) const ALL: [Self; 7] = [
        Self::ClaudeCode,
        Self::ClaudeDesktop,
        Self::Codex,
        Self::Cursor,
        Self::VsCode,
        Self::Gemini,
        Self::Zed,
    ];

    /// What it is called on the command line.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeDesktop => "claude-desktop",
            Self::Codex => "codex",
            Self::Cursor => "cursor",
            Self::VsCode => "vscode",
            Self::Gemini => "gemini",
            Self::Zed => "zed",
        }
    }

    /// What it calls itself.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Codex => "Codex",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::Gemini => "Gemini CLI",
            Self::Zed => "Zed",
        }
    }

    /// What must be trusted in it before it takes up an entry of `scope`, of which it says little or nothing.
    pub(super) const fn trusts(self, scope: Scope) -> Option<&'static str> {
        match (self, scope) {
            (Self::Gemini, _) => Some("the folder that it is started in"),
            (Self::Codex | Self::Zed, Scope::Project) => Some("the project"),
            _ => None,
        }
    }
}

impl ValueEnum for Client {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

/// Whose configuration is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Scope {
    /// Yours, for every project
    User,
    /// That of the project in the current directory, for everybody who works on it
    Project,
}

impl Scope {
    /// What it is called on the command line.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
        }
    }
}
