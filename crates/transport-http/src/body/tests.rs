use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;

use super::*;

fn whole(text: &str) -> Read {
    Read::Whole(text.as_bytes().to_vec())
}

#[test]
fn arguments_are_an_object_or_malformed() {
    for (text, expected) in [
        (r#"{"arguments":{"a":1}}"#, Some(1)),
        (r#"{"arguments":{}}"#, Some(0)),
        ("{}", Some(0)),
        ("", None),
        ("[]", None),
        ("null", None),
        (r#"{"arguments":null}"#, None),
        (r#"{"arguments":[]}"#, None),
        (r#"{"arguments":{},"more":1}"#, None),
        (r#"{"arguments":{},"arguments":{}}"#, None),
        (r#"{"arguments":{}} {}"#, None),
        ("{\"arguments\":{\"a\":\"\u{0}\"}}", None),
    ] {
        let found = match whole(text).arguments() {
            RawArgs::Object(map) => Some(map.len()),
            RawArgs::Malformed => None,
            RawArgs::TooLarge { .. } | RawArgs::NoRoom => panic!("{text}"),
        };
        assert_eq!(found, expected, "{text}");
    }
    let nested = format!(r#"{{"arguments":{{"a":{}{}}}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    assert!(matches!(whole(&nested).arguments(), RawArgs::Malformed));
    assert!(matches!(
        Read::Whole(b"{\"arguments\":{\"a\":\"\xff\"}}".to_vec()).arguments(),
        RawArgs::Malformed
    ));
    assert!(matches!(Read::TooLarge.arguments(), RawArgs::TooLarge { limit: 4_194_304 }));
    assert!(matches!(Read::Broken.arguments(), RawArgs::Malformed));
}

#[test]
fn a_dry_run_keeps_the_tool_s_name_where_it_can() {
    for (text, tool, good) in [
        (r#"{"tool":"t","arguments":{}}"#, Some("t"), true),
        (r#"{"tool":"t"}"#, Some("t"), true),
        (r#"{"tool":"t","arguments":3}"#, Some("t"), false),
        (r#"{"tool":"t","more":3}"#, Some("t"), false),
        (r#"{"tool":3}"#, None, false),
        ("{}", None, false),
        ("{", None, false),
    ] {
        let (found, arguments) = whole(text).tool_and_arguments();
        assert_eq!(found.as_deref(), tool, "{text}");
        assert_eq!(matches!(arguments, RawArgs::Object(_)), good, "{text}");
    }
}

/// A body of `frames` frames of 64 KiB that does not say its length, and a count of the bytes taken from it.
fn chunked(frames: usize) -> (Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let frames =
        futures_util::stream::repeat(Bytes::from_static(&[b' '; 65536])).take(frames).map(move |bytes| {
            count.fetch_add(bytes.len(), Ordering::Relaxed);
            Ok::<_, std::convert::Infallible>(bytes)
        });
    (Body::from_stream(frames), taken)
}

#[tokio::test]
async fn a_body_is_read_up_to_the_cap() {
    assert_eq!(read(chunked(64).0, |_| true).await, Read::Whole(vec![b' '; LARGEST]));
    assert_eq!(read(chunked(65).0, |_| true).await, Read::TooLarge);
    assert_eq!(read(Body::empty(), |_| true).await, Read::Whole(Vec::new()));
}

#[tokio::test]
async fn an_endless_body_is_not_thrown_away_for_ever() {
    let (body, taken) = chunked(usize::MAX);
    assert_eq!(read(body, |_| true).await, Read::TooLarge);
    assert!(taken.load(Ordering::Relaxed) <= LARGEST + THROWN_AWAY + 2 * 65536);
}

#[tokio::test]
async fn a_declared_length_beyond_the_cap_is_not_read() {
    assert_eq!(read(Body::from(vec![b' '; LARGEST + 1]), |_| true).await, Read::TooLarge);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_broken() {
    let broken =
        futures_util::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("reset"))]);
    assert_eq!(read(Body::from_stream(broken), |_| true).await, Read::Broken);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let stalled = futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>();
    assert_eq!(read(Body::from_stream(stalled), |_| true).await, Read::Broken);
}
