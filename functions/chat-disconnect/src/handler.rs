//! `$disconnect`: API Gateway tells of it once, or twice, or never. What it forgets the broadcaster and the housekeeper
//! find.

use skylark_api::socket::{SocketAnswer, SocketEvent};
use skylark_domain::Error;
use skylark_domain::chat::Chat;

pub(crate) async fn handle(chat: &Chat, event: SocketEvent) -> Result<SocketAnswer, Error> {
    chat.leave(&event.request_context.connection_id).await?;
    tracing::info!(connection = event.request_context.connection_id, "somebody left");
    Ok(SocketAnswer::done(None))
}
