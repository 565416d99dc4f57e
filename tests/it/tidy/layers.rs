//! The folder map and the arrows of docs/architecture.md, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use super::{root, text};

/// Folder, package, and the packages of ours its library or binaries may use.
const MAP: [(&str, &str, &[&str]); 10] = [
    ("crates/policy", "gitoma-policy", &[]),
    ("crates/audit", "gitoma-audit", &[]),
    ("crates/redact", "gitoma-redact", &[]),
    ("crates/confine", "gitoma-confine", &[]),
    ("crates/core", "gitoma-core", &["gitoma-policy", "gitoma-audit", "gitoma-redact"]),
    ("crates/tools", "gitoma-tools", &["gitoma-core", "gitoma-confine"]),
    // Its binary mounts the endpoint of the other transport; the library knows nothing of it, as is tested below.
    ("crates/transport-http", "gitoma-http", &["gitoma-core", "gitoma-tools", "gitoma-mcp"]),
    ("crates/transport-mcp", "gitoma-mcp", &["gitoma-core", "gitoma-tools"]),
    (
        "crates/cli",
        "gitoma-cli",
        // Confine for `install` and `doctor`: files of projects are changed, and servers started, where nothing else may do it.
        &["gitoma-core", "gitoma-tools", "gitoma-audit", "gitoma-policy", "gitoma-redact", "gitoma-confine"],
    ),
    ("tests", "gitoma-tests", &[]),
];

/// Crates that would bring I/O, a runtime or a second engine where it must not be.
const FORBIDDEN: [(&str, &[&str]); 4] = [
    ("gitoma-policy", &["tokio", "rustix", "tempfile", "gix", "axum", "rmcp"]),
    ("gitoma-redact", &["tokio", "rustix", "tempfile", "gix", "axum", "rmcp"]),
    ("gitoma-core", &["gix", "axum", "rmcp", "hyper", "serde-saphyr"]),
    ("gitoma-confine", &["tokio", "gix", "axum", "rmcp"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .no_deps()
        .exec()
        .unwrap()
}

/// What each package of ours depends on, development aside.
fn dependencies(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let normal = |package: &cargo_metadata::Package| {
        let kept = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        kept.map(|dependency| dependency.name.clone()).collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), normal(package))).collect()
}

#[test]
fn folders_and_packages_are_as_mapped() {
    let metadata = metadata();
    let found: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| {
            let folder =
                package.manifest_path.parent().unwrap().strip_prefix(root().to_str().unwrap()).unwrap();
            (folder.to_string(), package.name.to_string())
        })
        .collect();
    let expected =
        MAP.iter().map(|(folder, package, _)| ((*folder).to_owned(), (*package).to_owned())).collect();
    assert_eq!(found, expected);
    let architecture = text("docs/architecture.md");
    for (folder, package, _) in MAP {
        assert!(
            architecture.contains(&format!("| `{folder}` | `{package}` |")),
            "docs/architecture.md lacks {folder}"
        );
    }
}

#[test]
fn arrows_point_one_way() {
    let dependencies = dependencies(&metadata());
    for (_, package, allowed) in MAP {
        let ours: BTreeSet<_> =
            dependencies[package].iter().filter(|name| name.starts_with("gitoma-")).collect();
        let allowed: BTreeSet<_> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let stray: Vec<_> = ours.into_iter().filter(|name| !allowed.contains(*name)).collect();
        assert!(stray.is_empty(), "{package} must not use {stray:?}");
    }
}

#[test]
fn layers_hold_no_foreign_privilege() {
    let dependencies = dependencies(&metadata());
    for (package, forbidden) in FORBIDDEN {
        for name in forbidden {
            assert!(!dependencies[package].contains(*name), "{package} must not use {name}");
        }
    }
}

/// One transport serves beside the other by a seam that knows neither: whoever embeds the HTTP door gets no protocol with it.
#[test]
fn the_http_library_knows_nothing_of_mcp() {
    for file in super::sources::rust_files("crates/transport-http/src") {
        let names_mcp = std::fs::read_to_string(&file).unwrap().contains("gitoma_mcp");
        let is_binary = file.ends_with("src/main.rs") || file.ends_with("src/mcp.rs");
        assert!(!names_mcp || is_binary, "{} names gitoma_mcp", file.display());
    }
    let library = text("crates/transport-http/src/lib.rs");
    assert!(!library.contains("mod mcp"), "the file belongs to the binary");
}

#[test]
fn transports_reach_tools_from_their_main_alone() {
    for folder in ["crates/transport-http", "crates/transport-mcp"] {
        for file in super::sources::rust_files(&format!("{folder}/src")) {
            let names_tools = std::fs::read_to_string(&file).unwrap().contains("gitoma_tools");
            assert!(!names_tools || file.ends_with("main.rs"), "{} names gitoma_tools", file.display());
        }
    }
}
