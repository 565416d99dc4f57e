//! What is said under a `subscriptions/listen` (2026-07-28), by whatever way it came: first which of the wanted news there will be, then the
//! news, and at last, where there is anybody to hear it, that there will be no more. Each names the request.

use rmcp::ServerHandler as _;
use rmcp::model::{
    GetMeta as _, RequestId, ServerNotification, ServerResult, SubscriptionFilter,
    SubscriptionsAcknowledgedNotification, SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenResult,
};

use crate::server::Server;

/// That the subscription `id` is open, for what is in `filter`.
pub(crate) fn acknowledgement(id: &RequestId, filter: SubscriptionFilter) -> ServerNotification {
    let params = SubscriptionsAcknowledgedNotificationParams::new(filter);
    let notice = SubscriptionsAcknowledgedNotification::new(params);
    tagged(ServerNotification::SubscriptionsAcknowledgedNotification(notice), id)
}

/// `notice` as one of the subscription `id`.
pub(crate) fn tagged(mut notice: ServerNotification, id: &RequestId) -> ServerNotification {
    notice.get_meta_mut().set_subscription_id(id.clone());
    notice
}

/// That the subscription `id` has ended, and nothing went wrong: the answer to the request.
pub(crate) fn end(id: RequestId, server: &Server) -> ServerResult {
    let mut result = SubscriptionsListenResult::complete(id);
    result.meta.set_server_info(server.get_info().server_info);
    ServerResult::SubscriptionsListenResult(result)
}
