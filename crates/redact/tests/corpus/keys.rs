//! Armoured private keys in every dress that files, diffs, logs and JSON put them in.

use crate::cases::{Case, case};
use crate::random::Random;

const LABELS: [&str; 8] = [
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "DSA PRIVATE KEY",
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "SSH2 ENCRYPTED PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
];

/// What stands before the armour, between its lines, and after it.
const DRESSES: [(&str, &str, &str, &str); 16] = [
    ("plain", "", "\n", "\nnext line\n"),
    ("carriage returns", "", "\r\n", "\r\nnext line\r\n"),
    ("added in a diff", "@@ -0,0 +1,9 @@\n+", "\n+", "\n+next line\n"),
    ("removed in a diff", "@@ -1,9 +0,0 @@\n-", "\n-", "\n-next line\n"),
    ("context of a diff", "@@ -1,9 +1,9 @@\n ", "\n ", "\n next line\n"),
    ("escaped in json", "{\"key\": \"", "\\n", "\\n\", \"next\": 1}\n"),
    ("escaped twice", "{\"log\": \"{\\\"key\\\": \\\"", "\\\\n", "\\\\n\\\"}\"}\n"),
    ("escaped with returns", "{\"key\": \"", "\\r\\n", "\\r\\n\", \"next\": 1}\n"),
    ("one line", "KEY=\"", " ", "\"\n"),
    ("block of yaml", "tls:\n  key: |\n    ", "\n    ", "\n  next: 1\n"),
    ("quoted mail", "> ", "\n> ", "\n> next\n"),
    ("comment", "// ", "\n// ", "\nfn next() {}\n"),
    ("shell comment", "# ", "\n# ", "\nnext=1\n"),
    ("concatenation", "key = \"", "\\n\" +\n      \"", "\\n\";\n"),
    ("list of strings", "[\"", "\",\n \"", "\"]\n"),
    ("numbered listing", "1: ", "\n12: ", "\n99: next\n"),
];

pub(crate) fn cases(random: &mut Random) -> Vec<Case> {
    let mut cases = Vec::new();
    for label in LABELS {
        for (dress, before, between, after) in DRESSES {
            let body = body(random, between);
            let template = format!(
                "{before}-----BEGIN {label}-----{between}{body}{between}-----END {label}-----{after}"
            );
            cases.push(case(random, "armour", &format!("{label} / {dress}"), &template));
            let template = format!("{before}-----BEGIN {label}-----{between}{body}");
            cases.push(case(random, "armour", &format!("{label} / {dress}, cut off"), &template));
        }
        for (name, headers) in [
            ("encrypted", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,⟨u32⟩\n\n"),
            ("with a comment", "Version: GnuPG v2\nComment: the key of ci\n\n"),
            ("with a long comment", "Comment: \"2048-bit RSA, ada@laptop, \\\nconverted\"\nSubject: ada\n"),
        ] {
            let body = body(random, "\n");
            let template = format!("-----BEGIN {label}-----\n{headers}{body}\n-----END {label}-----\nnext\n");
            cases.push(case(random, "armour", &format!("{label} / {name}"), &template));
        }
        let template =
            format!("-----BEGIN {label}-----\n{}\n\nThis is prose that follows.\n", body(random, "\n"));
        cases.push(case(random, "armour", &format!("{label} / missing end, prose"), &template));
        let template = format!("-----BEGIN {label}-----«⟨b400⟩»-----END {label}-----");
        cases.push(case(random, "armour", &format!("{label} / nothing between"), &template));
        let template = format!("cfg.key=\"-----BEGIN {label}-----«⟨b1200⟩==»-----END {label}-----\"\n");
        cases.push(case(random, "armour", &format!("{label} / one long line"), &template));
    }
    for (name, template) in [
        (
            "putty",
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: ada\nPublic-Lines: 2\n⟨b64⟩\n⟨b16⟩\n\
             Private-Lines: 3\n«⟨b64⟩\n⟨b64⟩\n⟨b40⟩»\nPrivate-MAC: ⟨h64⟩\n",
        ),
        (
            "putty with returns",
            "PuTTY-User-Key-File-2: ssh-rsa⟨cr⟩\nEncryption: none⟨cr⟩\nComment: ada⟨cr⟩\nPublic-Lines: 1⟨cr⟩\n⟨b64⟩⟨cr⟩\n\
             Private-Lines: 1⟨cr⟩\n«⟨b48⟩»⟨cr⟩\nPrivate-MAC: ⟨h40⟩⟨cr⟩\n",
        ),
        (
            "ssh two",
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"ada\"\n«⟨b70⟩\n⟨b70⟩\n⟨b30⟩=»\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n",
        ),
    ] {
        cases.push(case(random, "armour", name, template));
    }
    cases
}

/// Lines of 64 and a short one; the first and the last sign mark the secret. What cuts them is no part of it if the lines
/// are strings of their own.
fn body(random: &mut Random, between: &str) -> String {
    let mut lines = vec!["⟨b64⟩".to_owned(); 2 + random.below(6)];
    lines.push(
        ["⟨b22⟩==", "⟨b44⟩", "⟨b3⟩=", "⟨b63⟩="].get(random.below(4)).copied().unwrap_or("⟨b44⟩").to_owned(),
    );
    format!("«{}»", lines.join(&format!("»{between}«")))
}
