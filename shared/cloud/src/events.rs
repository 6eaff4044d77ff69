//! EventBridge: the bus that domain events go out on.

use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_types::SdkConfig;
use skylark_domain::outbox::RecordedEvent;
use skylark_domain::ports::EventBus;

/// Entries of one PutEvents call.
const MAX_ENTRIES: usize = 10;
/// Who sends.
const SOURCE: &str = "skylark";

/// A bus.
#[derive(Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// The bus `name` in the region and at the endpoint of `config`.
    pub fn new(config: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(config), name }
    }

    fn entry(&self, recorded: &RecordedEvent) -> Result<PutEventsRequestEntry, serde_json::Error> {
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(&recorded.event.name)
            .time(DateTime::from_millis(recorded.event.at.as_millisecond()))
            .detail(serde_json::to_string(recorded)?)
            .build())
    }

    /// Puts at most [`MAX_ENTRIES`] and answers how many, from the first, are there.
    async fn put(&self, events: &[RecordedEvent]) -> usize {
        let entries: Result<Vec<_>, _> = events.iter().map(|event| self.entry(event)).collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                tracing::error!(%error, "an event cannot be written as JSON");
                return 0;
            }
        };
        match self.client.put_events().set_entries(Some(entries)).send().await {
            Ok(answer) => {
                let failed = answer.entries().iter().position(|entry| entry.event_id().is_none());
                if let Some(entry) = failed.and_then(|position| answer.entries().get(position)) {
                    tracing::warn!(code = entry.error_code(), message = entry.error_message(), "an event is refused");
                }
                // Entries are answered one for one, in order.
                failed.unwrap_or(answer.entries().len()).min(events.len())
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the bus does not answer");
                0
            }
        }
    }
}

#[async_trait]
impl EventBus for Bus {
    async fn publish(&self, events: &[RecordedEvent]) -> usize {
        let mut published = 0;
        for some in events.chunks(MAX_ENTRIES) {
            let put = self.put(some).await;
            published += put;
            if put < some.len() {
                break;
            }
        }
        published
    }
}
