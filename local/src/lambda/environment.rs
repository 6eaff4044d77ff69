//! The environment variables a function process finds, as on AWS.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::world::{Function, REGION};

/// What every function finds besides its own variables: the endpoints of the services.
#[derive(Clone, Default)]
pub struct Environment {
    /// `AWS_ENDPOINT_URL_<SERVICE>` by service (`DYNAMODB`).
    pub endpoints: BTreeMap<String, String>,
    /// The secret key that goes with every access key id in the local cloud.
    pub secret_key: String,
}

impl Environment {
    /// The variables of one process of `function`, which reaches the Runtime API at `api` under `path`.
    pub(super) fn variables(&self, function: &Function, api: SocketAddr, path: &str) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = [
            // With a scheme: the runtime's client cannot read a bare authority that a path follows.
            ("AWS_LAMBDA_RUNTIME_API", format!("http://{api}/{path}")),
            ("AWS_LAMBDA_FUNCTION_NAME", function.deployed_name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.deployed_name)),
            ("AWS_LAMBDA_LOG_STREAM_NAME", path.to_owned()),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            // The front of each service sees by it which function calls.
            ("AWS_ACCESS_KEY_ID", function.name.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_key.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("TZ", ":UTC".to_owned()),
            ("LANG", "en_US.UTF-8".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("_HANDLER", "bootstrap".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for (service, url) in &self.endpoints {
            variables.insert(format!("AWS_ENDPOINT_URL_{service}"), url.clone());
        }
        if let Ok(level) = std::env::var("AWS_LAMBDA_LOG_LEVEL") {
            variables.insert("AWS_LAMBDA_LOG_LEVEL".to_owned(), level);
        }
        variables.extend(function.environment.clone());
        variables
    }
}
