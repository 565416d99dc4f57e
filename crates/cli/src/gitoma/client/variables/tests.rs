use super::*;

fn known(variable: &dyn Fn(&str) -> Option<String>) -> Known<'_> {
    Known { variable, home: Path::new("/home/ada"), project: Path::new("/src/web") }
}

#[test]
fn each_client_has_its_own_way_to_write_variables() {
    let set = |name: &str| (name == "TOKEN").then(|| "t0".to_owned());
    let unset = |name: &str| Err(Unexpanded::Unset(name.to_owned()));
    let good = |text: &str| Ok(text.to_owned());
    for (client, text, expected) in [
        (Client::ClaudeCode, "Bearer ${TOKEN}", good("Bearer t0")),
        (Client::ClaudeCode, "${ELSE:-/tmp}/x", good("/tmp/x")),
        (Client::ClaudeCode, "${ELSE}", unset("ELSE")),
        (Client::ClaudeCode, "$TOKEN $(id) ${", good("$TOKEN $(id) ${")),
        (Client::Gemini, "$TOKEN/${TOKEN}$(id)$", good("t0/t0$(id)$")),
        (Client::Gemini, "$ELSE", unset("ELSE")),
        (Client::Cursor, "${env:TOKEN} ${userHome} ${workspaceFolder}", good("t0 /home/ada /src/web")),
        (Client::Cursor, "${TOKEN}", Err(Unexpanded::Unknown)),
        (Client::VsCode, "${input:gitoma-token}", Err(Unexpanded::Unknown)),
        (Client::Codex, "${TOKEN} $TOKEN", good("${TOKEN} $TOKEN")),
        (Client::Zed, "${TOKEN}", good("${TOKEN}")),
        (Client::ClaudeDesktop, "${TOKEN}", good("${TOKEN}")),
    ] {
        assert_eq!(client.expanded(text, &known(&set)), expected, "{client:?} {text}");
    }
}

#[test]
fn what_is_no_variable_for_anybody_may_be_written() {
    for client in Client::ALL {
        for text in ["/srv/$(touch x)/web", "/srv/a$/b", "/srv/`id`", "/srv/%HOME%", "/srv/{x}"] {
            assert!(!client.has_variable(text), "{client:?} {text}");
            assert_eq!(client.expanded(text, &known(&|_| None)).as_deref(), Ok(text), "{client:?}");
        }
    }
    for (client, text) in [
        (Client::ClaudeCode, "/srv/${HOME}/web"),
        (Client::Cursor, "/srv/${userHome}"),
        (Client::VsCode, "/srv/${x"),
        (Client::Gemini, "/srv/$HOME"),
        (Client::Gemini, "/srv/${HOME}"),
        (Client::Gemini, "/srv/$_/1"),
    ] {
        assert!(client.has_variable(text), "{client:?} {text}");
    }
    assert!(!Client::Codex.has_variable("${HOME}") && !Client::Zed.has_variable("$HOME"));
}
