//! `site-handler`: health, the API document, and pages with what programs are told of them.

mod handler;

use std::sync::Arc;

use handler::{Links, Pages, Site};
use skylark_api::env::{self, AwsEnv, SiteEnv};
use skylark_api::serve;
use skylark_cloud::s3::Bucket;
use skylark_domain::error::PROVIDER;
use skylark_domain::preview::Previews;
use skylark_store::{CircuitHealth, Table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::start_telemetry();
    let (env, aws) = env::read::<(SiteEnv, AwsEnv)>()?;
    let s3 = aws.config("S3");
    let table = Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name));
    let site = Site {
        previews: Previews::new(table.clone()),
        pages: Arc::new(Pages::new(Bucket::new(&s3, env.web_bucket))),
        links: Arc::new(Links::new(env.site_url, env.media_url)),
    };
    let media = Arc::new(Bucket::new(&s3, env.media_bucket));
    let ivs = Arc::new(CircuitHealth::new(table.clone(), PROVIDER));
    let uploads = Arc::new(Bucket::new(&s3, env.upload_bucket));
    let all: handler::Dependencies = Arc::new([("table", table), ("uploads", uploads), ("media", media.clone())]);
    serve::run(handler::router(all, Arc::new([("media", media), ("ivs", ivs)]), site)).await
}
