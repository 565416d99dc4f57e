//! What several sources may switch on, and any of them keep off: write mode, and writes to checked-out trees.

use gitoma_policy::WriteMode;

use super::file::ConfigFile;
use super::{ConfigError, Environment, Flags};

/// Write mode by all that says something of it.
pub(super) fn effective_write_mode(
    flags: &Flags,
    environment: &Environment,
    file: &ConfigFile,
) -> Result<WriteMode, ConfigError> {
    write_mode(&[
        ("--write-mode", flags.write_mode.as_deref()),
        ("GITOMA_WRITE_MODE", environment.write_mode.as_deref()),
        ("WRITE_MODE", environment.short_write_mode.as_deref()),
        ("`write_mode` in the configuration file", file.write_mode.as_deref()),
    ])
}

/// Whether calls may change checked-out trees, by all that says something of it.
pub(super) fn direct_writes(
    flags: &Flags,
    environment: &Environment,
    file: &ConfigFile,
) -> Result<WriteMode, ConfigError> {
    write_mode(&[
        ("--direct-writes", flags.direct_writes.as_deref()),
        ("GITOMA_DIRECT_WRITES", environment.direct_writes.as_deref()),
        ("`writes.direct` in the configuration file", file.direct_writes.as_deref()),
    ])
}

/// Whether `gitoma-http` serves the Model Context Protocol, by what the file says.
pub(super) fn mcp(file: &ConfigFile) -> Result<bool, ConfigError> {
    let said = [("`mcp` in the configuration file", Some(file.mcp.as_deref().unwrap_or("on")))];
    write_mode(&said).map(|mode| mode == WriteMode::On)
}

/// On only if a source says `on` and none says `off`; anything else that is said refuses the start.
pub(super) fn write_mode(sources: &[(&str, Option<&str>)]) -> Result<WriteMode, ConfigError> {
    let (mut on, mut off) = (false, false);
    for (setting, said) in sources {
        match said {
            None => {}
            Some("on") => on = true,
            Some("off") => off = true,
            Some(_) => {
                return Err(ConfigError::Value {
                    setting: (*setting).to_owned(),
                    expected: "be `on` or `off`",
                });
            }
        }
    }
    Ok(if on && !off { WriteMode::On } else { WriteMode::Off })
}
