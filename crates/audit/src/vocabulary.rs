//! The closed word lists of the format: kinds, effects, capabilities and ends of a call.
//! Open words (codes, transports, tools) are plain text and not listed anywhere.

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every word, in the order of the format document.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word as it stands in a line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the exact word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What an entry records.
    #[non_exhaustive]
    Kind {
        /// The chain begins; always and only `seq` 0.
        ChainOpen = "chain.open",
        /// The chain ends for ever; nothing follows. Reserved.
        ChainClose = "chain.close",
        /// A process has taken the chain; earlier intents without an outcome are dangling from here on.
        Start = "start",
        /// The process that held the chain ended in order.
        Stop = "stop",
        /// A call was allowed and is about to run.
        Intent = "intent",
        /// How the call of an intent ended.
        Outcome = "outcome",
        /// A call was answered with a refusal.
        Refusal = "refusal",
        /// A call was judged for somebody who asked, and did not run.
        Judged = "judged",
        /// Failed authentications of one window, counted.
        AuthAggregate = "auth.aggregate",
        /// Rate-limit refusals of one window, counted.
        LimitAggregate = "limit.aggregate",
        /// An approval was asked for, given, refused, used or has expired.
        Approval = "approval",
        /// A policy took effect.
        PolicyLoad = "policy.load",
        /// A policy was rejected and the one before it kept.
        PolicyReject = "policy.reject",
        /// The checkpoint key changed. Reserved.
        KeyRotate = "key.rotate",
        /// An operator turned a switch.
        Switch = "switch",
        /// A segment begins; always and only its first line.
        SegmentOpen = "segment.open",
        /// A segment ends; always its last line.
        SegmentClose = "segment.close",
        /// A torn tail was taken away at start.
        Recover = "recover",
        /// The front of the chain was removed on purpose. Reserved.
        Prune = "prune",
        /// The log could no longer be written and calls are refused. Reserved.
        Suspend = "suspend",
        /// Calls went on without an entry; how many. Reserved.
        Lost = "lost",
        /// A signed statement about the chain so far, or about another chain. Reserved.
        Checkpoint = "checkpoint",
    }
}

words! {
    /// What policy decided.
    Effect {
        /// The call may run.
        Allow = "allow",
        /// The call may run once somebody approves it.
        Ask = "ask",
        /// The call may not run.
        Deny = "deny",
    }
}

words! {
    /// What a tool does to the world.
    Capability {
        /// Looks only.
        Read = "read",
        /// Changes a repository or something outside it.
        Write = "write",
        /// Starts work that acts by itself.
        Automation = "automation",
    }
}

words! {
    /// How a call ended.
    OutcomeStatus {
        /// The tool answered.
        Ok = "ok",
        /// The tool answered with an error.
        Failed = "failed",
        /// The tool panicked and was caught.
        Panicked = "panicked",
        /// The caller withdrew the call.
        Cancelled = "cancelled",
        /// The deadline passed.
        TimedOut = "timed_out",
        /// The open entry was dropped without a word: nobody knows how far the call came.
        Abandoned = "abandoned",
    }
}
