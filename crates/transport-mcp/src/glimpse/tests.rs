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
        (r#"{"id":{},"method":"tools/call"}"#, whole(None, None, None)),
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
