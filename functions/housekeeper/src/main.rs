//! `housekeeper`: each minute looks after what nobody else notices.

mod handler;

use std::sync::Arc;

use skylark_api::clock::SystemClock;
use skylark_api::env::{self, AwsEnv, HousekeeperEnv, LiveEnv, VideosEnv};
use skylark_api::serve;
use skylark_cloud::cloudwatch::CloudWatch;
use skylark_cloud::guarded::Guarded;
use skylark_cloud::ivs::Ivs;
use skylark_cloud::mediaconvert::MediaConvert;
use skylark_cloud::s3::Bucket;
use skylark_cloud::sqs::Queue;
use skylark_cloud::websocket::WebSocketApi;
use skylark_domain::chat::{Chat, housekeeping::Caretaker};
use skylark_domain::stream::Live;
use skylark_domain::video::Videos;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::start_telemetry();
    let ((env, own), streams, aws) = env::read::<((VideosEnv, HousekeeperEnv), LiveEnv, AwsEnv)>()?;
    let (table, clock) = (Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name)), Arc::new(SystemClock));
    let media = Arc::new(Bucket::new(&aws.config("S3"), env.places.media_bucket.clone()));
    let ivs = Ivs::new(&aws.config("IVS"), streams.recording_configuration);
    let provider = Arc::new(Guarded::new(ivs, table.clone(), clock.clone()));
    let nudges = Arc::new(Queue::new(&aws.config("SQS"), streams.nudge_queue));
    let live = Live::new(table.clone(), provider, media.clone(), nudges, clock.clone(), streams.max_channels);
    let push = Arc::new(WebSocketApi::new(&aws.config("APIGATEWAYMANAGEMENTAPI"), &own.callback_url)?);
    let counts = Arc::new(Queue::new(&aws.config("SQS"), own.count_queue));
    let rooms = Caretaker { chat: Chat::new(table.clone(), clock.clone()), push, late_counts: counts };
    let uploads = Arc::new(Bucket::new(&aws.config("S3"), env.places.upload_bucket.clone()));
    let jobs = Arc::new(MediaConvert::new(&aws.config("MEDIACONVERT"), env.places));
    let videos = Videos::new(table, uploads, media, jobs, clock, env.limits);
    let metrics = own.has_ingest_metrics.then(|| CloudWatch::new(&aws.config("CLOUDWATCH")));
    serve::run_events(|event| handler::handle(&videos, &live, &rooms, metrics.as_ref(), event)).await
}
