//! Policies and suites as texts, from files and from the settings, and the tools that they may name.

use std::path::Path;

use gitoma_core::config::Settings;
use gitoma_policy::Catalogue;

use super::PolicyChoice;
use crate::Toolset;
use crate::failure::Failure;
use crate::gitoma::opened;

/// The policy that is in force when no other is given, as its authors wrote it.
const BUILT_IN: (&str, &str) = ("default.yaml", include_str!("../../../../../policies/default.yaml"));

/// A text and the name by which its lines are cited.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) text: String,
}

impl Text {
    /// Reads a file that the command line names; `what` says what it should hold.
    pub(super) fn read(what: &'static str, file: &Path) -> Result<Self, Failure> {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        #[expect(clippy::disallowed_methods, reason = "a file that the user names, not a repository path")]
        let text = std::fs::read_to_string(file).map_err(|source| Failure::Input { what, source })?;
        Ok(Self { name, text })
    }

    /// The policy that the settings put in force.
    pub(super) fn in_force(settings: &Settings) -> Self {
        let (name, text) = settings.policy().unwrap_or(BUILT_IN);
        Self { name: name.to_owned(), text: text.to_owned() }
    }

    /// The policy that the command line chooses, and the settings, if they were needed to find it or are named.
    pub(super) fn chosen(choice: PolicyChoice) -> Result<(Self, Option<Settings>), Failure> {
        let PolicyChoice { policy, place } = choice;
        if let (Some(file), None, None) = (&policy, &place.config, &place.state) {
            return Ok((Self::read("the policy file", file)?, None));
        }
        let settings = opened::settings(&place.flags(policy))?;
        Ok((Self::in_force(&settings), Some(settings)))
    }

    pub(super) fn source(&self) -> gitoma_policy::Source<'_> {
        gitoma_policy::Source { name: &self.name, text: &self.text }
    }
}

/// The tools a policy may name: those of this build, and those of the product that this build leaves out.
pub(super) fn catalogue(tools: Toolset) -> Result<Catalogue, Failure> {
    Ok(gitoma_core::catalogue(&tools(&[]).map_err(Failure::Tools)?))
}
