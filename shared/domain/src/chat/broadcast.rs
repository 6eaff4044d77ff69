//! The fan-out: what happened in the table goes to everybody in the room. One batch of changes becomes one frame a room;
//! rooms are served side by side, each not faster than its pace. A frame that does not arrive is in the history: only a room
//! whose connections cannot be read is served again.

mod closing;
mod counts;
mod delivery;
mod framing;
mod grouping;
mod memory;
mod outcome;
mod pacing;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;

pub use self::delivery::Parcel;
pub use self::outcome::{Outcome, Told};

use self::counts::Count;
use self::delivery::Delivery;
use self::framing::Frames;
use self::grouping::{Event, Groups, News};
use self::memory::Memory;
use self::outcome::Work;
use self::pacing::{Line, Pace, rest};
use super::changes::Change;
use super::connection::{Connection, Seat};
use super::counting::{Plan, more_shards};
use super::frames::{Joined, ServerFrame, timestamp};
use super::room::{Role, Room};
use crate::PortError;
use crate::error::Result;
use crate::ids::StreamId;
use crate::ports::{self, CountDue};

/// Posts at a time, of all rooms together: with 15 ms each they can use the whole share of the quota.
const CONCURRENCY: usize = 96;
/// Posts at a time of one room, if there are many rooms.
const LEAST_CONCURRENCY: usize = 4;
/// When a young connection is tried again, after the first try.
const LATE_TRIES: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3)];
/// A try that comes so much too late is none: the process was asleep, and what it had to say is old.
const OVERSLEPT: Duration = Duration::from_secs(2);

/// Tells rooms what happened.
pub struct Broadcaster {
    /// Where rooms are kept.
    pub rooms: Arc<dyn ports::Rooms>,
    /// Where connections are kept.
    pub connections: Arc<dyn ports::Connections>,
    /// Open connections.
    pub push: Arc<dyn ports::SocketPush>,
    /// Messages to ourselves.
    pub late_counts: Arc<dyn ports::LateCounts>,
    /// Time that passes.
    pub timer: Arc<dyn ports::Timer>,
    /// The time.
    pub clock: Arc<dyn ports::Clock>,
    pace: Pace,
    line: Line,
    memory: Memory,
}

impl Broadcaster {
    /// With every repository in one table. `posts_per_second` is the quota that posts share with the account's other
    /// requests.
    pub fn new<T: ports::Rooms + ports::Connections + 'static>(
        table: Arc<T>,
        push: Arc<dyn ports::SocketPush>,
        late_counts: Arc<dyn ports::LateCounts>,
        timer: Arc<dyn ports::Timer>,
        clock: Arc<dyn ports::Clock>,
        posts_per_second: u32,
    ) -> Self {
        Self {
            rooms: table.clone(),
            connections: table,
            push,
            late_counts,
            timer,
            clock,
            pace: Pace { quota: posts_per_second },
            line: Line::default(),
            memory: Memory::default(),
        }
    }

    /// Tells everybody concerned what happened.
    pub async fn broadcast(&self, changes: &[Change]) -> Outcome {
        let Groups { rooms, signed_out } = Groups::of(changes);
        let concurrency = (CONCURRENCY / rooms.len().max(1)).max(LEAST_CONCURRENCY);
        let first: Vec<usize> = rooms.values().map(|news| news.first).chain(signed_out.values().copied()).collect();
        let served = join_all(rooms.into_iter().map(|(id, news)| self.serve(id, news, concurrency)));
        let closed = join_all(signed_out.into_keys().map(|user| self.close_everywhere(user)));
        let (served, closed) = futures_util::future::join(served, closed).await;
        let mut outcome = Outcome::default();
        for (first, result) in first.into_iter().zip(served.into_iter().chain(closed)) {
            match result {
                Ok(done) => outcome.add(done),
                Err(error) => {
                    outcome.failed.push(first);
                    outcome.troubles.push(error);
                }
            }
        }
        outcome.failed.sort_unstable();
        outcome
    }

    /// Takes a message to ourselves: counts, unless somebody has.
    ///
    /// # Errors
    /// `Unavailable` and the like: the message has to come again.
    pub async fn count_due(&self, due: &CountDue) -> Result<Outcome> {
        // Whoever is told to come in whole seconds may come too early.
        let wait = Duration::try_from(due.at.duration_since(self.clock.now())).unwrap_or_default();
        if !wait.is_zero() {
            self.timer.sleep(wait.min(Duration::from_secs(3))).await;
        }
        let mut outcome = Outcome::default();
        if self.is_still_due(due).await? {
            let news = News { is_dirty: true, ..News::default() };
            outcome.add(self.serve(due.stream_id, news, CONCURRENCY).await?);
        }
        Ok(outcome)
    }

    /// Tries young connections again, three times within three seconds, and then removes those that are not there.
    ///
    /// # Errors
    /// When they cannot be removed; the next frame of the room finds them again.
    pub async fn deliver_late(&self, mut late: Vec<Parcel>) -> Result<(), PortError> {
        let begin = self.clock.now();
        for time in LATE_TRIES {
            self.timer.sleep(rest(begin, time, self.clock.now())).await;
            if rest(begin, time + OVERSLEPT, self.clock.now()).is_zero() {
                return Ok(());
            }
            late = self.delivery(CONCURRENCY).post_all(late).await.gone;
            if late.is_empty() {
                return Ok(());
            }
        }
        let seats: Vec<Seat> = late.into_iter().map(|parcel| parcel.seat).collect();
        self.connections.remove(&seats).await
    }

    fn delivery(&self, concurrency: usize) -> Delivery<'_> {
        let Self { push, timer, clock, pace, line, .. } = self;
        Delivery { push: &**push, timer: &**timer, clock: &**clock, pace: *pace, line, concurrency }
    }

    /// Serves one room. An error means that its connections could not be read.
    async fn serve(&self, id: StreamId, news: News, concurrency: usize) -> Result<Work, PortError> {
        let mut work = Work::of(id);
        let Some(room) = self.rooms.room(id).await? else { return Ok(work) };
        let count = if news.is_dirty { Some(self.look_at_count(id, &mut work).await) } else { None };
        let delivery = self.delivery(concurrency);
        // Before everything that waits: who is banned is out within two seconds.
        self.close_banned(&news, &room, &delivery).await?;
        let greetings = self.greetings(&news, count.map_or(0, |count| count.known.viewer_count))?;
        work.take(&delivery, delivery.post_all(greetings).await);

        if news.is_public() || news.may_shut_out || count.is_some_and(|count| count.plan == Plan::Now) {
            self.wait_for_turn(id, &mut work).await;
            let now = self.clock.now();
            let shards = (0..room.connection_shards.max(1)).map(|shard| self.connections.seats(id, shard, now));
            let mut seats: Vec<Seat> = try_join_all(shards).await?.into_iter().flatten().collect();
            let size = u32::try_from(seats.len()).unwrap_or(u32::MAX);
            let mut frames: Vec<ServerFrame> = news.events.iter().map(|event| frame(event, &room, now)).collect();
            if let Some(count) = count {
                frames.extend(self.note_count(id, count, size, &mut work).await);
            }
            if !frames.is_empty() {
                self.memory.room(id, now, |known| (known.told_at, known.size) = (Some(now), size));
            }
            if news.may_shut_out && !room.is_shown_to(&[]) {
                let (stay, go) = seats.into_iter().partition(|seat| seat.is_owner && room.is_shown_to(&[Role::Owner]));
                self.close_seats(go, &mut work).await;
                seats = stay;
            }
            let parcels = parcels(seats, &frames, measured(&news, id).as_ref())?;
            work.take(&delivery, delivery.post_all(parcels).await);
            if let Some(shards) = more_shards(size, room.connection_shards) {
                work.note(self.rooms.raise_shards(id, shards).await);
            }
        } else {
            if let Some(Count { plan: Plan::At(at), .. }) = count {
                self.count_later(id, at, &mut work).await;
            }
            if let Some(frame) = measured(&news, id) {
                let parcels = parcels(self.owners_seats(&room).await?, &[], Some(&frame))?;
                work.take(&delivery, delivery.post_all(parcels).await);
            }
        }
        work.remove_dead(&*self.connections).await;
        Ok(work)
    }

    /// What is said to those who came and will not say `HELLO`.
    fn greetings(&self, news: &News, count: u32) -> Result<Vec<Parcel>, PortError> {
        let timestamp = timestamp(self.clock.now());
        let silent = news.joined.iter().filter(|seat| !seat.is_batch).map(|seat| {
            // Whoever is welcomed is there.
            let joined =
                Joined { stream_id: seat.stream_id, count: count.max(1), timestamp: timestamp.clone(), more: None };
            let frames = Frames::pack(&[ServerFrame::Joined(Box::new(joined))])?;
            Ok(Parcel { seat: seat.clone(), frames: frames.single })
        });
        silent.collect()
    }

    /// Waits until the room may be told something again.
    async fn wait_for_turn(&self, id: StreamId, work: &mut Work) {
        let now = self.clock.now();
        let total = match self.memory.total(now) {
            Some(total) => total,
            None => {
                let total = work.note(self.rooms.total_connections().await).unwrap_or_default();
                self.memory.keep_total(total, now);
                total
            }
        };
        let (told_at, size) = self.memory.room(id, now, |known| (known.told_at, known.size));
        let wait = told_at.map_or(Duration::ZERO, |at| rest(at, self.pace.window(total, size), now));
        if !wait.is_zero() {
            self.timer.sleep(wait).await;
        }
    }

    /// The connections of the owner in a room, found without looking at everybody's.
    async fn owners_seats(&self, room: &Room) -> Result<Vec<Seat>, PortError> {
        let connections = self.connections.connections_of(&room.user_id.to_string()).await?;
        let here = connections.into_iter().filter(|connection| connection.stream_id == room.id);
        let owners =
            here.filter(|connection| connection.person.as_ref().is_some_and(|who| who.roles.contains(&Role::Owner)));
        Ok(owners.map(|connection| seat(&connection)).collect())
    }
}

/// What everybody in a room is told.
fn frame(event: &Event, room: &Room, now: Timestamp) -> ServerFrame {
    let stream_id = room.id;
    match event {
        Event::Said(message) => ServerFrame::said(message),
        Event::Unsaid(id) => ServerFrame::MessageDeleted { stream_id, id: *id },
        Event::Banned { user_id, until } => {
            ServerFrame::UserBanned { stream_id, user_id: user_id.clone(), until: until.map(timestamp) }
        }
        Event::Status => ServerFrame::status(room, now),
        Event::SlowMode => ServerFrame::SlowMode { stream_id, seconds: room.chat.slow_mode_seconds },
    }
}

/// The seat of a connection.
fn seat(connection: &Connection) -> Seat {
    let roles = connection.person.iter().flat_map(|person| &person.roles);
    Seat {
        connection_id: connection.id.clone(),
        stream_id: connection.stream_id,
        shard: connection.shard,
        is_batch: connection.is_batch,
        is_owner: roles.into_iter().any(|role| *role == Role::Owner),
        connected_at: connection.connected_at,
    }
}

/// What the owner is told beside.
fn measured(news: &News, id: StreamId) -> Option<ServerFrame> {
    news.sample.as_ref().map(|sample| ServerFrame::measured(id, sample))
}

/// A parcel for each seat that is told anything.
fn parcels(seats: Vec<Seat>, frames: &[ServerFrame], owners: Option<&ServerFrame>) -> Result<Vec<Parcel>, PortError> {
    let everybodys = Frames::pack(frames)?;
    let owners = match owners {
        Some(frame) => &Frames::pack(&[frames, std::slice::from_ref(frame)].concat())?,
        None => &everybodys,
    };
    let parcel = |seat: Seat| {
        let frames = if seat.is_owner { owners } else { &everybodys };
        Parcel { frames: frames.of_kind(seat.is_batch).to_vec(), seat }
    };
    Ok(seats.into_iter().map(parcel).filter(|parcel| !parcel.frames.is_empty()).collect())
}
