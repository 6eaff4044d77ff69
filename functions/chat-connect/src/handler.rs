//! `$connect` to an arrival. A status other than 2xx refuses the handshake.

use skylark_api::env::ChatConnectEnv;
use skylark_api::socket::{SocketAnswer, SocketEvent};
use skylark_domain::Error;
use skylark_domain::chat::Chat;
use skylark_domain::chat::connecting::{Arrival, Proof};
use skylark_domain::error::Violation;

pub(crate) async fn handle(chat: &Chat, env: &ChatConnectEnv, event: SocketEvent) -> Result<SocketAnswer, Error> {
    let arrived = match arrival(env, &event) {
        Ok(arrival) => chat.arrive(arrival).await,
        Err(error) => Err(error),
    };
    match arrived {
        Ok(connection) => {
            tracing::info!(stream = %connection.stream_id, connection = connection.id, "somebody came");
            Ok(SocketAnswer::done(None))
        }
        Err(error @ Error::Internal(_)) => Err(error),
        Err(error) => {
            tracing::info!(error = &error as &dyn std::error::Error, "somebody was not let in");
            Ok(SocketAnswer::refused(error))
        }
    }
}

fn arrival(env: &ChatConnectEnv, event: &SocketEvent) -> Result<Arrival, Error> {
    event.check_origin(&env.origins)?;
    let stream = event.parameter("streamId").ok_or(Error::NotFound { what: "stream" })?;
    let after = event.parameter("after").map(str::parse).transpose();
    let after = after.map_err(|_| Error::Invalid(vec![Violation::new("after", "must be msg_...")]))?;
    let proof = match (event.parameter("ticket"), event.parameter("user_id")) {
        (Some(ticket), _) => Proof::Ticket(ticket.to_owned()),
        (None, Some(user_id)) => Proof::Guest {
            user_id: user_id.to_owned(),
            username: event.parameter("username").map(str::to_owned),
            address: event.viewer_address(&env.origin_secret),
        },
        (None, None) => return Err(Error::Unauthenticated),
    };
    Ok(Arrival {
        connection_id: event.request_context.connection_id.clone(),
        stream_id: stream.parse().map_err(|_| Error::NotFound { what: "stream" })?,
        proof,
        is_batch: event.parameter("batch") == Some("1"),
        after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Result<Arrival, Error> {
        let env =
            ChatConnectEnv { origins: vec!["https://app.example".into()], origin_secret: "proof".to_owned().into() };
        arrival(&env, &serde_json::from_str(file).unwrap())
    }

    #[test]
    fn a_ticket_is_read_from_the_query() {
        let arrival = read(include_str!("../../../events/chat-connect/ticket.json")).unwrap();
        assert!(matches!(arrival.proof, Proof::Ticket(ref ticket) if ticket == "bm90LWEtcmVhbC10aWNrZXQ"));
        assert!(arrival.is_batch && arrival.after.is_some());
    }

    #[test]
    fn seed_002s_client_is_a_guest_whose_address_cloudfront_vouches_for() {
        let arrival = read(include_str!("../../../events/chat-connect/guest.json")).unwrap();
        let wanted =
            Proof::Guest { user_id: "42".into(), username: Some("Ada L".into()), address: "203.0.113.9".into() };
        assert_eq!((arrival.proof, arrival.is_batch, arrival.after), (wanted, false, None));
    }

    #[test]
    fn what_proves_nothing_or_comes_from_elsewhere_is_refused() {
        let refused = |file| read(file).unwrap_err();
        assert!(matches!(refused(include_str!("../../../events/chat-connect/nobody.json")), Error::Unauthenticated));
        let foreign = refused(include_str!("../../../events/chat-connect/foreign-origin.json"));
        assert!(matches!(foreign, Error::Refused { code: "foreign-origin", .. }));
    }
}
