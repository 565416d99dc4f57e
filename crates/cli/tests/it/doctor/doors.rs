//! `gitoma doctor` on the real gateways that clients reach by an address: `/mcp` of `gitoma-http`, and `gitoma-mcp --listen`.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Stdio};

use super::address::{referring, report};
use super::{cursor, failures, said};
use crate::server::built;
use crate::support::{Place, program};

/// A gateway that listens; dropping it ends it.
struct Gateway {
    child: Child,
    url: String,
    token: String,
}

impl Gateway {
    /// Starts the program `name` on the repository of `place`, and waits for the address that it tells.
    fn start(place: &Place, name: &str, more: &[&str]) -> Self {
        let mut command = program(built(name).to_str().unwrap(), &place.path(""));
        command.args(["--listen", "127.0.0.1:0", "--repo", "web=acme/web", "--state", "gateway"]).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let told: Box<dyn Read + Send> = if name == "gitoma-mcp" { Box::new(err) } else { Box::new(out) };
        let mut told = BufReader::new(told);
        let address = loop {
            let mut line = String::new();
            assert_ne!(told.read_line(&mut line).unwrap(), 0, "{name} ended");
            if let Some((_, rest)) = line.split_once("http://") {
                break rest
                    .chars()
                    .take_while(|c| c.is_ascii_digit() || ".:".contains(*c))
                    .collect::<String>();
            }
        };
        let token = place.text("gateway/runtime_token").trim().to_owned();
        Self { child, url: format!("http://{address}/mcp"), token }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_real_gateway_at_an_address_holds_a_session_in_both_eras() {
    for name in ["gitoma-http", "gitoma-mcp"] {
        let place = Place::new();
        let gateway = Gateway::start(&place, name, &[]);
        let entry = referring(&gateway.url);
        let answer = report(&place, &entry, Some(&gateway.token)).ends(0).json();
        let told = said(&answer, "cursor (user)");
        for era in ["2025-11-25", "2026-07-28"] {
            let session = format!("session {era}: gitoma ");
            let held = told.iter().find(|(outcome, text)| *outcome == "ok" && text.starts_with(&session));
            let (_, text) = held.unwrap_or_else(|| panic!("{name}: {told:?}"));
            assert!(text.ends_with("18 tools, repo_list lists 1 repository"), "{name}: {text}");
        }
        let answer = report(&place, &entry, Some("wr0ng-token")).ends(1);
        assert!(answer.out.contains("does not accept the token"), "{name}: {}", answer.out);
        assert!(
            !answer.out.contains(&gateway.token) && !answer.out.contains("wr0ng"),
            "{name}: {}",
            answer.out
        );
        drop(gateway);
        let answer = report(&place, &entry, Some("whatever")).ends(1).json();
        assert!(
            failures(&answer).iter().any(|failure| failure.contains("nobody answers")),
            "{name}: {answer}"
        );
    }
}

#[test]
fn a_gateway_that_was_told_to_serve_no_mcp_is_told_by_that() {
    let place = Place::new();
    let gateway = Gateway::start(&place, "gitoma-http", &["--no-mcp"]);
    let answer = report(&place, &referring(&gateway.url), Some(&gateway.token)).ends(1).json();
    assert!(failures(&answer).iter().any(|failure| failure.contains("HTTP status 404")), "{answer}");
}

/// Whoever halts a gateway stops every call: that is no health, whichever door is asked.
#[test]
fn a_gateway_that_is_halted_fails_at_every_door() {
    let place = Place::new();
    cursor(&place, built("gitoma-mcp").to_str().unwrap(), &serde_json::json!({}));
    super::doctor(&place, &["--json"]).ends(0);
    place.gitoma(&["halt", "--state", "state"]).ends(0);
    let answer = super::doctor(&place, &["--json"]).ends(1).json();
    let over_pipes = failures(&answer);
    let gateway = Gateway::start(&place, "gitoma-http", &[]);
    let entry = referring(&gateway.url);
    report(&place, &entry, Some(&gateway.token)).ends(0);
    place.gitoma(&["halt", "--state", "gateway"]).ends(0);
    let answer = report(&place, &entry, Some(&gateway.token)).ends(1).json();
    for failed in [over_pipes, failures(&answer)] {
        assert_eq!(failed.len(), 2, "both eras: {failed:?}");
        for text in failed {
            assert!(text.contains("with a refusal (halted)") && text.contains("gitoma resume"), "{text}");
        }
    }
    place.gitoma(&["resume", "--state", "gateway"]).ends(0);
    report(&place, &entry, Some(&gateway.token)).ends(0);
}
