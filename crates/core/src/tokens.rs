//! The tokens that `gitoma token` hands out: who logs in with each, what it is good for and until when. They are kept as SHA-256 digests
//! in one file of the state directory, beside the principals that a configuration file lists; the tokens themselves are nowhere.
#![expect(clippy::disallowed_methods, reason = "the gateway's own state directory, never a repository path")]

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;

use crate::principal::{PrincipalConfig, Role, Secret, is_name, token_digest};
use crate::state::{StateDirectory, fresh_token};

mod document;
#[cfg(test)]
mod tests;

pub use document::StoredToken;
use document::{Document, StoredPrincipal};

/// The file's name within the state directory.
const FILE: &str = "tokens.json";
/// What whoever changes the file holds.
const LOCK: &str = "tokens.lock";
/// The longest file that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;
/// How many tokens are kept.
const MOST: usize = 1_024;

/// Why the tokens cannot be used or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The file cannot be read or written.
    #[error("the file of tokens (`tokens.json` in the state directory) cannot be used")]
    File(#[from] std::io::Error),
    /// Others can read the file.
    #[error("others can read `tokens.json` in the state directory; run chmod 600 on it")]
    Exposed,
    /// The file is not what `gitoma token` writes.
    #[error(
        "`tokens.json` in the state directory is damaged or of a later version; restore it, or remove it and make new tokens"
    )]
    Damaged,
    /// What names a principal is no name.
    #[error("a principal is called by 1 to 64 of `A-Za-z0-9._-`")]
    Name,
    /// Roles are given when a principal first appears.
    #[error("this principal has other roles already; leave --role out, or choose another name")]
    Roles,
    /// A principal of the name has gone, and its tokens are still there.
    #[error(
        "there are tokens of an earlier principal of this name; revoke them first (gitoma token list shows them), or choose another name"
    )]
    Inherited,
    /// The end is not in the future.
    #[error("the token's end must be in the future")]
    Past,
    /// A scope is not one.
    #[error("a pattern of the scope does not hold: {0}")]
    Scope(#[from] gitoma_policy::ScopeError),
    /// There are as many as may be.
    #[error(
        "there is no room for more than {MOST} tokens, or {LONGEST} bytes of them; revoke those that nobody needs"
    )]
    Full,
    /// No token has the id.
    #[error("there is no such token; gitoma token list shows those there are")]
    Unknown,
}

/// A token that is to be made.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    /// Who logs in with it.
    pub principal: String,
    /// The roles of the principal, if it is not known yet; none means that it asks for calls and no more.
    pub roles: Vec<Role>,
    /// From when on it is not valid any more.
    pub expires: Option<SystemTime>,
    /// Patterns of the tools that it is good for.
    pub tools: Option<Vec<String>>,
    /// Patterns of the repositories that it is good for.
    pub repositories: Option<Vec<String>>,
    /// The capabilities that it is good for.
    pub capabilities: Option<Vec<gitoma_policy::Capability>>,
}

/// The file of tokens.
#[derive(Debug, Clone)]
pub struct TokenFile {
    directory: PathBuf,
}

impl TokenFile {
    /// The file in `state`; there need not be one.
    #[must_use]
    pub fn of(state: &StateDirectory) -> Self {
        Self { directory: state.path().to_owned() }
    }

    /// Where it lies, for whoever watches it.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// The tokens, in the order they were made.
    ///
    /// # Errors
    /// [`TokenError`] if the file cannot be read, if others can read it, or if it is damaged.
    pub fn tokens(&self) -> Result<Vec<StoredToken>, TokenError> {
        Ok(self.read()?.tokens)
    }

    /// Adds the tokens to those `listed`, and the principals that only the file knows. What the listed ones say of themselves holds. A
    /// token whose principal is gone belongs to nobody.
    ///
    /// # Errors
    /// As [`TokenFile::tokens`].
    pub fn add_to(&self, listed: &mut Vec<PrincipalConfig>) -> Result<(), TokenError> {
        let document = self.read()?;
        for StoredPrincipal { name, roles } in document.principals {
            if !listed.iter().any(|principal| principal.name == name) {
                listed.push(PrincipalConfig::local(&name, &roles));
            }
        }
        for token in &document.tokens {
            if let Some(principal) = listed.iter_mut().find(|principal| principal.name == token.principal) {
                principal.tokens.push(token.config()?);
            }
        }
        Ok(())
    }

    /// Makes a token and keeps its digest; `listed` are the principals that are known otherwise. The token is shown once, here.
    ///
    /// # Errors
    /// [`TokenError`]; nothing was kept then.
    pub fn mint(
        &self,
        new: &NewToken,
        listed: &[PrincipalConfig],
    ) -> Result<(Secret, StoredToken), TokenError> {
        if !is_name(&new.principal) {
            return Err(TokenError::Name);
        }
        let now = SystemTime::now();
        if new.expires.is_some_and(|end| end <= now) {
            return Err(TokenError::Past);
        }
        let secret = fresh_token()?;
        self.change(|document| {
            if document.tokens.len() >= MOST {
                return Err(TokenError::Full);
            }
            let stored = document.principals.iter().map(|principal| (&principal.name, &principal.roles));
            let mut known = listed.iter().map(|principal| (&principal.name, &principal.roles)).chain(stored);
            match known.find(|(name, _)| **name == new.principal) {
                Some((_, roles)) if !new.roles.is_empty() && !is_same(&new.roles, roles) => {
                    return Err(TokenError::Roles);
                }
                Some(_) => {}
                None if document.tokens.iter().any(|token| token.principal == new.principal) => {
                    return Err(TokenError::Inherited);
                }
                None => {
                    let roles = if new.roles.is_empty() { vec![Role::Agent] } else { new.roles.clone() };
                    document.principals.push(StoredPrincipal { name: new.principal.clone(), roles });
                }
            }
            let token = StoredToken {
                id: fresh_id(&document.tokens)?,
                principal: new.principal.clone(),
                sha256: hex::encode(token_digest(secret.expose())),
                created: timestamp(now),
                expires: new.expires.map(timestamp),
                tools: new.tools.clone(),
                repositories: new.repositories.clone(),
                capabilities: new.capabilities.clone(),
            };
            token.config()?;
            document.tokens.push(token.clone());
            Ok(token)
        })
        .map(|token| (secret, token))
    }

    /// Takes the token with the id away; a principal that only the file knew goes with its last one.
    ///
    /// # Errors
    /// [`TokenError::Unknown`] if there is none, and as [`TokenFile::tokens`].
    pub fn revoke(&self, id: &str) -> Result<StoredToken, TokenError> {
        self.change(|document| {
            let place = document.tokens.iter().position(|token| token.id == id).ok_or(TokenError::Unknown)?;
            let token = document.tokens.remove(place);
            if !document.tokens.iter().any(|other| other.principal == token.principal) {
                document.principals.retain(|principal| principal.name != token.principal);
            }
            Ok(token)
        })
    }

    fn read(&self) -> Result<Document, TokenError> {
        let file = match open(&self.path(), false) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Document::default()),
            Err(error) => return Err(error.into()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(TokenError::Damaged);
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(TokenError::Exposed);
        }
        let mut text = String::new();
        if metadata.len() > LONGEST || file.take(LONGEST).read_to_string(&mut text).is_err() {
            return Err(TokenError::Damaged);
        }
        Document::parse(&text).ok_or(TokenError::Damaged)
    }

    /// Changes the file under its lock: whole, on the disk, and under its name only then.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Document) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let lock = open(&self.directory.join(LOCK), true)?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(std::io::Error::from)?;
        let mut document = self.read()?;
        let changed = change(&mut document)?;
        let json = document.to_json();
        if u64::try_from(json.len()).unwrap_or(u64::MAX) > LONGEST {
            return Err(TokenError::Full);
        }
        let temporary = self.directory.join(format!(".{FILE}.{}", uuid::Uuid::now_v7().simple()));
        let written = write(&temporary, &json)
            .and_then(|()| std::fs::rename(&temporary, self.path()))
            .and_then(|()| File::open(&self.directory)?.sync_all());
        if let Err(error) = written {
            // What cannot be removed is a private file of digests.
            let _ = std::fs::remove_file(&temporary);
            return Err(error.into());
        }
        Ok(changed)
    }
}

fn open(path: &Path, create: bool) -> std::io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    std::fs::OpenOptions::new()
        .read(true)
        .write(create)
        .create(create)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn is_same(left: &[Role], right: &[Role]) -> bool {
    left.iter().all(|role| right.contains(role)) && right.iter().all(|role| left.contains(role))
}

/// A short name that no other token has.
fn fresh_id(tokens: &[StoredToken]) -> Result<String, TokenError> {
    loop {
        let mut random = [0_u8; 4];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        let id = hex::encode(random);
        if !tokens.iter().any(|token| token.id == id) {
            return Ok(id);
        }
    }
}

/// To the second: nobody reads more.
fn timestamp(time: SystemTime) -> Timestamp {
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
