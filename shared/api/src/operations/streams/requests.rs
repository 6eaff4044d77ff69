//! What is sent about streams.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use skylark_domain::Error;
use skylark_domain::error::Violation;
use skylark_domain::stream::commands::CreateStream;
use skylark_domain::stream::state::{ChatEdit, Edit};
use skylark_domain::stream::{ChatMode, ChatSettings, Settings, Visibility};
use utoipa::ToSchema;

/// Who finds a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum StreamVisibilityName {
    /// Everybody.
    Public,
    /// Whoever has the link.
    Unlisted,
    /// Whom its owner gives a token.
    Private,
}

impl From<StreamVisibilityName> for Visibility {
    fn from(name: StreamVisibilityName) -> Self {
        match name {
            StreamVisibilityName::Public => Self::Public,
            StreamVisibilityName::Unlisted => Self::Unlisted,
            StreamVisibilityName::Private => Self::Private,
        }
    }
}

impl From<Visibility> for StreamVisibilityName {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Public,
            Visibility::Unlisted => Self::Unlisted,
            Visibility::Private => Self::Private,
        }
    }
}

/// Who may write in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChatModeName {
    /// Whoever is signed in.
    Members,
    /// Everybody.
    Open,
}

impl From<ChatModeName> for ChatMode {
    fn from(name: ChatModeName) -> Self {
        match name {
            ChatModeName::Members => Self::Members,
            ChatModeName::Open => Self::Open,
        }
    }
}

impl From<ChatMode> for ChatModeName {
    fn from(mode: ChatMode) -> Self {
        match mode {
            ChatMode::Members => Self::Members,
            ChatMode::Open => Self::Open,
        }
    }
}

/// The room of a stream; what is absent is as usual in a new stream, and stays in a change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatRequest {
    /// Whether there is one; `true` as usual.
    pub enabled: Option<bool>,
    /// Who may write; `MEMBERS` as usual.
    pub mode: Option<ChatModeName>,
    /// Seconds between two messages of one person, 0-3,600; as usual 0: no bound.
    #[schema(maximum = 3600)]
    pub slow_mode_seconds: Option<u32>,
}

impl ChatRequest {
    fn over(self, settings: ChatSettings) -> ChatSettings {
        ChatSettings {
            enabled: self.enabled.unwrap_or(settings.enabled),
            mode: self.mode.map_or(settings.mode, ChatMode::from),
            slow_mode_seconds: self.slow_mode_seconds.unwrap_or(settings.slow_mode_seconds),
        }
    }
}

impl From<ChatRequest> for ChatEdit {
    fn from(request: ChatRequest) -> Self {
        Self {
            enabled: request.enabled,
            mode: request.mode.map(ChatMode::from),
            slow_mode_seconds: request.slow_mode_seconds,
        }
    }
}

/// A stream to be announced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StreamRequest {
    /// One of the caller's channels; the first when absent, which is made when there is none.
    pub channel_id: Option<String>,
    /// 1-140 characters.
    #[schema(min_length = 1, max_length = 140)]
    pub title: String,
    /// At most 2,000 characters.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// When it is announced for.
    #[schema(value_type = Option<String>, format = "date-time")]
    pub scheduled_at: Option<Timestamp>,
    /// `PUBLIC` when absent.
    pub visibility: Option<StreamVisibilityName>,
    /// `true` when absent.
    pub recording_enabled: Option<bool>,
    /// `true` when absent.
    pub dvr_enabled: Option<bool>,
    /// 1-720, 120 when absent.
    #[schema(minimum = 1, maximum = 720)]
    pub dvr_window_in_minutes: Option<u32>,
    /// `true` when absent.
    pub low_latency_enabled: Option<bool>,
    /// `true` when absent.
    pub auto_start: Option<bool>,
    /// 0-1,800, 300 when absent.
    #[schema(maximum = 1800)]
    pub reconnect_window_seconds: Option<u32>,
    /// At least 1; no bound when absent.
    #[schema(minimum = 1)]
    pub max_concurrent_viewers: Option<u32>,
    /// ISO 3166 alpha-2 codes; everywhere when empty.
    #[serde(default)]
    pub allowed_countries: Vec<String>,
    /// ISO 3166 alpha-2 codes.
    #[serde(default)]
    pub blocked_countries: Vec<String>,
    /// Its room.
    #[serde(default)]
    pub chat: ChatRequest,
}

impl TryFrom<StreamRequest> for CreateStream {
    type Error = Error;

    fn try_from(request: StreamRequest) -> Result<Self, Error> {
        let channel_id = request.channel_id.map(|id| id.parse()).transpose();
        let channel_id =
            channel_id.map_err(|_| Error::Invalid(vec![Violation::new("channelId", "must be chn_...")]))?;
        let usual = Settings::default();
        Ok(Self {
            channel_id,
            title: request.title,
            description: request.description,
            scheduled_at: request.scheduled_at,
            visibility: request.visibility.map_or(Visibility::Public, Visibility::from),
            settings: Settings {
                recording_enabled: request.recording_enabled.unwrap_or(usual.recording_enabled),
                dvr_enabled: request.dvr_enabled.unwrap_or(usual.dvr_enabled),
                dvr_window_in_minutes: request.dvr_window_in_minutes.unwrap_or(usual.dvr_window_in_minutes),
                low_latency_enabled: request.low_latency_enabled.unwrap_or(usual.low_latency_enabled),
                auto_start: request.auto_start.unwrap_or(usual.auto_start),
                reconnect_window_seconds: request.reconnect_window_seconds.unwrap_or(usual.reconnect_window_seconds),
                max_concurrent_viewers: request.max_concurrent_viewers,
                allowed_countries: request.allowed_countries,
                blocked_countries: request.blocked_countries,
                chat: request.chat.over(usual.chat),
            },
        })
    }
}

/// Changes of a stream; an absent field stays, null removes `scheduledAt` and `maxConcurrentViewers`, an empty text the
/// description.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditStreamRequest {
    /// 1-140 characters.
    #[schema(min_length = 1, max_length = 140)]
    pub title: Option<String>,
    /// At most 2,000 characters.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// When it is announced for; only before it starts.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "date-time")]
    pub scheduled_at: Option<Option<Timestamp>>,
    /// Who finds it; between PUBLIC and the others not while the channel is live.
    pub visibility: Option<StreamVisibilityName>,
    /// Whether it is recorded; not while the channel is live.
    pub recording_enabled: Option<bool>,
    /// Whether viewers may go back in it.
    pub dvr_enabled: Option<bool>,
    /// 1-720.
    #[schema(minimum = 1, maximum = 720)]
    pub dvr_window_in_minutes: Option<u32>,
    /// Whether viewers see it within about three seconds; not while the channel is live.
    pub low_latency_enabled: Option<bool>,
    /// Whether an encoder that connects begins it.
    pub auto_start: Option<bool>,
    /// 0-1,800.
    #[schema(maximum = 1800)]
    pub reconnect_window_seconds: Option<u32>,
    /// At least 1.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub max_concurrent_viewers: Option<Option<u32>>,
    /// ISO 3166 alpha-2 codes; everywhere when empty.
    pub allowed_countries: Option<Vec<String>>,
    /// ISO 3166 alpha-2 codes.
    pub blocked_countries: Option<Vec<String>>,
    /// Its room.
    pub chat: Option<ChatRequest>,
}

/// A field that is there, be it null: absent and null are different things.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl From<EditStreamRequest> for Edit {
    fn from(request: EditStreamRequest) -> Self {
        Self {
            title: request.title,
            description: request.description,
            scheduled_at: request.scheduled_at,
            visibility: request.visibility.map(Visibility::from),
            recording_enabled: request.recording_enabled,
            dvr_enabled: request.dvr_enabled,
            dvr_window_in_minutes: request.dvr_window_in_minutes,
            low_latency_enabled: request.low_latency_enabled,
            auto_start: request.auto_start,
            reconnect_window_seconds: request.reconnect_window_seconds,
            max_concurrent_viewers: request.max_concurrent_viewers,
            allowed_countries: request.allowed_countries,
            blocked_countries: request.blocked_countries,
            chat: request.chat.map(ChatEdit::from),
        }
    }
}
