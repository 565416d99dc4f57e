//! Takes up who may call while the gateway runs: a token that was made counts, and one that was revoked does not, within a second; so
//! does what the configuration file says of principals, once it has been left alone for as long. What does not hold leaves the principals
//! as they were, all of them, and says so for as long as that is how things are. But a token that was revoked does not wait for a
//! configuration file to be mended.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::ConfigError;
use super::listed::{Listed, ListedIn};
use crate::gateway::Gateway;
use crate::policy_file::Stamp as Followed;
use crate::principal::PrincipalConfig;
use crate::tokens::{TokenError, TokenFile};

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Where the principals of a gateway come from. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Principals {
    /// Those that are listed, as they were read last.
    listed: Arc<ArcSwap<Vec<PrincipalConfig>>>,
    listed_in: ListedIn,
    pub(super) tokens: TokenFile,
    /// Held while they are replaced, so that nobody puts older ones in the place of newer ones.
    replacing: Arc<tokio::sync::Mutex<()>>,
    /// Whether some of what the files say is not in force, since it does not hold.
    stale: Arc<AtomicBool>,
}

impl Principals {
    pub(super) fn new(listed: &[PrincipalConfig], listed_in: ListedIn, tokens: TokenFile) -> Self {
        let listed = Arc::new(ArcSwap::from_pointee(listed.to_vec()));
        Self { listed, listed_in, tokens, replacing: Arc::default(), stale: Arc::default() }
    }

    /// All of them, as of now: `listed`, and what the file of tokens adds to them.
    pub(super) fn gather(&self, listed: &[PrincipalConfig]) -> Result<Vec<PrincipalConfig>, TokenError> {
        let mut principals = listed.to_vec();
        self.tokens.add_to(&mut principals)?;
        Ok(principals)
    }

    fn look(&self) -> Seen {
        Seen::before(self.listed_in.path().and_then(Followed::at), &self.tokens)
    }

    /// Puts what the files say in force: of the file of tokens and, if that is `changed`, of where principals are listed, with their tokens.
    ///
    /// # Errors
    /// [`Stale`]; those before then stay, and the gateway says that they are stale until all has been read anew. Where it is the
    /// configuration that does not hold, a file of tokens that is `changed` is taken up for those who were listed before.
    pub(super) async fn take_up(&self, gateway: &Gateway, changed: Changed) -> Result<(), Stale> {
        let _one_at_a_time = self.replacing.lock().await;
        let done = match self.read_and_replace(gateway, changed.config).await {
            Ok(()) => Ok(()),
            Err(why) => {
                let tokens = changed.config && changed.tokens;
                let tokens_hold = tokens && self.read_and_replace(gateway, false).await.is_ok();
                Err(Stale { why, tokens_hold })
            }
        };
        if changed.config || done.is_err() {
            self.stale.store(done.is_err(), Ordering::Relaxed);
            gateway.inner.metrics.principals_stale(done.is_err());
        }
        done
    }

    async fn read_and_replace(&self, gateway: &Gateway, again: bool) -> Result<(), String> {
        let this = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let read = if again { Some(this.listed_in.read()?) } else { None };
            let known = this.listed.load();
            let principals = this.gather(read.as_ref().map_or(&**known, |read| &read.principals))?;
            Ok::<_, ConfigError>((read, principals))
        });
        match reading.await {
            Ok(Ok((read, principals))) => self.replace(gateway, read, principals).await,
            Ok(Err(error)) => Err(error.to_string()),
            Err(_lost) => Err("an internal error".to_owned()),
        }
    }

    async fn replace(
        &self,
        gateway: &Gateway,
        read: Option<Listed>,
        principals: Vec<PrincipalConfig>,
    ) -> Result<(), String> {
        if let Some(read) = &read {
            // Hidden before anybody can use them.
            gateway.hide(&read.tokens).await;
        }
        gateway.replace_principals(principals).await.map_err(|error| error.to_string())?;
        if let Some(read) = read {
            self.listed.store(Arc::new(read.principals));
        }
        Ok(())
    }

    /// Puts what the files say in force whenever they change, until the gateway is gone. What they were like when they were read for the
    /// start is `seen`.
    pub(super) async fn follow(self, gateway: Gateway, mut seen: Seen) {
        let inner = Arc::downgrade(&gateway.inner);
        drop(gateway);
        let (mut last, mut said) = (seen, None);
        loop {
            tokio::time::sleep(PERIOD).await;
            let Some(inner) = inner.upgrade() else { return };
            let gateway = Gateway { inner };
            // Before they are read: what changes meanwhile is seen the next time.
            let this = self.clone();
            let Ok(now) = tokio::task::spawn_blocking(move || this.look()).await else { return };
            // Whoever writes in place may take breath. What does not hold is tried again, since its cause may lie in another file.
            let is_stale = self.stale.load(Ordering::Relaxed);
            let changed = Changed {
                config: now.config == last.config && (now.config != seen.config || is_stale),
                tokens: now.tokens != seen.tokens,
            };
            last = now;
            if changed == Changed::default() {
                continue;
            }
            match self.take_up(&gateway, changed).await {
                Ok(()) => {
                    seen.tokens = now.tokens;
                    if changed.config {
                        seen.config = now.config;
                        said = None;
                    }
                }
                Err(Stale { why, tokens_hold }) => {
                    if tokens_hold {
                        seen.tokens = now.tokens;
                    }
                    // Said once.
                    if said.as_ref() != Some(&why) {
                        tracing::error!(
                            target: "gitoma::principals",
                            error = why,
                            "the principals or their tokens do not load; those before stay in force"
                        );
                        said = Some(why);
                    }
                }
            }
        }
    }
}

/// Which files may say something new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// Where principals are listed, and the files of their tokens.
    pub(super) config: bool,
    /// The file of tokens.
    pub(super) tokens: bool,
}

/// That older principals are in force than those of the files.
#[derive(Debug)]
pub(super) struct Stale {
    pub(super) why: String,
    /// Whether the file of tokens is in force all the same.
    tokens_hold: bool,
}

/// What tells one state of the files from another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    tokens: Option<Stamp>,
    config: Option<Followed>,
}

impl Seen {
    /// The state of the file of tokens, and that of the configuration file as it was seen before it was read.
    pub(super) fn before(config: Option<Followed>, tokens: &TokenFile) -> Self {
        Self { tokens: Stamp::of(&tokens.path()), config }
    }
}

/// What tells one state of the file of tokens from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    mode: u32,
    changed: (i64, i64),
}

impl Stamp {
    /// The state of the file; nothing if there is none.
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::symlink_metadata(path).ok()?;
        Some(Self {
            inode: metadata.ino(),
            bytes: metadata.len(),
            mode: metadata.mode(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
