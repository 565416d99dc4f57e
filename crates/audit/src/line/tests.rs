use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    FORMAT, HASH_KEY, PREFIX, SUFFIX_BYTES, read,
    write::{Head, LineWriter},
};
use crate::{
    call::{Access, Argument, CallFields, Intent, Restriction, RuleRef},
    digest::Digest,
    field::Field,
    limit, record, specimen,
    verify::fault::FaultClass,
    vocabulary::{Capability, Effect, Kind},
};

const HEAD: Head = Head {
    chain_id: Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001),
    seq: 7,
    moment: Timestamp::UNIX_EPOCH,
    writer: Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0002),
    kind: Kind::Intent,
};

/// The begin of a hand-made line up to and with `kind`.
const BEGIN: &str = r#"{"v":1,"chain_id":"01990000-0000-7000-8000-000000000001","seq":7,"ts":"1970-01-01T00:00:00.000000Z","writer":"01990000-0000-7000-8000-000000000002","kind":"intent","#;
const CALL: &str = r#""call_id":"01990000-0000-7000-8000-000000000003","#;
const PREV: &str = r#""prev_hash":"0000000000000000000000000000000000000000000000000000000000000000""#;

fn written(kind: Kind, fields: impl FnOnce(&mut LineWriter<'_>)) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut line = LineWriter::begin(&mut buffer, &Head { kind, ..HEAD });
    fields(&mut line);
    line.seal(&Digest::ZERO);
    assert_eq!(buffer.pop(), Some(b'\n'));
    buffer
}

/// Ends a hand-made body with its right hash.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut line = body.to_vec();
    line.extend_from_slice(format!("{HASH_KEY}{}\"}}", Digest::of(body)).as_bytes());
    line
}

#[test]
fn spells_a_whole_call_in_one_way() {
    let call = CallFields {
        correlation_id: Some("req-1".to_owned()),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        principal: Some("agent".into()),
        roles: Arc::from([Arc::from("agent"), Arc::from("auditor")]),
        tool: Some("repo_read_file".into()),
        capability: Some(Capability::Read),
        accesses: vec![
            Access {
                repo: Some("acme/web".into()),
                reference: Some("main".to_owned()),
                paths: vec!["src/lib.rs".to_owned(), "a\"b".to_owned()],
                paths_more: 3,
                found: None,
                host: Some("api.github.com".to_owned()),
            },
            Access { found: Some(true), ..Access::default() },
            Access { found: Some(false), host: Some("x".to_owned()), ..Access::default() },
            Access::default(),
        ],
        write_mode: Some("off"),
        effect: Some(Effect::Allow),
        enforced: Some(true),
        code: Some("some_code"),
        rules: vec![RuleRef { id: "read-all".into(), line: 14 }],
        policy_digest: Some("sha256:00".into()),
        token: Some("4f2a9c1e".into()),
        policy_generation: Some(u64::MAX),
        approval_id: Some("a-1".to_owned()),
        arguments: vec![
            Argument { name: "max_count".to_owned(), value: "5".to_owned() },
            Argument { name: "path".to_owned(), value: r#""a\"b""#.to_owned() },
        ],
        restriction: Restriction {
            read_only: true,
            dry_run: true,
            repositories: Some(vec!["acme/web".to_owned(), "a\"b".to_owned()]),
            repositories_more: 2,
        },
        ..CallFields::new(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0003), "http")
    };
    let intent = Intent { call: call.clone(), durable: false, args_commit: Some(specimen::commitment()) };
    let line = written(Kind::Intent, |line| record::intent(line, &intent));
    let expected = format!(
        "{BEGIN}{CALL}{}{PREV}",
        concat!(
            r#""correlation_id":"req-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","principal":"agent","#,
            r#""roles":["agent","auditor"],"token":"4f2a9c1e","transport":"http","tool":"repo_read_file","capability":"read","#,
            r#""accesses":[{"repo":"acme/web","ref":"main","paths":["src/lib.rs","a\"b"],"paths_more":3,"#,
            r#""host":"api.github.com"},{"found":true},{"found":false,"host":"x"},{}],"write_mode":"off","effect":"allow","enforced":true,"code":"some_code","#,
            r#""rules":[{"id":"read-all","line":14}],"policy_digest":"sha256:00","#,
            r#""policy_generation":9007199254740991,"approval_id":"a-1","#,
            r#""args_commit":"374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb","#,
            r#""arguments":[{"name":"max_count","value":"5"},{"name":"path","value":"\"a\\\"b\""}],"#,
            r#""restriction":{"read_only":true,"dry_run":true,"repos":["acme/web","a\"b"],"repos_more":2},"#,
        )
    );
    assert_eq!(
        String::from_utf8(line.clone()).unwrap(),
        String::from_utf8(sealed(expected.as_bytes())).unwrap()
    );

    let entry = read::read(&line).unwrap();
    assert_eq!(entry.raw.as_bytes(), line);
    assert_eq!((entry.seq, entry.kind, entry.call_id), (7, Kind::Intent, Some(call.call_id)));
    assert_eq!((entry.accesses, entry.rules), (call.accesses, call.rules));
    assert_eq!(entry.arguments, call.arguments);
    assert_eq!(entry.restriction, Some(call.restriction));
    assert_eq!((entry.effect, entry.enforced), (Some(Effect::Allow), Some(true)));
    assert_eq!(entry.policy_generation, Some(limit::INTEGER));
}

#[test]
fn begins_and_ends_as_the_framing_expects() {
    let line = written(Kind::Stop, |_| {});
    assert!(line.starts_with(PREFIX.as_bytes()));
    assert_eq!(SUFFIX_BYTES, 81);
    assert!(line[line.len() - SUFFIX_BYTES..].starts_with(HASH_KEY.as_bytes()));
}

#[test]
fn a_line_with_a_right_hash_and_a_wrong_spelling_is_a_fault() {
    let transport = r#""transport":"cli","#;
    let good = format!("{BEGIN}{CALL}{transport}{PREV}");
    read::read(&sealed(good.as_bytes())).unwrap();
    let with = |field: &str| format!("{BEGIN}{CALL}{transport}{field},{PREV}");
    let open = BEGIN.replace("intent", "chain.open");
    for (body, class) in [
        (format!("\u{feff}{good}"), FaultClass::ByteOrderMark),
        (good.replace(",\"call_id", ",\r\"call_id"), FaultClass::CarriageReturn),
        (good.replace("cli", "c\0i"), FaultClass::NulByte),
        (good.replace("cli", "c\u{2028}i"), FaultClass::BadString),
        (good.replace("cli", r"c\u0069"), FaultClass::BadString),
        (good.replace("cli", r"\ud800"), FaultClass::BadString),
        (good.replace("cli", &"x".repeat(limit::TEXT_BYTES + 1)), FaultClass::BadString),
        (good.replace("\"seq\":7", "\"seq\": 7"), FaultClass::Malformed),
        (good.replace(",\"call_id", ", \"call_id"), FaultClass::Malformed),
        (good.replace("\"seq\":7", "\"seq\":7.0"), FaultClass::BadNumber),
        (good.replace("\"seq\":7", "\"seq\":7e0"), FaultClass::BadNumber),
        (good.replace("\"seq\":7", "\"seq\":-0"), FaultClass::BadNumber),
        (good.replace("\"seq\":7", "\"seq\":07"), FaultClass::BadNumber),
        (good.replace("\"seq\":7", "\"seq\":9007199254740992"), FaultClass::BadNumber),
        (good.replace("\"seq\":7", "\"seq\":99999999999999999999"), FaultClass::BadNumber),
        (good.replace("\"seq\":7", "\"seq\":\"7\""), FaultClass::BadType),
        (good.replace("\"v\":1", "\"v\":2"), FaultClass::UnsupportedVersion),
        (good.replace("\"seq\":7", "\"seq\":7,\"seq\":7"), FaultClass::DuplicateKey),
        (good.replace(PREV, &format!("\"seq\":7,{PREV}")), FaultClass::DuplicateKey),
        (format!("{good}{HASH_KEY}{}\"", Digest::ZERO), FaultClass::DuplicateKey),
        (format!("{BEGIN}{transport}{CALL}{PREV}"), FaultClass::KeyOrder),
        (good.replace("\"v\":1,", ""), FaultClass::MissingField),
        (good.replace(transport, ""), FaultClass::MissingField),
        (good.replace(&format!(",{PREV}"), ""), FaultClass::MissingField),
        (with("\"actor\":\"x\""), FaultClass::UnknownKey),
        (with("\"Tool\":\"x\""), FaultClass::UnknownKey),
        (with("\"tool\":null"), FaultClass::BadType),
        (with("\"tool\":1"), FaultClass::BadType),
        (with("\"bytes_out\":1"), FaultClass::ForeignField),
        (with("\"enforced\":1"), FaultClass::BadType),
        (with("\"enforced\":True"), FaultClass::BadType),
        (with("\"effect\":\"Allow\""), FaultClass::BadValue),
        (with("\"capability\":\"admin\""), FaultClass::BadValue),
        (with("\"accesses\":[]"), FaultClass::BadList),
        (with("\"accesses\":[{\"paths\":[]}]"), FaultClass::BadList),
        (with("\"accesses\":[{\"ref\":\"x\",\"repo\":\"y\"}]"), FaultClass::KeyOrder),
        (with("\"accesses\":[{\"repo\":\"x\",\"repo\":\"y\"}]"), FaultClass::DuplicateKey),
        (with("\"accesses\":[{\"path\":\"x\"}]"), FaultClass::UnknownKey),
        (with("\"accesses\":[{\"found\":1}]"), FaultClass::BadType),
        (with("\"accesses\":[{\"found\":true,\"paths_more\":1}]"), FaultClass::KeyOrder),
        (with("\"arguments\":[]"), FaultClass::BadList),
        (with("\"arguments\":[{\"name\":\"x\"}]"), FaultClass::MissingField),
        (with("\"arguments\":[{\"name\":\"x\",\"value\":null}]"), FaultClass::BadType),
        (with("\"accesses\":[{},]"), FaultClass::BadType),
        (with("\"restriction\":[]"), FaultClass::BadType),
        (with("\"restriction\":{}"), FaultClass::BadValue),
        (with("\"restriction\":{\"read_only\":false}"), FaultClass::BadValue),
        (with("\"restriction\":{\"dry_run\":1}"), FaultClass::BadType),
        (with("\"restriction\":{\"dry_run\":true,\"read_only\":true}"), FaultClass::KeyOrder),
        (with("\"restriction\":{\"repos\":[\"x\"]}"), FaultClass::MissingField),
        (with("\"restriction\":{\"repos\":[],\"repos_more\":0}"), FaultClass::BadList),
        (with("\"restriction\":{\"role\":\"x\"}"), FaultClass::UnknownKey),
        (
            with(&format!("\"restriction\":{{\"repos\":[{}],\"repos_more\":0}}", [r#""x""#; 33].join(","))),
            FaultClass::BadList,
        ),
        (with(&format!("\"accesses\":[{}]", ["{}"; 17].join(","))), FaultClass::BadList),
        (with("\"rules\":[{\"id\":\"x\"}]"), FaultClass::MissingField),
        (with("\"rules\":[{\"id\":\"x\",\"line\":4294967296}]"), FaultClass::BadNumber),
        (with("\"args_commit\":\"AB\""), FaultClass::BadValue),
        (
            good.replace("01990000-0000-7000-8000-000000000003", "01990000000070008000000000000003"),
            FaultClass::BadValue,
        ),
        (good.replace("8000-000000000003", "8000-00000000000A"), FaultClass::BadValue),
        (good.replace(".000000Z", ".000Z"), FaultClass::BadValue),
        (good.replace("intent", "decision"), FaultClass::BadValue),
        (format!("{open}\"format\":\"{FORMAT}\",{PREV}"), FaultClass::MissingField),
        (format!("{good} "), FaultClass::Malformed),
        (format!("{good},"), FaultClass::Malformed),
        (good.replacen('{', "", 1), FaultClass::Malformed),
    ] {
        assert_eq!(read::read(&sealed(body.as_bytes())), Err(class), "{body}");
    }
}

#[test]
fn a_line_with_wrong_framing_is_a_fault() {
    let good = written(Kind::Stop, |_| {});
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut line = good.clone();
        change(&mut line);
        read::read(&line)
    };
    let hash = good.len() - 3;
    for (result, class) in [
        (read::read(b""), FaultClass::EmptyLine),
        (read::read(b"{}"), FaultClass::BadSuffix),
        (read::read(&vec![b'x'; limit::LINE_BYTES]), FaultClass::LineTooLong),
        (changed(&|line| line.push(b' ')), FaultClass::BadSuffix),
        (changed(&|line| line.push(b'\r')), FaultClass::CarriageReturn),
        (changed(&|line| line.push(0)), FaultClass::NulByte),
        (changed(&|line| line[10] = 0xff), FaultClass::InvalidUtf8),
        (changed(&|line| line[10] ^= 1), FaultClass::HashMismatch),
        (
            changed(&|line| line[hash] = if line[hash] == b'0' { b'1' } else { b'0' }),
            FaultClass::HashMismatch,
        ),
        (changed(&|line| line[hash] = b'A'), FaultClass::BadSuffix),
    ] {
        assert_eq!(result, Err(class));
    }
}

#[test]
fn the_longest_call_fits_and_says_what_is_missing() {
    let long = "\u{1b}".repeat(5_000);
    let access = Access {
        repo: Some(long.as_str().into()),
        reference: Some(long.clone()),
        paths: vec![long.clone(); 100],
        paths_more: 5,
        found: Some(false),
        host: Some(long.clone()),
    };
    let text: &'static str = String::leak(long.clone());
    let call = CallFields {
        correlation_id: Some(long.clone()),
        trace_id: Some(long.clone()),
        principal: Some(text.into()),
        roles: vec![Arc::from(text); 100].into(),
        tool: Some(text.into()),
        capability: Some(Capability::Automation),
        accesses: vec![access; 100],
        write_mode: Some(text),
        effect: Some(Effect::Deny),
        enforced: Some(false),
        code: Some(text),
        rules: vec![RuleRef { id: text.into(), line: u32::MAX }; 100],
        policy_digest: Some(text.into()),
        token: Some(text.into()),
        policy_generation: Some(u64::MAX),
        approval_id: Some(long.clone()),
        arguments: vec![Argument { name: long.clone(), value: long.clone() }; 100],
        restriction: Restriction {
            read_only: true,
            dry_run: true,
            repositories: Some(vec![long; 100]),
            repositories_more: 7,
        },
        ..CallFields::new(Uuid::max(), text)
    };
    let intent = Intent { call, durable: true, args_commit: Some(specimen::commitment()) };
    let line = written(Kind::Intent, |line| record::intent(line, &intent));
    // a job is still to come
    assert!(line.len() + 1_024 + 100 < limit::LINE_BYTES, "{}", line.len());
    let entry = read::read(&line).unwrap();
    assert_eq!(entry.accesses.len() as u64 + entry.accesses_more.unwrap(), 100);
    assert_eq!(entry.accesses[0].paths.len() as u64 + entry.accesses[0].paths_more, 105);
    assert_eq!(entry.arguments.len(), 1, "the budget of the arguments");
    let restriction = entry.restriction.unwrap();
    assert_eq!(restriction.repositories.unwrap().len() as u64 + restriction.repositories_more, 107);
    assert!(entry.cut.unwrap() > 199);
}

#[test]
fn ordinary_lists_are_listed_up_to_the_limits() {
    let paths = |count: usize| (0..count).map(|number| format!("src/{number:050}.rs")).collect::<Vec<_>>();
    for (accesses, listed, more) in [(1, 1, None), (16, 16, None), (17, 16, Some(1))] {
        let access = Access { paths: paths(33), ..Access::default() };
        let line = written(Kind::Intent, |line| {
            line.identifier(Field::CallId, Uuid::nil());
            line.text(Field::Transport, "cli");
            line.accesses(&vec![access; accesses]);
        });
        let entry = read::read(&line).unwrap();
        assert_eq!((entry.accesses.len(), entry.accesses_more, entry.cut), (listed, more, None));
        assert!(entry.accesses.iter().all(|access| access.paths == paths(32) && access.paths_more == 1));
    }
}

#[test]
fn what_was_given_up_is_read_back_and_nothing_is_not_written() {
    let aliases =
        |count: usize| Some((0..count).map(|number| format!("team/repo-{number}")).collect::<Vec<_>>());
    let cases = [
        (Restriction::default(), ""),
        (Restriction { read_only: true, ..Restriction::default() }, r#""restriction":{"read_only":true},"#),
        (Restriction { dry_run: true, ..Restriction::default() }, r#""restriction":{"dry_run":true},"#),
        (
            Restriction { repositories: aliases(0), ..Restriction::default() },
            r#""restriction":{"repos_more":0},"#,
        ),
        (
            Restriction { repositories: aliases(1), ..Restriction::default() },
            r#""restriction":{"repos":["team/repo-0"],"repos_more":0},"#,
        ),
        (
            Restriction { repositories: aliases(2), dry_run: true, ..Restriction::default() },
            r#""restriction":{"dry_run":true,"repos":["team/repo-0","team/repo-1"],"repos_more":0},"#,
        ),
    ];
    let written = |restriction: &Restriction| {
        written(Kind::Judged, |line| {
            let fields =
                CallFields { restriction: restriction.clone(), ..CallFields::new(Uuid::nil(), "cli") };
            record::judged(line, &fields);
        })
    };
    for (restriction, spelled) in cases {
        let line = written(&restriction);
        let text = String::from_utf8(line.clone()).unwrap();
        assert!(text.contains(&format!(r#""transport":"cli",{spelled}{PREV}"#)), "{text}");
        let read = read::read(&line).unwrap().restriction;
        assert_eq!(read, (!spelled.is_empty()).then_some(restriction));
    }
    for (count, listed, more) in [(32, 32, 0), (33, 32, 1)] {
        let line = written(&Restriction { repositories: aliases(count), ..Restriction::default() });
        let entry = read::read(&line).unwrap();
        let restriction = entry.restriction.unwrap();
        let left = (restriction.repositories.unwrap().len(), restriction.repositories_more, entry.cut);
        assert_eq!(left, (listed, more, None));
    }
}

proptest! {
    /// Whoever changes one byte of a line is found out.
    #[test]
    fn no_changed_byte_passes(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut line = written(Kind::Stop, |line| line.text(Field::Detail, "päth \"x\""));
        let place = place.index(line.len());
        prop_assume!(line[place] != byte);
        line[place] = byte;
        prop_assert!(read::read(&line).is_err());
    }

    /// What the reader accepts, another JSON reader understands in the same way.
    #[test]
    fn serde_json_agrees(detail in any::<String>(), count in 0..=limit::INTEGER) {
        let line = written(Kind::Checkpoint, |line| {
            line.integer(Field::ThroughSeq, count);
            line.digest(Field::TipHash, &Digest::ZERO);
            line.text(Field::Detail, &detail);
        });
        let entry = read::read(&line).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        prop_assert_eq!(value["through_seq"].as_u64(), entry.through_seq);
        prop_assert_eq!(value["detail"].as_str(), entry.detail.as_deref());
        prop_assume!(entry.cut.is_none());
        prop_assert_eq!(entry.detail, Some(detail));
    }
}
