//! The only code of Gitoma that starts a process, and git is the only program it starts. There is no shell: a program gets a list of
//! arguments, an environment that was made for it, nothing to read, and a time after which it and what it started are killed.
//!
//! Holds no decision on what git is asked to do; who calls chooses the arguments, and must not take them from a repository.

mod askpass;
mod credential;
mod error;
mod git;
mod output;
mod run;
mod stray;

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at files of their own temporary directories")]
mod tests;

pub use askpass::{ASKPASS, askpass, link_askpass};
pub use credential::Credential;
pub use error::ProcessError;
pub use git::{Git, GitCall};
pub use run::{Ended, Finished};
