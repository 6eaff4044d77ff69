//! Who is in rooms: tickets, and connections. A connection is two items: one by its id, and one where its room keeps it,
//! which holds nothing but what sending needs, for a thousand of them are read at once.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use skylark_domain::PortError;
use skylark_domain::chat::connection::{CONNECTION_LIFE, Connection, Seat, Ticket};
use skylark_domain::chat::room::Role;
use skylark_domain::ids::StreamId;
use skylark_domain::ports::{Connections, Entered, Turn};

use crate::entity::{Entity, Item, from_item, to_item};
use crate::error::corrupt;
use crate::keys::{self, Key};
use crate::table::{Expression, Table, Write};

/// Times one may speak within [`WINDOW_MS`], by their names, the latest first.
const TURNS: [&str; 5] = ["t1", "t2", "t3", "t4", "t5"];
const WINDOW_MS: i64 = 1000;

/// Items that are read at once.
const BATCH: usize = 100;

impl Entity for Ticket {
    const TYPE: &'static str = "Ticket";

    fn key(&self) -> Key {
        keys::ticket(&self.digest)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Entity for Connection {
    const TYPE: &'static str = "Connection";

    fn key(&self) -> Key {
        keys::connection(&self.id)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.connected_at + CONNECTION_LIFE)
    }
}

/// A connection by whose it is. It is an item and not an index entry: the times of messages change with each of them, and an
/// index would be written, and paid for, each time. And who is banned is to be found at once.
#[derive(Debug, Serialize, Deserialize)]
struct OwnConnection {
    #[serde(skip)]
    key: Option<Key>,
    #[serde(skip)]
    expires_at: Option<Timestamp>,
    id: String,
}

impl OwnConnection {
    /// Readers have no name to be found by.
    fn of(connection: &Connection) -> Option<Self> {
        let person = connection.person.as_ref()?;
        let key = Some(keys::own_connection(&person.user_id, &connection.id));
        Some(Self { key, expires_at: connection.expires_at(), id: connection.id.clone() })
    }
}

impl Entity for OwnConnection {
    const TYPE: &'static str = "OwnConnection";

    fn key(&self) -> Key {
        self.key.clone().unwrap_or_default()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// A connection where its room keeps it. Everything else stands in its key and its `TTL`: it has to be small.
#[derive(Debug, Serialize, Deserialize)]
struct SeatItem {
    #[serde(skip)]
    key: Option<Key>,
    #[serde(skip)]
    expires_at: Option<Timestamp>,
    #[serde(default, rename = "b", skip_serializing_if = "std::ops::Not::not")]
    is_batch: bool,
    #[serde(default, rename = "o", skip_serializing_if = "std::ops::Not::not")]
    is_owner: bool,
}

impl SeatItem {
    fn of(connection: &Connection) -> Self {
        let roles = connection.person.iter().flat_map(|person| &person.roles);
        Self {
            key: Some(keys::seat(connection.stream_id, connection.shard, &connection.id)),
            expires_at: connection.expires_at(),
            is_batch: connection.is_batch,
            is_owner: roles.into_iter().any(|role| *role == Role::Owner),
        }
    }
}

impl Entity for SeatItem {
    const TYPE: &'static str = "Seat";

    fn key(&self) -> Key {
        self.key.clone().unwrap_or_default()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// The seat that an item is, by what its key said.
pub(crate) fn seat(room: StreamId, shard: u32, connection_id: String, item: &Item) -> Result<Seat, PortError> {
    let flag = |name: &str| item.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default();
    let expires_at = item.get(keys::TTL).and_then(|value| value.as_n().ok()?.parse().ok());
    let expires_at = expires_at.ok_or_else(|| corrupt(format!("a seat of {connection_id} without an end")))?;
    let expires_at = Timestamp::from_second(expires_at).map_err(corrupt)?;
    Ok(Seat {
        connection_id,
        stream_id: room,
        shard,
        is_batch: flag("b"),
        is_owner: flag("o"),
        connected_at: expires_at - CONNECTION_LIFE,
    })
}

/// Keys of both items of a connection.
fn both(room: StreamId, shard: u32, id: &str) -> [Key; 2] {
    [keys::connection(id), keys::seat(room, shard, id)]
}

fn millisecond(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}

fn time(item: &Item, name: &str) -> Result<Option<Timestamp>, PortError> {
    let Some(value) = item.get(name).and_then(|value| value.as_n().ok()) else { return Ok(None) };
    let milliseconds = value.parse().map_err(corrupt)?;
    Timestamp::from_millisecond(milliseconds).map(Some).map_err(corrupt)
}

#[async_trait]
impl Connections for Table {
    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(), PortError> {
        self.put(ticket).await
    }

    async fn ticket(&self, digest: &str) -> Result<Option<Ticket>, PortError> {
        self.get(keys::ticket(digest)).await
    }

    async fn enter(&self, connection: &Connection, ticket: Option<&str>) -> Result<Entered, PortError> {
        let mut item = to_item(connection)?;
        let keeps_order = connection.person.as_ref().is_some_and(|person| person.keeps_order());
        item.insert("keepsOrder".into(), AttributeValue::Bool(keeps_order));
        let mut writes = vec![Write::Put(Ok(item)), Write::put(&SeatItem::of(connection))];
        writes.extend(OwnConnection::of(connection).as_ref().map(Write::put));
        writes.extend(ticket.map(|digest| Write::DeleteFresh(keys::ticket(digest), connection.connected_at)));
        Ok(match self.transact(writes).await? {
            Ok(()) => Entered::Done,
            Err(_) => Entered::TicketSpent,
        })
    }

    async fn connection(&self, id: &str) -> Result<Option<Connection>, PortError> {
        self.get(keys::connection(id)).await
    }

    async fn note_seen(&self, id: &str, now: Timestamp) -> Result<Option<Connection>, PortError> {
        let seen = Expression::new("SET seenAt = :now", "attribute_exists(#pk)")
            .name("#pk", keys::PK)
            .value(":now", AttributeValue::S(now.to_string()));
        self.update(keys::connection(id), seen).await?.map(from_item).transpose()
    }

    async fn leave(&self, connection: &Connection) -> Result<(), PortError> {
        let keys = both(connection.stream_id, connection.shard, &connection.id).into_iter();
        let own = OwnConnection::of(connection).map(|own| own.key());
        // No condition stands in it: nothing can be refused.
        self.transact(keys.chain(own).map(Write::Delete).collect()).await.map(|_| ())
    }

    async fn remove(&self, seats: &[Seat]) -> Result<(), PortError> {
        let keys = seats.iter().flat_map(|seat| both(seat.stream_id, seat.shard, &seat.connection_id));
        self.delete_items(keys.collect()).await
    }

    async fn connections_of(&self, user_id: &str) -> Result<Vec<Connection>, PortError> {
        let own: Vec<OwnConnection> = self.query(keys::connections_of(user_id), keys::SEATS).await?;
        let mut found = Vec::new();
        for some in own.chunks(BATCH) {
            let keys = some.iter().map(|own| keys::connection(&own.id)).collect();
            for item in self.get_items(keys).await? {
                found.push(from_item(item)?);
            }
        }
        Ok(found)
    }

    async fn count_connections_of(&self, user_id: &str) -> Result<u32, PortError> {
        self.count(keys::connections_of(user_id), keys::SEATS).await
    }

    async fn note_banned(&self, connection: &Connection) -> Result<(), PortError> {
        let set = Expression::new("SET isBanned = :yes", "attribute_exists(#pk)")
            .name("#pk", keys::PK)
            .value(":yes", AttributeValue::Bool(true));
        self.update(keys::connection(&connection.id), set).await.map(|_| ())
    }

    async fn note_roles(&self, connection: &Connection, roles: &[Role]) -> Result<(), PortError> {
        let Some(person) = &connection.person else { return Ok(()) };
        let mut person = person.clone();
        person.roles = roles.to_vec();
        let set = Expression::new("SET person = :person, keepsOrder = :keeps", "attribute_exists(#pk)")
            .name("#pk", keys::PK)
            .value(":keeps", AttributeValue::Bool(person.keeps_order()))
            .value(":person", serde_dynamo::to_attribute_value(&person).map_err(corrupt)?);
        self.update(keys::connection(&connection.id), set).await.map(|_| ())
    }

    async fn seats(&self, id: StreamId, shard: u32, now: Timestamp) -> Result<Vec<Seat>, PortError> {
        let items = self.query_items(keys::seats_partition(id, shard), keys::SEATS).await?;
        let seats = items.into_iter().map(|item| {
            let sk = item.get(keys::SK).and_then(|sk| sk.as_s().ok()?.strip_prefix(keys::SEATS));
            seat(id, shard, sk.unwrap_or_default().to_owned(), &item)
        });
        let is_over = |seat: &Seat| seat.connected_at + CONNECTION_LIFE <= now;
        seats.filter(|seat| !seat.as_ref().is_ok_and(is_over)).collect()
    }

    async fn silent(&self, seats: &[Seat], since: Timestamp) -> Result<Vec<Seat>, PortError> {
        let mut heard_of = std::collections::HashSet::new();
        for some in seats.chunks(BATCH) {
            let keys = some.iter().map(|seat| keys::connection(&seat.connection_id)).collect();
            for item in self.get_items(keys).await? {
                let connection: Connection = from_item(item)?;
                if connection.seen_at >= since {
                    heard_of.insert(connection.id);
                }
            }
        }
        Ok(seats.iter().filter(|seat| !heard_of.contains(&seat.connection_id)).cloned().collect())
    }

    async fn take_turn(&self, id: &str, now: Timestamp) -> Result<Turn, PortError> {
        let [t1, t2, t3, t4, t5] = TURNS;
        // An attribute that is not there cannot be copied: the times of a connection's first messages are the epoch.
        let shift = format!(
            "SET {t5} = if_not_exists({t4}, :zero), {t4} = if_not_exists({t3}, :zero), \
             {t3} = if_not_exists({t2}, :zero), {t2} = if_not_exists({t1}, :zero), {t1} = :now, seenAt = :seen"
        );
        let condition =
            format!("attribute_exists(#pk) AND (attribute_not_exists({t5}) OR {t5} <= :cut OR keepsOrder = :yes)");
        let turn = Expression::new(&shift, &condition)
            .name("#pk", keys::PK)
            .value(":zero", AttributeValue::N("0".into()))
            .value(":now", millisecond(now))
            .value(":seen", AttributeValue::S(now.to_string()))
            .value(":cut", AttributeValue::N((now.as_millisecond() - WINDOW_MS).to_string()))
            .value(":yes", AttributeValue::Bool(true));
        match self.update_old(keys::connection(id), turn).await? {
            Ok(old) => Ok(Turn::Taken(Box::new(from_item(old)?))),
            Err(Some(old)) => {
                let fifth = time(&old, t5)?.unwrap_or(now);
                Ok(Turn::TooSoon { again_at: fifth + std::time::Duration::from_millis(WINDOW_MS.unsigned_abs()) })
            }
            Err(None) => Ok(Turn::Unknown),
        }
    }

    async fn take_slow_turn(
        &self,
        room: StreamId,
        user_id: &str,
        client_id: Option<&str>,
        pause: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, PortError> {
        let subject = format!("slow#{room}#{user_id}");
        let take = Expression::new(
            "SET saidAt = :now, clientId = :client, #ttl = :end",
            "attribute_not_exists(saidAt) OR saidAt <= :cut OR clientId = :client",
        )
        .name("#ttl", keys::TTL)
        .value(":now", millisecond(now))
        .value(":cut", millisecond(now - pause))
        // Whoever does not name messages names them all differently.
        .value(":client", AttributeValue::S(client_id.map_or_else(|| now.to_string(), str::to_owned)))
        .value(":end", AttributeValue::N((now + pause).as_second().to_string()));
        match self.update_old(keys::rate(&subject), take).await? {
            Ok(_) => Ok(None),
            Err(old) => {
                let said_at = time(&old.unwrap_or_default(), "saidAt")?.unwrap_or(now);
                Ok(Some(said_at + pause))
            }
        }
    }
}
