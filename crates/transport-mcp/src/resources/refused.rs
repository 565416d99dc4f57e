//! What a client is told whose request for a resource was refused. It is an error of the protocol, since there is no other place for it, and
//! has the envelope of a refused call as its data.

use gitoma_core::policy::Code;
use gitoma_core::{ArgError, RefusalKind};
use rmcp::model::ErrorData;

use crate::answer::{self, Category};
use crate::server::Refused;

/// What does not exist and what the caller may not have are one answer; what the envelope says of it, the tool itself would say.
const NO_SUCH_RESOURCE: &str =
    "there is no such resource, or you may not read it; `data.error` has the refusal";
const BAD_URI: &str = "the URI is no address of a resource: it must be `repo://ALIAS/PATH`, of a folder with a slash at its end, with \
    `?ref=REVISION` where a commit is meant, all else percent-encoded once, and the slash of an alias as %2F";
const NO_FILE: &str =
    "what lies there is not what the URI says: that of a folder ends in a slash, that of a file does not";

/// The error of a `resources/read` that was refused; `hidden` says that its repository is none of those that the caller is offered, which is
/// not told from one that there is not.
pub(super) fn of_read(refused: &Refused, hidden: bool) -> ErrorData {
    let Refused { refusal, place } = refused;
    match (&refusal.kind, Category::of(&refusal.kind)) {
        (_, Category::NotFound | Category::Forbidden | Category::InvalidInput)
            if hidden && is_judged(&refusal.kind) =>
        {
            ErrorData::resource_not_found(NO_SUCH_RESOURCE, Some(answer::no_repository(refusal)))
        }
        (RefusalKind::DryRun(verdict), _) => answer::dry_run_error(verdict),
        (RefusalKind::Malformed, _) => {
            ErrorData::invalid_params(BAD_URI, answer::data(refusal, place, Some(BAD_URI)))
        }
        (
            RefusalKind::ToolFailed { code: "secret_found", .. }
            | RefusalKind::InvalidArguments(ArgError::Refused { .. }),
            _,
        )
        | (_, Category::NotFound | Category::Forbidden) => {
            ErrorData::resource_not_found(NO_SUCH_RESOURCE, answer::data(refusal, place, None))
        }
        (RefusalKind::ToolFailed { code: "unsuitable", .. }, _) => {
            ErrorData::invalid_params(NO_FILE, answer::data(refusal, place, None))
        }
        _ => answer::protocol_error(refusal, place),
    }
}

/// Whether it is about what the address names, and not about how it is written or what the caller gives up itself.
fn is_judged(kind: &RefusalKind) -> bool {
    let own = matches!(kind, RefusalKind::Denied(decision) if decision.code == Code::Narrowed);
    let written = matches!(
        kind,
        RefusalKind::Malformed
            | RefusalKind::BadRestriction(_)
            | RefusalKind::InvalidArguments(_)
            | RefusalKind::DryRun(_)
    );
    !own && !written
}
