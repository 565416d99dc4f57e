//! [`Changes`]: tells when the lists that a caller has been given are others by now. Lists are the policy's and the principals' making, and
//! nothing a client does changes them; so there is something to tell after a policy was put in force or the principals were replaced, and
//! only to those who see something else since.

use std::borrow::Cow;

use gitoma_core::{Gateway, Restriction};
use rmcp::model::{
    PromptListChangedNotification, ServerNotification, SubscriptionFilter, ToolListChangedNotification,
};
use tokio::sync::watch;

use crate::caller::Caller;
use crate::prompts;

/// What one caller is shown, and when it is another.
#[derive(Debug)]
pub(crate) struct Changes {
    gateway: Gateway,
    caller: Caller,
    /// What the caller gave up when it asked to be told.
    restriction: Restriction,
    woken: watch::Receiver<()>,
    shown: Shown,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Shown {
    tools: Vec<Cow<'static, str>>,
    prompts: Vec<&'static str>,
}

/// Which lists are others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changed {
    tools: bool,
    prompts: bool,
}

/// The kinds of news that there are.
pub(crate) fn offered() -> SubscriptionFilter {
    SubscriptionFilter::builder().tools_list_changed().prompts_list_changed().build()
}

impl Changes {
    /// What changes from now on for `caller`, as far as `restriction` leaves it.
    pub(crate) fn new(gateway: Gateway, caller: Caller, restriction: Restriction) -> Self {
        // What changes between the two is found the first time.
        let woken = gateway.lists();
        let mut changes = Self { gateway, caller, restriction, woken, shown: Shown::default() };
        changes.shown = changes.look().unwrap_or_default();
        changes
    }

    /// Waits until something is to be told; nothing once the caller is no longer let in, who is not told what has become of the lists. Asked
    /// again then, it waits for whether the caller is let in anew. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Changed> {
        loop {
            self.woken.changed().await.ok()?;
            let now = self.look()?;
            let before = std::mem::replace(&mut self.shown, now);
            let changed = Changed {
                tools: before.tools != self.shown.tools,
                prompts: before.prompts != self.shown.prompts,
            };
            if changed.tools || changed.prompts {
                return Some(changed);
            }
        }
    }

    /// What is shown now. Where the caller came from was looked at when it came.
    fn look(&self) -> Option<Shown> {
        let principal = self.gateway.recognise(&self.caller.credential, gitoma_core::Peer::Local)?;
        let mut tools = self.gateway.tools_of(&principal, self.caller.origin());
        tools.retain(|tool| self.restriction.leaves(tool));
        let prompts = prompts::among(&tools).map(|template| template.name).collect();
        Some(Shown { tools: tools.into_iter().map(|tool| tool.name).collect(), prompts })
    }
}

impl Changed {
    /// What is said of it to whoever asked for what is in `filter`.
    pub(crate) fn told(self, filter: &SubscriptionFilter) -> impl Iterator<Item = ServerNotification> {
        let tools = (self.tools && filter.tools_list_changed == Some(true))
            .then(|| ServerNotification::ToolListChangedNotification(ToolListChangedNotification::default()));
        let prompts = (self.prompts && filter.prompts_list_changed == Some(true)).then(|| {
            ServerNotification::PromptListChangedNotification(PromptListChangedNotification::default())
        });
        tools.into_iter().chain(prompts)
    }
}
