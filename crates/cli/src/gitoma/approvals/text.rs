//! Approvals for people. Whatever a caller could have written stands on a line of its own label, or is indented beneath one, so that
//! no text can pass for another field of the page.

use std::fmt::Write as _;

use gitoma_core::{Approval, ApprovalDetails, ApprovalLine, ApprovalState, FileEffect, Timestamp};

use crate::terminal::line;

#[cfg(test)]
mod tests;

/// The table of `gitoma approvals list`.
pub(super) fn list(approvals: &[ApprovalLine], all: bool) -> String {
    if approvals.is_empty() {
        return if all { "no approval" } else { "nothing waits for an approval" }.to_owned();
    }
    let rows = approvals.iter().map(|approval| {
        let ApprovalLine { id, state, target, expires, principal, tool, .. } = approval;
        let (principal, tool) = (principal.as_deref().unwrap_or("-"), tool.as_deref().unwrap_or("-"));
        let until = if state.is_open() { format!("until {expires:.0}") } else { "-".to_owned() };
        format!("{id}  {:8}  {:26}  {principal}  {tool}  {}", state.as_str(), until, line(target))
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// What is said of a decision that was made.
pub(super) fn decided(approval: &Approval) -> String {
    let Approval { id, state, target, expires, .. } = approval;
    let next = match state {
        ApprovalState::Approved => format!("; the same call, made again before {expires:.0}, runs once"),
        _ => String::new(),
    };
    format!("{}: {id}, {}{next}", state.as_str(), line(target))
}

/// The page of `gitoma approvals show`; `place` are the flags with which the approval was found.
pub(super) fn show(approval: &Approval, place: &str) -> String {
    let Approval { id, state, target, expires, details, .. } = approval;
    let mut page = Page::default();
    page.field("approval", id.as_str());
    page.field("state", &format!("{}, {}", state.as_str(), time(*state, *expires)));
    page.field("target", target);
    if let Some(details) = details {
        page.details(details);
    }
    if *state == ApprovalState::Pending && details.is_some() {
        let place = line(place);
        let _ = write!(page.0, "\ngitoma approvals approve {id}{place}, or deny {id}{place}\n");
    }
    page.0.trim_end().to_owned()
}

fn time(state: ApprovalState, expires: Timestamp) -> String {
    if state.is_open() { format!("until {expires:.0}") } else { format!("its time ends {expires:.0}") }
}

/// A page that grows field by field. Writing to a string does not fail.
#[derive(Default)]
struct Page(String);

impl Page {
    fn field(&mut self, label: &str, text: &str) {
        let _ = writeln!(self.0, "{label:11} {}", line(text));
    }

    /// Several lines beneath a label.
    fn block(&mut self, label: &str, text: &str) {
        let _ = writeln!(self.0, "{label}");
        for text in text.lines() {
            let _ = writeln!(self.0, "    {}", line(text));
        }
    }

    fn details(&mut self, details: &ApprovalDetails) {
        let ApprovalDetails { effects, principal, transport, created, tool, capability, .. } = details;
        self.field("asked by", &format!("{principal} through {}, {created:.0}", transport.as_str()));
        self.field("tool", &format!("{tool} ({})", capability.as_str()));
        for access in &details.accesses {
            let repo = access.repo.as_deref().unwrap_or("no repository");
            let reference =
                access.reference.as_deref().map(|name| format!(", ref {name}")).unwrap_or_default();
            let host = access.host.as_deref().map(|host| format!(", host {host}")).unwrap_or_default();
            let paths = if access.paths.is_empty() {
                String::new()
            } else {
                format!(", {}", access.paths.join(", "))
            };
            let found = if access.found { ", paths found while it runs" } else { "" };
            self.field("touches", &format!("{repo}{reference}{host}{paths}{found}"));
        }
        for rule in &details.rules {
            let reason = rule.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            self.field("rule", &format!("{} ({}:{}){reason}", rule.id, rule.source, rule.line));
        }
        self.field(
            "policy",
            &format!("sha256 {}, generation {}", details.policy.digest, details.policy.generation),
        );
        if let Some(decision) = &details.decision {
            let said = if decision.approved { "approved" } else { "denied" };
            let note = decision.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
            self.field("decided", &format!("{said} by {}, {:.0}{note}", decision.principal, decision.at));
        }
        if let Some(end) = &details.end {
            self.field("ended", &format!("{:.0}: {}", end.at, end.why));
        }
        self.field("arguments", &details.arguments.to_string());
        if effects.base.is_some() || effects.head.is_some() {
            let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "nothing".to_owned());
            self.field("change", &format!("{} to {}", id(&effects.base), id(&effects.head)));
        }
        self.files(&effects.files, details.files_more);
        if let Some(message) = &effects.message {
            self.block("message", message);
        }
        if let Some(diff) = &effects.diff {
            self.block("diff", diff);
        }
        if details.cut {
            self.field("note", "not all is shown; what is approved is the whole, by its digest");
        }
        if details.hidden > 0 {
            let said = format!(
                "{} characters or sequences that nobody sees were taken out of what is shown; they may be meant to deceive",
                details.hidden
            );
            self.field("warning", &said);
        }
    }

    fn files(&mut self, files: &[FileEffect], more: u64) {
        if files.is_empty() {
            return;
        }
        let sum = |count: fn(&FileEffect) -> u64| files.iter().map(count).fold(0, u64::saturating_add);
        let (added, removed) = (sum(|file| file.added), sum(|file| file.removed));
        let further =
            if more == 0 { String::new() } else { format!(", and {more} files that are not listed") };
        self.field("files", &format!("{}, +{added} -{removed}{further}", files.len()));
        for file in files {
            let what = match (&file.old, &file.new) {
                (None, _) => "new",
                (_, None) => "gone",
                (Some(old), Some(new)) if old.mode != new.mode => "mode",
                _ => "",
            };
            let _ =
                writeln!(self.0, "    {:4} +{} -{}  {}", what, file.added, file.removed, line(&file.path));
        }
    }
}
