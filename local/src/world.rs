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
    /// DynamoDB tables.
    pub tables: Vec<Table>,
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
