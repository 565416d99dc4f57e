//! Where the kill switch is, by as few settings as can tell: in an emergency nothing else need hold.

use super::{ConfigError, Environment, Flags, StateDirectory, policy, state_path};
use crate::halt::HaltMarks;

impl HaltMarks {
    /// The files that `flags`, `environment` and the configuration file lead to. Neither policy nor tokens nor repositories are looked at.
    ///
    /// # Errors
    /// [`ConfigError`] if the configuration file does not load, or the state directory cannot be used.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, ConfigError> {
        let mut file = policy::file(flags.config.as_deref(), environment)?.unwrap_or_default();
        let state = StateDirectory::open(&state_path(flags, environment, &file)?)?;
        Ok(Self::of(state.path(), file.halt_file.take()))
    }
}
