//! A message of a connection to what it is answered.

use skylark_api::socket::{SocketAnswer, SocketEvent};
use skylark_domain::Error;
use skylark_domain::chat::talking::Talk;

pub(crate) async fn handle(talk: &Talk, event: SocketEvent) -> Result<SocketAnswer, Error> {
    let heard = talk.hear(&event.request_context.connection_id, &event.text()).await?;
    if let Some(error) = &heard.trouble {
        tracing::error!(error = error as &dyn std::error::Error, "a client was told to try again");
    }
    Ok(SocketAnswer::done(heard.reply))
}
