//! The command line.

use anyhow::Context as _;

use crate::engines;

pub const USAGE: &str = "\
gitoma-peers-policy: Gitoma's policy engine beside its peers, on one workload, as Markdown

  --repos N,...      the numbers of repositories; 10,1000,100000 if not given (the last takes about 12 GiB with all engines)
  --engines NAME,... floor, gitoma, naive, cedar, cedar-indexed, regorus, regorus-indexed,
                     regorus-interpreter, casbin; all if not given
  --quick            few calls and rounds, and 10,1000 repositories if none are given: shows that it runs
  --self-test        changes the reference's policy in single places, and fails if an engine's disagreement goes unseen

The exit code is 1 if an engine disagrees with the reference or the self-test fails; a bar that is missed is only said.";

/// What to run.
pub struct Options {
    pub repositories: Vec<usize>,
    pub engines: Vec<&'static engines::Kind>,
    pub self_test: bool,
    /// Rounds of timing.
    pub rounds: usize,
    /// Calls of each engine in a round.
    pub calls: usize,
    /// Calls that are compared with the reference.
    pub compared: usize,
}

impl Options {
    /// Reads the arguments after the program's name; `None` if help is asked for.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Option<Self>> {
        let (mut repositories, mut engines, mut quick, mut self_test) =
            (Vec::new(), Vec::new(), false, false);
        while let Some(argument) = arguments.next() {
            let mut list =
                || arguments.next().with_context(|| format!("{argument} needs a list, such as `a,b`"));
            match &*argument {
                "--repos" => repositories = list()?.split(',').map(number).collect::<anyhow::Result<_>>()?,
                "--engines" => engines = list()?.split(',').map(engine).collect::<anyhow::Result<_>>()?,
                "--quick" => quick = true,
                "--self-test" => self_test = true,
                "--help" | "-h" => return Ok(None),
                other => anyhow::bail!("unknown option `{other}`\n\n{USAGE}"),
            }
        }
        if repositories.is_empty() {
            repositories = if quick { vec![10, 1_000] } else { vec![10, 1_000, 100_000] };
        }
        if engines.is_empty() {
            engines = engines::ALL.iter().collect();
        }
        let (rounds, calls, compared) = if quick { (3, 300, 1_000) } else { (9, 2_000, 10_000) };
        Ok(Some(Self { repositories, engines, self_test, rounds, calls, compared }))
    }
}

fn number(text: &str) -> anyhow::Result<usize> {
    let number = text.parse().with_context(|| format!("`{text}` is no number of repositories"))?;
    anyhow::ensure!(number > 0, "a policy without repositories has no calls to make");
    Ok(number)
}

fn engine(name: &str) -> anyhow::Result<&'static engines::Kind> {
    let found = engines::ALL.iter().find(|kind| kind.name == name);
    found.with_context(|| {
        let names: Vec<&str> = engines::ALL.iter().map(|kind| kind.name).collect();
        format!("unknown engine `{name}`; there are {}", names.join(", "))
    })
}
