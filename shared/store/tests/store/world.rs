//! A table of its own for each test.

use std::collections::BTreeMap;
use std::path::Path;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use jiff::Timestamp;
use skylark_local::dynamodb::Service;
use skylark_local::tap::Tap;
use skylark_store::Table;

pub(crate) struct World {
    pub(crate) table: Table,
    pub(crate) client: aws_sdk_dynamodb::Client,
    pub(crate) name: String,
    pub(crate) config: SdkConfig,
    _service: Service,
    _dir: tempfile::TempDir,
}

pub(crate) async fn world() -> World {
    let template = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"));
    let tables = skylark_local::template::read(template, &BTreeMap::new()).unwrap().tables;
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(&dir.path().join("db"), &tables, &Tap::default()).await.unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = service.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .build();
    let name = tables[0].name.clone();
    let client = aws_sdk_dynamodb::Client::new(&config);
    World { table: Table::new(&config, name.clone()), client, name, config, _service: service, _dir: dir }
}

/// Far ahead: the stand-in sweeps away what is over by the real clock.
pub(crate) fn now() -> Timestamp {
    "2046-11-20T10:00:00Z".parse().unwrap()
}
