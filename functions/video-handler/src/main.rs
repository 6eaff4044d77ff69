//! `video-handler`: uploads and videos.

mod handler;

use std::sync::Arc;

use handler::State;
use skylark_api::clock::SystemClock;
use skylark_api::cursor::Cursors;
use skylark_api::env::{AwsEnv, VideoHandlerEnv, VideosEnv};
use skylark_api::serve;
use skylark_api::token::Verifier;
use skylark_cloud::mediaconvert::{MediaConvert, Places};
use skylark_cloud::s3::Bucket;
use skylark_domain::video::Videos;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::start_telemetry();
    let (env, own, aws) = (VideosEnv::from_env()?, VideoHandlerEnv::from_env()?, AwsEnv::from_env()?);
    let table = Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name));
    let s3 = aws.config("S3");
    let places = Places {
        queue: env.job_queue,
        role: env.job_role,
        upload_bucket: env.upload_bucket.clone(),
        media_bucket: env.media_bucket.clone(),
    };
    let videos = Videos {
        catalog: table.clone(),
        limits: env.limits,
        uploads: Arc::new(Bucket::new(&s3, env.upload_bucket)),
        media: Arc::new(Bucket::new(&s3, env.media_bucket)),
        transcoder: Arc::new(MediaConvert::new(&aws.config("MEDIACONVERT"), places)),
        clock: Arc::new(SystemClock),
    };
    let (verifier, cursors) = (Arc::new(Verifier::new(table)), Cursors::new(own.cursor_secret));
    serve::run(handler::router(State { videos, verifier, cursors, media_url: own.media_url.into() })).await
}
