//! `video-handler`: uploads and videos.

mod handler;

use std::sync::Arc;

use handler::State;
use skylark_api::clock::SystemClock;
use skylark_api::cursor::Cursors;
use skylark_api::env::{self, AwsEnv, IssuerEnv, VideoHandlerEnv, VideosEnv};
use skylark_api::serve;
use skylark_cloud::mediaconvert::MediaConvert;
use skylark_cloud::s3::Bucket;
use skylark_domain::video::Videos;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::start_telemetry();
    let ((env, own), issuer, aws) = env::read::<((VideosEnv, VideoHandlerEnv), IssuerEnv, AwsEnv)>()?;
    let table = Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name));
    let s3 = aws.config("S3");
    let uploads = Arc::new(Bucket::new(&s3, env.places.upload_bucket.clone()));
    let media = Arc::new(Bucket::new(&s3, env.places.media_bucket.clone()));
    let transcoder = Arc::new(MediaConvert::new(&aws.config("MEDIACONVERT"), env.places));
    let videos = Videos::new(table.clone(), uploads, media, transcoder, Arc::new(SystemClock), env.limits);
    let (verifier, cursors) = (issuer.verifier(&table)?, Cursors::new(own.cursor_secret));
    serve::run(handler::router(State { videos, verifier, cursors, media_url: own.media_url.into() })).await
}
