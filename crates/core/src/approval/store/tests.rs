use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gitoma_policy::{Capability, Transport};
use jiff::ToSpan as _;
use serde_json::json;
use uuid::Uuid;

use super::super::binding::Hash;
use super::super::request::How;
use super::*;
use crate::effects::Effects;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn limits() -> ApprovalLimits {
    ApprovalLimits { pending: 4, pending_per_principal: 2, ..ApprovalLimits::default() }
}

fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("approvals"), limits()).unwrap()
}

fn request(subject: u8, binding: u8, principal: &str, created: Timestamp) -> Request {
    Request {
        id: ApprovalId::mint().unwrap(),
        subject: Hash::new([subject; 32]),
        binding: Hash::new([binding; 32]),
        effect_digest: Hash::new([9; 32]),
        created,
        expires: expiry(created, limits().lifetime),
        call_id: Uuid::nil(),
        principal: principal.into(),
        transport: Transport::Mcp,
        tool: "change".into(),
        capability: Capability::Write,
        arguments: json!({"path": "x"}),
        accesses: Vec::new(),
        policy_digest: "00".to_owned(),
        policy_generation: 1,
        rules: Vec::new(),
        effects: Effects { target: "branch `x`".to_owned(), ..Effects::default() },
        files_more: 0,
        cut: false,
        hidden: 0,
    }
}

fn decided(id: &ApprovalId, approved: bool) -> Decided {
    Decided { id: id.clone(), approved, principal: "dana".into(), token: None, at: NOW, note: None }
}

fn ended(id: &ApprovalId, how: How) -> End {
    End { id: id.clone(), how, why: "test".to_owned(), at: NOW, call_id: None }
}

fn files(folder: &tempfile::TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path().join("approvals")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_approval_goes_from_step_to_step_and_stays_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let asked = request(1, 1, "agent", NOW);
    let state = || store(&folder).find(&asked.id).unwrap().unwrap().state(NOW);
    store(&folder).turn().unwrap().add(&asked).unwrap();
    assert_eq!(store(&folder).all().unwrap()[0].request, asked);
    assert_eq!(state(), ApprovalState::Pending);
    assert!(store(&folder).turn().unwrap().decide(&decided(&asked.id, true)).unwrap());
    assert_eq!(state(), ApprovalState::Approved);
    assert!(!store(&folder).turn().unwrap().decide(&decided(&asked.id, false)).unwrap(), "decided once");
    assert_eq!(state(), ApprovalState::Approved);
    assert!(store(&folder).turn().unwrap().end(&ended(&asked.id, How::Used)).unwrap());
    assert!(!store(&folder).turn().unwrap().end(&ended(&asked.id, How::Used)).unwrap(), "used once");
    assert_eq!(state(), ApprovalState::Used);
    assert!(store(&folder).turn().unwrap().of(asked.subject).unwrap().is_empty(), "nothing is left to use");
}

#[test]
fn time_ends_what_is_pending_or_approved_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let [pending, approved, denied] = [1, 2, 3].map(|subject| request(subject, 1, "agent", NOW));
    let turn = store.turn().unwrap();
    for asked in [&pending, &approved, &denied] {
        turn.add(asked).unwrap();
    }
    turn.decide(&decided(&approved.id, true)).unwrap();
    turn.decide(&decided(&denied.id, false)).unwrap();
    let states =
        |now| [&pending, &approved, &denied].map(|asked| store.find(&asked.id).unwrap().unwrap().state(now));
    let last = NOW + 3599.seconds();
    assert_eq!(states(last), [ApprovalState::Pending, ApprovalState::Approved, ApprovalState::Denied]);
    let over = NOW + 3600.seconds();
    assert_eq!(states(over), [ApprovalState::Expired, ApprovalState::Expired, ApprovalState::Denied]);
}

#[test]
fn files_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("approvals");
    std::fs::create_dir(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let store = store(&folder);
    let asked = request(1, 1, "agent", NOW);
    store.turn().unwrap().add(&asked).unwrap();
    store.turn().unwrap().decide(&decided(&asked.id, true)).unwrap();
    store.turn().unwrap().end(&ended(&asked.id, How::Used)).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    let names = files(&folder);
    assert_eq!(names.len(), 4, "{names:?}: a request, a decision, an end and the lock");
    for name in names {
        let mode = std::fs::metadata(path.join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_link_is_no_directory_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("approvals")).unwrap();
    let opened = Store::open(&folder.path().join("approvals"), limits());
    assert!(matches!(opened, Err(StoreError::Foreign)), "{opened:?}");
}

#[test]
fn what_is_torn_or_foreign_is_passed_over_and_grants_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let path = |name: &str| folder.path().join("approvals").join(name);
    let asked: Vec<_> = (1..=5).map(|subject| request(subject, 1, &format!("p{subject}"), NOW)).collect();
    for asked in &asked {
        store.turn().unwrap().add(asked).unwrap();
    }
    let name = |asked: &Request| {
        format!("{}-{}-{}.request.json", asked.subject.short(), asked.expires.as_second(), asked.id)
    };
    // a torn request
    let text = std::fs::read_to_string(path(&name(&asked[0]))).unwrap();
    std::fs::write(path(&name(&asked[0])), text.split_at(text.len() / 2).0).unwrap();
    // a request in the place of another
    std::fs::copy(path(&name(&asked[2])), path(&name(&asked[1]))).unwrap();
    // a torn decision, one for another approval, and an end that says nothing
    std::fs::write(path(&format!("{}.decision.json", asked[2].id)), "{").unwrap();
    let other = serde_json::to_string(&decided(&asked[4].id, true)).unwrap();
    std::fs::write(path(&format!("{}.decision.json", asked[3].id)), other).unwrap();
    std::fs::write(path("notes.txt"), "mine").unwrap();
    std::fs::write(path("0000000000000000-1-apr_x.request.json"), "{}").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", path(&format!("{}.end.json", asked[4].id))).unwrap();
    let states: HashMap<_, _> =
        store.all().unwrap().into_iter().map(|held| (held.request.id.clone(), held.state(NOW))).collect();
    assert_eq!(states.len(), 3, "{states:?}");
    for asked in &asked[2..] {
        assert_eq!(states[&asked.id], ApprovalState::Void);
    }
    assert_eq!(store.find(&asked[0].id).unwrap(), None);
    assert!(!store.turn().unwrap().decide(&decided(&asked[2].id, true)).unwrap(), "and it stays so");
}

#[test]
fn pending_approvals_have_limits() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let turn = store.turn().unwrap();
    let room = |principal: &str| turn.has_room(principal, NOW).unwrap();
    for subject in 1..=2 {
        assert!(room("a"));
        turn.add(&request(subject, 1, "a", NOW)).unwrap();
    }
    assert!(!room("a") && room("b"), "two of one");
    let theirs: Vec<_> = (3..=4).map(|subject| request(subject, 1, "b", NOW)).collect();
    theirs.iter().for_each(|asked| turn.add(asked).unwrap());
    assert!(!room("c"), "four in all");
    turn.decide(&decided(&theirs[0].id, true)).unwrap();
    assert!(room("c") && room("b"), "what is decided is not pending");
    assert!(turn.has_room("a", NOW + 2.hours()).unwrap(), "and neither is what is over");
}

#[test]
fn what_is_long_over_is_taken_away_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let turn = store.turn().unwrap();
    let [old, used, fresh] = [(1, NOW), (2, NOW), (3, NOW + 167.hours())]
        .map(|(subject, created)| request(subject, 1, "a", created));
    for asked in [&old, &used, &fresh] {
        turn.add(asked).unwrap();
    }
    turn.decide(&decided(&used.id, true)).unwrap();
    turn.end(&ended(&used.id, How::Used)).unwrap();
    turn.sweep(NOW + 168.hours()).unwrap();
    assert_eq!(store.all().unwrap().len(), 3, "kept for a week after their time");
    turn.sweep(NOW + 169.hours()).unwrap();
    assert_eq!(store.all().unwrap().iter().map(|held| &held.request.id).collect::<Vec<_>>(), [&fresh.id]);
    assert_eq!(files(&folder).len(), 2, "with all its files");
}

#[test]
fn of_the_settled_ones_only_so_many_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let turn = store.turn().unwrap();
    let waiting = request(1, 1, "a", NOW);
    turn.add(&waiting).unwrap();
    for number in 0..MOST_KEPT + 3 {
        let asked = request(2, 1, "a", NOW + i64::try_from(number).unwrap().seconds());
        turn.store.files.add_part(&asked.id, Part::End, &ended(&asked.id, How::Void)).unwrap();
        turn.add(&asked).unwrap();
    }
    turn.sweep(NOW).unwrap();
    let left = store.all().unwrap();
    assert_eq!(left.len(), MOST_KEPT + 1);
    assert_eq!(left[0].request.id, waiting.id, "what may still be decided stays");
    assert_eq!(left[1].request.created, NOW + 3.seconds(), "the oldest went");
}

/// Of two who do the same at once one wins, whether or not they wait for their turn.
#[test]
fn one_file_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        let asked = request(1, 1, "a", NOW);
        store(&folder).turn().unwrap().add(&asked).unwrap();
        let start = Arc::new(std::sync::Barrier::new(8));
        let deciders: Vec<_> = (0..8)
            .map(|number| {
                let (store, start, id) = (store(&folder), Arc::clone(&start), asked.id.clone());
                std::thread::spawn(move || {
                    start.wait();
                    let decision = decided(&id, number % 2 == 0);
                    store.files.add_part(&id, Part::Decision, &decision).unwrap()
                })
            })
            .collect();
        let won = deciders.into_iter().map(|thread| thread.join().unwrap()).filter(|won| *won).count();
        assert_eq!(won, 1);
    }
}

#[test]
fn a_turn_is_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let inside = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (store, inside) = (store(&folder), Arc::clone(&inside));
            std::thread::spawn(move || {
                for _ in 0..50 {
                    let turn = store.turn().unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "somebody else has the turn");
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(turn);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
