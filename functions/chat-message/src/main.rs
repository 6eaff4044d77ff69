//! `chat-message`: hears what people in rooms say.

mod handler;

use std::sync::Arc;

use skylark_api::clock::SystemClock;
use skylark_api::env::{self, AwsEnv, PushEnv, TableEnv};
use skylark_api::serve;
use skylark_cloud::websocket::WebSocketApi;
use skylark_domain::chat::Chat;
use skylark_domain::chat::talking::Talk;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::start_telemetry();
    let (env, push, aws) = env::read::<(TableEnv, PushEnv, AwsEnv)>()?;
    let table = Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name));
    let push = Arc::new(WebSocketApi::new(&aws.config("APIGATEWAYMANAGEMENTAPI"), &push.callback_url)?);
    let talk = Talk::new(Chat::new(table, Arc::new(SystemClock)), push);
    serve::run_events(|event| handler::handle(&talk, event)).await
}
