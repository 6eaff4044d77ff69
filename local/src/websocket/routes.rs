//! Chooses the route of a message by `$request.body.<field>`.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::world::{WebSocketApi, WebSocketRoute};

pub(super) const CONNECT: &str = "$connect";
pub(super) const DISCONNECT: &str = "$disconnect";
const DEFAULT: &str = "$default";

/// The route of a text, with its key; `None` when nothing matches and there is no `$default`.
pub(super) fn choose<'a>(api: &'a WebSocketApi, text: Option<&str>) -> Option<(&'a str, &'a WebSocketRoute)> {
    let key = text.and_then(|text| selected(text, &api.selection));
    let named = key.filter(|key| key != CONNECT && key != DISCONNECT).and_then(|key| api.routes.get_key_value(&key));
    named.or_else(|| api.routes.get_key_value(DEFAULT)).map(|(key, route)| (key.as_str(), route))
}

/// The value of `field` when `text` is a JSON object that has a text or a number there.
fn selected(text: &str, field: &str) -> Option<String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = json.deserialize_map(Field(field)).ok()?;
    json.end().ok()?;
    match value? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Picks one field out of an object and keeps nothing else.
struct Field<'a>(&'a str);

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn api(keys: &[&str]) -> WebSocketApi {
        let route = |key: &&str| ((*key).to_owned(), WebSocketRoute { function: (*key).to_owned(), two_way: false });
        let routes = keys.iter().map(route).collect::<BTreeMap<_, _>>();
        WebSocketApi { stage: "ws".into(), selection: "type".into(), throttle: None, routes }
    }

    #[test]
    fn the_field_names_the_route() {
        let api = api(&["$connect", "$disconnect", "$default", "CHAT", "7"]);
        for (text, key) in [
            (r#"{"type":"CHAT","content":"hi"}"#, "CHAT"),
            (r#"{"content":{"type":"x"},"type":"CH\u0041T"}"#, "CHAT"),
            (r#"{"type":7}"#, "7"),
            (r#"{"type":"chat"}"#, "$default"),
            (r#"{"type":"$connect"}"#, "$default"),
            (r#"{"type":"$disconnect"}"#, "$default"),
            (r#"{"type":["CHAT"]}"#, "$default"),
            (r#"{"type":null}"#, "$default"),
            (r#"{"type":"CHAT"} and more"#, "$default"),
            (r#"{"type":"CHAT""#, "$default"),
            (r#"["CHAT"]"#, "$default"),
            ("CHAT", "$default"),
            ("", "$default"),
        ] {
            assert_eq!(choose(&api, Some(text)).map(|(key, _)| key), Some(key), "{text}");
        }
        assert_eq!(choose(&api, None).map(|(key, _)| key), Some("$default"));
    }

    #[test]
    fn without_a_default_nothing_is_chosen() {
        let api = api(&["$connect", "CHAT"]);
        assert!(choose(&api, Some(r#"{"type":"NOISE"}"#)).is_none());
        assert!(choose(&api, Some(&"[".repeat(100_000))).is_none());
    }
}
