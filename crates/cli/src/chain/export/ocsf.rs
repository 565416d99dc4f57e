//! Entries as events of the Open Cybersecurity Schema Framework, version 1.6.0: what concerns a call is API Activity (6003), the begin and
//! the end of a process Application Lifecycle (6002), everything else a base event. Only attributes that the classes have in every version
//! since 1.0 are used; what has none stands in `unmapped`, under its name in the log.

use gitoma_audit::{Capability, Effect, Entry, Kind, OutcomeStatus};
use serde_json::{Map, Value, json};

/// The version of the schema.
const VERSION: &str = "1.6.0";

/// Fields that have a place in every class.
const MAPPED: [&str; 9] = ["v", "chain_id", "seq", "ts", "kind", "call_id", "code", "detail", "duration_us"];

/// Informational, low and medium severity.
const INFORMATIONAL: u64 = 1;
const LOW: u64 = 2;
const MEDIUM: u64 = 3;

/// What kind of event an entry is.
struct Class {
    uid: u64,
    category: u64,
    activity: u64,
    name: &'static str,
}

/// The event of an entry; `intent` is the intent that an outcome ends.
pub(super) fn event(entry: &Entry, intent: Option<&Entry>) -> Value {
    let call = intent.unwrap_or(entry);
    let class = class(entry, call);
    let (status, severity) = weight(entry);
    let mut event = json!({
        "category_uid": class.category,
        "class_uid": class.uid,
        "activity_id": class.activity,
        "activity_name": class.name,
        "type_uid": class.uid.saturating_mul(100).saturating_add(class.activity),
        "severity_id": severity,
        "status_id": status,
        "time": entry.moment.as_millisecond(),
        "metadata": metadata(entry),
        "unmapped": unmapped(entry, &class),
    });
    let Value::Object(attributes) = &mut event else { return event };
    text(attributes, "status_code", entry.code.as_deref());
    text(attributes, "message", entry.detail.as_deref());
    if let Some(duration) = entry.duration_us {
        attributes.insert("duration".to_owned(), (duration / 1_000).into());
    }
    match class.uid {
        6002 => {
            let name = entry.program.as_deref().unwrap_or("gitoma");
            attributes.insert("app".to_owned(), json!({ "name": name, "vendor_name": "Gitoma" }));
        }
        6003 => {
            attributes.insert("actor".to_owned(), actor(call));
            attributes.insert("api".to_owned(), api(entry, call));
            // through which door is all that is known of where a call came from
            let door = call.transport.as_deref().unwrap_or("unknown");
            attributes.insert("src_endpoint".to_owned(), json!({ "name": door }));
            let resources = resources(call);
            if !resources.is_empty() {
                attributes.insert("resources".to_owned(), resources.into());
            }
        }
        _ => {}
    }
    event
}

fn class(entry: &Entry, call: &Entry) -> Class {
    match entry.kind {
        Kind::Intent | Kind::Outcome | Kind::Refusal | Kind::Judged => {
            let (activity, name) = match call.capability {
                Some(Capability::Read) => (2, "Read"),
                Some(Capability::Write) => (3, "Update"),
                Some(Capability::Automation) => (99, "Automation"),
                None => (0, "Unknown"),
            };
            Class { uid: 6003, category: 6, activity, name }
        }
        Kind::Start => Class { uid: 6002, category: 6, activity: 3, name: "Start" },
        Kind::Stop => Class { uid: 6002, category: 6, activity: 4, name: "Stop" },
        other => Class { uid: 0, category: 0, activity: 99, name: other.as_str() },
    }
}

/// Whether it went well (1), not (2) or is not known (0), and how much it matters.
fn weight(entry: &Entry) -> (u64, u64) {
    match (entry.kind, entry.outcome, entry.effect) {
        (Kind::Outcome, Some(OutcomeStatus::Ok), _) => (1, INFORMATIONAL),
        (Kind::Outcome, ..) => (2, LOW),
        (Kind::Judged, ..) | (Kind::Intent, _, Some(Effect::Allow)) => (0, INFORMATIONAL),
        // let run although policy said no: only observed
        (Kind::Intent, ..) => (0, LOW),
        (Kind::Refusal | Kind::AuthAggregate | Kind::LimitAggregate, ..) => (2, LOW),
        (Kind::PolicyReject, ..) => (2, MEDIUM),
        (Kind::Recover | Kind::Suspend | Kind::Lost | Kind::Switch | Kind::KeyRotate | Kind::Prune, ..) => {
            (1, MEDIUM)
        }
        _ => (1, INFORMATIONAL),
    }
}

fn metadata(entry: &Entry) -> Value {
    let mut metadata = json!({
        "version": VERSION,
        "product": { "name": "Gitoma", "vendor_name": "Gitoma" },
        "uid": format!("{}/{}", entry.chain_id, entry.seq),
        "sequence": entry.seq,
        "log_name": entry.chain_id.to_string(),
        "log_provider": "gitoma-audit",
        "original_time": format!("{:.6}", entry.moment),
        "event_code": entry.kind.as_str(),
    });
    if let Value::Object(metadata) = &mut metadata {
        text(metadata, "correlation_uid", entry.call_id.map(|call| call.to_string()).as_deref());
    }
    metadata
}

fn actor(call: &Entry) -> Value {
    let mut user = Map::new();
    // nobody is known before authentication
    text(&mut user, "name", Some(call.principal.as_deref().unwrap_or("unknown")));
    if !call.roles.is_empty() {
        let groups = call.roles.iter().map(|role| json!({ "name": role }));
        user.insert("groups".to_owned(), groups.collect::<Vec<_>>().into());
    }
    json!({ "user": user })
}

fn api(entry: &Entry, call: &Entry) -> Value {
    let mut api = json!({
        "operation": call.tool.as_deref().unwrap_or("unknown"),
        "service": { "name": "gitoma" },
    });
    let Value::Object(attributes) = &mut api else { return api };
    if let Some(id) = call.call_id {
        attributes.insert("request".to_owned(), json!({ "uid": id.to_string() }));
    }
    if let Some(code) = &entry.code {
        let message = entry.outcome.map_or(entry.kind.as_str(), |outcome| outcome.as_str());
        attributes.insert("response".to_owned(), json!({ "error": code, "message": message }));
    }
    api
}

fn resources(call: &Entry) -> Vec<Value> {
    let resource = |access: &gitoma_audit::Access| {
        let mut resource = Map::new();
        let (name, kind) = match (&access.repo, &access.host) {
            (Some(repo), _) => (&**repo, "repository"),
            (None, Some(host)) => (host.as_str(), "host"),
            (None, None) => return None,
        };
        text(&mut resource, "name", Some(name));
        text(&mut resource, "type", Some(kind));
        let data = json!({ "ref": access.reference, "paths": access.paths, "paths_more": access.paths_more });
        resource.insert("data".to_owned(), data);
        Some(Value::Object(resource))
    };
    call.accesses.iter().filter_map(resource).collect()
}

/// What the schema has no place for, as the log has it.
fn unmapped(entry: &Entry, class: &Class) -> Value {
    let mut fields: Map<String, Value> = serde_json::from_str(&entry.raw).unwrap_or_default();
    let of_class: &[&str] = match class.uid {
        6002 => &["program"],
        6003 => &["principal", "roles", "transport", "tool", "accesses"],
        _ => &[],
    };
    for name in MAPPED.iter().chain(of_class) {
        fields.remove(*name);
    }
    Value::Object(fields)
}

fn text(attributes: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        attributes.insert(name.to_owned(), value.into());
    }
}
