//! The released `gitoma-http`: from start to ready, and resident memory when idle.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::table::{Table, quantile};

pub fn measure(table: &mut Table) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let binary = root.join("target/release/gitoma-http");
    anyhow::ensure!(binary.exists(), "run `cargo build --release` in the repository's root first");
    let state = tempfile::tempdir()?;
    let mut starts = Vec::<Duration>::new();
    let mut resident = 0_u64;
    for _ in 0..20 {
        let start = Instant::now();
        let mut child = Command::new(&binary)
            .args(["--listen", "127.0.0.1:0", "--repo"])
            .arg(root.canonicalize()?.to_str().map(|path| format!("{path}=here")).unwrap_or_default())
            .arg("--state")
            .arg(state.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line)?;
        starts.push(start.elapsed());
        anyhow::ensure!(line.contains("listening on"), "{line}");
        std::thread::sleep(Duration::from_millis(50));
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let row = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        resident = resident.max(row.trim().trim_end_matches(" kB").parse()?);
        child.kill()?;
        child.wait()?;
    }
    table.figure(
        "gitoma-http, start to ready, median of 20",
        format!("{:.1} ms", quantile(&mut starts, 0.5).as_secs_f64() * 1e3),
    );
    table.figure("gitoma-http, resident when idle", format!("{:.1} MiB", resident as f64 / 1024.0));
    Ok(())
}
