//! What was found, in lines for people. Texts of policies are escaped where they may hold what is not seen.

use std::fmt;

use super::{
    Caller, Change, Difference, RedactionChange, RedactionKind, SwitchChange, Undetermined,
    UndeterminedCause, Verdict,
};
use crate::model::{Code, Paths};

/// One line for each thing found, without a line break at the end; nothing for no difference.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        let mut line = |f: &mut fmt::Formatter<'_>, sign: char, text: &dyn fmt::Display| {
            write!(f, "{gap}{sign} {text}")?;
            gap = "\n";
            Ok::<(), fmt::Error>(())
        };
        for change in &self.widened {
            line(f, '+', change)?;
        }
        for undetermined in &self.undetermined {
            line(f, '?', undetermined)?;
        }
        for switch in &self.switches {
            line(f, if switch.widens { '+' } else { '~' }, switch)?;
        }
        for redaction in &self.redaction {
            line(f, '~', redaction)?;
        }
        for change in &self.tightened {
            line(f, '-', change)?;
        }
        if self.tightened_is_partial {
            line(f, '~', &"the list of what is stricter is not complete: the bound was met")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<5}  {}", self.to.effect.as_str(), Few(&self.tools, self.tools.len()))?;
        if self.repositories.iter().any(|key| key == "*") {
            f.write_str(" on any repository")?;
        } else {
            write!(f, " on {}", Few(&self.repositories, self.repository_count))?;
        }
        match &self.example.access.paths {
            Paths::Named(_) if self.every_path => f.write_str(", any path")?,
            Paths::Named(paths) => {
                paths.first().map_or(Ok(()), |path| write!(f, ", paths like {}", Plain(path)))?;
            }
            Paths::Discovered => f.write_str(", paths found while it runs")?,
            Paths::None => {}
        }
        if let Some(reference) = &self.example.access.reference {
            write!(f, ", references like {}", Plain(reference))?;
        }
        if let Some(host) = &self.example.access.host {
            write!(f, ", hosts like {}", Plain(host))?;
        }
        if let Some(arguments) = self.example.arguments.as_ref().filter(|arguments| !arguments.is_empty()) {
            let text: String = serde_json::Value::Object(arguments.clone()).to_string();
            let short: String = text.chars().take(80).collect();
            write!(
                f,
                ", arguments like {}{}",
                Plain(&short),
                if short.len() < text.len() { "…" } else { "" }
            )?;
        }
        let callers: Vec<String> = self.callers.iter().filter_map(Caller::words).collect();
        if callers.len() == self.callers.len() && !callers.is_empty() {
            write!(f, ", for {}", Few(&callers, callers.len()))?;
        }
        if self.transports.len() < 4 {
            let names: Vec<&str> = self.transports.iter().map(|transport| transport.as_str()).collect();
            write!(f, ", over {}", names.join(", "))?;
        }
        write!(f, ": now {}, was {}", self.to, self.from)
    }
}

impl Caller {
    /// The caller in words; `None` for anyone.
    fn words(&self) -> Option<String> {
        let roles = match &*self.roles {
            [] => None,
            [role] => Some(format!("role {role}")),
            roles => Some(format!("roles {}", roles.join("+"))),
        };
        match (&self.principal, roles) {
            (None, None) => None,
            (None, Some(roles)) => Some(roles),
            (Some(principal), None) => Some(format!("principal {principal}")),
            (Some(principal), Some(roles)) => Some(format!("principal {principal} with {roles}")),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.code {
            Code::Allowed => "allowed by ",
            Code::ApprovalRequired => "asked for by ",
            Code::Denied => "denied by ",
            code => return f.write_str(code.as_str()),
        })?;
        // What the other policy has too is no news, unless nothing else is there.
        let rules: Vec<String> = self
            .rules
            .iter()
            .filter(|reason| self.changed.is_empty() || self.changed.contains(&reason.rule))
            .map(|reason| format!("{} ({}:{})", reason.rule, reason.source, reason.line))
            .collect();
        write!(f, "{}", Few(&rules, rules.len()))
    }
}

impl fmt::Display for Undetermined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("undetermined  ")?;
        match &*self.tools {
            [] => f.write_str("all tools")?,
            tools => write!(f, "{}", Few(tools, tools.len()))?,
        }
        match (self.repository.as_str(), self.more_repositories) {
            ("*", _) => f.write_str(" on any repository")?,
            (key, 0) => write!(f, " on {}", Plain(key))?,
            (key, more) => write!(f, " on {} and {more} more", Plain(key))?,
        }
        f.write_str(match self.cause {
            UndeterminedCause::TooMuch => {
                ": too many combinations to compare; raise the bound, or make the change smaller"
            }
            UndeterminedCause::Unconfirmed => ": the comparison contradicts the policies; please report this",
        })
    }
}

impl fmt::Display for SwitchChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { switch, from, to, widens } = self;
        write!(f, "switch {switch}: now {to}, was {from}")?;
        f.write_str(if *widens { "; reads that the rules deny run all the same" } else { "" })
    }
}

impl fmt::Display for RedactionChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match (self.kind, &self.before, &self.after) {
            (RedactionKind::Allowance, None, _) => "a value shows from now on",
            (RedactionKind::Allowance, Some(_), None) => "a value no longer shows",
            (RedactionKind::Allowance, Some(_), Some(_)) => "another value shows from now on",
            (RedactionKind::Block, Some(_), _) => "what it finds no longer blocks a result, and is redacted",
            (RedactionKind::Block, None, _) => "what it finds blocks a result from now on",
            (_, Some(_), None) => "no longer redacted",
            (_, None, _) => "redacted from now on",
            (_, Some(_), Some(_)) => "redacted by another pattern; what the old one matched may show",
        };
        write!(f, "redact {}: {what}", self.id)
    }
}

/// The first three of a list and how many more there are.
struct Few<'a, T>(&'a [T], usize);

impl<T: AsRef<str>> fmt::Display for Few<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Four are as short as three and one more.
        let shown = if self.1 <= 4 { 4 } else { 3 };
        for (at, item) in self.0.iter().take(shown).enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { ", " }, Plain(item.as_ref()))?;
        }
        match self.1.saturating_sub(shown) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A text with control and other invisible characters escaped, since policies may come from elsewhere.
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write as _;
        self.0.chars().try_for_each(|c| {
            let shown = c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ';
            if shown { f.write_char(c) } else { write!(f, "{}", c.escape_unicode()) }
        })
    }
}
