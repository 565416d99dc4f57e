use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use gitoma_policy::{Capability, Scope};

use super::{NewToken, TokenError, TokenFile};
use crate::principal::{PrincipalConfig, Role, token_digest};
use crate::state::StateDirectory;

struct World {
    directory: tempfile::TempDir,
    file: TokenFile,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let file = TokenFile::of(&StateDirectory::open(&directory.path().join("state")).unwrap());
    World { directory, file }
}

fn new(principal: &str) -> NewToken {
    NewToken { principal: principal.to_owned(), ..NewToken::default() }
}

fn gathered(file: &TokenFile, listed: &[PrincipalConfig]) -> Vec<PrincipalConfig> {
    let mut principals = listed.to_vec();
    file.add_to(&mut principals).unwrap();
    principals
}

#[test]
fn a_token_is_kept_as_its_digest_for_its_owner_alone() {
    let World { directory, file } = world();
    assert_eq!(file.tokens().unwrap(), []);
    let end = SystemTime::now() + Duration::from_hours(1);
    let (secret, token) = file
        .mint(
            &NewToken {
                expires: Some(end),
                tools: Some(vec!["git_*".to_owned()]),
                repositories: Some(vec!["acme/*".to_owned()]),
                capabilities: Some(vec![Capability::Read]),
                ..new("ci")
            },
            &[],
        )
        .unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert!(secret.expose().len() >= 64 && !text.contains(secret.expose()));
    let mode = std::fs::metadata(file.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let left: Vec<_> = std::fs::read_dir(directory.path().join("state")).unwrap().collect();
    assert_eq!(left.len(), 2, "the file and its lock: {left:?}");

    assert_eq!(file.tokens().unwrap(), std::slice::from_ref(&token));
    let principals = gathered(&file, &[]);
    let [ci] = &*principals else { panic!("{principals:?}") };
    assert_eq!((ci.name.as_str(), &*ci.roles), ("ci", &[Role::Agent][..]));
    let [config] = &*ci.tokens else { panic!("{ci:?}") };
    assert_eq!(config.sha256, token_digest(secret.expose()));
    assert_eq!(config.id.as_deref(), Some(token.id.as_str()));
    let scope = Scope::new(Some(&["git_*"]), Some(&["acme/*"]), Some(&[Capability::Read])).unwrap();
    assert_eq!(*config.scope, scope);
    let off = end.duration_since(config.expires.unwrap()).unwrap();
    assert!(off < Duration::from_secs(1), "{off:?}");
}

#[test]
fn a_listed_principal_keeps_its_roles_and_its_tokens() {
    let World { directory: _directory, file } = world();
    let listed = [PrincipalConfig::local("dana", &[Role::Approver])];
    file.mint(&new("dana"), &listed).unwrap();
    file.mint(&NewToken { roles: vec![Role::Approver], ..new("dana") }, &listed).unwrap();
    let other = NewToken { roles: vec![Role::Admin], ..new("dana") };
    assert!(matches!(file.mint(&other, &listed), Err(TokenError::Roles)));
    let principals = gathered(&file, &listed);
    assert_eq!((principals.len(), principals[0].tokens.len()), (1, 2));
    // The file says nothing of the roles of one that is listed: when it goes, so does its right to log in.
    assert_eq!(gathered(&file, &[]).len(), 0);
}

#[test]
fn a_revoked_token_is_gone_and_with_the_last_its_principal() {
    let World { directory: _directory, file } = world();
    let roles = vec![Role::Agent, Role::Auditor];
    let (_, first) = file.mint(&NewToken { roles: roles.clone(), ..new("ci") }, &[]).unwrap();
    let (_, second) = file.mint(&new("ci"), &[]).unwrap();
    assert!(matches!(file.revoke("00000000x"), Err(TokenError::Unknown)));
    file.revoke(&first.id).unwrap();
    assert_eq!(gathered(&file, &[])[0].roles, roles);
    file.revoke(&second.id).unwrap();
    assert_eq!(gathered(&file, &[]).len(), 0);
    file.mint(&new("ci"), &[]).unwrap();
    assert_eq!(gathered(&file, &[])[0].roles, [Role::Agent], "it is a new one");
}

#[test]
fn what_does_not_hold_is_refused_and_nothing_kept() {
    let World { directory: _directory, file } = world();
    for name in ["", "a b", "a/b", &"a".repeat(65)] {
        assert!(matches!(file.mint(&new(name), &[]), Err(TokenError::Name)), "{name}");
    }
    let past = NewToken { expires: Some(SystemTime::now()), ..new("ci") };
    assert!(matches!(file.mint(&past, &[]), Err(TokenError::Past)));
    let scope = NewToken { tools: Some(vec!["!x".to_owned()]), ..new("ci") };
    assert!(matches!(file.mint(&scope, &[]), Err(TokenError::Scope(_))));
    assert!(!file.path().exists());
}

#[test]
fn a_file_that_others_read_or_that_is_damaged_lets_nobody_in() {
    let World { directory: _directory, file } = world();
    file.mint(&new("ci"), &[]).unwrap();
    let whole = std::fs::read_to_string(file.path()).unwrap();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(file.tokens(), Err(TokenError::Exposed)));
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let damages = [
        String::new(),
        whole.get(..whole.len() / 2).unwrap().to_owned(),
        whole.replace("\"version\": 1", "\"version\": 2"),
        whole.replace("\"sha256\": \"", "\"sha256\": \"0"),
        whole.replace("\"principal\": \"ci\"", "\"principal\": \"c i\""),
        whole.replace("\"agent\"", "\"god\""),
        whole.replace("\"created\"", "\"more\": 1, \"created\""),
        whole.replace("\"created\"", "\"tools\": [\"!\"], \"created\""),
    ];
    for damaged in damages {
        assert_ne!(damaged, whole);
        std::fs::write(file.path(), &damaged).unwrap();
        assert!(matches!(file.tokens(), Err(TokenError::Damaged)), "{damaged}");
        assert!(
            matches!(file.mint(&new("x"), &[]), Err(TokenError::Damaged)),
            "what is damaged is not written over"
        );
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), damaged);
    }
}

#[test]
fn many_at_once_lose_nothing() {
    let World { directory: _directory, file } = world();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let file = &file;
            scope.spawn(move || file.mint(&new(&format!("p{number}")), &[]).unwrap());
        }
    });
    let tokens = file.tokens().unwrap();
    let mut ids: Vec<_> = tokens.iter().map(|token| &token.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 16);
}
