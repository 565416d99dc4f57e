use serde_json::{Map, Value, json};

use super::{Answer, Claim, Repeats};
use crate::approval::call_hash;
use crate::call::CallId;
use crate::idempotency::IdempotencyKey;

fn arguments(path: &str) -> Map<String, Value> {
    let Value::Object(arguments) = json!({"path": path}) else { panic!("an object") };
    arguments
}

fn answer() -> Answer {
    Answer {
        result: json!({"commit": "1"}),
        redactions: 0,
        hidden: 0,
        elided: 0,
        truncated: false,
        found: Vec::new(),
    }
}

struct World {
    directory: tempfile::TempDir,
}

impl World {
    fn claim(&self, principal: &str, tool: &str, key: &str, path: &str) -> Claim {
        // Opened anew each time, as by another process.
        let repeats = Repeats::open(&self.directory.path().join("replies")).unwrap();
        let key = IdempotencyKey::parse(key).unwrap();
        let call = call_hash(tool, &arguments(path), principal);
        repeats.claim(principal, tool, &key, call, CallId::mint()).unwrap()
    }

    fn first(&self, principal: &str, tool: &str, key: &str, path: &str) -> super::Claimed {
        match self.claim(principal, tool, key, path) {
            Claim::First(claimed) => *claimed,
            other => panic!("{other:?}"),
        }
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.directory.path().join("replies")).unwrap().count()
    }
}

fn world() -> World {
    World { directory: tempfile::tempdir().unwrap() }
}

#[test]
fn a_repetition_is_given_the_answer() {
    let world = world();
    world.first("agent", "put", "k", "a").answer(answer()).unwrap();
    for _ in 0..2 {
        assert!(matches!(world.claim("agent", "put", "k", "a"), Claim::Answered(kept) if *kept == answer()));
    }
    assert_eq!(world.files(), 1);
}

#[test]
fn another_call_under_the_key_is_told_apart() {
    let world = world();
    world.first("agent", "put", "k", "a").answer(answer()).unwrap();
    assert!(matches!(world.claim("agent", "put", "k", "b"), Claim::Other));
    // A key is its principal's and its tool's.
    world.first("other", "put", "k", "a").answer(answer()).unwrap();
    world.first("agent", "move", "k", "a").answer(answer()).unwrap();
}

#[test]
fn a_call_that_is_running_or_was_cut_off_is_not_repeated() {
    let world = world();
    let running = world.first("agent", "put", "k", "a");
    assert!(matches!(world.claim("agent", "put", "k", "a"), Claim::Unsettled));
    running.leave();
    assert!(matches!(world.claim("agent", "put", "k", "a"), Claim::Unsettled));
}

#[test]
fn a_call_without_effect_gives_the_key_back() {
    let world = world();
    drop(world.first("agent", "put", "k", "a"));
    assert_eq!(world.files(), 0);
    world.first("agent", "put", "k", "b").leave();
}

#[test]
fn an_answer_is_kept_for_a_day() {
    let world = world();
    world.first("agent", "put", "k", "a").answer(answer()).unwrap();
    world.first("agent", "put", "l", "a").answer(answer()).unwrap();
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_hours(25);
    for entry in std::fs::read_dir(world.directory.path().join("replies")).unwrap() {
        std::fs::File::options()
            .write(true)
            .open(entry.unwrap().path())
            .unwrap()
            .set_modified(yesterday)
            .unwrap();
    }
    world.first("agent", "put", "k", "a").leave();
    assert_eq!(world.files(), 1, "what is old goes, also where nobody asks for it");
}

#[test]
fn answers_take_no_more_room_than_their_principal_has() {
    let world = world();
    let long = |bytes: usize| Answer { result: json!({"diff": "x".repeat(bytes)}), ..answer() };
    world.first("agent", "put", "long", "a").answer(long(super::LONGEST)).unwrap();
    assert!(matches!(world.claim("agent", "put", "long", "a"), Claim::CarriedOut), "it is not redone");
    let number = usize::try_from(super::ROOM).unwrap() / (400 * 1024) + 10;
    for key in 0..number {
        world.first("agent", "put", &key.to_string(), "a").answer(long(400 * 1024)).unwrap();
    }
    let bytes: u64 = std::fs::read_dir(world.directory.path().join("replies"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    let small = u64::try_from(number).unwrap() * 512;
    assert!(bytes > super::ROOM / 2 && bytes < super::ROOM + small, "{bytes}");
    assert!(matches!(world.claim("agent", "put", "0", "a"), Claim::Answered(_)));
    let last = (number - 1).to_string();
    assert!(matches!(world.claim("agent", "put", &last, "a"), Claim::CarriedOut));
    world.first("other", "put", "k", "a").answer(long(1024)).unwrap();
    assert!(
        matches!(world.claim("other", "put", "k", "a"), Claim::Answered(_)),
        "nobody fills another's room"
    );
}

#[test]
fn what_is_no_answer_of_ours_lets_nothing_run() {
    let world = world();
    world.first("agent", "put", "k", "a").leave();
    let file =
        std::fs::read_dir(world.directory.path().join("replies")).unwrap().next().unwrap().unwrap().path();
    for content in ["", "{", "null", "{\"call\":\"00\"}"] {
        std::fs::write(&file, content).unwrap();
        assert!(matches!(world.claim("agent", "put", "k", "a"), Claim::Unsettled), "{content}");
    }
}

#[test]
fn one_of_many_at_once_is_the_first() {
    let world = world();
    let firsts = std::thread::scope(|scope| {
        let claims: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| match world.claim("agent", "put", "k", "a") {
                    Claim::First(claimed) => {
                        claimed.leave();
                        1
                    }
                    _ => 0,
                })
            })
            .collect();
        claims.into_iter().map(|claim| claim.join().unwrap()).sum::<usize>()
    });
    assert_eq!(firsts, 1);
}
