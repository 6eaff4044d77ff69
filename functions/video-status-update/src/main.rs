//! `video-status-update`: a transcode goes on or has ended.

mod handler;

use std::sync::Arc;

use skylark_api::clock::SystemClock;
use skylark_api::env::{AwsEnv, VideosEnv};
use skylark_api::serve;
use skylark_cloud::mediaconvert::{MediaConvert, Places};
use skylark_cloud::s3::Bucket;
use skylark_domain::video::Videos;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::start_telemetry();
    let (env, aws) = (VideosEnv::from_env()?, AwsEnv::from_env()?);
    let s3 = aws.config("S3");
    let places = Places {
        queue: env.job_queue,
        role: env.job_role,
        upload_bucket: env.upload_bucket.clone(),
        media_bucket: env.media_bucket.clone(),
    };
    let videos = Videos {
        catalog: Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name)),
        limits: env.limits,
        uploads: Arc::new(Bucket::new(&s3, env.upload_bucket)),
        media: Arc::new(Bucket::new(&s3, env.media_bucket)),
        transcoder: Arc::new(MediaConvert::new(&aws.config("MEDIACONVERT"), places)),
        clock: Arc::new(SystemClock),
    };
    serve::run_events(|event| handler::handle(&videos, event)).await
}
