//! Why a process was not started.

/// Why a process was not started. No variant prints a path or an argument.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// There is no git where it is looked for.
    #[error("git is in none of /usr/bin, /usr/local/bin and /bin; install it")]
    NoGit,
    /// The credential has a character that would end the line it stands in.
    #[error("the credential holds a control character")]
    Credential,
    /// The program that answers git's questions cannot be put in place.
    #[error("the program that answers git's questions cannot be put in place")]
    Askpass(#[source] std::io::Error),
    /// The system refused.
    #[error("the process could not be started")]
    Start(#[source] std::io::Error),
}
