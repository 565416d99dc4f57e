//! What stands before a file's hunks: names, modes, and what git says of files that are made, moved or removed.

use super::{Fault, FilePatch, Hunk};

/// The head of one file, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// The name on the `---` line; nothing for `/dev/null`.
    pub(super) from: Option<Name>,
    /// The name on the `+++` line.
    pub(super) to: Option<Name>,
    pub(super) hunks: Vec<Hunk>,
    renamed: (Option<String>, Option<String>),
    executable: Option<bool>,
    created: bool,
    deleted: bool,
    /// The name of the `diff --git` line, for files of which nothing but the mode changes, and for empty ones.
    git: Option<String>,
}

/// A name of a `---` or `+++` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// `/dev/null`.
    None,
    /// As it stands there, unquoted.
    Path(String),
}

/// Reads the name of a `---` or `+++` line: what follows a tab is a date, and quotes are git's.
pub(super) fn strip(text: &str, line: usize) -> Result<Name, Fault> {
    let text = text.strip_suffix('\r').unwrap_or(text);
    let name = match text.strip_prefix('"') {
        Some(_) => {
            unquote(text).ok_or(Fault::Malformed { line, what: "a quoted file name is not well formed" })?
        }
        None => text.split('\t').next().unwrap_or_default().to_owned(),
    };
    Ok(if name == "/dev/null" { Name::None } else { Name::Path(name) })
}

/// A name on one of git's lines, with or without quotes.
fn plain(text: &str) -> Option<String> {
    if text.starts_with('"') { unquote(text) } else { Some(text.to_owned()) }
}

/// Undoes git's quoting of names (`core.quotePath`).
fn unquote(text: &str) -> Option<String> {
    let (name, _) = gix::quote::ansi_c::undo(text.into()).ok()?;
    String::from_utf8(name.into_owned().into()).ok()
}

impl Header {
    /// The head that a `diff --git` line begins. Its two names are taken where they are the same: others cannot be told apart, since
    /// names may hold blanks.
    pub(super) fn of_git(names: &str) -> Self {
        let names = names.strip_suffix('\r').unwrap_or(names);
        let (old, new) = names.split_at_checked(names.len() / 2).unwrap_or_default();
        let new = new.strip_prefix(' ').and_then(plain);
        let old = plain(old).and_then(|old| old.strip_prefix("a/").map(str::to_owned));
        let is_same = |old: &String| new.as_ref().and_then(|new| new.strip_prefix("b/")) == Some(old);
        Self { git: old.filter(|old| is_same(old) && !old.is_empty()), ..Self::default() }
    }

    pub(super) fn awaits_new_name(&self) -> bool {
        self.from.is_some() && self.to.is_none()
    }

    /// One of git's lines between `diff --git` and `---`.
    pub(super) fn extended(&mut self, line: &str) -> Result<(), Fault> {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(mode) = line.strip_prefix("new file mode ") {
            self.created = true;
            self.executable = Some(executable(mode)?);
        } else if let Some(mode) = line.strip_prefix("deleted file mode ") {
            self.deleted = true;
            executable(mode)?;
        } else if let Some(mode) = line.strip_prefix("old mode ") {
            executable(mode)?;
        } else if let Some(mode) = line.strip_prefix("new mode ") {
            self.executable = Some(executable(mode)?);
        } else if let Some(path) = line.strip_prefix("rename from ") {
            self.renamed.0 = plain(path);
        } else if let Some(path) = line.strip_prefix("rename to ") {
            self.renamed.1 = plain(path);
        } else if line.starts_with("copy from ") {
            return Err(Fault::Refused { rule: "change:copy" });
        } else if line.starts_with("GIT binary patch") || line.starts_with("Binary files ") {
            return Err(Fault::Refused { rule: "change:binary" });
        } else if let Some(mode) = line.strip_prefix("index ").and_then(|rest| rest.split_once(' ')) {
            executable(mode.1)?;
        }
        Ok(())
    }

    /// The file, once all of it was read. Names must agree with each other.
    pub(super) fn settle(self, line: usize) -> Result<FilePatch, Fault> {
        let malformed = |what| Err(Fault::Malformed { line, what });
        let (mut old, mut new) = match (self.from, self.to) {
            (Some(from), Some(to)) => names(from, to),
            (None, None) if self.renamed.0.is_some() => (self.renamed.0.clone(), self.renamed.1.clone()),
            (None, None) => (self.git.clone(), self.git.clone()),
            _ => return malformed("a `---` line has no `+++` line"),
        };
        match (&self.renamed.0, &self.renamed.1) {
            (None, None) => {}
            (Some(from), Some(to)) if (old.as_ref(), new.as_ref()) == (Some(from), Some(to)) => {}
            _ => return malformed("a file is renamed to another name than its `+++` line says"),
        }
        if old.is_none() && new.is_none() {
            return malformed("a file has no name");
        }
        if self.created && old.is_some() {
            old = None;
        }
        if self.deleted && new.is_some() {
            new = None;
        }
        let is_rename = self.renamed.0.is_some();
        if !is_rename && old.is_some() && new.is_some() && old != new {
            return malformed(
                "the `---` and the `+++` line name different files, and no rename is announced",
            );
        }
        if self.hunks.is_empty() && !is_rename && self.executable.is_none() && !self.deleted {
            return malformed("a file has no hunk");
        }
        Ok(FilePatch { old, new, executable: self.executable, hunks: self.hunks })
    }
}

/// The two names without git's `a/` and `b/`, which are there on both sides or on none.
fn names(from: Name, to: Name) -> (Option<String>, Option<String>) {
    let prefixed = |name: &Name, prefix: &str| match name {
        Name::None => true,
        Name::Path(path) => path.starts_with(prefix),
    };
    let cut = prefixed(&from, "a/") && prefixed(&to, "b/");
    let name = |name: Name| match name {
        Name::None => None,
        Name::Path(path) if cut => path.get(2..).map(str::to_owned),
        Name::Path(path) => Some(path),
    };
    (name(from), name(to))
}

/// Whether `mode` is that of an executable file; links and submodules are never written.
fn executable(mode: &str) -> Result<bool, Fault> {
    match mode.trim_end() {
        "100644" | "100664" => Ok(false),
        "100755" => Ok(true),
        "120000" => Err(Fault::Refused { rule: "change:symbolic-link" }),
        "160000" => Err(Fault::Refused { rule: "change:submodule" }),
        _ => Err(Fault::Refused { rule: "change:mode" }),
    }
}
