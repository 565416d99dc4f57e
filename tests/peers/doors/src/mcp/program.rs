//! The released `gitoma-mcp`, started as its users start it, its log at its level; but with limits that nobody comes up against, since nobody
//! else calls as fast as this.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::table::Table;

/// Of the one principal, where a token is asked for.
pub const TOKEN: &str = "a-token-of-the-peers-bench";

/// The program with a configuration, in a place that is thrown away with this.
pub struct Program {
    binary: PathBuf,
    place: tempfile::TempDir,
}

impl Program {
    /// The program in the file `binary`, for `repositories` by alias; nothing but a row that says so if there is no such file.
    pub fn find(
        table: &mut Table,
        binary: &Path,
        repositories: &[(&str, &Path)],
    ) -> anyhow::Result<Option<Self>> {
        if !binary.exists() {
            let how =
                "left out: `cargo build --profile dist -p gitoma-mcp` in the root makes one for --gitoma-mcp";
            table.figure("gitoma-mcp", how.to_owned());
            return Ok(None);
        }
        let program = Self { binary: binary.to_owned(), place: tempfile::tempdir()? };
        let mut text = "limits:\n  principal: { per_minute: 1000000, burst: 1000000 }\n  origin: { per_minute: 1000000, burst: 1000000 }\n\
                        principals:\n  - { name: agent, roles: [agent], token_file: agent.token }\nrepositories:\n"
            .to_owned();
        for (alias, path) in repositories {
            text.push_str(&format!("  {alias}: {{ path: {} }}\n", path.display()));
        }
        std::fs::write(program.place.path().join("gitoma.yaml"), text)?;
        let token = program.place.path().join("agent.token");
        std::fs::write(&token, TOKEN)?;
        std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(Some(program))
    }

    /// Starts it with `more`, in the state directory called `state`.
    pub fn command(&self, state: &str, more: &[&str]) -> Command {
        let place = self.place.path();
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(place.join("gitoma.yaml")).arg("--state").arg(place.join(state));
        command.args(more).env_remove("GITOMA_LOG");
        command
    }
}

/// Resident memory of a process, now and at its most, in MiB.
pub fn resident(process: u32) -> anyhow::Result<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let row = |name: &str| {
        let row = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        anyhow::Ok(row.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    };
    Ok(format!("{:.1} MiB, {:.1} MiB at its most", row("VmRSS:")?, row("VmHWM:")?))
}
