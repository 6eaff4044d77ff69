//! Plays Lambda: runs the built binaries as child processes and speaks the Runtime API with them.
//!
//! [`Lambda::invoke`] hands an event to an idle process of the function, or starts one; a process serves one invocation
//! at a time, as on AWS. `pool` owns the processes, `api` is what they talk to.

mod api;
mod asynchronous;
mod environment;
mod logs;
mod pool;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use tokio::net::TcpListener;

pub use self::asynchronous::{AsyncInvocations, Runner, SCHEMA};
pub use self::environment::Environment;
use self::pool::Pool;
use crate::tap::Tap;
use crate::world::{Function, World};

/// How an invocation ended.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The request id the function saw.
    pub request_id: String,
    /// The function's answer, or its error.
    pub outcome: Result<Bytes, FunctionError>,
}

/// An error a function returned, or that ended it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct FunctionError {
    /// `Sandbox.Timedout`, `Runtime.ExitError`, `Lambda.TooManyRequests` or the function's own type.
    pub error_type: String,
    /// The message, without the function's secrets: what it said itself.
    pub message: String,
}

impl FunctionError {
    pub(crate) fn new(error_type: &str, message: impl Into<String>) -> Self {
        Self { error_type: error_type.to_owned(), message: message.into() }
    }
}

/// What Lambda needs to know to run functions.
pub struct Settings {
    /// This binary, for the cage.
    pub skylark: PathBuf,
    /// Where the function binaries stand.
    pub bin_dir: PathBuf,
    /// Where logs go, one file for each function.
    pub logs: PathBuf,
    /// What every function finds in its environment besides its own variables.
    pub environment: Environment,
}

/// The functions of a stack. Cheap to clone.
#[derive(Clone)]
pub struct Lambda {
    pools: Arc<BTreeMap<String, Arc<Pool>>>,
}

impl Lambda {
    /// Starts the Runtime API. Processes start with the first invocations.
    pub async fn start(world: &World, settings: Settings) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&settings.logs)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let settings = Arc::new(settings);
        let pools: BTreeMap<_, _> = world
            .functions
            .values()
            .map(|function| (function.name.clone(), Pool::new(function.clone(), address, settings.clone())))
            .collect();
        let lambda = Self { pools: Arc::new(pools) };
        let runtime_api = api::runtime_router(lambda.clone());
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, runtime_api).await {
                tracing::error!(%error, "the Runtime API has stopped");
            }
        });
        Ok(lambda)
    }

    /// Runs `function` (`auth-handler`) once with `payload` and waits for its end.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Invocation {
        let failed = |error| Invocation { request_id: uuid::Uuid::new_v4().to_string(), outcome: Err(error) };
        let Some(pool) = self.pools.get(function).cloned() else {
            return failed(FunctionError::new("ResourceNotFound", format!("there is no function {function}")));
        };
        // A task of its own: an invocation goes on to its end when the caller hangs up.
        match tokio::spawn(async move { pool.invoke(payload).await }).await {
            Ok(invocation) => invocation,
            Err(error) => failed(FunctionError::new("Runtime.Unknown", error.to_string())),
        }
    }

    /// What answers Lambda's `Invoke`, as `cargo lambda invoke` calls it.
    pub fn router(&self, tap: &Tap) -> Router {
        api::invoke_router(self.clone(), tap)
    }

    /// Ends every process.
    pub async fn shutdown(&self) {
        for pool in self.pools.values() {
            pool.shutdown().await;
        }
    }

    fn pool(&self, function: &str) -> Option<&Arc<Pool>> {
        self.pools.get(function)
    }

    fn function(&self, name: &str) -> Option<&Function> {
        let by_name = self.pools.get(name).map(|pool| pool.function());
        by_name
            .or_else(|| self.pools.values().map(|pool| pool.function()).find(|function| function.deployed_name == name))
    }
}
