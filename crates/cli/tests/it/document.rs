//! The transcripts in docs/cli.md are true: each command is run again, in order, and says what the page says. Words with a digit in
//! them (ids, hashes, times, sizes) differ from run to run and are not compared, but for places such as `default.yaml:12`.

use std::fmt::Write as _;

use crate::support::{Place, Said, feed, program};

/// The commands of the page with what they print, then a line `[exit N]` where N is not 0.
fn transcripts(page: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => inside = line == "```console",
            Some(command) if inside => found.push((command.to_owned(), String::new())),
            _ if inside => writeln!(found.last_mut().expect("a command comes first").1, "{line}").unwrap(),
            _ => {}
        }
    }
    found
}

/// The words of a command line: single quotes hold one together.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

fn run(place: &Place, command: &str) -> Said {
    let (command, input) = command.split_once(" < ").unwrap_or((command, ""));
    let mut words =
        words(&command.replace("~/", &format!("{}/", place.path("").display()).replace("//", "/")));
    let path = match words.remove(0).as_str() {
        "gitoma" => env!("CARGO_BIN_EXE_gitoma"),
        "gitoma-audit" => env!("CARGO_BIN_EXE_gitoma-audit"),
        other => panic!("{other} is no program of ours"),
    };
    let mut program = program(path, &place.path(""));
    program.args(words);
    let input = if input.is_empty() { Vec::new() } else { place.read(&place.path(input)) };
    feed(program, &input)
}

/// What can be compared of a line.
fn steady(line: &str) -> Vec<&str> {
    line.split_whitespace()
        .map(|word| if word.contains(|c: char| c.is_ascii_digit()) && !is_place(word) { "#" } else { word })
        .collect()
}

/// Whether `word` is `FILE:LINE`, `FILE:LINE:COLUMN` or `RULE:LINE`, which are the same in every run.
fn is_place(word: &str) -> bool {
    let mut parts = word.trim_matches(['(', ')', ',', ':']).split(':');
    let named =
        parts.next().is_some_and(|name| !name.is_empty() && !name.contains(|c: char| c.is_ascii_digit()));
    let mut numbers = parts.peekable();
    named && numbers.peek().is_some() && numbers.all(|number| number.parse::<u32>().is_ok())
}

#[test]
fn places_are_told_from_what_differs() {
    for place in
        ["default.yaml:47", "(default.yaml:47):", "(default.yaml:47)", "team.yaml:4:18:", "no-keys:34"]
    {
        assert_eq!(steady(place), [place]);
    }
    for other in ["07:48:50.151Z", "2026-11-21T07:48:50.151Z", "01a1fd14-51b7:", "a1:7x", "7", ":7", "-rw:"] {
        let expected = if other == "-rw:" { other } else { "#" };
        assert_eq!(steady(other), [expected]);
    }
}

#[test]
fn the_page_is_true() {
    let place = Place::new();
    place.file("notes.txt", &format!("deploy with {}\nand smile\n", crate::support::token()));
    std::fs::create_dir(place.path("samples")).unwrap();
    place.file("samples/deploy.env", "REGION=eu\nDB_PASSWORD=s3cr3t-Zq7xV2mK\n");
    place.file("samples/main.rs", "fn main() {}\n");
    place.file("samples/notes.md", &format!("# Notes\n\ndeploy with {}\n", crate::support::token()));
    place.file(
        "team.yaml",
        "version: 1\nglobal:\n  rules:\n    - { id: log, efect: allow, tools: [git_log] }\n",
    );
    let key = gitoma_audit::SigningKey::generate("example.com/gitoma".parse().unwrap()).unwrap();
    place.file("gitoma.pub", &format!("{}\n", key.verifier()));
    let header = "version: 1\nglobal:\n  rules:\n";
    place.file(
        "twice.yaml",
        &format!(
            "{header}    - {{ id: read, effect: allow, tools: [git_log, repo_read_file] }}
    - {{ id: log, effect: allow, tools: [git_log] }}\n"
        ),
    );
    place.file(
        "narrow.yaml",
        &format!(
            "{header}    - {{ id: docs, effect: allow, tools: [repo_read_file], principals: [ada], paths: [\"docs/**\"] }}
    - {{ id: no-keys, effect: deny, tools: [repo_read_file], paths: [\"**/*.pem\"] }}\n"
        ),
    );
    place.file(
        "suite.yaml",
        "version: 1\ntests:\n  - { name: the log is open to agents only, principal: eve, tool: git_log, repo: web, expect: deny }
  - { name: the log is open, tool: git_log, repo: web, expect: allow }\n",
    );
    let page =
        String::from_utf8(place.read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md").as_ref()))
            .unwrap();
    let transcripts = transcripts(&page);
    assert!(transcripts.len() >= 8, "the page has transcripts");
    for (command, expected) in transcripts {
        let said = run(&place, &command);
        let mut printed = format!("{}{}", said.out, said.err);
        if said.code != 0 {
            writeln!(printed, "[exit {}]", said.code).unwrap();
        }
        let compare = |text: &str| text.trim().lines().map(|line| steady(line).join(" ")).collect::<Vec<_>>();
        assert_eq!(compare(&printed), compare(&expected), "$ {command}\n{printed}");
        assert_eq!(printed.contains("[exit"), expected.contains("[exit"), "$ {command}");
        if said.code != 0 {
            assert!(
                expected.trim_end().ends_with(&format!("[exit {}]", said.code)),
                "$ {command}: {}",
                said.code
            );
        }
    }
}
