//! What stands behind a call while its tool works: the policy alone, a question that is yet to be asked, or an approval. An approval
//! lifts what the rules ask that its approver was shown, and holds the tool to the effect that was shown.

use std::sync::{Arc, Mutex, PoisonError};

use gitoma_policy::{Code, Decision, Effect, Reason};

use crate::effects::Effects;
use crate::error::ToolError;

/// Beyond so many asking rules nobody reads what they say; what they ask about is not lifted.
const MOST_RULES: usize = 16;

/// What stands behind a call.
#[derive(Debug, Default)]
pub(crate) enum Standing {
    /// The policy alone.
    #[default]
    Policy,
    /// A preview: nothing may be done yet, and what the rules ask about is gathered for the approver.
    Preview(Mutex<Vec<Reason>>),
    /// An approval that was used up for this call.
    Approved(Grant),
}

/// What an approval permits.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    /// The digest of the effect that was shown.
    pub(crate) effects: [u8; 32],
    /// The asking rules that were shown.
    pub(crate) rules: Vec<Arc<str>>,
}

impl Standing {
    /// `decision`, or that it may go on, where it asks for what this standing answers.
    pub(crate) fn lift(&self, decision: Decision) -> Decision {
        let answered = decision.effect == Effect::Ask && decision.enforced && self.answers(&decision.reasons);
        if answered { Decision { effect: Effect::Allow, code: Code::Allowed, ..decision } } else { decision }
    }

    fn answers(&self, reasons: &[Reason]) -> bool {
        // A decision names so many rules at most, and there may be others.
        if reasons.len() >= MOST_RULES {
            return false;
        }
        match self {
            Self::Policy => false,
            Self::Approved(grant) => reasons.iter().all(|reason| grant.rules.contains(&reason.rule)),
            Self::Preview(asked) => {
                let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                for reason in reasons {
                    if asked.iter().any(|known| known.rule == reason.rule) {
                        continue;
                    }
                    if asked.len() >= MOST_RULES {
                        return false;
                    }
                    asked.push(reason.clone());
                }
                true
            }
        }
    }

    /// The rules that asked while a preview was made.
    pub(crate) fn asked(&self) -> Vec<Reason> {
        match self {
            Self::Preview(asked) => asked.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Self::Policy | Self::Approved(_) => Vec::new(),
        }
    }

    /// Requires that `effects` may begin.
    pub(crate) fn admit(&self, effects: &Effects) -> Result<(), ToolError> {
        match self {
            Self::Policy => Ok(()),
            Self::Preview(_) => Err(ToolError::Unsupported { reason: "a preview changes nothing".into() }),
            Self::Approved(grant) if grant.effects == effects.digest() => Ok(()),
            Self::Approved(_) => Err(ToolError::Conflict {
                reason: "what the call would do has changed since it was approved; ask again".into(),
            }),
        }
    }
}
