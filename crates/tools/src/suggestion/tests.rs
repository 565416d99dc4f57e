use super::*;

#[test]
fn the_last_two_segments_of_an_origin_are_suggested() {
    for (url, expected) in [
        ("https://forge.example/acme/web.git", Some("acme/web")),
        ("https://user:pass@forge.example/acme/web", Some("acme/web")),
        ("ssh://git@forge.example:22/acme/web.git/", Some("acme/web")),
        ("git@forge.example:acme/web.git", Some("acme/web")),
        ("https://forge.example/group/sub/web", Some("sub/web")),
        ("https://forge.example/web", None),
        ("https://forge.example/acme/w\u{1b}[31meb", None),
        ("https://forge.example/../..", None),
        ("file:///srv/acme/web", None),
        ("/srv/acme/web", None),
        ("", None),
    ] {
        assert_eq!(owner_and_name(url).as_deref(), expected, "{url}");
    }
    let token = format!("ghp_{}", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    for url in [format!("https://forge.example/{token}/web"), format!("git@forge.example:acme/{token}.git")] {
        assert_eq!(owner_and_name(&url), None, "a secret is no name");
    }
}
