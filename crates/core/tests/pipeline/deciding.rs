//! Who sees approvals and who decides them: with the role, for others, in time, and once.

use std::sync::Arc;

use gitoma_core::{
    Approval, ApprovalRefusal, ApprovalState, Capability, Credential, Decide, Gateway, GatewayBuilder,
    PrincipalConfig, Role, Secret, TokenConfig, policy::Scope, token_digest,
};
use serde_json::{Value, json};

use crate::support::{DANA, House, TOKEN, bearer, build, call, house, local};

/// Of one who may do everything, and asks as well.
const BOTH: &str = "a-token-of-one-who-is-both";
const AUDITOR: &str = "a-token-of-an-auditor";
const OTHER: &str = "a-token-of-another-agent";

fn crowd(builder: GatewayBuilder) -> GatewayBuilder {
    let principals = [
        ("both", &[Role::Agent, Role::Approver][..], BOTH),
        ("auditor", &[Role::Auditor], AUDITOR),
        ("other", &[Role::Agent], OTHER),
    ];
    principals.into_iter().fold(builder, |builder, (name, roles, token)| {
        builder.principal(PrincipalConfig::with_token(name, roles, &Secret::new(token.to_owned())))
    })
}

fn write() -> Value {
    json!({"path": "ask/x", "act": "write", "text": "words"})
}

async fn ask(gateway: &Gateway, token: &str) -> String {
    let mut call = call("change", write());
    call.credential = bearer(token);
    gateway.handle(call).await.unwrap_err().approval().expect("an approval").id.to_string()
}

async fn decide(gateway: &Gateway, token: &str, id: &str, say: Decide) -> Result<Approval, ApprovalRefusal> {
    gateway.decide_approval(bearer(token), local(), id, say, Some("  looks\u{202e} right ")).await
}

fn code<T: std::fmt::Debug>(result: Result<T, ApprovalRefusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.kind.code(), |_| "ok")
}

/// What the audit log says of approvals, apart from those that become pending.
fn recorded(house: &House) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let entries = house
        .entries()
        .into_iter()
        .filter(|entry| entry["kind"] == "approval" && entry["state"] != "pending");
    entries.map(|entry| (text(&entry["state"]), text(&entry["principal"]), text(&entry["detail"]))).collect()
}

#[tokio::test]
async fn nobody_decides_their_own() {
    let house = build(crowd);
    let own = ask(&house.gateway, BOTH).await;
    for say in [Decide::Approve, Decide::Deny] {
        assert_eq!(code(decide(&house.gateway, BOTH, &own, say).await), "own_approval");
    }
    let entry = |state: &str, who: &str, why: &str| (state.to_owned(), who.to_owned(), why.to_owned());
    assert_eq!(recorded(&house), vec![entry("refused", "both", "own_approval"); 2]);
    assert_eq!(code(decide(&house.gateway, DANA, &own, Decide::Approve).await), "ok", "somebody else does");
    assert_eq!(recorded(&house)[2], entry("approved", "dana", "looks right"));
}

/// An approver's token counts for what it is good for: other approvals are as unknown as those that are not there.
#[tokio::test]
async fn a_token_decides_within_its_scope_alone() {
    let tokens = [
        ("else", Scope::new(Some(&["look"]), None, None)),
        ("reads", Scope::new(None::<&[&str]>, None, Some(&[Capability::Read]))),
        ("elsewhere", Scope::new(None, Some(&["other"]), None)),
        ("fitting", Scope::new(Some(&["change"]), Some(&["w*"]), Some(&[Capability::Write]))),
    ];
    let house = build(|builder| {
        let tokens = tokens.map(|(token, scope)| TokenConfig {
            scope: Arc::new(scope.unwrap()),
            ..TokenConfig::new(token_digest(token))
        });
        let eve = PrincipalConfig::local("eve", &[Role::Approver]);
        builder.principal(PrincipalConfig { tokens: tokens.to_vec(), ..eve })
    });
    let pending = ask(&house.gateway, TOKEN).await;
    for token in ["else", "reads", "elsewhere"] {
        let listed = house.gateway.approvals(bearer(token), local(), true).await.unwrap();
        assert_eq!(listed.approvals.len(), 0, "{token}");
        let shown = house.gateway.approval(bearer(token), local(), &pending).await;
        assert_eq!(code(shown), "approval_not_found", "{token}");
        let decided = decide(&house.gateway, token, &pending, Decide::Approve).await;
        assert_eq!(code(decided), "approval_not_found", "{token}");
    }
    assert_eq!(house.gateway.approvals(bearer("fitting"), local(), true).await.unwrap().approvals.len(), 1);
    assert_eq!(code(decide(&house.gateway, "fitting", &pending, Decide::Approve).await), "ok");
}

#[tokio::test]
async fn deciding_needs_the_role_and_tells_others_nothing() {
    let house = build(crowd);
    let pending = ask(&house.gateway, TOKEN).await;
    let unknown = "apr_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for token in [TOKEN, OTHER, AUDITOR] {
        for id in [pending.as_str(), unknown, "nonsense"] {
            assert_eq!(
                code(decide(&house.gateway, token, id, Decide::Approve).await),
                "role_required",
                "{token} {id}"
            );
        }
    }
    let who: Vec<_> =
        recorded(&house).into_iter().map(|(state, who, why)| format!("{state} {who} {why}")).collect();
    assert_eq!(
        who,
        ["refused agent role_required", "refused other role_required", "refused auditor role_required"]
    );
    for id in [unknown, "nonsense", "../../audit", ""] {
        assert_eq!(
            code(decide(&house.gateway, DANA, id, Decide::Approve).await),
            "approval_not_found",
            "{id}"
        );
    }
    let nobody =
        house.gateway.decide_approval(Credential::Absent, local(), &pending, Decide::Approve, None).await;
    assert_eq!(code(nobody), "unauthenticated");
    let state = house.gateway.approval(bearer(DANA), local(), &pending).await.unwrap().state;
    assert_eq!(state, ApprovalState::Pending);
}

#[tokio::test]
async fn everybody_sees_what_concerns_them() {
    let house = build(crowd);
    house.world.lock().unwrap().target = "branch `x`".to_owned();
    let (own, others) = (ask(&house.gateway, TOKEN).await, ask(&house.gateway, OTHER).await);
    for token in [DANA, AUDITOR, BOTH] {
        let listed = house.gateway.approvals(bearer(token), local(), false).await.unwrap().approvals;
        assert_eq!(listed.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), [&own, &others]);
        assert_eq!(listed[0].principal.as_deref(), Some("agent"));
        let shown = house.gateway.approval(bearer(token), local(), &others).await.unwrap();
        assert_eq!(shown.details.unwrap().arguments, write());
    }
    let listed = house.gateway.approvals(bearer(TOKEN), local(), true).await.unwrap();
    let listed = serde_json::to_value(listed).unwrap();
    let line = &listed["approvals"][0];
    let shown =
        serde_json::to_value(house.gateway.approval(bearer(TOKEN), local(), &own).await.unwrap()).unwrap();
    assert_eq!(*line, shown);
    assert_eq!(
        shown,
        json!({"id": own, "state": "pending", "target": "branch `x`", "expires": shown["expires"]})
    );
    assert_eq!(listed["approvals"].as_array().unwrap().len(), 1, "an agent sees its own");
    for id in [&others, "apr_aaaaaaaaaaaaaaaaaaaaaaaaaa", "nonsense"] {
        assert_eq!(
            code(house.gateway.approval(bearer(TOKEN), local(), id).await),
            "approval_not_found",
            "{id}"
        );
    }
}

#[tokio::test]
async fn the_list_is_of_what_is_open_unless_all_is_wanted() {
    let house = house();
    let denied = ask(&house.gateway, TOKEN).await;
    decide(&house.gateway, DANA, &denied, Decide::Deny).await.unwrap();
    let list = async |all| {
        let listed = house.gateway.approvals(bearer(DANA), local(), all).await.unwrap().approvals;
        listed.iter().map(|line| line.state).collect::<Vec<_>>()
    };
    assert_eq!(list(false).await, []);
    assert_eq!(list(true).await, [ApprovalState::Denied]);
    house.world.lock().unwrap().target.push('2');
    let approved = ask(&house.gateway, TOKEN).await;
    assert_eq!(list(false).await, [ApprovalState::Pending]);
    let shown = decide(&house.gateway, DANA, &approved, Decide::Approve).await.unwrap();
    let decision = shown.details.unwrap().decision.unwrap();
    assert_eq!(
        (&*decision.principal, decision.approved, decision.note.as_deref()),
        ("dana", true, Some("looks right"))
    );
    assert_eq!(list(false).await, [ApprovalState::Approved]);
    assert_eq!(list(true).await, [ApprovalState::Denied, ApprovalState::Approved]);
}

#[tokio::test]
async fn what_is_decided_stays_decided() {
    let house = house();
    let pending = ask(&house.gateway, TOKEN).await;
    decide(&house.gateway, DANA, &pending, Decide::Deny).await.unwrap();
    for say in [Decide::Approve, Decide::Deny] {
        let refusal = decide(&house.gateway, DANA, &pending, say).await.unwrap_err();
        assert_eq!(refusal.kind.code(), "approval_settled");
        assert_eq!(refusal.to_string(), "the approval is denied and can no longer be decided");
    }
    assert_eq!(recorded(&house).len(), 1);
}

/// In one process, and in two on one state directory.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_approvers_at_once_exactly_one_wins() {
    for round in 0..10 {
        let house = build(crowd);
        let other = house.another(crowd);
        let pending = ask(&house.gateway, TOKEN).await;
        let start = Arc::new(tokio::sync::Barrier::new(8));
        let deciders = (0..8).map(|number| {
            let gateway = if number % 2 == 0 { house.gateway.clone() } else { other.clone() };
            let token = if number % 4 < 2 { DANA } else { BOTH };
            let say = if (number + round) % 3 == 0 { Decide::Deny } else { Decide::Approve };
            let (start, id) = (Arc::clone(&start), pending.clone());
            tokio::spawn(async move {
                start.wait().await;
                decide(&gateway, token, &id, say).await.map(|approval| approval.state)
            })
        });
        let ended = futures_util::future::join_all(deciders.collect::<Vec<_>>()).await;
        let (won, lost): (Vec<_>, Vec<_>) = ended.into_iter().map(Result::unwrap).partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 7));
        assert!(lost.into_iter().all(|lost| code(lost) == "approval_settled"));
        let state = house.gateway.approval(bearer(DANA), local(), &pending).await.unwrap().state;
        assert_eq!(state, *won[0].as_ref().unwrap());
        assert_eq!(recorded(&house).len(), 1, "one decision is on the record");
    }
}

#[tokio::test]
async fn a_note_has_a_length() {
    let house = house();
    let pending = ask(&house.gateway, TOKEN).await;
    let (long, longest) = ("n".repeat(1001), "n".repeat(1000));
    let refused =
        house.gateway.decide_approval(bearer(DANA), local(), &pending, Decide::Deny, Some(&long)).await;
    assert_eq!(code(refused), "invalid_arguments");
    let kept =
        house.gateway.decide_approval(bearer(DANA), local(), &pending, Decide::Deny, Some(&longest)).await;
    assert_eq!(code(kept), "ok");
}
