use super::*;

fn authenticator() -> Authenticator {
    let principals = [
        PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new("first".to_owned())),
        PrincipalConfig::local("quiet", &[Role::Agent]),
        PrincipalConfig::with_token("operator", &[Role::Admin], &Secret::new("second".to_owned())),
    ];
    Authenticator::new(&principals, &mut Places::default())
}

fn check(credential: &Credential, expected: Result<&str, AuthFailure>) {
    let found = authenticator().authenticate(credential, SystemTime::now());
    assert_eq!(found.as_ref().map(|principal| principal.name()).map_err(|failure| *failure), expected);
}

#[test]
fn finds_the_principal_of_a_token() {
    let bearer = |token: &str| Credential::Bearer(Secret::new(token.to_owned()));
    check(&bearer("first"), Ok("agent"));
    check(&bearer("second"), Ok("operator"));
    check(&bearer("secon"), Err(AuthFailure::Wrong));
    check(&bearer(""), Err(AuthFailure::Wrong));
    check(&Credential::Absent, Err(AuthFailure::Absent));
    check(&Credential::Local("quiet".into()), Ok("quiet"));
    check(&Credential::Local("nobody".into()), Err(AuthFailure::Wrong));
    check(&Credential::Local("operator".into()), Err(AuthFailure::Wrong));
}

#[test]
fn no_token_configured_is_its_own_answer() {
    let quiet = [PrincipalConfig::local("agent", &[Role::Agent])];
    let closed = Authenticator::new(&quiet, &mut Places::default());
    for credential in [Credential::Absent, Credential::Bearer(Secret::new("any".to_owned()))] {
        assert_eq!(
            closed.authenticate(&credential, SystemTime::now()).err(),
            Some(AuthFailure::NotConfigured)
        );
    }
}

#[test]
fn secrets_have_no_text() {
    let secret = Secret::new("canary".to_owned());
    assert_eq!(format!("{secret:?}"), "Secret(***)");
    assert!(!format!("{:?}", Credential::Bearer(secret)).contains("canary"));
}

#[test]
fn a_token_holds_until_its_time_is_over_and_for_its_scope() {
    let now = SystemTime::now();
    let bearer = |token: &str| Credential::Bearer(Secret::new(token.to_owned()));
    let token = |text: &str| TokenConfig::new(token_digest(text));
    let second = std::time::Duration::from_secs(1);
    let scope = Arc::new(Scope::new(Some(&["git_*"]), None, None).unwrap());
    let principal = PrincipalConfig {
        tokens: vec![
            token("plain"),
            TokenConfig { id: Some("t1".into()), scope: Arc::clone(&scope), ..token("scoped") },
            TokenConfig { expires: Some(now + second), ..token("young") },
            TokenConfig { expires: Some(now), ..token("old") },
        ],
        ..PrincipalConfig::local("boss", &[Role::Approver])
    };
    let mut places = Places::default();
    let authenticator = Authenticator::new(std::slice::from_ref(&principal), &mut places);
    let found = |token: &str| authenticator.authenticate(&bearer(token), now);
    assert_eq!(
        (found("plain").unwrap().scope(), found("plain").unwrap().token()),
        (Scope::everything(), None)
    );
    let scoped = found("scoped").unwrap();
    assert_eq!(
        (scoped.name(), scoped.scope(), scoped.token().map(|id| &**id)),
        ("boss", &*scope, Some("t1"))
    );
    assert_eq!(found("young").unwrap().index(), found("plain").unwrap().index());
    assert_eq!(found("old").err(), Some(AuthFailure::Expired));
    assert!(authenticator.has_approver(|principal| principal.name() == "boss"));

    // Who holds only tokens of the past approves nothing, and nobody is asked to wait for them.
    let late = PrincipalConfig { tokens: principal.tokens[3..].to_vec(), ..principal };
    let authenticator = Authenticator::new(&[PrincipalConfig::local("a", &[]), late], &mut places);
    assert!(!authenticator.has_approver(|_| true));
    assert_eq!(places.count(), 2);
    let boss = PrincipalConfig::with_token("boss", &[], &Secret::new("t".to_owned()));
    let authenticator = Authenticator::new(&[boss], &mut places);
    let place = authenticator.authenticate(&bearer("t"), now).unwrap().index();
    assert_eq!((place, places.count()), (0, 2), "a place is kept by name");
}

#[test]
fn a_user_is_the_principal_that_lists_it() {
    let principals = [
        PrincipalConfig { users: vec![7, 8], ..PrincipalConfig::local("agent", &[Role::Agent]) },
        PrincipalConfig { users: vec![9], ..PrincipalConfig::local("boss", &[Role::Approver]) },
    ];
    let authenticator = Authenticator::new(&principals, &mut Places::default());
    let found = |user| {
        let found = authenticator.authenticate(&Credential::User(user), SystemTime::now());
        found.map(|principal| principal.name().to_owned())
    };
    assert_eq!(found(7), Ok("agent".to_owned()));
    assert_eq!(found(8), Ok("agent".to_owned()));
    assert_eq!(found(9), Ok("boss".to_owned()));
    assert_eq!(found(0), Err(AuthFailure::Absent));
    assert!(
        authenticator.has_approver(|principal| principal.name() == "boss"),
        "who is let in without a token may decide as well"
    );
    let nobody = Authenticator::new(&[PrincipalConfig::local("agent", &[])], &mut Places::default());
    let found = nobody.authenticate(&Credential::User(7), SystemTime::now());
    assert_eq!(found.err(), Some(AuthFailure::NotConfigured));
}
