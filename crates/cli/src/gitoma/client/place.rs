//! Where clients keep their configuration, on Linux and on macOS.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use gitoma_core::config::Environment;

use super::{Client, Scope};
use crate::failure::Failure;

/// What decides where the files are: the user's home and the variables by which clients let it be moved.
#[derive(Debug)]
pub(in crate::gitoma) struct Surroundings {
    home: PathBuf,
    environment: Environment,
}

impl Surroundings {
    /// Looks at the environment of this process.
    ///
    /// # Errors
    /// [`Failure::Usage`] if no home directory is known.
    pub(in crate::gitoma) fn read() -> Result<Self, Failure> {
        let environment = Environment::read();
        match environment.home.clone() {
            Some(home) => Ok(Self { home, environment }),
            None => Err(Failure::Usage(
                "no home directory is known; HOME must be the absolute path of one".to_owned(),
            )),
        }
    }

    pub(in crate::gitoma) fn home(&self) -> &Path {
        &self.home
    }

    pub(in crate::gitoma) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The directory that `variable` names, else `otherwise` in the home.
    fn directory(&self, variable: &str, otherwise: &str) -> Result<PathBuf, Failure> {
        match self.environment.named.path(variable) {
            None => Ok(self.home.join(otherwise)),
            Some(path) if path.is_absolute() => Ok(path),
            Some(_) => Err(Failure::Usage(format!("{variable} must be an absolute path"))),
        }
    }

    /// `$XDG_CONFIG_HOME`, else `~/.config` (XDG Base Directory Specification 0.8, by which a relative path does not count).
    fn configuration(&self) -> PathBuf {
        let named = self.environment.named.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        named.unwrap_or_else(|| self.home.join(".config"))
    }

    /// Where applications keep their files: `~/Library/Application Support` on macOS.
    fn applications(&self) -> PathBuf {
        if cfg!(target_os = "macos") {
            self.home.join("Library/Application Support")
        } else {
            self.configuration()
        }
    }
}

/// Whether both names lead to one file or directory.
pub(in crate::gitoma) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (std::fs::metadata(one), std::fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

impl Client {
    /// The user's own configuration file. Its folder is there if the client was ever started.
    ///
    /// # Errors
    /// [`Failure::Usage`] if a variable of the client names no absolute path.
    pub(in crate::gitoma) fn user_file(self, around: &Surroundings) -> Result<PathBuf, Failure> {
        Ok(match self {
            Self::ClaudeCode => around.directory("CLAUDE_CONFIG_DIR", "")?.join(".claude.json"),
            Self::ClaudeDesktop => around.applications().join("Claude/claude_desktop_config.json"),
            Self::Codex => around.directory("CODEX_HOME", ".codex")?.join("config.toml"),
            Self::Cursor => around.home.join(".cursor/mcp.json"),
            Self::VsCode => around.applications().join("Code/User/mcp.json"),
            Self::Gemini => around.directory("GEMINI_CLI_HOME", "")?.join(".gemini/settings.json"),
            Self::Zed if cfg!(target_os = "macos") => around.home.join(".config/zed/settings.json"),
            Self::Zed => around.configuration().join("zed/settings.json"),
        })
    }

    /// The configuration file of a project, from its root; none if the client has no such thing.
    pub(in crate::gitoma) const fn project_file(self) -> Option<&'static str> {
        match self {
            Self::ClaudeCode => Some(".mcp.json"),
            Self::ClaudeDesktop => None,
            Self::Codex => Some(".codex/config.toml"),
            Self::Cursor => Some(".cursor/mcp.json"),
            Self::VsCode => Some(".vscode/mcp.json"),
            Self::Gemini => Some(".gemini/settings.json"),
            Self::Zed => Some(".zed/settings.json"),
        }
    }

    /// Whether the client has left traces of itself in this home.
    pub(in crate::gitoma) fn is_here(self, around: &Surroundings) -> bool {
        let Ok(file) = self.user_file(around) else { return false };
        match self {
            // Its file lies in the home itself.
            Self::ClaudeCode => file.exists() || file.with_file_name(".claude").is_dir(),
            _ => file.parent().is_some_and(Path::is_dir),
        }
    }

    /// The file of `scope`, with `project` as the project's root.
    ///
    /// # Errors
    /// [`Failure::Usage`] if the client has no such scope, or as [`Client::user_file`].
    pub(in crate::gitoma) fn file(
        self,
        scope: Scope,
        around: &Surroundings,
        project: &Path,
    ) -> Result<PathBuf, Failure> {
        match (scope, self.project_file()) {
            (Scope::User, _) => self.user_file(around),
            (Scope::Project, Some(file)) => Ok(project.join(file)),
            (Scope::Project, None) => Err(Failure::Usage(format!(
                "{} has no configuration of a project; its scopes are: user",
                self.title()
            ))),
        }
    }
}
