use std::sync::Arc;

use axum::http::HeaderValue;
use serde_json::json;

use super::*;

fn headers(said: &[(&'static str, &str)]) -> HeaderMap {
    let said = said.iter().map(|(name, value)| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    });
    let mut headers: HeaderMap = HeaderMap::new();
    headers.insert(VERSION, HeaderValue::from_static("2026-07-28"));
    said.for_each(|(name, value)| assert!(headers.append(&name, value) || headers.contains_key(&name)));
    headers
}

fn call(arguments: &Value) -> ClientJsonRpcMessage {
    let params = json!({"name": "look", "arguments": arguments});
    serde_json::from_value(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}))
        .unwrap()
}

fn schema() -> Arc<Map<String, Value>> {
    let deep = json!({"type": "object", "properties": {"zone": {"type": "string", "x-mcp-header": "Zone"}}});
    let properties =
        json!({"repo": {"type": "string", "x-mcp-header": "Repo"}, "deep": deep, "path": {"type": "string"}});
    let Value::Object(schema) = json!({"properties": properties}) else { unreachable!() };
    Arc::new(schema)
}

fn said(arguments: &Value, extra: &[(&'static str, &str)]) -> Result<(), String> {
    let all = [&[("mcp-method", "tools/call"), ("mcp-name", "look")], extra].concat();
    check(&headers(&all), &call(arguments), |_| Some(schema())).map_err(|error| error.message.into_owned())
}

#[test]
fn method_and_name_must_be_there_and_true() {
    let check = |said: &[_]| check(&headers(said), &call(&json!({})), |_| None).map_err(|error| error.code.0);
    let method = ("mcp-method", "tools/call");
    assert_eq!(check(&[method, ("mcp-name", "look")]), Ok(()));
    assert_eq!(check(&[method, ("mcp-name", "=?base64?bG9vaw==?=")]), Ok(()));
    let bad: [&[(&'static str, &str)]; 8] = [
        &[],
        &[method],
        &[("mcp-name", "look")],
        &[("mcp-method", "tools/list"), ("mcp-name", "look")],
        &[method, ("mcp-name", "Look")],
        &[method, ("mcp-name", "=?base64?%%?=")],
        &[method, ("mcp-name", "look"), ("mcp-name", "look")],
        &[method, ("mcp-name", "l\u{f6}\u{f6}k")],
    ];
    for said in bad {
        assert_eq!(check(said), Err(-32020), "{said:?}");
    }
}

#[test]
fn a_resource_and_a_prompt_are_named_too() {
    let uri = "repo://demo/\u{e9}";
    for (method, params, name, wrapped) in [
        ("resources/read", json!({"uri": uri}), "repo://demo/x", "=?base64?cmVwbzovL2RlbW8vw6k=?="),
        ("prompts/get", json!({"name": "look"}), "Look", "look"),
    ] {
        let frame = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let message: ClientJsonRpcMessage = serde_json::from_value(frame).unwrap();
        let said = |name: &[_]| {
            let all = [&[("mcp-method", method)], name].concat();
            check(&headers(&all), &message, |_| None).map_err(|error| error.code.0)
        };
        assert_eq!(said(&[("mcp-name", wrapped)]), Ok(()), "{method}");
        assert_eq!(said(&[("mcp-name", name)]), Err(-32020), "{method}");
        assert_eq!(said(&[]), Err(-32020), "{method}");
    }
}

#[test]
fn earlier_versions_have_no_such_headers() {
    let mut headers = HeaderMap::new();
    assert_eq!(check(&headers, &call(&json!({})), |_| None), Ok(()));
    headers.insert(VERSION, HeaderValue::from_static("2025-11-25"));
    assert_eq!(check(&headers, &call(&json!({})), |_| None), Ok(()));
}

#[test]
fn an_argument_with_a_header_must_have_it() {
    assert_eq!(said(&json!({"path": "x"}), &[]), Ok(()));
    assert_eq!(said(&json!({"repo": "web"}), &[("mcp-param-repo", "web")]), Ok(()));
    assert_eq!(said(&json!({"deep": {"zone": "z"}}), &[("mcp-param-zone", "=?base64?eg==?=")]), Ok(()));
    for (arguments, extra) in [
        (json!({"repo": "echo-me"}), &[] as &[_]),
        (json!({"repo": "echo-me"}), &[("mcp-param-repo", "web")]),
        (json!({"repo": "web"}), &[("mcp-param-repo", "echo-me")]),
        (json!({"repo": null}), &[("mcp-param-repo", "echo-me")]),
        (json!({"deep": {"zone": "z"}}), &[]),
    ] {
        let error = said(&arguments, extra).unwrap_err();
        assert!(error.starts_with("the Mcp-Param-") && !error.contains("echo-me"), "{error}");
    }
}

#[test]
fn a_tool_that_the_caller_cannot_see_is_not_looked_at() {
    let said = [("mcp-method", "tools/call"), ("mcp-name", "look")];
    assert_eq!(check(&headers(&said), &call(&json!({"repo": "web"})), |_| None), Ok(()));
}
