use proptest::prelude::*;

use super::*;

#[test]
fn what_came_before_the_fault_is_seen() {
    let whole = |id: Option<i64>, method: Option<&str>, tool: Option<&str>| Glimpse {
        id: id.map(RequestId::Number),
        method: method.map(str::to_owned),
        tool: tool.map(str::to_owned),
        gives_up: None,
    };
    let table = [
        (
            r#"{"id":1,"method":"tools/call","params":{"name":"git_log","arguments":{}}}"#,
            whole(Some(1), Some("tools/call"), Some("git_log")),
        ),
        (
            r#"{"id":1,"method":"tools/call","params":{"name":"git_log","arguments":{"a":"#,
            whole(Some(1), Some("tools/call"), Some("git_log")),
        ),
        (r#"{"jsonrpc":"1.0","id":1,"method":"tools/call"}"#, whole(Some(1), Some("tools/call"), None)),
        (r#"{"method":"tools/call","params":{"name":7}}"#, whole(None, Some("tools/call"), None)),
        (r#"{"id":{},"method":"tools/call"}"#, whole(None, Some("tools/call"), None)),
        (
            r#"{"id":1.5,"params":[{}],"method":"tools/call","params":{"name":"x"}}"#,
            whole(None, Some("tools/call"), Some("x")),
        ),
        (r#"{"id":null,"params":"p","method":"tools/call"}"#, whole(None, Some("tools/call"), None)),
        (r#"{"id":7,"method":["tools/call"]}"#, whole(Some(7), None, None)),
        (r#"[{"id":1}]"#, whole(None, None, None)),
        ("\"text\"", whole(None, None, None)),
        ("", whole(None, None, None)),
    ];
    for (frame, expected) in table {
        assert_eq!(Glimpse::of(frame.as_bytes()), expected, "{frame}");
    }
}

#[test]
fn what_is_given_up_is_seen() {
    for (meta, expected) in [
        (r#"{"other":[1],"gitoma/restrict":"read-only"}"#, Some("read-only".into())),
        (r#"{"gitoma/restrict":7}"#, Some(7.into())),
        (r#"{"gitoma/restrict":null}"#, Some(Value::Null)),
        ("{}", None),
        ("[]", None),
    ] {
        let frame =
            format!(r#"{{"method":"tools/call","params":{{"name":"x","_meta":{meta},"arguments":7}}}}"#);
        let glimpse = Glimpse::of(frame.as_bytes());
        assert_eq!((glimpse.gives_up, glimpse.tool.as_deref()), (expected, Some("x")), "{meta}");
    }
}

#[test]
fn the_id_is_seen_at_the_end_as_well() {
    let text = |text: &str| Some(RequestId::String(text.into()));
    for (end, expected) in [
        (r#"x"}},"jsonrpc":"2.0","id":7}"#, Some(RequestId::Number(7))),
        ("x\"}},\"jsonrpc\":\"2.0\",\"id\":7}\r\n", Some(RequestId::Number(7))),
        (r#"x"}}, "id" : "seven" , "jsonrpc" : "2.0" }"#, text("seven")),
        (r#"x"}},"id":7,"jsonrpc":"2.0"}"#, Some(RequestId::Number(7))),
        // What is nested, or is text, is no id of the message.
        (r#"x","id":7}}"#, None),
        (r#"x","p":{"id":7},"jsonrpc":"2.0"}"#, None),
        (r#"x","p":[{"id":7}]}"#, None),
        (r#"x","p":"a,\"id\":7"}"#, None),
        (r#"x","id":7}"}"#, None),
        (r#"x"}},"id":{"a":7}}"#, None),
        (r#"x"}},"id":7"#, None),
        ("", None),
        ("}", None),
    ] {
        assert_eq!(
            Glimpse::of_parts(br#"{"method":"tools/call","params":{"#, end.as_bytes()).id,
            expected,
            "{end}"
        );
    }
    let first = Glimpse::of_parts(br#"{"id":1,"params":{"#, br#"}},"id":7}"#);
    assert_eq!(first.id, Some(RequestId::Number(1)), "what stands first counts");
}

#[test]
fn depth_does_not_matter() {
    let deep = format!(
        r#"{{"id":1,"method":"tools/call","params":{{"name":"x","arguments":{}"#,
        "[".repeat(100_000)
    );
    assert_eq!(Glimpse::of(deep.as_bytes()).tool.as_deref(), Some("x"));
}

proptest! {
    #[test]
    fn any_bytes_can_be_looked_at(frame in proptest::collection::vec(any::<u8>(), 0..500)) {
        Glimpse::of(&frame);
    }
}
