//! `site-handler`: health and the API document.

mod handler;

use std::sync::Arc;

use skylark_api::env::{self, AwsEnv, SiteEnv};
use skylark_api::serve;
use skylark_cloud::s3::Bucket;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::start_telemetry();
    let (env, aws) = env::read::<(SiteEnv, AwsEnv)>()?;
    let s3 = aws.config("S3");
    let dependencies: handler::Dependencies = Arc::new([
        ("table", Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name))),
        ("uploads", Arc::new(Bucket::new(&s3, env.upload_bucket))),
        ("media", Arc::new(Bucket::new(&s3, env.media_bucket))),
    ]);
    serve::run(handler::router(dependencies)).await
}
