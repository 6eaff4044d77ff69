//! Identifiers: TypeIDs, a prefix and a UUIDv7 in Crockford base32, so that they sort by the time they were made.

use jiff::Timestamp;
use type_safe_id::{StaticType, TypeSafeId};
use uuid::{NoContext, Uuid};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $prefix:literal) => {
        #[doc = concat!("The `", $prefix, "_` prefix.")]
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $kind;

        impl StaticType for $kind {
            const TYPE: &'static str = $prefix;
        }

        $(#[$doc])*
        pub type $name = TypeSafeId<$kind>;
    };
}

id!(/** Identifies a user. */ UserId, UserKind, "usr");
id!(/** Identifies a video. */ VideoId, VideoKind, "vid");
id!(/** Identifies a channel. */ ChannelId, ChannelKind, "chn");
id!(/** Identifies a stream. */ StreamId, StreamKind, "str");
id!(/** Identifies the transfer of a source file. */ UploadId, UploadKind, "upl");
id!(/** Identifies a message of a room. */ MessageId, MessageKind, "msg");
id!(/** Identifies a domain event. */ EventId, EventKind, "evt");

/// A fresh id made at `now`.
pub fn new_id<T: StaticType>(now: Timestamp) -> TypeSafeId<T> {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
    TypeSafeId::from_uuid(Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds)))
}

/// When an id was made, to the millisecond.
pub fn made_at<T: StaticType>(id: TypeSafeId<T>) -> Timestamp {
    let (seconds, nanoseconds) = id.uuid().get_timestamp().map(|at| at.to_unix()).unwrap_or_default();
    let seconds = i64::try_from(seconds).unwrap_or_default();
    Timestamp::new(seconds, i32::try_from(nanoseconds).unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_parse_back() {
        let early: UserId = new_id("2026-01-01T00:00:00Z".parse().unwrap());
        let late: UserId = new_id("2026-01-01T00:00:01Z".parse().unwrap());
        assert!(early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse::<UserId>().unwrap(), early);
        assert!(late.to_string().starts_with("usr_"));
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        let at: Timestamp = "2026-01-01T00:00:00.123Z".parse().unwrap();
        assert_eq!(made_at(new_id::<UserKind>(at)), at);
        assert_eq!(made_at(UserId::from_uuid(Uuid::nil())), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let event: EventId = new_id("2026-01-01T00:00:00Z".parse().unwrap());
        assert!(event.to_string().parse::<UserId>().is_err());
    }
}
