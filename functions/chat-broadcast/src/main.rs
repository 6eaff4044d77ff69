//! `chat-broadcast`: what happened in the table goes to everybody in the room.

mod handler;

use std::sync::Arc;

use skylark_api::clock::SystemClock;
use skylark_api::env::{self, AwsEnv, BroadcastEnv};
use skylark_api::serve;
use skylark_cloud::sqs::Queue;
use skylark_cloud::websocket::WebSocketApi;
use skylark_domain::chat::broadcast::Broadcaster;
use skylark_store::Table;

// The one function with threads: while frames go out, young connections are tried again.
#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::start_telemetry();
    let (env, aws) = env::read::<(BroadcastEnv, AwsEnv)>()?;
    let (table, clock) = (Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name)), Arc::new(SystemClock));
    let push = Arc::new(WebSocketApi::new(&aws.config("APIGATEWAYMANAGEMENTAPI"), &env.callback_url)?);
    let counts = Arc::new(Queue::new(&aws.config("SQS"), env.count_queue));
    let broadcaster = Arc::new(Broadcaster::new(table, push, counts, clock.clone(), clock, env.posts_per_second));
    serve::run_events(|event| handler::handle(&broadcaster, event)).await
}
