//! What the template describes, with every intrinsic resolved: the plain data from which the local cloud is built.
//! `template` makes it; the services take the parts they play.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// Everything `template.yaml` asks for.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Lambda functions by name (`auth-handler`).
    pub functions: BTreeMap<String, Function>,
    /// Routes of the HTTP API, in the template's order.
    pub routes: Vec<Route>,
    /// The WebSocket API.
    pub websocket: Option<WebSocketApi>,
    /// EventBridge rules.
    pub rules: Vec<Rule>,
    /// EventBridge schedules.
    pub schedules: Vec<Schedule>,
    /// Functions that take the records of a table's stream.
    pub streams: Vec<StreamMapping>,
    /// Functions that take the messages of a queue.
    pub queue_mappings: Vec<QueueMapping>,
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// S3 buckets.
    pub buckets: Vec<Bucket>,
    /// SQS queues.
    pub queues: Vec<Queue>,
    /// IVS recording configurations.
    pub recording_configurations: Vec<RecordingConfiguration>,
    /// Names of custom event buses; `default` exists always.
    pub buses: Vec<String>,
    /// Secrets to generate, by ARN.
    pub secrets: BTreeMap<String, SecretSpec>,
}

/// One Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// The folder's and binary's name, kebab-case.
    pub name: String,
    /// Deployed name (`skylark-auth-handler`).
    pub deployed_name: String,
    /// Megabytes of memory.
    pub memory_mb: u32,
    /// The time one invocation may take.
    pub timeout: Duration,
    /// Environment variables of the template. Values may hold `{{resolve:secretsmanager:<arn>}}`, which the secrets
    /// stand-in replaces at start.
    pub environment: BTreeMap<String, String>,
    /// Retries of an asynchronous invocation after its first try, 0-2.
    pub async_retries: u32,
    /// Name of the queue that is told of asynchronous invocations that failed for good.
    pub on_failure: Option<String>,
    /// Line of the resource in the template, 1-based.
    pub line: usize,
}

/// One route of the HTTP API: `ANY /api/v1/users/{proxy+}` -> `auth-handler`.
#[derive(Debug, Clone)]
pub struct Route {
    /// The route key as written.
    pub key: String,
    /// HTTP method, `None` for `ANY`.
    pub method: Option<String>,
    /// Path template, with `{name}` and a last `{name+}`.
    pub path: String,
    /// Function name.
    pub function: String,
}

/// The WebSocket API and its stage.
#[derive(Debug, Clone)]
pub struct WebSocketApi {
    /// The stage's name, which is the path people connect to (`ws`).
    pub stage: String,
    /// The field of a message's JSON that names its route: `type` for `$request.body.type`.
    pub selection: String,
    /// The stage's throttling; none when the template sets none.
    pub throttle: Option<StageThrottle>,
    /// Routes by key, `$connect`, `$disconnect` and `$default` among them.
    pub routes: BTreeMap<String, WebSocketRoute>,
}

/// How many handshakes and messages a stage takes.
#[derive(Debug, Clone, Copy)]
pub struct StageThrottle {
    /// Requests a second, on average.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
}

/// One route of a WebSocket API.
#[derive(Debug, Clone)]
pub struct WebSocketRoute {
    /// Function name.
    pub function: String,
    /// Whether the body of the function's answer goes to the client (a route response).
    pub two_way: bool,
}

/// One EventBridge rule with one Lambda target.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Logical name, unique in the template.
    pub name: String,
    /// Bus the rule listens to.
    pub bus: String,
    /// Event pattern in EventBridge's JSON.
    pub pattern: Value,
    /// Function name.
    pub function: String,
    /// Line of the pattern in the template, 1-based.
    pub line: usize,
}

/// One schedule with one Lambda target.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Logical name.
    pub name: String,
    /// Period of `rate(...)`.
    pub every: Duration,
    /// Function name.
    pub function: String,
}

/// One event source mapping of a table's stream.
#[derive(Debug, Clone)]
pub struct StreamMapping {
    /// Logical name, unique in the template.
    pub name: String,
    /// Physical name of the table.
    pub table: String,
    /// Function name.
    pub function: String,
    /// Patterns, one of which a record must match; every record does when there are none.
    pub filters: Vec<Value>,
    /// The most records of one invocation.
    pub batch_size: usize,
    /// The age at which a record that fails is given up.
    pub max_age: Duration,
    /// Tries after the first at which it is given up; never when absent.
    pub max_retries: Option<u32>,
    /// Whether the function names the records that failed (`ReportBatchItemFailures`).
    pub reports_failures: bool,
    /// Name of the queue that is told of records that were given up.
    pub on_failure: Option<String>,
}

/// One event source mapping of a queue.
#[derive(Debug, Clone)]
pub struct QueueMapping {
    /// Physical name of the queue.
    pub queue: String,
    /// Function name.
    pub function: String,
    /// The most messages of one invocation.
    pub batch_size: usize,
    /// Invocations at the same time.
    pub concurrency: usize,
    /// Whether the function names the messages that failed (`ReportBatchItemFailures`).
    pub reports_failures: bool,
}

/// A recording configuration of IVS.
#[derive(Debug, Clone)]
pub struct RecordingConfiguration {
    /// Its ARN, the same at each start.
    pub arn: String,
    /// Body of a CreateRecordingConfiguration call in IVS's wire JSON.
    pub create: Value,
}

/// A DynamoDB table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Physical name.
    pub name: String,
    /// Body of a CreateTable call in DynamoDB's wire JSON.
    pub create: Value,
    /// TTL attribute.
    pub ttl_attribute: Option<String>,
}

/// An S3 bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Physical name.
    pub name: String,
    /// Logical name in the template (`MediaBucket`).
    pub logical_name: String,
    /// Whether object events go to EventBridge.
    pub event_bridge: bool,
    /// CORS rules.
    pub cors: Vec<CorsRule>,
    /// Expiry of objects.
    pub expirations: Vec<Expiration>,
    /// Age at which unfinished multipart uploads are dropped.
    pub abort_multipart_after: Option<Duration>,
}

/// One CORS rule of a bucket.
#[derive(Debug, Clone, Default)]
pub struct CorsRule {
    /// `*` or origins, at most one `*` in each.
    pub allowed_origins: Vec<String>,
    /// Methods in capitals.
    pub allowed_methods: Vec<String>,
    /// `*` or header names.
    pub allowed_headers: Vec<String>,
    /// Headers a page may read.
    pub exposed_headers: Vec<String>,
    /// Seconds a preflight may be cached.
    pub max_age_seconds: Option<u64>,
}

/// Lifecycle expiry of a bucket.
#[derive(Debug, Clone)]
pub struct Expiration {
    /// Key prefix.
    pub prefix: String,
    /// Age.
    pub after: Duration,
}

/// An SQS queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Physical name.
    pub name: String,
    /// How long a message is hidden after it was received.
    pub visibility_timeout: Duration,
    /// How long a message is kept.
    pub retention: Duration,
    /// How long a message is hidden after it was sent, unless it says otherwise.
    pub delay: Duration,
    /// Dead-letter queue and the receives allowed before it.
    pub redrive: Option<(String, u32)>,
}

/// How a secret's first value is made: letters and digits.
#[derive(Debug, Clone)]
pub struct SecretSpec {
    /// Length in characters.
    pub length: usize,
}

/// The account id in local ARNs.
pub const ACCOUNT: &str = "000000000000";
/// The region in local ARNs and signatures.
pub const REGION: &str = "us-east-1";
/// The local stack's name.
pub const STACK: &str = "skylark";
