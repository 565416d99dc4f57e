//! How far a call has come is told to a caller that asks, rarely, and never once the call is over.

use gitoma_core::{Progress, ProgressReports, ProgressSink, RawCall};
use serde_json::json;

use crate::support::{House, call, code, house, until};

fn told(act: &str) -> (RawCall, ProgressReports) {
    let (sink, reports) = ProgressSink::new();
    (RawCall { progress: Some(sink), ..call("look", json!({"act": act})) }, reports)
}

async fn rest(mut reports: ProgressReports) -> Vec<Progress> {
    let mut seen = Vec::new();
    while let Some(progress) = reports.next().await {
        seen.push(progress);
    }
    seen
}

#[tokio::test]
async fn what_a_tool_reports_is_told_once_asked_for() {
    let house = house();
    let (call, reports) = told("report");
    house.gateway.handle(call).await.unwrap();
    let seen = rest(reports).await;
    let [last] = seen.as_slice() else {
        panic!("a reader that comes late is told the latest alone: {seen:?}")
    };
    assert_eq!((last.total, last.counted), (Some(100), "things done"));
    assert!(last.done < 10, "a hundred reports at once are a few: {last:?}");
}

#[tokio::test]
async fn a_call_that_is_refused_tells_nothing() {
    let house = house();
    let (mut call, reports) = told("report");
    call.tool = "no_such_tool".to_owned();
    assert_eq!(code(&house.gateway.handle(call).await), "unknown_tool");
    assert_eq!(rest(reports).await, []);
}

#[tokio::test]
async fn work_that_goes_on_after_its_answer_tells_nothing_more() {
    let house: House = house();
    let (call, reports) = told("hang");
    let cancel = call.cancel.clone();
    let gateway = house.gateway.clone();
    let waiting = tokio::spawn(async move { gateway.handle(call).await });
    until("the tool hangs", || house.journal().contains(&"hangs".to_owned())).await;
    cancel.cancel();
    assert_eq!(code(&waiting.await.unwrap()), "cancelled");
    house.release();
    assert_eq!(rest(reports).await, []);
}
