//! What an encoder was told to publish to, from `connect` and `publish`. Parsed, not judged.

use percent_encoding::percent_decode_str;

use crate::amf0::Value;
use crate::publish::Publish;

/// What `connect` says (7.2.1.1).
pub(super) struct Connection {
    app: String,
    tc_url: Option<String>,
    encoder: Option<String>,
}

// By hand: an address may hold a stream key.
impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connection").field("encoder", &self.encoder).finish_non_exhaustive()
    }
}

impl Connection {
    /// Reads the command object of `connect`.
    pub(super) fn of(object: &Value) -> Self {
        let text = |name| object.get(name).and_then(Value::as_str).map(str::to_owned);
        Self { app: text("app").unwrap_or_default(), tc_url: text("tcUrl"), encoder: text("flashVer") }
    }

    /// What `publish` with this stream name asks for.
    pub(super) fn publish(&self, name: &str) -> Publish {
        let (name, name_query) = split(name);
        let (app, app_query) = split(&self.app);
        let (_, url_query) = split(self.tc_url.as_deref().unwrap_or_default());
        let mut query = Vec::new();
        for pair in [name_query, app_query, url_query].into_iter().flat_map(pairs) {
            if !query.contains(&pair) {
                query.push(pair);
            }
        }
        Publish {
            app: app.trim_matches('/').to_owned(),
            name: name.to_owned(),
            query,
            tc_url: self.tc_url.clone(),
            encoder: self.encoder.clone(),
        }
    }
}

fn split(address: &str) -> (&str, &str) {
    address.split_once('?').unwrap_or((address, ""))
}

fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amf0::object;

    fn publish(app: &str, tc_url: &str, name: &str) -> Publish {
        Connection::of(&object([("app", app.into()), ("tcUrl", tc_url.into())])).publish(name)
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_key_may_be_the_name_or_a_token_behind_it() {
        let plain = publish("live", "rtmp://host/live", "sk_1");
        assert_eq!((plain.app.as_str(), plain.name.as_str(), plain.query.len()), ("live", "sk_1", 0));
        let token = publish("live/", "rtmp://host:1935/live/", "any?token=sk%5F1&priority=2&flag");
        assert_eq!((token.app.as_str(), token.name.as_str()), ("live", "any"));
        assert_eq!(token.query, [pair("token", "sk_1"), pair("priority", "2"), pair("flag", "")]);
        assert_eq!(token.parameter("priority"), Some("2"));
    }

    #[test]
    fn parameters_of_app_and_address_stand_once_behind_those_of_the_name() {
        let publish = publish("live?a=1&b=2", "rtmp://host/live?a=1&c=3", "key?a=0");
        assert_eq!(publish.app, "live");
        assert_eq!(publish.query, [pair("a", "0"), pair("a", "1"), pair("b", "2"), pair("c", "3")]);
    }

    #[test]
    fn debug_shows_no_key() {
        let publish = publish("live", "rtmp://host/live?token=SECRET", "SECRET?token=SECRET");
        assert!(!format!("{publish:?}").contains("SECRET"));
    }

    #[test]
    fn a_connect_without_fields_is_a_connection_without_names() {
        let publish = Connection::of(&Value::Null).publish("");
        assert_eq!((publish.app.as_str(), publish.name.as_str(), publish.tc_url), ("", "", None));
    }
}
