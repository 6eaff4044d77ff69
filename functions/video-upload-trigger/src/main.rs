//! `video-upload-trigger`: a source has arrived in the upload bucket.

mod handler;

use std::sync::Arc;

use skylark_api::clock::SystemClock;
use skylark_api::env::{self, AwsEnv, VideosEnv};
use skylark_api::serve;
use skylark_cloud::mediaconvert::MediaConvert;
use skylark_cloud::s3::Bucket;
use skylark_domain::video::Videos;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::start_telemetry();
    let (env, aws) = env::read::<(VideosEnv, AwsEnv)>()?;
    let s3 = aws.config("S3");
    let table = Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name));
    let uploads = Arc::new(Bucket::new(&s3, env.places.upload_bucket.clone()));
    let media = Arc::new(Bucket::new(&s3, env.places.media_bucket.clone()));
    let transcoder = Arc::new(MediaConvert::new(&aws.config("MEDIACONVERT"), env.places));
    let videos = Videos::new(table, uploads, media, transcoder, Arc::new(SystemClock), env.limits);
    serve::run_events(|event| handler::handle(&videos, event)).await
}
