//! Plays DynamoDB: dynoxide on a file, behind a front that counts calls and injects faults.

mod metering;
pub mod streams;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use dynoxide::{Database, DynoxideError};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use self::metering::{Meter, asking};
use crate::tap::{Tap, target_operation};
use crate::world::Table;

/// Numbering a stream record asks for the highest number of its table as an integer. Without this index every write
/// reads all records: measured, 1,471 puts a second fall to 181 after 12,000 writes; with it they stay at about 4,400.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS skylark_stream_numbers \
     ON _stream_records(table_name, CAST(sequence_number AS INTEGER))";

/// The running service.
pub struct Service {
    router: Router,
    meter: Meter,
    written: watch::Receiver<u64>,
    _stop: oneshot::Sender<()>,
}

impl Service {
    /// Opens the database at `file` and makes the tables that are missing.
    ///
    /// # Errors
    /// When the file cannot be opened, or holds a table of the same name with another schema.
    pub async fn start(file: &Path, tables: &[Table], tap: &Tap) -> anyhow::Result<Self> {
        let path = file.to_str().context("the data directory's path is not UTF-8")?;
        let database = Database::new(path).map_err(|error| anyhow!("cannot open {path}: {error:?}"))?;
        // WAL with synchronous=NORMAL: what was answered survives a killed process; a power cut may lose the last
        // moments, never the file. FULL costs 2.7 times as much for each write.
        database.disable_bulk_loading().map_err(|error| anyhow!("cannot set up {path}: {error:?}"))?;
        for table in tables {
            ensure_table(&database, table).with_context(|| format!("table {} in {path}", table.name))?;
        }
        Connection::open(file)?.execute_batch(STREAM_INDEX).context("cannot index the stream records")?;

        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let backend = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        serve_apart(listener, database.clone(), stopped)?;
        tokio::spawn(keep_house(database));

        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let (written, seen) = watch::channel(0);
        let meter = Meter::default();
        let authority = backend.to_string();
        let backend = Backend { client, authority, written: Arc::new(written), meter: meter.clone() };
        let proxy = Router::new().fallback(forward).with_state(backend);
        Ok(Self { router: tap.wrap("dynamodb", target_operation, proxy), meter, written: seen, _stop: stop })
    }

    /// Changes with each write.
    pub fn written(&self) -> watch::Receiver<u64> {
        self.written.clone()
    }

    /// What tells what calls cost.
    pub fn admin_router(&self) -> Router {
        self.meter.router()
    }

    /// What answers DynamoDB's calls.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

/// Dynoxide blocks the thread it runs on, so it gets a small runtime of its own.
fn serve_apart(listener: TcpListener, database: Database, stopped: oneshot::Receiver<()>) -> anyhow::Result<()> {
    let listener = listener.into_std()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    std::thread::Builder::new().name("dynamodb".into()).spawn(move || {
        let served = runtime.block_on(async {
            let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
            let shutdown = async {
                // Dropping the service stops it as well.
                let _ = stopped.await;
            };
            dynoxide::server::serve_with_shutdown(listener, database, shutdown).await
        });
        if let Err(error) = served {
            tracing::error!(%error, "the DynamoDB stand-in has stopped");
        }
    })?;
    Ok(())
}

fn ensure_table(database: &Database, table: &Table) -> anyhow::Result<()> {
    let describe = serde_json::from_value(json!({ "TableName": table.name }))?;
    match database.describe_table(describe) {
        Ok(found) => {
            let found = serde_json::to_value(found)?;
            let (stored, wanted) = (shape(&found["Table"]), shape(&table.create));
            ensure!(
                stored == wanted,
                "the stored schema is not the template's; `skylark reset` starts over\n  \
                 stored: {stored:?}\n  template: {wanted:?}"
            );
        }
        Err(DynoxideError::ResourceNotFoundException(_)) => {
            let create = serde_json::from_value(table.create.clone())?;
            database.create_table(create).map_err(|error| anyhow!("cannot be made: {error:?}"))?;
        }
        Err(error) => bail!("cannot be read: {error:?}"),
    }
    ensure_expiry(database, table)
}

fn ensure_expiry(database: &Database, table: &Table) -> anyhow::Result<()> {
    let Some(attribute) = &table.ttl_attribute else { return Ok(()) };
    let describe = serde_json::from_value(json!({ "TableName": table.name }))?;
    let found = database.describe_time_to_live(describe).map_err(|error| anyhow!("cannot be read: {error:?}"))?;
    let found = serde_json::to_value(found)?;
    if found["TimeToLiveDescription"]["AttributeName"] == attribute.as_str() {
        return Ok(());
    }
    let expiry = json!({
        "TableName": table.name,
        "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
    });
    database
        .update_time_to_live(serde_json::from_value(expiry)?)
        .map_err(|error| anyhow!("cannot expire items: {error:?}"))?;
    Ok(())
}

/// What two definitions of a table must have in common: keys and indexes, whatever the order.
fn shape(table: &Value) -> BTreeSet<String> {
    let key = |owner: &str, schema: &Value| -> Vec<String> {
        let elements = schema.as_array().map(Vec::as_slice).unwrap_or_default();
        elements.iter().map(|element| format!("{owner} {} {}", element["KeyType"], element["AttributeName"])).collect()
    };
    let mut shape = BTreeSet::from_iter(key("table", &table["KeySchema"]));
    for index in table["GlobalSecondaryIndexes"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let name = index["IndexName"].to_string();
        shape.extend(key(&name, &index["KeySchema"]));
        shape.insert(format!("{name} projects {}", index["Projection"]["ProjectionType"]));
        let projected = index["Projection"]["NonKeyAttributes"].as_array().map(Vec::as_slice).unwrap_or_default();
        shape.extend(projected.iter().map(|attribute| format!("{name} holds {attribute}")));
    }
    shape
}

/// Deletes expired items, as AWS does after a while.
async fn keep_house(database: Database) {
    let mut timer = tokio::time::interval(Duration::from_secs(60));
    loop {
        timer.tick().await;
        let database = database.clone();
        let swept =
            tokio::task::spawn_blocking(move || database.sweep_ttl().map_err(|error| anyhow!("{error:?}"))).await;
        if let Err(error) = swept.map_err(anyhow::Error::from).flatten() {
            tracing::error!(error = format!("{error:#}"), "cannot sweep the table");
        }
    }
}

#[derive(Clone)]
struct Backend {
    client: Client<HttpConnector, Body>,
    authority: String,
    written: Arc<watch::Sender<u64>>,
    meter: Meter,
}

async fn forward(State(backend): State<Backend>, mut request: Request) -> Response {
    match proxied(&backend, &mut request) {
        Ok(uri) => *request.uri_mut() = uri,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let writes = ["Write", "Put", "Update", "Delete"].iter().any(|verb| target.contains(verb));
    let answer = match metered(&backend, request).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, "the DynamoDB stand-in does not answer");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    if writes {
        backend.written.send_modify(|count| *count += 1);
    }
    answer
}

/// Asks the backend, and what that costs if somebody wants to know.
async fn metered(backend: &Backend, request: Request) -> anyhow::Result<Response> {
    let (mut parts, body) = request.into_parts();
    let Some(call) = backend.meter.meet(&parts) else {
        return Ok(backend.client.request(Request::from_parts(parts, body)).await?.map(Body::new));
    };
    // The length is another one. Nobody looks at the signature.
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = asking(body.collect().await?.to_bytes());
    let answer = backend.client.request(Request::from_parts(parts, Body::from(body))).await?;
    let (parts, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    backend.meter.add(call, &body);
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn proxied(backend: &Backend, request: &mut Request) -> anyhow::Result<Uri> {
    let Some(path) = request.uri().path_and_query() else { bail!("no path") };
    Ok(format!("http://{}{path}", backend.authority).parse()?)
}
