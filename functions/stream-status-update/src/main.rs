//! `stream-status-update`: lets IVS's events, measurements and messages to ourselves change streams.

mod handler;

use std::sync::Arc;

use skylark_api::clock::SystemClock;
use skylark_api::env::{self, AwsEnv, LiveEnv};
use skylark_api::serve;
use skylark_cloud::guarded::Guarded;
use skylark_cloud::ivs::Ivs;
use skylark_cloud::s3::Bucket;
use skylark_cloud::sqs::Queue;
use skylark_domain::stream::Live;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::start_telemetry();
    let (env, aws) = env::read::<(LiveEnv, AwsEnv)>()?;
    let (table, clock) = (Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name)), Arc::new(SystemClock));
    let ivs = Ivs::new(&aws.config("IVS"), env.recording_configuration);
    let media = Arc::new(Bucket::new(&aws.config("S3"), env.media_bucket));
    let nudges = Arc::new(Queue::new(&aws.config("SQS"), env.nudge_queue));
    let provider = Arc::new(Guarded::new(ivs, table.clone(), clock.clone()));
    let live = Live::new(table, provider, media, nudges, clock, env.max_channels);
    serve::run_events(|event| handler::handle(&live, event)).await
}
