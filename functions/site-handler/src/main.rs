//! `site-handler`: health and the API document.

mod handler;

use std::sync::Arc;

use skylark_api::env::{self, AwsEnv, SiteEnv};
use skylark_api::serve;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::start_telemetry();
    let (env, aws) = env::read::<(SiteEnv, AwsEnv)>()?;
    let table = Table::new(&aws.config("DYNAMODB"), env.table_name);
    serve::run(handler::router(Arc::new(table))).await
}
