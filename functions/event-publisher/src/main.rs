//! `event-publisher`: the table's stream is the outbox; its domain events go out on the bus.

mod handler;

use skylark_api::env::{self, AwsEnv, PublisherEnv};
use skylark_api::serve;
use skylark_cloud::events::Bus;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::start_telemetry();
    let (env, aws) = env::read::<(PublisherEnv, AwsEnv)>()?;
    let bus = Bus::new(&aws.config("EVENTBRIDGE"), env.bus_name);
    serve::run_events(|event| handler::handle(&bus, event)).await
}
