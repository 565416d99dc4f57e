//! The shell is a door like the others: the same calls have the codes that HTTP and MCP answer (docs/http.md, docs/mcp.md), in an
//! object of the shape that HTTP sends, and the exit codes of docs/cli.md.

use crate::support::Place;

/// A tool, its arguments, the code of the refusal (that of the other doors' conformance table), the exit code, whether the tool ran
/// and whether rules said no.
type Case = (&'static str, &'static str, &'static str, i32, bool, bool);

const CALLS: &[Case] = &[
    ("repo_read_file", r#"{"repo":"web","path":".env"}"#, "path_denied", 3, false, true),
    ("repo_read_file", r#"{"repo":"web","path":".ENV.local"}"#, "path_denied", 3, false, true),
    ("repo_read_file", r#"{"repo":"web","path":".git/config"}"#, "path_denied", 3, false, true),
    ("repo_read_file", r#"{"repo":"web","path":"../x"}"#, "path_denied", 3, false, true),
    ("repo_read_file", r#"{"repo":"web","path":"/etc/x"}"#, "path_denied", 3, false, true),
    ("git_show", r#"{"repo":"web","revision":"--output=x"}"#, "path_denied", 3, false, true),
    ("repo_read_file", r#"{"repo":"web","path":"tls/server.pem"}"#, "denied", 3, false, true),
    ("repo_read_file", r#"{"repo":"web","path":"src/absent.rs"}"#, "not_found", 1, true, false),
    ("git_log", r#"{"repo":"web","max_count":-1}"#, "invalid_arguments", 2, false, false),
    ("git_log", r#"{"repo":"web","surprise":true}"#, "invalid_arguments", 2, false, false),
    ("git_log", r#""web""#, "malformed", 2, false, false),
    ("merge_pull_request", "{}", "unknown_tool", 2, false, false),
    ("repo_write_file", r#"{"repo":"web","path":"a","content":"b"}"#, "unknown_tool", 2, false, false),
];

/// The members of a problem, less those that only HTTP has: `status` and `instance`.
const MEMBERS: &[&str] = &["type", "title", "detail", "code", "error_id", "executed"];

#[test]
fn the_shell_answers_as_the_other_doors_do() {
    let place = Place::new();
    for &(tool, arguments, code, exit, executed, rules) in CALLS {
        let said = place.on_web(&["call", tool, "--args", arguments, "--json"]).ends(exit);
        assert_eq!((said.out.lines().count(), said.err.as_str()), (1, ""), "{tool} {arguments}");
        let problem = said.json();
        assert_eq!(problem["code"], code, "{tool} {arguments}: {problem}");
        assert_eq!(problem["type"], format!("urn:gitoma:error:{code}"));
        assert_eq!(problem["executed"], executed, "{tool} {arguments}: {problem}");
        let mut expected = MEMBERS.to_vec();
        if rules {
            expected.push("rules");
        }
        let members: Vec<_> = problem.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, expected, "{tool} {arguments}");
        for rule in problem["rules"].as_array().into_iter().flatten() {
            let known = rule["id"].is_string() && rule["source"].is_string() && rule["line"].is_u64();
            assert!(known, "{tool} {arguments}: {rule}");
        }
    }
}
