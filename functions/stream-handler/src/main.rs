//! `stream-handler`: channels, stream keys and streams.

mod handler;

use std::sync::Arc;

use handler::State;
use skylark_api::callback::CallbackSecret;
use skylark_api::clock::SystemClock;
use skylark_api::cursor::Cursors;
use skylark_api::env::{self, AwsEnv, IssuerEnv, LiveEnv, StreamHandlerEnv};
use skylark_api::serve;
use skylark_cloud::guarded::Guarded;
use skylark_cloud::ivs::Ivs;
use skylark_cloud::s3::Bucket;
use skylark_cloud::sqs::Queue;
use skylark_domain::{chat::Chat, stream::Live};
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::start_telemetry();
    let ((env, own), issuer, aws) = env::read::<((LiveEnv, StreamHandlerEnv), IssuerEnv, AwsEnv)>()?;
    let (table, clock) = (Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name)), Arc::new(SystemClock));
    let ivs = Ivs::new(&aws.config("IVS"), env.recording_configuration).signing(&own.playback_secret)?;
    let media = Arc::new(Bucket::new(&aws.config("S3"), env.media_bucket));
    let nudges = Arc::new(Queue::new(&aws.config("SQS"), env.nudge_queue));
    let provider = Arc::new(Guarded::new(ivs, table.clone(), clock.clone()));
    let live = Live::new(table.clone(), provider, media, nudges, clock.clone(), env.max_channels);
    serve::run(handler::router(State {
        live,
        chat: Chat::new(table.clone(), clock),
        verifier: issuer.verifier(&table)?,
        cursors: Cursors::new(own.cursor_secret),
        addresses: Arc::new(own.addresses),
        callback_secret: CallbackSecret(own.callback_secret),
        origin_secret: own.origin_secret,
    }))
    .await
}
