//! Writes, and what reads a whole work tree, through the whole pipeline beside the git command line, on a repository of 5,000 files
//! that is made at run time. Rounds alternate, so that a busy machine slows both alike; medians are printed.
//!
//! `cargo bench -p gitoma-tools --bench write`, or with words after `--` only the rows that hold one of them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    reason = "a bench makes its own repository, prints its figures, and ends where anything fails"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gitoma_core::config::{RepositoryConfig, WriteSettings};
use gitoma_core::{
    Credential, Gateway, LimitsConfig, Origin, Peer, PrincipalConfig, Rate, RawArgs, RawCall, Role,
    Transport, WriteMode,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const FILES: usize = 5_000;

const POLICY: &str = "version: 1
global:
  rules:
    - { id: reads, effect: allow, tools: [\"*\"] }
    - { id: writes, effect: allow, capability: write, tools: [\"*\"] }
repositories:
  web: { write: allow }
";

fn git(directory: &Path, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new("git")
        .current_dir(directory)
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "gc.auto=0"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {arguments:?}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn body(number: usize) -> String {
    (0..40).map(|line| format!("pub fn item_{number}_{line}() -> u32 {{ {line} }}\n")).collect()
}

/// The file of that number where each directory holds `together` of them.
fn name(number: usize, together: usize) -> String {
    let directory = number / together;
    format!("src/area{}/part{directory}/file{number}.rs", directory % 10)
}

struct Bench {
    directory: TempDir,
    state: TempDir,
    runtime: Runtime,
    gateway: Gateway,
}

impl Bench {
    /// A gateway whose state is beneath `state`, over a repository with so many files in each directory.
    fn new(state: &Path, together: usize) -> Self {
        let directory = TempDir::new().unwrap();
        let root = directory.path().join("repo");
        std::fs::create_dir(&root).unwrap();
        git(&root, &["init", "--quiet", "--initial-branch=main", "."], "");
        for number in 0..FILES {
            let path = root.join(name(number, together));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, body(number)).unwrap();
        }
        git(&root, &["add", "--all"], "");
        git(&root, &["commit", "--quiet", "--message", "begin"], "");
        git(&root, &["gc", "--quiet"], "");
        git(&root, &["branch", "agent/tool"], "");
        git(&root, &["branch", "agent/git"], "");
        // Files as old as the index are read again by every comparison, by git's as by ours.
        std::thread::sleep(Duration::from_millis(1_100));
        git(&root, &["update-index", "--really-refresh", "-q"], "");

        let state = TempDir::new_in(state).unwrap();
        let runtime = Runtime::new().unwrap();
        let config = RepositoryConfig { alias: "web".into(), path: root, git_dir: None };
        let any = Rate::new(u32::MAX, u32::MAX);
        let limits = LimitsConfig { principal: any, writes: any, ..LimitsConfig::default() };
        let writes =
            WriteSettings { worktrees: state.path().join("worktrees"), direct: true, ..Default::default() };
        let gateway = runtime.block_on(async {
            Gateway::builder()
                .audit_directory(state.path().join("audit"))
                .approvals_directory(state.path().join("approvals"))
                .replies_directory(state.path().join("replies"))
                .principal(PrincipalConfig::local("agent", &[Role::Agent]))
                .policy("bench.yaml", POLICY.to_owned())
                .limits(limits)
                .write_mode(WriteMode::On)
                .tools(gitoma_tools::with_writes(&[config], &writes).unwrap())
                .build()
                .unwrap()
        });
        Self { directory, state, runtime, gateway }
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("repo")
    }

    fn call(&self, tool: &str, arguments: Value) -> Value {
        let Value::Object(arguments) = arguments else { unreachable!("arguments are objects") };
        let origin = Origin { transport: Transport::Embedded, peer: Peer::Local };
        let call = RawCall::new(tool, RawArgs::Object(arguments), Credential::Local("agent".into()), origin);
        self.runtime.block_on(self.gateway.handle(call)).unwrap().result.into_value()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.root(), arguments, "")
    }

    /// Changes 20 files, which lie in as many directories, of the work tree `root`.
    fn change(root: &Path, together: usize) {
        for number in (0..FILES).step_by(FILES / 20) {
            let path = root.join(name(number, together));
            std::fs::write(path, body(number).replace("_7()", "_seven()")).unwrap();
        }
    }
}

/// What is measured side by side: a name, and what one round of it takes.
type Side<'s> = (&'static str, Box<dyn FnMut(usize) -> Duration + 's>);

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let (start, ticks) = (Instant::now(), ticks());
    std::hint::black_box(work());
    let time = start.elapsed();
    TICKS.with(|all| all.set(all.get() + self::ticks() - ticks));
    time
}

thread_local! {
    /// What of processors all that was timed so far took.
    static TICKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Hundredths of a second that this process and those that it started have taken of processors; nothing where the system does not tell.
/// What others do meanwhile matters less to it than to the time on the wall.
fn ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(4);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Runs the sides in turn, the first round for nothing, and prints their medians; the last is what the others stand beside.
fn compare(row: &str, rounds: u32, mut sides: Vec<Side<'_>>) {
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); sides.len()];
    let mut taken: Vec<u64> = vec![0; sides.len()];
    for round in 0..=rounds as usize {
        for (index, (_, work)) in sides.iter_mut().enumerate() {
            TICKS.set(0);
            let time = work(round);
            if round > 0 {
                times[index].push(time);
                taken[index] += TICKS.get();
            }
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1_000.0
        })
        .collect();
    let last = medians[medians.len() - 1];
    println!("{row} (medians of {rounds}, and what they take of processors on average)");
    for (((name, _), median), taken) in sides.iter().zip(&medians).zip(&taken) {
        let taken = u32::try_from(taken * 10).map_or(f64::NAN, f64::from) / f64::from(rounds);
        println!("    {name:<44} {median:>9.3} ms {:>6.2} x {taken:>9.1} ms", median / last);
    }
}

fn commit<'b>(bench: &'b Bench, together: usize) -> Box<dyn FnMut(usize) -> Duration + 'b> {
    Box::new(move |round| {
        let files = json!([{"path": name(1_234, together), "content": format!("pub fn changed() -> u32 {{ {round} }}\n")}]);
        let call = json!({"repo": "web", "branch": "agent/tool", "message": "change", "files": files});
        timed(|| bench.call("git_commit_files", call))
    })
}

/// The least of git's commands that commits a file without a work tree.
fn fast_import(bench: &Bench, together: usize) -> Box<dyn FnMut(usize) -> Duration + '_> {
    let root = bench.root();
    Box::new(move |round| {
        let content = format!("pub fn changed() -> u32 {{ {round} }}\n");
        let stream = format!(
            "commit refs/heads/agent/git\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 7\nchange\n\
             from refs/heads/agent/git^0\nM 100644 inline {}\ndata {}\n{content}\n",
            name(1_234, together),
            content.len()
        );
        timed(|| git(&root, &["fast-import", "--quiet"], &stream))
    })
}

fn commits(disk: &Path, memory: &Path) {
    for (row, together) in
        [("commit of one file, 50 a directory", 50), ("commit of one file, 5,000 in one directory", FILES)]
    {
        let (durable, quick) = (Bench::new(disk, together), Bench::new(memory, together));
        let sides: Vec<Side<'_>> = vec![
            ("git_commit_files, whole gateway", commit(&durable, together)),
            ("git_commit_files, state in memory", commit(&quick, together)),
            ("git fast-import", fast_import(&durable, together)),
        ];
        compare(row, 150, sides);
    }
}

fn worktrees(disk: &Path) {
    let bench = Bench::new(disk, 50);
    let beside = bench.directory.path().join("beside");
    let tool = |round: usize| {
        let branch = format!("agent/{round}");
        let time = timed(|| bench.call("worktree_create", json!({"repo": "web", "branch": branch})));
        bench.call("worktree_remove", json!({"repo": "web", "worktree": branch, "discard": true}));
        time
    };
    let by_git = |round: usize| {
        let (branch, place) = (format!("git/{round}"), beside.to_str().unwrap());
        let time = timed(|| bench.git(&["worktree", "add", "--quiet", "-b", &branch, place]));
        bench.git(&["worktree", "remove", "--force", place]);
        time
    };
    compare(
        "worktree of 5,000 files",
        15,
        vec![("worktree_create", Box::new(tool)), ("git worktree add", Box::new(by_git))],
    );
}

fn reads<'b>(bench: &'b Bench, tool: &'static str, arguments: Value) -> Side<'b> {
    (tool, Box::new(move |_| timed(|| bench.call(tool, arguments.clone()))))
}

fn comparisons(disk: &Path) {
    let bench = Bench::new(disk, 50);
    bench.call("worktree_create", json!({"repo": "web", "branch": "agent/work"}));
    let beside = bench.directory.path().join("beside");
    bench.git(&["worktree", "add", "--quiet", "-b", "git/work", beside.to_str().unwrap()]);
    std::thread::sleep(Duration::from_millis(1_100));
    git(&beside, &["update-index", "--really-refresh", "-q"], "");
    let place = std::fs::read_dir(bench.state.path().join("worktrees")).unwrap().next().unwrap().unwrap();
    let by_git = |directory: PathBuf, arguments: &'static [&'static str]| -> Side<'static> {
        let name = if arguments[0] == "status" { "git status" } else { "git diff" };
        (name, Box::new(move |_| timed(|| git(&directory, arguments, ""))))
    };
    let status: &[&str] = &["status", "--porcelain", "--untracked-files=all"];
    for state in ["clean", "20 changes"] {
        if state != "clean" {
            for root in [bench.root(), beside.clone(), place.path().join("tree")] {
                Bench::change(&root, 50);
            }
        }
        let web = json!({"repo": "web"});
        compare(
            &format!("status, {state}"),
            40,
            vec![reads(&bench, "git_status", web.clone()), by_git(bench.root(), status)],
        );
        compare(
            &format!("diff of the work tree, {state}"),
            40,
            vec![reads(&bench, "git_diff_unstaged", web), by_git(bench.root(), &["diff"])],
        );
        let work = json!({"repo": "web", "worktree": "agent/work"});
        compare(
            &format!("diff of a disposable worktree with new files, {state}"),
            40,
            vec![reads(&bench, "worktree_diff", work), by_git(beside.clone(), status)],
        );
    }
    bench.git(&["add", "--all"]);
    let flat = Bench::new(disk, FILES);
    for (state, bench) in [("20 changes staged", &bench), ("clean, 5,000 in one directory", &flat)] {
        let sides = vec![reads(bench, "git_status", json!({"repo": "web"})), by_git(bench.root(), status)];
        compare(&format!("status, {state}"), 40, sides);
    }
}

fn files(disk: &Path, memory: &Path) {
    let (durable, quick) = (Bench::new(disk, 50), Bench::new(memory, 50));
    let write = |bench: &Bench, round: usize| {
        let content = format!("{round:04}{}", "line of a file\n".repeat(273));
        let call = json!({"repo": "web", "path": "src/written.rs", "content": content});
        timed(|| bench.call("repo_write_file", call))
    };
    let place = durable.directory.path().to_owned();
    let bare = |round: usize| {
        let content = format!("{round:04}{}", "line of a file\n".repeat(273));
        timed(|| {
            let mut file = std::fs::File::create(place.join("temporary")).unwrap();
            file.write_all(content.as_bytes()).unwrap();
            file.sync_all().unwrap();
            std::fs::rename(place.join("temporary"), place.join("written")).unwrap();
            std::fs::File::open(&place).unwrap().sync_all().unwrap();
        })
    };
    compare(
        "4 KiB replaced",
        150,
        vec![
            ("repo_write_file, whole gateway", Box::new(|round| write(&durable, round))),
            ("repo_write_file, state in memory", Box::new(|round| write(&quick, round))),
            ("the bare calls, both syncs", Box::new(bare)),
        ],
    );
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |word: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == word);
    let disk = std::env::temp_dir();
    // Where syncing costs nothing, what is left is the gateway's own.
    let memory = Some(PathBuf::from("/dev/shm")).filter(|path| path.is_dir()).unwrap_or_else(|| disk.clone());
    if is_wanted("commit") {
        commits(&disk, &memory);
    }
    if is_wanted("worktree") {
        worktrees(&disk);
    }
    if is_wanted("compare") {
        comparisons(&disk);
    }
    if is_wanted("file") {
        files(&disk, &memory);
    }
}
