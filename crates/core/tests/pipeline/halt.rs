//! The kill switch: each part stops the very next call, what runs is stopped where that is safe, and all of it is on the record.

use std::time::Duration;

use gitoma_core::{Decide, HaltMarks, HaltSource};
use serde_json::{Value, json};

use crate::support::{DANA, House, bearer, build, call, code, house, local, until};

fn marked() -> (House, std::path::PathBuf) {
    let mut file = std::path::PathBuf::new();
    let folder = tempfile::tempdir().unwrap().keep();
    let house = build(|builder| {
        file = folder.join("halt");
        builder.halt_marks(HaltMarks::of(&folder, None))
    });
    (house, file)
}

/// The turns of the kill switch: state, detail, principal.
fn turns(house: &House) -> Vec<(Value, Value, Value)> {
    let turned = house.lines().into_iter().filter(|line| line["switch"] == "halt");
    turned.map(|line| (line["state"].clone(), line["detail"].clone(), line["principal"].clone())).collect()
}

async fn look(house: &House) -> &'static str {
    code(&house.call("look", json!({"path": "src/a"})).await)
}

#[tokio::test]
async fn the_file_stops_the_next_call_and_the_first_without_it_runs() {
    let (house, file) = marked();
    assert_eq!(look(&house).await, "ok");
    for content in ["", "the forge was broken into, ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8\nmore"] {
        let before = house.kinds().len();
        std::fs::write(&file, content).unwrap();
        let refused = house.call("look", json!({"path": "src/a"})).await.unwrap_err();
        assert_eq!((refused.code(), refused.executed()), ("halted", false));
        assert_eq!(
            house.gateway.decide(call("look", json!({"path": "src/a"}))).await.unwrap_err().code(),
            "halted"
        );
        let kinds = house.kinds();
        assert_eq!(kinds[before..].iter().filter(|kind| *kind == "refusal").count(), 2, "{kinds:?}");
        let health = house.gateway.health();
        assert!(health.halted && !health.ready);
        assert!(house.gateway.metrics().contains("\ngitoma_halted{source=\"file\"} 1\n"));
        let status = house.gateway.halt_status();
        assert_eq!(status.by, [HaltSource::File]);
        let reason = (!content.is_empty()).then_some("the forge was broken into, ***");
        assert_eq!(status.reason.as_deref(), reason);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(look(&house).await, "ok", "the very next call");
    }
    until("it is on the record", || turns(&house).len() == 4).await;
    let details: Vec<_> = turns(&house).into_iter().map(|(state, detail, _)| (state, detail)).collect();
    let expected = [
        ("set", "by file"),
        ("cleared", "by file"),
        ("set", "by file: the forge was broken into, ***"),
        ("cleared", "by file"),
    ];
    assert_eq!(details, expected.map(|(state, detail)| (json!(state), json!(detail))));
    assert!(house.gateway.metrics().contains("\ngitoma_halted{source=\"file\"} 0\n"));
}

/// A folder that was left alone is looked at instead of the files in it; whatever happens to it shows.
#[tokio::test]
async fn a_folder_that_rests_hides_nothing() {
    let (house, file) = marked();
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(4_500));
        for _ in 0..3 {
            assert_eq!(look(&house).await, "ok");
        }
        std::fs::write(&file, "").unwrap();
        assert_eq!(look(&house).await, "halted", "the very next call");
        std::thread::sleep(Duration::from_millis(4_500));
        for _ in 0..3 {
            assert_eq!(look(&house).await, "halted");
        }
        std::fs::remove_file(&file).unwrap();
        assert_eq!(look(&house).await, "ok", "the very next call");
    }
    std::thread::sleep(Duration::from_millis(4_500));
    assert_eq!(look(&house).await, "ok");
    std::fs::rename(file.parent().unwrap(), file.parent().unwrap().with_extension("moved")).unwrap();
    assert_eq!(look(&house).await, "halted");
}

#[tokio::test]
async fn what_cannot_be_looked_at_counts_as_set() {
    let (house, file) = marked();
    std::os::unix::fs::symlink("nowhere", &file).unwrap();
    assert_eq!(look(&house).await, "halted", "a link that leads nowhere is there");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert_eq!(look(&house).await, "halted", "a folder as well");
    std::fs::remove_dir(&file).unwrap();
    assert_eq!(look(&house).await, "ok");
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    assert_eq!(look(&house).await, "halted", "nobody could put a file there any more");
    std::fs::write(file.parent().unwrap(), "").unwrap();
    assert_eq!(look(&house).await, "halted");
    std::fs::remove_file(file.parent().unwrap()).unwrap();
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    assert_eq!(look(&house).await, "ok");
}

#[tokio::test]
async fn the_parts_are_independent() {
    let (house, file) = marked();
    let gateway = &house.gateway;
    gateway.halt(HaltSource::Signal, "", None).await;
    let status = gateway.halt(HaltSource::Admin, "looking into it\nno more", Some("dana")).await;
    assert_eq!(status.by, [HaltSource::Signal, HaltSource::Admin]);
    assert_eq!(status.reason.as_deref(), Some("looking into it"));
    std::fs::write(&file, "").unwrap();
    assert_eq!(gateway.halt_status().by, HaltSource::ALL);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(look(&house).await, "halted");
    gateway.resume(HaltSource::Signal, None).await.unwrap();
    assert_eq!(look(&house).await, "halted");
    gateway.resume(HaltSource::Admin, Some("dana")).await.unwrap();
    assert_eq!(look(&house).await, "ok");
    gateway.resume(HaltSource::Admin, Some("dana")).await.unwrap();
    let by_dana: Vec<_> = turns(&house).into_iter().filter(|(.., principal)| principal == "dana").collect();
    assert_eq!(
        by_dana,
        [
            (json!("set"), json!("by admin: looking into it"), json!("dana")),
            (json!("cleared"), json!("by admin"), json!("dana"))
        ]
    );
}

/// The administrators' part outlives the process, and holds for every gateway that shares the state.
#[tokio::test]
async fn an_administrators_word_outlives_the_process() {
    let (house, file) = marked();
    let folder = file.parent().unwrap().to_owned();
    let other = house.another(|builder| builder.halt_marks(HaltMarks::of(&folder, None)));
    house.gateway.halt(HaltSource::Admin, "for now", Some("dana")).await;
    let answer = other.handle(call("look", json!({"path": "src/a"}))).await;
    assert_eq!(code(&answer), "halted");
    house.gateway.shutdown(Duration::from_secs(5)).await;
    let next = house.another(|builder| builder.halt_marks(HaltMarks::of(&folder, None)));
    assert_eq!(code(&next.handle(call("look", json!({"path": "src/a"}))).await), "halted");
    assert_eq!(next.halt_status().reason.as_deref(), Some("for now"));
    next.resume(HaltSource::Admin, Some("dana")).await.unwrap();
    for gateway in [&next, &other] {
        assert_eq!(code(&gateway.handle(call("look", json!({"path": "src/a"}))).await), "ok");
    }
    // One that cannot be kept counts all the same.
    std::fs::remove_dir_all(&folder).unwrap();
    next.halt(HaltSource::Admin, "", None).await;
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(code(&next.handle(call("look", json!({"path": "src/a"}))).await), "halted");
}

#[tokio::test]
async fn a_running_read_is_stopped_and_says_so() {
    let house = house();
    let gateway = house.gateway.clone();
    let running =
        tokio::spawn(
            async move { gateway.handle(call("look", json!({"path": "src/a", "act": "sleep"}))).await },
        );
    until("it runs", || house.journal().contains(&"execute".to_owned())).await;
    house.gateway.halt(HaltSource::Signal, "", None).await;
    let refused = running.await.unwrap().unwrap_err();
    assert_eq!(refused.code(), "halted");
    let outcome = house.entries().into_iter().find(|entry| entry["kind"] == "outcome").unwrap();
    assert_eq!((&outcome["outcome"], &outcome["code"]), (&json!("cancelled"), &json!("halted")));
    // What comes after is not stopped by what was.
    house.gateway.resume(HaltSource::Signal, None).await.unwrap();
    assert_eq!(look(&house).await, "ok");
}

#[tokio::test]
async fn a_write_is_stopped_before_its_effect_and_ends_after_it() {
    let (house, file) = marked();
    let write = |act: &str| {
        let (gateway, arguments) = (house.gateway.clone(), json!({"path": "src/a", "act": act}));
        tokio::spawn(async move { gateway.handle(call("change", arguments)).await })
    };
    let waiting = write("wait_for_reload_and_write");
    until("it runs", || house.journal().contains(&"execute".to_owned())).await;
    // Nobody has looked at the file yet when the effect is about to begin.
    std::fs::write(&file, "").unwrap();
    house.reloaded();
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!((refused.code(), refused.executed()), ("halted", false));
    assert_eq!(house.effects(), 0);
    std::fs::remove_file(&file).unwrap();

    let lingering = write("commit_and_linger");
    until("the effect", || house.effects() == 1).await;
    std::fs::write(&file, "").unwrap();
    until("it was seen", || house.gateway.health().halted).await;
    assert_eq!(code(&lingering.await.unwrap()), "ok", "what has begun ends, and is on the record");
}

#[tokio::test]
async fn nobody_decides_approvals_meanwhile() {
    let house = house();
    let asked = house.call("change", json!({"path": "ask/a", "act": "write"})).await.unwrap_err();
    let id = asked.approval().unwrap().id.to_string();
    house.gateway.halt(HaltSource::Admin, "", None).await;
    let decided = |say| house.gateway.decide_approval(bearer(DANA), local(), &id, say, None);
    for say in [Decide::Approve, Decide::Deny] {
        assert_eq!(decided(say).await.unwrap_err().kind.code(), "halted");
    }
    assert_eq!(house.gateway.approvals(bearer(DANA), local(), false).await.unwrap().approvals.len(), 1);
    house.gateway.resume(HaltSource::Admin, None).await.unwrap();
    decided(Decide::Approve).await.unwrap();
}

/// A file that comes between two of many calls at once stops all that begin after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_that_begins_after_the_file_runs() {
    let (house, file) = marked();
    for _ in 0..20 {
        let calls: Vec<_> = (0..16)
            .map(|_| {
                let gateway = house.gateway.clone();
                let file = file.clone();
                tokio::spawn(async move {
                    let halted = file.exists();
                    (halted, code(&gateway.handle(call("look", json!({"path": "src/a"}))).await))
                })
            })
            .collect();
        std::fs::write(&file, "").unwrap();
        for call in calls {
            let (halted, code) = call.await.unwrap();
            assert!(!halted || code == "halted", "{code}");
        }
        assert_eq!(look(&house).await, "halted");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(look(&house).await, "ok");
    }
}
