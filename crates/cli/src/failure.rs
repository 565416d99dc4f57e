//! Why a command could not do its work, apart from refusals: wrong usage, settings that do not hold, input and output
//! that fail. Each has an exit code; none repeats hostile input.

use std::process::ExitCode;

use gitoma_core::config::ConfigError;
use gitoma_core::logging::LoggingError;
use gitoma_core::{BuildError, StateError, TokenError};

use crate::console::Console;

/// What stopped a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// The settings do not hold.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A repository cannot be opened.
    #[error(transparent)]
    Tools(Box<dyn std::error::Error + Send + Sync>),
    /// The gateway cannot be put together.
    #[error("the gateway does not start")]
    Build(#[from] BuildError),
    /// The operator's token cannot be read.
    #[error("the operator acts only with the token of the state directory")]
    Operator(#[source] StateError),
    /// The tokens cannot be used or changed.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// The log on standard error cannot be set up.
    #[error(transparent)]
    Logging(#[from] LoggingError),
    /// A file that the command line names cannot be read.
    #[error("{what} cannot be read")]
    Input {
        /// What it is, with its name.
        what: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file that the command line names cannot be written.
    #[error("{what} cannot be written")]
    Unwritten {
        /// What it is, with its name.
        what: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A part of what was asked for is done, or may be; the text says which.
    #[error("{text}")]
    Unfinished {
        /// What happened, and what is changed.
        text: String,
    },
    /// A policy or suite that the command needs does not load; the text says where and how to mend it.
    #[error("{what} does not load\n{error}")]
    Load {
        /// What it is.
        what: &'static str,
        /// The faults.
        error: gitoma_policy::LoadError,
    },
    /// A key cannot be made or written.
    #[error(transparent)]
    Key(#[from] gitoma_audit::KeyFileError),
    /// The input is larger than is taken.
    #[error("{what} is larger than {limit} bytes")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// The limit in bytes.
        limit: u64,
    },
    /// The result cannot be written.
    #[error("the result cannot be written")]
    Output(#[from] std::io::Error),
    /// A result cannot be put into JSON.
    #[error("the result cannot be put into JSON")]
    Json(#[from] serde_json::Error),
    /// The kill switch's file cannot be made or taken away.
    #[error("the file of the kill switch cannot be changed")]
    Halt(#[source] std::io::Error),
    /// The runtime for calls cannot be started.
    #[error("the runtime does not start")]
    Runtime(#[source] std::io::Error),
}

impl Failure {
    /// A policy does not load.
    pub(crate) fn policy(error: gitoma_policy::LoadError) -> Self {
        Self::Load { what: "a policy", error }
    }

    /// The exit code: 2 for what the person at the terminal can mend, 1 for what fails although all was right.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Config(_)
            | Self::Tools(_)
            | Self::Operator(_)
            | Self::Tokens(_)
            | Self::Logging(_)
            | Self::Input { .. }
            | Self::Unwritten { .. }
            | Self::Key(_)
            | Self::TooLarge { .. } => 2,
            Self::Build(error) => match error {
                BuildError::Audit(_) | BuildError::Approvals(_) | BuildError::NoRuntime(_) => 1,
                _ => 2,
            },
            Self::Unfinished { .. }
            | Self::Halt(_)
            | Self::Load { .. }
            | Self::Output(_)
            | Self::Json(_)
            | Self::Runtime(_) => 1,
        }
    }

    /// Says on standard error what happened, cause by cause, and ends with the exit code.
    pub(crate) fn report(&self, console: &Console) -> ExitCode {
        let mut text = format!("error: {self}");
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(&format!("\n  cause: {}", error.to_string().replace('\n', "\n  ")));
            cause = error.source();
        }
        console.tell(&text);
        ExitCode::from(self.exit_code())
    }
}
