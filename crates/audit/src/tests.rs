#![expect(
    clippy::disallowed_methods,
    reason = "tests read the format document, and run its commands on files of their own making"
)]

mod laundering;
mod python;
mod upkeep;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::tempdir;

use crate::{Kind, Verdict, field::Field, limit, specimen, verify};

fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit-format.md")).unwrap()
}

/// The content of the fenced block that begins with `fence`.
fn block(fence: &str) -> String {
    let document = document();
    let (_, rest) = document.split_once(&format!("\n```{fence}\n")).unwrap();
    rest.split_once("```\n").unwrap().0.to_owned()
}

/// The rows of the table under a heading, cell by cell.
fn table(heading: &str) -> Vec<Vec<String>> {
    let document = document();
    let (_, rest) = document.split_once(&format!("\n{heading}\n")).unwrap();
    let rows = rest.lines().skip_while(|line| !line.starts_with("|--")).skip(1);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The words in backticks.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Golden lines: what the writer writes is what the document shows, byte for byte.
#[test]
fn the_document_shows_the_bytes_that_are_written() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    assert_eq!(fs::read_to_string(segment).unwrap(), block("jsonl"));
}

#[test]
fn the_document_shows_the_bytes_of_a_rotation_and_a_recovery() {
    let state = tempdir().unwrap();
    let [first, second] = specimen::rotated(state.path());
    let shown = [fs::read_to_string(&first).unwrap(), fs::read_to_string(&second).unwrap()];
    assert_eq!(shown, [block("jsonl first segment"), block("jsonl second segment")]);
    let quarantine: Vec<_> = fs::read_dir(first.with_file_name("quarantine"))
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        quarantine.len() == 1 && shown[1].contains(&quarantine[0]) && document().contains(&quarantine[0])
    );
    assert_eq!(verify(state.path()).unwrap().verdict, Verdict::Intact);
}

/// Runs the document's script on a segment, with `sh`, `sed` and `sha256sum` alone.
fn run_script(segment: &Path) -> Output {
    let script = block("sh").replace("SEGMENT", "\"$1\"");
    specimen::run_to_end(Command::new("sh").arg("-c").arg(script).arg("sh").arg(segment)).unwrap()
}

#[test]
fn the_commands_of_the_document_verify_a_real_log() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let output = run_script(&segment);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "7 lines, every hash and every link is right\n");
    assert!(output.status.success() && output.stderr.is_empty());
    let text = fs::read_to_string(&segment).unwrap();
    for (from, to, complaint) in [
        ("repo_read_file", "repo_head_file", "line 4: the hash is wrong\n"),
        ("\"seq\":5", "\"seq\":6", "line 6: the hash is wrong\n"),
    ] {
        fs::write(&segment, text.replacen(from, to, 1)).unwrap();
        let output = run_script(&segment);
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stdout)), (Some(1), complaint));
        assert_eq!(verify(state.path()).unwrap().verdict, Verdict::Tampered);
    }
    let without_third: String =
        text.split_inclusive('\n').enumerate().filter(|(n, _)| *n != 2).map(|(_, l)| l).collect();
    fs::write(&segment, without_third).unwrap();
    assert_eq!(String::from_utf8_lossy(&run_script(&segment).stdout), "line 3: the link is wrong\n");
}

#[test]
fn the_one_line_command_gives_the_hash_that_stands_in_the_line() {
    let state = tempdir().unwrap();
    let segment = specimen::document(state.path());
    let transcript = block("console");
    let (command, shown) = transcript.strip_prefix("$ ").unwrap().split_once('\n').unwrap();
    let command = command.replace("SEGMENT", "\"$1\"");
    let output =
        specimen::run_to_end(Command::new("sh").arg("-c").arg(command).arg("sh").arg(&segment)).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), shown);
    let text = fs::read_to_string(segment).unwrap();
    let hash = shown.split(' ').next().unwrap();
    assert!(text.lines().nth(3).unwrap().ends_with(&format!("\"entry_hash\":\"{hash}\"}}")));
}

#[test]
fn the_document_lists_the_fields_in_their_order() {
    let documented: Vec<_> = table("## Fields").iter().map(|row| words(&row[0])[0].to_owned()).collect();
    let fields: Vec<_> = Field::ALL.iter().map(|field| field.as_str().to_owned()).collect();
    assert_eq!(documented, fields);
}

#[test]
fn the_document_lists_the_fields_of_each_kind() {
    let rows = table("## Kinds");
    let documented: Vec<_> = rows.iter().map(|row| words(&row[0])[0]).collect();
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(documented, kinds);
    // what every line carries, and what most may, is said above the table
    let frame = ["v", "chain_id", "seq", "ts", "writer", "kind", "prev_hash", "entry_hash"];
    let groups = table("### Groups");
    for (kind, row) in Kind::ALL.iter().zip(&rows) {
        let mut allowed = vec!["detail", "cut"];
        let mut required = frame.to_vec();
        required.extend(words(&row[2]));
        for word in words(&row[3]) {
            match groups.iter().find(|group| words(&group[0])[0] == word) {
                Some(group) => allowed.extend(words(&group[1])),
                None => allowed.push(word),
            }
        }
        for field in Field::ALL {
            let name = field.as_str();
            assert_eq!(kind.required().contains(*field), required.contains(&name), "{kind} requires {name}");
            let expected = required.contains(&name) || allowed.contains(&name);
            assert_eq!(kind.allowed().contains(*field), expected, "{kind} allows {name}");
        }
    }
}

#[test]
fn the_document_names_every_fault_and_exit_code() {
    let faults: Vec<_> = table("## Faults").iter().map(|row| words(&row[0])[0].to_owned()).collect();
    let classes: Vec<_> = crate::FaultClass::ALL.iter().map(|class| class.as_str().to_owned()).collect();
    assert_eq!(faults, classes);
    for row in table("## Verdicts") {
        let Some(verdict) = words(&row[1]).first().and_then(|word| Verdict::parse(word)) else { continue };
        assert_eq!(row[0], verdict.exit_code().to_string());
    }
    assert_eq!(table("## Verdicts").len(), Verdict::ALL.len() + 1);
}

#[test]
fn the_document_states_the_limits() {
    let limits: Vec<_> = table("## Limits").into_iter().map(|row| row[1].replace(',', "")).collect();
    let expected = [
        limit::LINE_BYTES as u64,
        limit::TEXT_BYTES as u64,
        limit::INTEGER,
        limit::ACCESSES as u64,
        limit::PATHS as u64,
        limit::ROLES as u64,
        limit::RULES as u64,
        limit::ARGUMENTS as u64,
        limit::REPOSITORIES as u64,
        limit::OPEN_INTENTS as u64,
    ]
    .map(|number| number.to_string());
    assert_eq!(limits, expected);
}
