use super::*;

#[test]
fn only_patterns_all_of_whose_paths_are_refused_are_told() {
    // Pattern; refused for reading; refused for writing.
    let table = [
        (".git", true, true),
        (".GIT/config", true, true),
        ("**/.git/**", true, true),
        ("a/**/.netrc", true, true),
        ("**/.env.*", true, true),
        (".env*", false, false),
        ("*.env", false, false),
        ("**", false, false),
        ("src/**", false, false),
        ("id_rsa", true, true),
        ("id_rsa*", false, false),
        (".aws/credentials", true, true),
        (".aws/*", false, false),
        (".aws/**/credentials", false, false),
        (".github/workflows/**", false, true),
        (".github", false, true),
        ("a/.github", false, true),
        (".github/**", false, false),
        (".github/*", false, false),
        ("**/.gitmodules", false, true),
        ("Credentials.tfrc.json", true, true),
        ("GIT~1", true, true),
    ];
    for (text, read, write) in table {
        let glob = Glob::parse(text, false).unwrap();
        assert_eq!((refuses(&glob, false, false), refuses(&glob, true, false)), (read, write), "{text}");
    }
}

#[test]
fn what_is_told_to_be_refused_is_refused() {
    let names = [".git", ".github", "workflows", ".env.x", "id_rsa", ".pub", "a", ".aws", "credentials"];
    let items = [
        "**",
        "*",
        ".git",
        ".github",
        "workflows",
        ".env.*",
        "id_rsa",
        "id_rsa*",
        ".aws",
        "credentials",
        "?",
    ];
    let paths: Vec<String> = names
        .iter()
        .flat_map(|a| {
            names.iter().flat_map(move |b| [(*a).to_owned(), format!("{a}/{b}"), format!("a/{a}/{b}/x")])
        })
        .collect();
    for a in items {
        for b in items {
            for c in items {
                let glob = Glob::parse(&format!("{a}/{b}/{c}"), false).unwrap();
                for write in [false, true] {
                    let all = paths.iter().filter(|path| glob.matches(path));
                    let passes: Vec<_> = all.filter(|path| denylist::denied(path, write).is_none()).collect();
                    assert!(passes.is_empty() || !refuses(&glob, write, false), "{} {passes:?}", glob.text());
                }
            }
        }
    }
}
