use super::*;

#[test]
fn an_alias_is_said_where_the_folder_does_not_say_it() {
    let repository =
        |alias: &str| RepositoryConfig { alias: alias.to_owned(), path: "/src/web".into(), git_dir: None };
    assert_eq!(named(&repository("web")), "/src/web");
    assert_eq!(named(&repository("acme/web")), "/src/web=acme/web");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "makes the test's own file")]
fn a_program_that_is_not_there_yet_comes_with_the_way_to_it() {
    let folder = tempfile::tempdir().unwrap();
    for (name, build) in [
        ("release", Some("build it once: cargo build --release --bin gitoma-mcp")),
        ("debug", Some("build it once: cargo build --bin gitoma-mcp")),
        ("bin", Some("install gitoma-mcp beside gitoma-http first")),
    ] {
        let own = folder.path().join(name).join("gitoma-http");
        let expected = folder.path().join(name).join("gitoma-mcp");
        assert_eq!(program(Some(own.clone())), (expected.display().to_string(), build));
        std::fs::create_dir(folder.path().join(name)).unwrap();
        drop(std::fs::File::create(&expected).unwrap());
        assert_eq!(program(Some(own)), (expected.display().to_string(), None));
    }
    assert_eq!(program(None), ("gitoma-mcp".to_owned(), None));
}

#[test]
fn a_flag_comes_before_the_environment() {
    let flags = Flags { config: Some("/flag.yaml".into()), ..Flags::default() };
    let environment = Environment {
        config: Some("/environment.yaml".into()),
        policy: Some("/policy.yaml".into()),
        ..Environment::default()
    };
    let places = Places::of(&flags, &environment);
    assert_eq!(places.config.as_deref(), Some(Path::new("/flag.yaml")));
    assert_eq!(places.policy.as_deref(), Some(Path::new("/policy.yaml")));
    assert_eq!(places.state, None);
}
