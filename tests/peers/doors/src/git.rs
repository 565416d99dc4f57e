//! A file at a revision, and a log: through the whole gateway, beside plain gix on the same repository (this one).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gitoma_core::config::RepositoryConfig;
use gitoma_core::{Credential, Gateway, Origin, Peer, RawArgs, RawCall, Secret, Transport};
use serde_json::{Value, json};

use crate::echo;
use crate::table::Table;

const ROUNDS: usize = 10;
const CALLS: usize = 100;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn read_blob(repository: &gix::Repository) -> anyhow::Result<usize> {
    let tree = repository.head_commit()?.tree()?;
    let entry = tree.lookup_entry_by_path("README.md")?.ok_or_else(|| anyhow::anyhow!("no README.md"))?;
    Ok(entry.object()?.data.len())
}

fn log(repository: &gix::Repository, count: usize) -> anyhow::Result<usize> {
    let walk = repository.rev_walk([repository.head_id()?.detach()]);
    let walk = walk.sorting(gix::revision::walk::Sorting::ByCommitTime(Default::default())).all()?;
    let mut bytes = 0;
    for commit in walk.take(count) {
        bytes += commit?.object()?.data.len();
    }
    Ok(bytes)
}

async fn call(gateway: &Gateway, tool: &str, arguments: &Value) -> anyhow::Result<()> {
    let arguments = RawArgs::Object(arguments.as_object().cloned().unwrap_or_default());
    let credential = Credential::Bearer(Secret::new(echo::TOKEN.to_owned()));
    let origin = Origin { transport: Transport::Embedded, peer: Peer::Local };
    gateway
        .handle(RawCall::new(tool, arguments, credential, origin))
        .await
        .map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    Ok(())
}

pub fn compare(table: &mut Table) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let state = tempfile::tempdir()?;
    let mut plain = gix::open(repository())?;
    plain.object_cache_size_if_unset(8 * 1024 * 1024);
    let configured = [RepositoryConfig { alias: "here".to_owned(), path: repository(), git_dir: None }];
    let tools = gitoma_tools::standard(&configured)?;
    let gateway = runtime
        .block_on(async { echo::gateway(state.path(), tools, echo::unlimited()) })
        .map_err(anyhow::Error::from_boxed)?;
    let read = json!({"repo": "here", "path": "README.md", "ref": "HEAD"});
    let history = json!({"repo": "here", "max_count": 10});
    let mut timings = [const { Vec::<Duration>::new() }; 4];
    for _ in 0..ROUNDS {
        for _ in 0..CALLS {
            let [floor_read, our_read, floor_log, our_log] = &mut timings;
            let time = |into: &mut Vec<Duration>, work: &mut dyn FnMut() -> anyhow::Result<()>| {
                let start = Instant::now();
                work()?;
                into.push(start.elapsed());
                anyhow::Ok(())
            };
            time(floor_read, &mut || read_blob(&plain).map(drop))?;
            time(our_read, &mut || runtime.block_on(call(&gateway, "repo_read_file", &read)))?;
            time(floor_log, &mut || log(&plain, 10).map(drop))?;
            time(our_log, &mut || runtime.block_on(call(&gateway, "git_log", &history)))?;
        }
    }
    let [floor_read, our_read, floor_log, our_log] = timings;
    table.compare("README.md at HEAD, whole gateway, beside plain gix", floor_read, our_read);
    table.compare("log of 10 commits, whole gateway, beside plain gix", floor_log, our_log);
    Ok(())
}
