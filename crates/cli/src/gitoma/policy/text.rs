//! Policies and suites as texts, from files and from the settings, and the tools that they may name.

use std::path::Path;

use gitoma_core::config::{Environment, Flags, PolicySettings, WriteSettings};
use gitoma_policy::{BUILT_IN, Catalogue, Source};

use super::PolicyChoice;
use crate::Toolset;
use crate::failure::Failure;

/// A text and the name by which its lines are cited.
#[derive(Debug)]
pub(in crate::gitoma) struct Text {
    pub(super) name: String,
    pub(super) text: String,
}

impl Text {
    /// Reads a file that the command line names, and cites it as the command line does; `what` says what it should hold.
    pub(in crate::gitoma) fn read(what: &'static str, file: &Path) -> Result<Self, Failure> {
        let name = file.to_string_lossy().into_owned();
        #[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
        match std::fs::read_to_string(file) {
            Ok(text) => Ok(Self { name, text }),
            Err(source) => Err(Failure::Input { what: format!("{what} {name}"), source }),
        }
    }

    /// The policy that the settings put in force.
    pub(super) fn in_force(settings: &PolicySettings) -> Self {
        let (name, text) = settings.policy().unwrap_or((BUILT_IN.name, BUILT_IN.text));
        Self { name: name.to_owned(), text: text.to_owned() }
    }

    /// The policy that the command line chooses, and the settings, unless a policy file alone was given.
    pub(super) fn chosen(choice: PolicyChoice) -> Result<(Self, Option<PolicySettings>), Failure> {
        if let PolicyChoice { policy: Some(file), config: None } = &choice {
            return Ok((Self::read("the policy file", file)?, None));
        }
        let settings = settings(choice)?;
        Ok((Self::in_force(&settings), Some(settings)))
    }

    pub(in crate::gitoma) fn source(&self) -> Source<'_> {
        Source { name: &self.name, text: &self.text }
    }
}

/// The settings as far as policy goes; nothing is written and no token read.
pub(super) fn settings(choice: PolicyChoice) -> Result<PolicySettings, Failure> {
    let PolicyChoice { policy, config } = choice;
    let flags = Flags { policy, config, ..Flags::default() };
    Ok(PolicySettings::load(&flags, &Environment::read())?)
}

/// The tools a policy may name: those of this build, and those of the product that this build leaves out.
pub(in crate::gitoma) fn catalogue(tools: Toolset) -> Result<Catalogue, Failure> {
    Ok(gitoma_core::catalogue(&tools(&[], &WriteSettings::default()).map_err(Failure::Tools)?))
}
