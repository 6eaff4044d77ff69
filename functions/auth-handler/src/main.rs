//! `auth-handler`: accounts, tokens and the public keys that verify them.

mod handler;

use std::sync::Arc;

use handler::Accounts;
use skylark_api::clock::SystemClock;
use skylark_api::env::{self, AuthEnv, AwsEnv, IssuerEnv};
use skylark_api::password::Argon2Passwords;
use skylark_api::serve;
use skylark_api::signing::Signer;
use skylark_cloud::secrets::Secrets;
use skylark_domain::account::AccountService;
use skylark_store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::start_telemetry();
    let (env, issuer, aws) = env::read::<(AuthEnv, IssuerEnv, AwsEnv)>()?;
    let table = Arc::new(Table::new(&aws.config("DYNAMODB"), env.table_name));
    let secret = Secrets::new(&aws.config("SECRETS_MANAGER")).value(&env.signing_secret).await?;
    let service = AccountService {
        accounts: table.clone(),
        attempts: table.clone(),
        passwords: Arc::new(Argon2Passwords::new()?),
        clock: Arc::new(SystemClock),
    };
    let accounts = Accounts {
        service,
        signer: Arc::new(Signer::new(&secret)?),
        signs_in: issuer.url.is_none(),
        verifier: issuer.verifier(&table)?,
        origin_secret: env.origin_secret,
    };
    accounts.publish_keys(table.as_ref()).await?;
    serve::run(handler::router(accounts)).await
}
