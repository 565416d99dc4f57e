//! The built-in path denylist (FS-2): names that are never read or never written, at any depth, whatever the policy
//! says. It compares folded names only; whether a path is well formed, and what a link leads to, is judged elsewhere.

use crate::fold;

/// Counts up whenever the list changes, so that the digest of a policy set tells two lists apart.
pub(crate) const REVISION: u32 = 2;

/// What a listed name refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refuses {
    /// Reading and writing.
    Both,
    /// Writing only.
    Writes,
}

use Refuses::{Both, Writes};

/// Names that are listed wherever they stand, as file or as directory: folded name, rule, what is refused.
const NAMES: &[(&str, &str, Refuses)] = &[
    (".git", "builtin:git-directory", Both),
    (".env", "builtin:env-file", Both),
    (".envrc", "builtin:env-file", Both),
    (".netrc", "builtin:credential-file", Both),
    ("_netrc", "builtin:credential-file", Both),
    (".npmrc", "builtin:credential-file", Both),
    (".pypirc", "builtin:credential-file", Both),
    (".git-credentials", "builtin:credential-file", Both),
    (".pgpass", "builtin:credential-file", Both),
    (".my.cnf", "builtin:credential-file", Both),
    (".mylogin.cnf", "builtin:credential-file", Both),
    (".htpasswd", "builtin:credential-file", Both),
    (".dockercfg", "builtin:credential-file", Both),
    (".s3cfg", "builtin:credential-file", Both),
    (".boto", "builtin:credential-file", Both),
    (".vault-token", "builtin:credential-file", Both),
    (".terraformrc", "builtin:credential-file", Both),
    ("credentials.tfrc.json", "builtin:credential-file", Both),
    (".ssh", "builtin:ssh-key", Both),
    ("id_rsa", "builtin:ssh-key", Both),
    ("id_dsa", "builtin:ssh-key", Both),
    ("id_ecdsa", "builtin:ssh-key", Both),
    ("id_ecdsa_sk", "builtin:ssh-key", Both),
    ("id_ed25519", "builtin:ssh-key", Both),
    ("id_ed25519_sk", "builtin:ssh-key", Both),
    (".gnupg", "builtin:credential-file", Both),
    (".password-store", "builtin:credential-file", Both),
    (".gitmodules", "builtin:git-modules", Writes),
    (".gitattributes", "builtin:git-attributes", Writes),
];

/// Those of [`NAMES`] that are directories: `.git-hooks` and `.ssh-notes` are ordinary names.
const DIRECTORIES: &[&str] = &[".git", ".ssh", ".gnupg", ".password-store"];

/// Runs of names that are listed together: the last under the ones before it, at any depth.
const RUNS: &[(&[&str], &str, Refuses)] = &[
    (&[".github", "workflows"], "builtin:github-workflows", Writes),
    (&[".github", "actions"], "builtin:github-actions", Writes),
    (&[".aws", "credentials"], "builtin:credential-file", Both),
    (&[".aws", "config"], "builtin:credential-file", Both),
    (&[".aws", "sso"], "builtin:credential-file", Both),
    (&[".docker", "config.json"], "builtin:credential-file", Both),
    (&[".kube", "config"], "builtin:credential-file", Both),
    (&[".cargo", "credentials"], "builtin:credential-file", Both),
    (&[".cargo", "credentials.toml"], "builtin:credential-file", Both),
    (&[".gem", "credentials"], "builtin:credential-file", Both),
    (&[".m2", "settings.xml"], "builtin:credential-file", Both),
    (&[".config", "gh", "hosts.yml"], "builtin:credential-file", Both),
    (&[".config", "gcloud"], "builtin:credential-file", Both),
    (&[".config", "git", "credentials"], "builtin:credential-file", Both),
];

/// Short names that NTFS makes of a hash once the plain ones are taken (CVE-2019-1353): prefix before `~`, target.
const HASHED_SHORT_NAMES: &[(&str, &str)] = &[("gi7eba", ".gitmodules"), ("gi7d29", ".gitattributes")];

/// The id of the built-in rule that refuses `path` for reading or, with `write`, for writing; `None` if none does.
///
/// `path` is relative and separated by `/` (a backslash separates too, for callers that have not refused it yet).
/// Every directory on the way counts: `.ssh` refuses itself and all beneath it. For writing, the directory that
/// holds a listed name (`.github`) is refused as a path of its own too, since replacing it replaces what it holds.
#[must_use]
pub fn denied(path: &str, write: bool) -> Option<&'static str> {
    if may_be_listed(path) { listed(path, write) } else { None }
}

fn listed(path: &str, write: bool) -> Option<&'static str> {
    let mut may_be_run = false;
    for segment in path.split(['/', '\\']) {
        let hit = with_folded(segment, |name| {
            // Most names begin with none of these; the tables are not walked for them.
            if !name.bytes().next().is_some_and(|head| HEADS.contains(&head)) && !name.contains('~') {
                return None;
            }
            may_be_run |= RUNS.iter().any(|(run, ..)| run.first().is_some_and(|head| same(head, name)));
            named(name, write)
        });
        if hit.is_some() {
            return hit;
        }
    }
    if may_be_run { run_in(path, write) } else { None }
}

/// Whether some segment begins as a listed name does once it is folded, or could fold into anything at all. Most paths
/// have none, and are done with in one walk over their bytes.
fn may_be_listed(path: &str) -> bool {
    let mut at_start = true;
    for byte in path.bytes() {
        if byte == b'~' || !byte.is_ascii() || (at_start && HEADS.contains(&byte.to_ascii_lowercase())) {
            return true;
        }
        at_start = matches!(byte, b'/' | b'\\');
    }
    false
}

/// What the folded listed names begin with.
const HEADS: [u8; 4] = [b'.', b'_', b'i', b'c'];

/// Folds one name of a path so that all its aliases on common file systems become one text.
///
/// Ignorable code points go (HFS+ and APFS drop them when they compare), case is folded in full (U+212A KELVIN SIGN
/// becomes `k`, U+017F LONG S becomes `s`), and what follows a colon (NTFS streams) and trailing dots and spaces (Windows) are cut.
#[must_use]
pub fn fold(segment: &str) -> String {
    let visible = segment.chars().filter(|c| !is_ignorable(*c));
    let mut folded: String = visible.flat_map(fold::char).filter(|c| !is_ignorable(*c)).collect();
    if let Some(colon) = folded.find(':') {
        folded.truncate(colon);
    }
    folded.truncate(folded.trim_end_matches(['.', ' ']).len());
    folded
}

/// What the folded names that the list looks at begin with: listed names, names in listed runs, and their short forms.
/// A name that begins with none of these, and that none of these begins with, stays unlisted whatever is appended.
pub(crate) fn beginnings() -> impl Iterator<Item = &'static str> {
    let names =
        NAMES.iter().map(|(name, ..)| *name).chain(RUNS.iter().flat_map(|(run, ..)| run.iter().copied()));
    let short = |name: &'static str| {
        let plain = name.trim_start_matches('.');
        let base = plain.split_once('.').map_or(plain, |(base, _)| base);
        base.get(..6).unwrap_or(base)
    };
    let hashed = HASHED_SHORT_NAMES.iter().map(|(hash, _)| *hash);
    names.flat_map(move |name| [name, short(name)]).chain(hashed)
}

/// Whether the folded `name` is one of those that are listed only together with others.
pub(crate) fn is_in_run(name: &str) -> bool {
    RUNS.iter().any(|(run, ..)| run.iter().any(|listed| same(listed, name)))
}

/// Calls `look` with the folded segment, without allocating for plain short names.
fn with_folded<R>(segment: &str, look: impl FnOnce(&str) -> R) -> R {
    let mut buffer = [0u8; 96];
    if segment.is_ascii()
        && !segment.contains(':')
        && let Some(room) = buffer.get_mut(..segment.len())
    {
        room.copy_from_slice(segment.as_bytes());
        room.make_ascii_lowercase();
        if let Ok(text) = std::str::from_utf8(room) {
            return look(text.trim_end_matches(['.', ' ']));
        }
    }
    look(&fold(segment))
}

fn named(name: &str, write: bool) -> Option<&'static str> {
    // `.env.local`, `.env-production`, `.env~`: what follows is a separator, so `.environment` is ordinary.
    let after = name.strip_prefix(".env").and_then(|rest| rest.chars().next());
    if after.is_some_and(|c| !c.is_alphanumeric()) {
        return Some("builtin:env-file");
    }
    let listed = NAMES.iter().find(|(listed, _, refuses)| {
        (write || *refuses == Both) && (same(listed, name) || (*refuses == Both && is_copy(listed, name)))
    });
    listed.map(|(_, rule, _)| *rule)
}

/// Whether the folded `name` is a copy of the credential file `listed`, as editors and people make them: `.netrc.bak`, `id_rsa_work`,
/// `.npmrc~`. The public half of a key (`.pub`) is none, and what begins like a listed directory is ordinary.
fn is_copy(listed: &str, name: &str) -> bool {
    !DIRECTORIES.contains(&listed)
        && !name.ends_with(".pub")
        && name.strip_prefix(listed).is_some_and(|rest| rest.starts_with(['.', '~', '-', '_']))
}

/// Whether the folded `name` is `listed` or one of the 8.3 short names Windows would make for it.
fn same(listed: &str, name: &str) -> bool {
    if listed == name {
        return true;
    }
    let Some((stem, tail)) = name.split_once('~') else { return false };
    let number = tail.split_once('.').map_or(tail, |(number, _)| number);
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let plain = listed.trim_start_matches('.');
    let short = plain.split_once('.').map_or(plain, |(base, _)| base);
    let six = short.get(..6).unwrap_or(short);
    stem == six || HASHED_SHORT_NAMES.iter().any(|(hash, target)| stem == *hash && listed == *target)
}

fn run_in(path: &str, write: bool) -> Option<&'static str> {
    let names: Vec<String> = path.split(['/', '\\']).map(fold).filter(|name| !name.is_empty()).collect();
    for (run, rule, refuses) in RUNS {
        if *refuses == Writes && !write {
            continue;
        }
        let whole = names.windows(run.len()).any(|window| run.iter().zip(window).all(|(a, b)| same(a, b)));
        let holder = run.split_last().map_or(&[][..], |(_, holder)| holder);
        let held = write
            && names.len() >= holder.len()
            && holder.iter().rev().zip(names.iter().rev()).all(|(a, b)| same(a, b));
        if whole || held {
            return Some(rule);
        }
    }
    None
}

/// Code points that HFS+ ignores when it compares names, and the others that Unicode has shown as nothing
/// (`Default_Ignorable_Code_Point`, DerivedCoreProperties.txt).
pub(crate) const fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests;
