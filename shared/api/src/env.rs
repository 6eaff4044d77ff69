//! The environment of functions: every variable that is read is read here, and all missing ones are reported at once.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use secrecy::SecretString;
use skylark_domain::PortError;
use skylark_domain::ports::{Accounts, PublicKeys, TokenVersions};
use skylark_domain::video::{Limits, Places};

use crate::clock::SystemClock;
use crate::issuer::Issuer;
use crate::operations::channels::Addresses;
use crate::token::Verifier;

/// Variables that are missing or make no sense.
#[derive(Debug, thiserror::Error)]
#[error("missing in the environment: {}", .0.join(", "))]
pub struct EnvError(Vec<String>);

/// Reads variables and remembers which were missing.
#[derive(Default)]
pub struct Reader(Vec<String>);

/// What is read from the environment.
pub trait FromEnv: Sized {
    /// Reads it; what is missing is remembered by `env`.
    fn from_env(env: &mut Reader) -> Self;
}

/// Reads everything a function needs.
///
/// # Errors
/// Names every variable that is missing or makes no sense, not only the first.
pub fn read<T: FromEnv>() -> Result<T, EnvError> {
    let mut env = Reader::default();
    let read = T::from_env(&mut env);
    if env.0.is_empty() { Ok(read) } else { Err(EnvError(env.0)) }
}

impl<A: FromEnv, B: FromEnv> FromEnv for (A, B) {
    fn from_env(env: &mut Reader) -> Self {
        (A::from_env(env), B::from_env(env))
    }
}

impl<A: FromEnv, B: FromEnv, C: FromEnv> FromEnv for (A, B, C) {
    fn from_env(env: &mut Reader) -> Self {
        (A::from_env(env), B::from_env(env), C::from_env(env))
    }
}

impl Reader {
    fn text(&mut self, name: &str) -> String {
        std::env::var(name).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            String::new()
        })
    }

    /// A variable that may be empty.
    fn optional(&mut self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn number(&mut self, name: &str) -> u64 {
        let text = self.text(name);
        text.parse().unwrap_or_else(|_| {
            if !text.is_empty() {
                self.0.push(format!("{name} (a number is expected)"));
            }
            0
        })
    }
}

/// What `auth-handler` needs.
pub struct AuthEnv {
    /// `TABLE_NAME`: the single table.
    pub table_name: String,
    /// `SIGNING_SECRET`: name or ARN of the secret that access tokens are signed with.
    pub signing_secret: String,
    /// `ORIGIN_SECRET`: the header value by which CloudFront proves itself.
    pub origin_secret: SecretString,
}

impl FromEnv for AuthEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self {
            table_name: env.text("TABLE_NAME"),
            signing_secret: env.text("SIGNING_SECRET"),
            origin_secret: env.text("ORIGIN_SECRET").into(),
        }
    }
}

/// Who vouches for callers.
pub struct IssuerEnv {
    /// `AUTH_ISSUER`: URL of an OIDC issuer; we ourselves when it is empty.
    pub url: Option<String>,
    /// `AUTH_AUDIENCE`: whom its tokens must be for.
    pub audience: String,
}

impl FromEnv for IssuerEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self { url: env.optional("AUTH_ISSUER"), audience: env.text("AUTH_AUDIENCE") }
    }
}

impl IssuerEnv {
    /// What verifies tokens: our own keys in `table`, or the issuer's.
    ///
    /// # Errors
    /// When the issuer's URL is not safe.
    pub fn verifier<T>(self, table: &Arc<T>) -> Result<Arc<Verifier>, PortError>
    where
        T: PublicKeys + TokenVersions + Accounts + 'static,
    {
        let own = Verifier::new(table.clone(), table.clone());
        Ok(Arc::new(match self.url {
            Some(url) => own.believing(Issuer::new(&url, &self.audience)?, table.clone(), Arc::new(SystemClock)),
            None => own,
        }))
    }
}

/// What `site-handler` needs.
pub struct SiteEnv {
    /// `TABLE_NAME`: the single table.
    pub table_name: String,
    /// `UPLOAD_BUCKET`: where sources are uploaded to.
    pub upload_bucket: String,
    /// `MEDIA_BUCKET`: where media is served from.
    pub media_bucket: String,
    /// `WEB_BUCKET`: where the built page is.
    pub web_bucket: String,
    /// `SITE_URL`: where people reach the site, without a slash at its end.
    pub site_url: String,
    /// `MEDIA_URL`: where the media bucket is served, without a slash at its end.
    pub media_url: String,
}

impl FromEnv for SiteEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self {
            table_name: env.text("TABLE_NAME"),
            upload_bucket: env.text("UPLOAD_BUCKET"),
            media_bucket: env.text("MEDIA_BUCKET"),
            web_bucket: env.text("WEB_BUCKET"),
            site_url: env.text("SITE_URL"),
            media_url: env.text("MEDIA_URL"),
        }
    }
}

/// What the functions of video on demand need.
pub struct VideosEnv {
    /// `TABLE_NAME`: the single table.
    pub table_name: String,
    /// `UPLOAD_BUCKET` and `MEDIA_BUCKET` (names), `JOB_QUEUE` and `JOB_ROLE` (ARNs).
    pub places: Places,
    /// `MAX_UPLOAD_BYTES`, `MAX_DURATION_SECONDS` and `KEEP_SOURCES` (`true`, `false`): what the installation allows.
    pub limits: Limits,
}

impl FromEnv for VideosEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self {
            table_name: env.text("TABLE_NAME"),
            places: Places {
                upload_bucket: env.text("UPLOAD_BUCKET"),
                media_bucket: env.text("MEDIA_BUCKET"),
                job_queue: env.text("JOB_QUEUE"),
                job_role: env.text("JOB_ROLE"),
            },
            limits: Limits {
                upload_bytes: env.number("MAX_UPLOAD_BYTES"),
                duration_seconds: env.number("MAX_DURATION_SECONDS"),
                keep_sources: env.text("KEEP_SOURCES") == "true",
            },
        }
    }
}

/// What `video-handler` needs beside [`VideosEnv`].
pub struct VideoHandlerEnv {
    /// `MEDIA_URL`: where the media bucket is served, without a slash at its end.
    pub media_url: String,
    /// `CURSOR_SECRET`: what cursors are authenticated with.
    pub cursor_secret: SecretString,
}

impl FromEnv for VideoHandlerEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self { media_url: env.text("MEDIA_URL"), cursor_secret: env.text("CURSOR_SECRET").into() }
    }
}

/// What the functions of live streaming need.
pub struct LiveEnv {
    /// `TABLE_NAME`: the single table.
    pub table_name: String,
    /// `MEDIA_BUCKET`: where recordings are.
    pub media_bucket: String,
    /// `RECORDING_CONFIGURATION`: ARN of IVS's recording configuration.
    pub recording_configuration: String,
    /// `NUDGE_QUEUE`: URL of the queue of messages that come later.
    pub nudge_queue: String,
    /// `MAX_CHANNELS`: channels that one user may have.
    pub max_channels: u32,
}

impl FromEnv for LiveEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self {
            table_name: env.text("TABLE_NAME"),
            media_bucket: env.text("MEDIA_BUCKET"),
            recording_configuration: env.text("RECORDING_CONFIGURATION"),
            nudge_queue: env.text("NUDGE_QUEUE"),
            max_channels: u32::try_from(env.number("MAX_CHANNELS")).unwrap_or(u32::MAX),
        }
    }
}

/// What `housekeeper` needs beside [`VideosEnv`] and [`LiveEnv`].
pub struct HousekeeperEnv {
    /// `INGEST_METRICS` (`true`, `false`): whether the signals of encoders are read from CloudWatch. The local IVS tells of them
    /// by itself.
    pub has_ingest_metrics: bool,
    /// `WS_CALLBACK_URL`: where API Gateway is asked for connections, without a slash at its end.
    pub callback_url: String,
    /// `COUNT_QUEUE`: URL of the queue of counts that come later.
    pub count_queue: String,
}

impl FromEnv for HousekeeperEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self {
            has_ingest_metrics: env.text("INGEST_METRICS") == "true",
            callback_url: env.text("WS_CALLBACK_URL"),
            count_queue: env.text("COUNT_QUEUE"),
        }
    }
}

/// What `stream-handler` needs beside [`LiveEnv`].
pub struct StreamHandlerEnv {
    /// `MEDIA_URL`, `WS_URL`, `INGEST_URL` and `PLAYBACK_ORIGIN`: where people reach what we tell them of. The last two are
    /// empty where IVS itself says.
    pub addresses: Addresses,
    /// `CURSOR_SECRET`: what cursors are authenticated with.
    pub cursor_secret: SecretString,
    /// `PLAYBACK_SECRET`: what playback tokens are signed with.
    pub playback_secret: SecretString,
    /// `CALLBACK_SECRET`: what media servers prove themselves by.
    pub callback_secret: SecretString,
    /// `ORIGIN_SECRET`: the header value by which CloudFront proves itself.
    pub origin_secret: SecretString,
}

impl FromEnv for StreamHandlerEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self {
            addresses: Addresses {
                media_url: env.text("MEDIA_URL"),
                ingest_url: env.optional("INGEST_URL"),
                playback_origin: env.optional("PLAYBACK_ORIGIN"),
                ws_url: env.text("WS_URL"),
            },
            cursor_secret: env.text("CURSOR_SECRET").into(),
            playback_secret: env.text("PLAYBACK_SECRET").into(),
            callback_secret: env.text("CALLBACK_SECRET").into(),
            origin_secret: env.text("ORIGIN_SECRET").into(),
        }
    }
}

/// What `chat-connect` needs beside [`TableEnv`].
pub struct ChatConnectEnv {
    /// `ALLOWED_ORIGINS`: origins, separated by commas, whose pages may open connections. `*` names none.
    pub origins: Vec<String>,
    /// `ORIGIN_SECRET`: the header value by which CloudFront proves itself.
    pub origin_secret: SecretString,
}

impl FromEnv for ChatConnectEnv {
    fn from_env(env: &mut Reader) -> Self {
        let origins = env.text("ALLOWED_ORIGINS");
        let named = origins.split(',').map(str::trim).filter(|origin| !origin.is_empty() && *origin != "*");
        Self { origins: named.map(str::to_owned).collect(), origin_secret: env.text("ORIGIN_SECRET").into() }
    }
}

/// What functions need that have nothing but the table.
pub struct TableEnv {
    /// `TABLE_NAME`: the single table.
    pub table_name: String,
}

impl FromEnv for TableEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self { table_name: env.text("TABLE_NAME") }
    }
}

/// What functions need that send over connections.
pub struct PushEnv {
    /// `WS_CALLBACK_URL`: where API Gateway takes frames for connections, without a slash at its end.
    pub callback_url: String,
}

impl FromEnv for PushEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self { callback_url: env.text("WS_CALLBACK_URL") }
    }
}

/// What `event-publisher` needs.
pub struct PublisherEnv {
    /// `BUS_NAME`: the bus domain events go out on.
    pub bus_name: String,
}

impl FromEnv for PublisherEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self { bus_name: env.text("BUS_NAME") }
    }
}

/// What `chat-broadcast` needs.
pub struct BroadcastEnv {
    /// `TABLE_NAME`: the single table.
    pub table_name: String,
    /// `WS_CALLBACK_URL`: where open connections are called, `https://<host>/<stage>`.
    pub callback_url: String,
    /// `COUNT_QUEUE`: URL of the queue of counts that come later.
    pub count_queue: String,
    /// `POSTS_PER_SECOND`: requests of a second that API Gateway allows the account.
    pub posts_per_second: u32,
}

impl FromEnv for BroadcastEnv {
    fn from_env(env: &mut Reader) -> Self {
        Self {
            table_name: env.text("TABLE_NAME"),
            callback_url: env.text("WS_CALLBACK_URL"),
            count_queue: env.text("COUNT_QUEUE"),
            posts_per_second: u32::try_from(env.number("POSTS_PER_SECOND")).unwrap_or(u32::MAX),
        }
    }
}

/// How to reach AWS: region, the function's credentials, one HTTP client for every service. There is no `aws-config`
/// behind it: that builds clients nobody asked for, which a cold start pays.
pub struct AwsEnv {
    region: Region,
    credentials: Credentials,
    http: SharedHttpClient,
}

impl FromEnv for AwsEnv {
    /// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which Lambda sets.
    fn from_env(env: &mut Reader) -> Self {
        let region = Region::new(env.text("AWS_REGION"));
        let (id, secret) = (env.text("AWS_ACCESS_KEY_ID"), env.text("AWS_SECRET_ACCESS_KEY"));
        let session = std::env::var("AWS_SESSION_TOKEN").ok().filter(|token| !token.is_empty());
        let credentials = Credentials::new(id, secret, session, None, "environment");
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        Self { region, credentials, http }
    }
}

impl AwsEnv {
    /// The configuration of one service's client. `service` is the name in `AWS_ENDPOINT_URL_<SERVICE>` (`DYNAMODB`).
    pub fn config(&self, service: &str) -> SdkConfig {
        let endpoint =
            std::env::var(format!("AWS_ENDPOINT_URL_{service}")).or_else(|_| std::env::var("AWS_ENDPOINT_URL"));
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(2))
            .operation_timeout(Duration::from_secs(5))
            .build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .http_client(self.http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts);
        config.set_endpoint_url(endpoint.ok());
        config.build()
    }
}
