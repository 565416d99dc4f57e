use super::*;

fn authenticator() -> Authenticator {
    Authenticator::new(&[
        PrincipalConfig::with_token("agent", &[Role::Agent], &Secret::new("first".to_owned())),
        PrincipalConfig::local("quiet", &[Role::Agent]),
        PrincipalConfig::with_token("operator", &[Role::Admin], &Secret::new("second".to_owned())),
    ])
}

fn check(credential: &Credential, expected: Result<&str, AuthFailure>) {
    let found = authenticator().authenticate(credential);
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
    let closed = Authenticator::new(&[PrincipalConfig::local("agent", &[Role::Agent])]);
    for credential in [Credential::Absent, Credential::Bearer(Secret::new("any".to_owned()))] {
        assert_eq!(closed.authenticate(&credential).err(), Some(AuthFailure::NotConfigured));
    }
}

#[test]
fn secrets_have_no_text() {
    let secret = Secret::new("canary".to_owned());
    assert_eq!(format!("{secret:?}"), "Secret(***)");
    assert!(!format!("{:?}", Credential::Bearer(secret)).contains("canary"));
}
