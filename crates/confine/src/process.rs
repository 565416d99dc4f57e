//! The only code of Gitoma that starts a process. Calls of tools reach git alone; a person at the terminal also has the program looked at
//! that a client's configuration names. There is no shell: a program gets a list of arguments, an environment that was made for it,
//! and a time after which it and what it started are killed.
//!
//! Holds no decision on what is started and what it is asked to do; who calls chooses that, and must not take it from a repository.

mod askpass;
mod conversation;
mod credential;
mod error;
mod git;
mod output;
mod program;
mod run;
mod stray;

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]
mod tests;

pub use askpass::{ASKPASS, askpass, link_askpass};
pub use conversation::{Conversation, Heard, LineLimits};
pub use credential::Credential;
pub use error::ProcessError;
pub use git::{Git, GitCall};
pub use program::Program;
pub use run::{Ended, Finished};
