//! Attacks on tokens and approvals, as a second reviewer made them. Each test states what must hold.

use std::sync::Arc;

use gitoma_core::policy::Scope;
use gitoma_core::{
    Decide, NewToken, Origin, Peer, PrincipalConfig, Role, StateDirectory, TokenConfig, TokenError,
    TokenFile, Transport, token_digest,
};
use serde_json::json;

use crate::support::{DANA, TOKEN, bearer, call, code, house, local};

fn tokens(directory: &tempfile::TempDir) -> TokenFile {
    TokenFile::of(&StateDirectory::open(&directory.path().join("state")).unwrap())
}

fn new(principal: &str) -> NewToken {
    NewToken { principal: principal.to_owned(), ..NewToken::default() }
}

/// A token whose principal is gone belongs to nobody, also once somebody else is called so, who may have more to say.
#[test]
fn a_new_principal_does_not_inherit_the_tokens_of_an_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = tokens(&directory);
    // The configuration lists `dana` as an agent; later it does not any more.
    let listed = [PrincipalConfig::local("dana", &[Role::Agent])];
    let (old, stored) = file.mint(&new("dana"), &listed).unwrap();
    let mut known = Vec::new();
    file.add_to(&mut known).unwrap();
    assert!(known.is_empty(), "it belongs to nobody");
    // Another person of that name, a year later.
    let approver = NewToken { roles: vec![Role::Approver, Role::Admin], ..new("dana") };
    assert!(matches!(file.mint(&approver, &[]), Err(TokenError::Inherited)));
    file.add_to(&mut known).unwrap();
    assert!(known.is_empty(), "nothing was made");
    file.revoke(&stored.id).unwrap();
    file.mint(&approver, &[]).unwrap();
    file.add_to(&mut known).unwrap();
    let digest = token_digest(old.expose());
    let raised = known
        .iter()
        .any(|one| one.roles.contains(&Role::Admin) && one.tokens.iter().any(|token| token.sha256 == digest));
    assert!(!raised, "an agent's old token is an admin's now");
}

/// What `token new` writes can be read again: else nobody can revoke, and the next start is refused.
#[test]
fn the_file_of_tokens_stays_readable_whatever_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let file = tokens(&directory);
    let patterns: Vec<String> = (0..64).map(|number| format!("{number}/{}", "x".repeat(900))).collect();
    let wide = || NewToken { tools: Some(patterns.clone()), ..new("ci") };
    let (_, first) = file.mint(&wide(), &[]).unwrap();
    for _ in 0..40 {
        if file.mint(&wide(), &[]).is_err() {
            break;
        }
    }
    let revoked = file.revoke(&first.id);
    assert!(revoked.is_ok(), "{}", revoked.unwrap_err());
}

/// `dana` with a token for one repository, and with the one for everything if `wide`.
fn principals(wide: bool) -> Vec<PrincipalConfig> {
    let narrow = Scope::new(None::<&[&str]>, Some(&["other/*"]), None).unwrap();
    let narrow = TokenConfig { scope: Arc::new(narrow), ..TokenConfig::new(token_digest("narrow")) };
    let everything = wide.then(|| TokenConfig::new(token_digest(DANA)));
    let tokens = everything.into_iter().chain([narrow]).collect();
    let dana = PrincipalConfig { tokens, ..PrincipalConfig::local("dana", &[Role::Approver]) };
    let agent = TokenConfig::new(token_digest(TOKEN));
    vec![PrincipalConfig { tokens: vec![agent], ..PrincipalConfig::local("agent", &[Role::Agent]) }, dana]
}

/// What was approved with a token that was revoked since is not carried out, where what is left of its holder could not approve it.
#[tokio::test]
async fn an_approval_falls_with_the_token_that_gave_it() {
    let house = house();
    house.gateway.replace_principals(principals(true)).await.unwrap();
    let asked = house.call("change", json!({"path": "ask/x", "act": "write"})).await.unwrap_err();
    let id = asked.approval().expect("an approval").id.to_string();
    let cannot = house.gateway.decide_approval(bearer("narrow"), local(), &id, Decide::Approve, None).await;
    assert!(cannot.is_err(), "the narrow token cannot approve it");
    house.gateway.decide_approval(bearer(DANA), local(), &id, Decide::Approve, None).await.unwrap();
    // The wide token was stolen, and is revoked.
    house.gateway.replace_principals(principals(false)).await.unwrap();
    let again = house.call("change", json!({"path": "ask/x", "act": "write"})).await;
    assert_eq!((code(&again), house.effects()), ("denied", 0), "nobody is left who approved it");
}

/// Who could only approve elsewhere is nobody to wait for.
#[tokio::test]
async fn an_approver_out_of_scope_is_no_approver() {
    let house = house();
    house.gateway.replace_principals(principals(false)).await.unwrap();
    let asked = house.call("change", json!({"path": "ask/x", "act": "write"})).await;
    assert_eq!(code(&asked), "denied", "there is nobody to wait for");
}

/// A token that was revoked lets no new call in, and one that is within a call stops at nothing it was let in for.
#[tokio::test]
async fn a_revoked_token_opens_nothing_more() {
    let house = house();
    house.gateway.replace_principals(principals(true)[1..].to_vec()).await.unwrap();
    let refused = house.gateway.handle(call("look", json!({"path": "a"}))).await;
    assert_eq!(code(&refused), "invalid_credential");
}

/// On this machine nobody is locked out by another's failures, over IPv6 as over IPv4.
#[tokio::test]
async fn this_machine_is_not_locked_out_over_ipv6() {
    let house = house();
    for address in ["127.0.0.1", "::1"] {
        let origin = Origin { transport: Transport::Http, peer: Peer::Address(address.parse().unwrap()) };
        for _ in 0..7 {
            let _ = house.gateway.authenticate(bearer("wrong"), origin).await;
        }
        let right = house.gateway.authenticate(bearer(TOKEN), origin).await;
        assert!(right.is_ok(), "{address}: {}", right.unwrap_err());
    }
}
