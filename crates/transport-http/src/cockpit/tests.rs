use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::IF_NONE_MATCH;
use gitoma_core::Peer;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;
use crate::forwarded::CallerAddress;

async fn answer(path: &str, held: &[&str]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().uri(path);
    for tag in held {
        request = request.header(IF_NONE_MATCH, *tag);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(CallerAddress(Peer::Local));
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::builder().audit_directory(folder.path().join("audit")).build().unwrap();
    let stopping = tokio::sync::watch::Sender::new(false).subscribe();
    let response = routes().with_state(Shared { gateway, stopping }).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

/// The files of the folder, by name.
#[expect(clippy::disallowed_methods, reason = "a test reads the sources of its own crate")]
fn files() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cockpit");
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn text(part: &Part) -> &'static str {
    std::str::from_utf8(part.bytes).unwrap()
}

#[tokio::test]
async fn each_part_is_served_with_its_type_its_tag_and_its_rules() {
    let mut tags = BTreeSet::new();
    for part in &PARTS {
        let (status, headers, body) = answer(part.path, &[]).await;
        assert_eq!((status, body.as_slice()), (StatusCode::OK, part.bytes), "{}", part.path);
        let kind = match part.path.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(headers["content-type"], kind, "{}", part.path);
        assert_eq!(headers["cache-control"], "no-cache");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        assert!(headers["permissions-policy"].to_str().unwrap().contains("camera=()"));
        let rules: Vec<_> =
            headers["content-security-policy"].to_str().unwrap().split(';').map(str::trim).collect();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(rules.contains(&rule), "{}: {rule}", part.path);
        }
        assert!(!rules.iter().any(|rule| rule.contains("unsafe")));
        let tag = headers["etag"].to_str().unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.len() == 34, "{tag}");
        assert!(tags.insert(tag), "{}: two parts with one tag", part.path);
    }
}

#[tokio::test]
async fn what_the_browser_holds_is_not_sent_again() {
    let (_, headers, _) = answer("/", &[]).await;
    let tag = headers["etag"].to_str().unwrap().to_owned();
    let listed = format!("\"other\", W/{tag}");
    for held in [&[tag.as_str()][..], &[listed.as_str()], &["*"], &["\"other\"", &tag]] {
        let (status, headers, body) = answer("/", held).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{held:?}");
        assert_eq!(headers["etag"], tag.as_str());
        assert!(headers.contains_key("content-security-policy"));
    }
    for held in ["\"other\"", "", tag.trim_matches('"')] {
        assert_eq!(answer("/", &[held]).await.0, StatusCode::OK, "{held}");
    }
}

#[test]
fn the_table_has_each_file_of_the_folder_and_no_other() {
    let served: BTreeSet<_> = PARTS
        .iter()
        .map(
            |part| if part.path == "/" { "index.html" } else { part.path.strip_prefix("/cockpit/").unwrap() },
        )
        .map(str::to_owned)
        .collect();
    assert_eq!(served, files());
}

#[tokio::test]
async fn nothing_else_is_served() {
    for path in [
        "/cockpit",
        "/cockpit/",
        "/cockpit/index.html",
        "/index.html",
        "/cockpit/../Cargo.toml",
        "/cockpit/%2e%2e/Cargo.toml",
        "/cockpit/..%2fCargo.toml",
        "/cockpit//etc/passwd",
        "/cockpit/api.js/",
        "/cockpit/API.js",
        "/favicon.ico",
    ] {
        assert_eq!(answer(path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Whatever the page shows was written by others, so no text is ever parsed as markup, style or program.
#[test]
fn no_part_can_turn_text_into_markup() {
    for part in &PARTS {
        let text = text(part);
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            "srcdoc",
            "style=",
            ".style",
            "cssText",
            "createContextualFragment",
            "DOMParser",
            "setHTML",
            "javascript:",
            "createPolicy",
            "postMessage",
        ] {
            assert!(!text.contains(word), "{} has {word}", part.path);
        }
    }
}

/// The page is whole in itself: what its parts name is among them, and nothing comes from elsewhere.
#[test]
fn each_part_that_is_named_is_there() {
    let there: BTreeSet<_> = PARTS.iter().map(|part| part.path.to_owned()).collect();
    let mut named = BTreeSet::new();
    for part in &PARTS {
        let text = text(part);
        for word in text.split(['"', '(', ')']) {
            if let Some(file) = word.strip_prefix("./") {
                named.insert(format!("/cockpit/{file}"));
            } else if word.starts_with("/cockpit/") {
                named.insert(word.to_owned());
            }
            let elsewhere = word.contains("://") && word != "http://www.w3.org/2000/svg";
            assert!(!elsewhere, "{} names {word}", part.path);
        }
        if part.kind == SCRIPT {
            assert!(text.starts_with("// @ts-check\n// "), "{} does not say what it holds", part.path);
        }
        assert!(text.lines().count() <= 450, "{} is too long", part.path);
    }
    assert_eq!(&named - &there, BTreeSet::new());
    let page = BTreeSet::from(["/".to_owned()]);
    assert_eq!(&(&there - &named) - &page, BTreeSet::new(), "parts that nothing names");
}

/// The page's own markup has neither script nor style nor handler in it, which its rules would refuse.
#[test]
fn the_page_has_nothing_inline() {
    let page = text(&PARTS[0]);
    assert_eq!(page.matches("<script").count(), page.matches("<script type=\"module\" src=").count());
    assert!(!page.contains("<style") && !page.contains(" on"), "inline");
}
