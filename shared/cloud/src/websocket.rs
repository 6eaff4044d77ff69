//! Open connections of the WebSocket API. There is no SDK behind this: a fan-out makes thousands of small requests a
//! second, and the SDK's way costs several times what the request does.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

mod sigv4;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::SdkConfig;
use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use skylark_domain::ports::{Frame, Posted, SocketPush};
use skylark_domain::{PortError, PortErrorKind};

use self::sigv4::{SEGMENT, Signer, Unsigned};

const PORT: &str = "connections";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// API Gateway closes what is idle for longer; a request on such a connection is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// More than anybody posts at a time.
const MAX_IDLE: usize = 256;
/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 64 * 1024;

/// The connections of one WebSocket API.
pub struct WebSocketApi {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    scheme: Scheme,
    authority: Authority,
    /// The authority without the scheme's own port.
    host: String,
    /// The stage, as in `/ws`; empty behind a domain of one's own.
    stage: String,
    signer: Mutex<Option<Arc<Signer>>>,
}

impl WebSocketApi {
    /// The API whose connections are called at `callback_url` (`https://<host>/<stage>`), or at the endpoint of `config` if
    /// it has one.
    ///
    /// # Errors
    /// `Rejected` when the URL is none, or there are no root certificates.
    pub fn new(config: &SdkConfig, callback_url: &str) -> Result<Self, PortError> {
        let url = config.endpoint_url().unwrap_or(callback_url);
        let rejected = |reason: String| PortError::new(PORT, PortErrorKind::Rejected, reason);
        let parts = url.parse::<Uri>().map_err(|error| rejected(format!("{url:?}: {error}")))?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(rejected(format!("{url:?} is no URL")));
        };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector =
            HttpsConnectorBuilder::new().with_native_roots().map_err(|error| rejected(error.to_string()))?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE)
            .build(connector.https_or_http().enable_http1().wrap_connector(tcp));
        let is_own_port = match authority.port_u16() {
            Some(443) => scheme == Scheme::HTTPS,
            Some(80) => scheme == Scheme::HTTP,
            _ => false,
        };
        Ok(Self {
            client,
            credentials: config.credentials_provider(),
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            host: if is_own_port { authority.host().to_owned() } else { authority.to_string() },
            stage: parts.path_and_query.map(|path| path.path().trim_end_matches('/').to_owned()).unwrap_or_default(),
            scheme,
            authority,
            signer: Mutex::new(None),
        })
    }

    async fn signer(&self, now: Timestamp) -> Result<Arc<Signer>, PortError> {
        let kept = self.signer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(signer) = kept.filter(|signer| signer.is_good(now)) {
            return Ok(signer);
        }
        let rejected = |reason| PortError::new(PORT, PortErrorKind::Rejected, reason);
        let provider = self.credentials.as_ref().ok_or_else(|| rejected("there are no credentials".into()))?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| PortError::new(PORT, PortErrorKind::Unavailable, error))?;
        let signer = Arc::new(Signer::new(credentials, &self.region, now).map_err(rejected)?);
        *self.signer.lock().unwrap_or_else(PoisonError::into_inner) = Some(signer.clone());
        Ok(signer)
    }

    /// Makes one request; once it has begun to answer, the answer's status and type of error.
    async fn call(&self, method: Method, connection_id: &str, frame: &Frame) -> Result<Answer, PortError> {
        let now = Timestamp::now();
        let path = format!("{}/@connections/{}", self.stage, utf8_percent_encode(connection_id, SEGMENT));
        let unsigned = Unsigned { method: &method, host: &self.host, path: &path, sha256: frame.sha256() };
        let rejected = |error: http::Error| PortError::new(PORT, PortErrorKind::Rejected, error);
        let headers = self.signer(now).await?.headers(&unsigned, now).map_err(|error| rejected(error.into()))?;
        let path = PathAndQuery::from_maybe_shared(Bytes::from(path)).map_err(|error| rejected(error.into()))?;
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query(path);
        let request = Request::builder().method(method).uri(uri.build().map_err(rejected)?);
        let mut request = request.body(Full::new(frame.text().clone())).map_err(rejected)?;
        *request.headers_mut() = headers;

        let answer = async {
            let unavailable = |error| PortError::new(PORT, PortErrorKind::Unavailable, error);
            let (parts, body) = self.client.request(request).await.map_err(unavailable)?.into_parts();
            // A connection is used again only when its answer was read to the end.
            let rest = Limited::new(body, MAX_ANSWER).collect().await;
            rest.map_err(|error| PortError::new(PORT, PortErrorKind::Unavailable, error))?;
            Ok(Answer { status: parts.status, headers: parts.headers })
        };
        let answer = tokio::time::timeout(ATTEMPT_TIMEOUT, answer).await;
        answer.unwrap_or_else(|elapsed| Err(PortError::new(PORT, PortErrorKind::Timeout, elapsed)))
    }
}

/// How a call ended.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
}

impl Answer {
    fn posted(&self) -> Result<Posted, PortError> {
        let kind = match self.status.as_u16() {
            200..300 => return Ok(Posted::Done),
            410 => return Ok(Posted::Gone),
            429 => return Ok(Posted::Throttled),
            500.. => PortErrorKind::Unavailable,
            _ => PortErrorKind::Rejected,
        };
        let name = self.headers.get("x-amzn-errortype").map(HeaderValue::to_str);
        let name = name.and_then(Result::ok).unwrap_or("without a type");
        Err(PortError::new(PORT, kind, format!("{}: {name}", self.status)))
    }

    /// Whether there is such a connection.
    fn is_open(&self) -> Result<bool, PortError> {
        match self.posted()? {
            Posted::Done => Ok(true),
            Posted::Gone => Ok(false),
            Posted::Throttled => Err(PortError::new(PORT, PortErrorKind::Throttled, self.status.to_string())),
        }
    }
}

#[async_trait]
impl SocketPush for WebSocketApi {
    async fn post(&self, connection_id: &str, frame: &Frame) -> Result<Posted, PortError> {
        self.call(Method::POST, connection_id, frame).await?.posted()
    }

    async fn is_open(&self, connection_id: &str) -> Result<bool, PortError> {
        self.call(Method::GET, connection_id, &Frame::new(Bytes::new())).await?.is_open()
    }

    async fn close(&self, connection_id: &str) -> Result<(), PortError> {
        self.call(Method::DELETE, connection_id, &Frame::new(Bytes::new())).await?.is_open().map(|_| ())
    }
}
