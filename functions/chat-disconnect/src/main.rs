//! `chat-disconnect`: lets people go.

mod handler;

use std::sync::Arc;

use skylark_api::clock::SystemClock;
use skylark_api::env::{self, AwsEnv, TableEnv};
use skylark_api::serve;
use skylark_domain::chat::Chat;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::start_telemetry();
    let (env, aws) = env::read::<(TableEnv, AwsEnv)>()?;
    let table = Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name));
    let chat = Chat::new(table, Arc::new(SystemClock));
    serve::run_events(|event| handler::handle(&chat, event)).await
}
