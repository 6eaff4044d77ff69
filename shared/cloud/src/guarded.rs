//! The circuit breaker in front of IVS. The circuit is in the table, where every process sees it, and looked at again
//! after two seconds; while all is well nothing is written. Without the table calls are made as if there were none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use skylark_domain::channel::Options;
use skylark_domain::error::PROVIDER;
use skylark_domain::ports::{Applied, Circuits, Clock, Cut, LiveChannel, LiveProvider, NewChannel, StreamKey};
use skylark_domain::resilience::{Circuit, FAILURES, Gate};
use skylark_domain::{PortError, PortErrorKind};

/// How long a circuit is believed to be as it was read.
const BELIEF: Duration = Duration::from_secs(2);

/// A provider behind a circuit breaker.
pub struct Guarded<P> {
    inner: P,
    circuits: Arc<dyn Circuits>,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

/// What this process has seen.
#[derive(Default)]
struct Seen {
    circuit: Option<(Circuit, Instant)>,
    /// Whether a call has failed since the last that did not.
    has_failed: bool,
}

impl<P> Guarded<P> {
    /// Calls `inner` as the circuit allows.
    pub fn new(inner: P, circuits: Arc<dyn Circuits>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, circuits, clock, seen: Mutex::default() }
    }

    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn circuit(&self) -> Option<Circuit> {
        let known = self.seen(|seen| seen.circuit.clone()).filter(|(_, read_at)| read_at.elapsed() < BELIEF);
        if let Some((circuit, _)) = known {
            return Some(circuit);
        }
        match self.circuits.circuit(PROVIDER).await {
            Ok(circuit) => {
                self.believe(circuit.clone());
                Some(circuit)
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the circuit cannot be read");
                None
            }
        }
    }

    fn believe(&self, circuit: Circuit) {
        self.seen(|seen| seen.circuit = Some((circuit, Instant::now())));
    }

    /// Makes a call if the circuit allows it, and lets it know how it went.
    async fn guard<T>(&self, call: impl Future<Output = Result<T, PortError>> + Send) -> Result<T, PortError> {
        let now = self.clock.now();
        let circuit = self.circuit().await;
        let mut probed = None;
        match circuit.as_ref().map(|circuit| (circuit, circuit.gate(now))) {
            None | Some((_, Gate::Pass)) => {}
            Some((_, Gate::Refuse(until))) => return Err(refused(until, now)),
            Some((circuit, Gate::Probe(next))) => match self.circuits.change(PROVIDER, circuit, &next).await {
                Ok(true) => probed = Some(next),
                Ok(false) => return Err(refused(now, now)),
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the circuit cannot be changed"),
            },
        }
        let result = call.await;
        // What was learned of the circuit must not be lost with the answer; trouble with the table is not the caller's.
        if let Err(error) = self.learn(&result, circuit, probed, now).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the circuit cannot be changed");
        }
        result
    }

    async fn learn<T>(
        &self,
        result: &Result<T, PortError>,
        circuit: Option<Circuit>,
        probed: Option<Circuit>,
        now: Timestamp,
    ) -> Result<(), PortError> {
        let is_failure =
            matches!(result, Err(PortError { kind: PortErrorKind::Timeout | PortErrorKind::Unavailable, .. }));
        match (is_failure, probed) {
            (true, Some(probed)) => self.turn(&probed, probed.open(now)).await,
            (true, None) => {
                self.seen(|seen| seen.has_failed = true);
                let failures = self.circuits.count_failure(PROVIDER, now).await?;
                match circuit {
                    Some(circuit) if failures >= FAILURES => {
                        tracing::error!(failures, "the circuit of IVS is open");
                        self.turn(&circuit, circuit.open(now)).await
                    }
                    _ => Ok(()),
                }
            }
            (false, Some(probed)) => {
                tracing::info!("the circuit of IVS is closed");
                self.turn(&probed, probed.close()).await?;
                self.circuits.forget_failures(PROVIDER, now).await
            }
            (false, None) if self.seen(|seen| std::mem::take(&mut seen.has_failed)) => {
                self.circuits.forget_failures(PROVIDER, now).await
            }
            (false, None) => Ok(()),
        }
    }

    async fn turn(&self, before: &Circuit, next: Circuit) -> Result<(), PortError> {
        if self.circuits.change(PROVIDER, before, &next).await? {
            self.believe(next);
        } else {
            self.seen(|seen| seen.circuit = None);
        }
        Ok(())
    }
}

fn refused(until: Timestamp, now: Timestamp) -> PortError {
    let error = PortError::new(PROVIDER, PortErrorKind::Unavailable, "the circuit is open");
    let seconds = u64::try_from(until.duration_since(now).as_secs()).unwrap_or_default();
    PortError { retry_after: Duration::from_secs(seconds.max(1)), ..error }
}

#[async_trait]
impl<P: LiveProvider> LiveProvider for Guarded<P> {
    async fn create_channel(&self, name: &str, options: &Options) -> Result<NewChannel, PortError> {
        self.guard(self.inner.create_channel(name, options)).await
    }

    async fn find_channel(&self, name: &str) -> Result<Option<NewChannel>, PortError> {
        self.guard(self.inner.find_channel(name)).await
    }

    async fn list_channels(&self) -> Result<Vec<(String, String)>, PortError> {
        self.guard(self.inner.list_channels()).await
    }

    async fn update_channel(&self, arn: &str, options: &Options) -> Result<Applied, PortError> {
        self.guard(self.inner.update_channel(arn, options)).await
    }

    async fn delete_channel(&self, arn: &str) -> Result<Applied, PortError> {
        self.guard(self.inner.delete_channel(arn)).await
    }

    async fn stream_key(&self, arn: &str) -> Result<Option<StreamKey>, PortError> {
        self.guard(self.inner.stream_key(arn)).await
    }

    async fn replace_key(&self, arn: &str) -> Result<StreamKey, PortError> {
        self.guard(self.inner.replace_key(arn)).await
    }

    async fn stop_stream(&self, arn: &str) -> Result<Cut, PortError> {
        self.guard(self.inner.stop_stream(arn)).await
    }

    async fn live_channels(&self) -> Result<Vec<LiveChannel>, PortError> {
        self.guard(self.inner.live_channels()).await
    }

    async fn session_end(&self, arn: &str, ingest_id: &str) -> Result<Option<Timestamp>, PortError> {
        self.guard(self.inner.session_end(arn, ingest_id)).await
    }

    async fn playback_token(&self, arn: &str, until: Timestamp) -> Result<String, PortError> {
        self.guard(self.inner.playback_token(arn, until)).await
    }
}
