//! HTTP to the account commands and queries, and back.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use secrecy::SecretString;
use skylark_api::address::viewer_address;
use skylark_api::etag::{self, etag};
use skylark_api::json::Body;
use skylark_api::openapi::ALIASES;
use skylark_api::operations::accounts::{
    Account, ChangePasswordRequest, EditProfileRequest, LoginRequest, Profile, RefreshRequest, RegisterRequest,
    SessionTokens,
};
use skylark_api::problem::{Result, Status};
use skylark_api::signing::Signer;
use skylark_api::token::{Caller, LIFE_SECONDS, Verifier};
use skylark_domain::account::commands::{EditProfile, Login, Register};
use skylark_domain::account::sessions::ChangePassword;
use skylark_domain::account::{AccountService, Session};
use skylark_domain::ports::PublicKeys;

/// What the routes need.
#[derive(Clone, FromRef)]
pub(crate) struct Accounts {
    pub(crate) service: AccountService,
    pub(crate) signer: Arc<Signer>,
    pub(crate) verifier: Arc<Verifier>,
    /// Whether people sign in here, and not at an OIDC issuer.
    pub(crate) signs_in: bool,
    pub(crate) origin_secret: SecretString,
}

impl Accounts {
    /// Puts the public key where every function finds it, unless it is there.
    pub(crate) async fn publish_keys(&self, keys: &dyn PublicKeys) -> Result<(), skylark_domain::PortError> {
        if keys.published().await?.as_deref() != Some(self.signer.jwks()) {
            keys.publish(self.signer.jwks()).await?;
        }
        Ok(())
    }

    fn tokens(&self, session: Session) -> Result<SessionTokens> {
        let now = self.service.clock.now().as_second();
        Ok(SessionTokens {
            access_token: self.signer.sign(&session.user, now)?,
            refresh_token: session.refresh_token,
            expires_in: LIFE_SECONDS,
            user: session.user.into(),
        })
    }
}

/// The routes of this function.
pub(crate) fn router(accounts: Accounts) -> Router {
    let canonical = "/api/v1/auth";
    let aliases = ALIASES.into_iter().filter(|(_, target)| *target == canonical).map(|(alias, _)| alias);
    let sign_in = || aliases.chain([canonical]).fold(Router::new(), with_sign_in);
    let routes = match accounts.signs_in {
        true => sign_in().route("/api/v1/users/me/password", put(change_password)),
        false => Router::new(),
    };
    routes
        .route("/api/v1/users/me", get(me).patch(edit).delete(erase))
        .route("/api/v1/users/{username}", get(profile))
        .route("/.well-known/jwks.json", get(jwks))
        .with_state(accounts)
}

/// The routes of signing in below `base`.
fn with_sign_in(router: Router<Accounts>, base: &str) -> Router<Accounts> {
    router
        .route(&format!("{base}/register"), post(register))
        .route(&format!("{base}/login"), post(login))
        .route(&format!("{base}/refresh"), post(refresh))
        .route(&format!("{base}/logout"), post(logout))
        .route(&format!("{base}/logout-all"), post(logout_all))
}

async fn register(State(accounts): State<Accounts>, Body(body): Body<RegisterRequest>) -> Result<Response> {
    let RegisterRequest { username, email, password } = body;
    let session = accounts.service.register(Register { username, email, password }).await?;
    Ok(Status::Created.with(Json(accounts.tokens(session)?)))
}

async fn login(
    State(accounts): State<Accounts>,
    Address(address): Address,
    Body(body): Body<LoginRequest>,
) -> Result<Json<SessionTokens>> {
    let command = Login { name: body.username, password: body.password, address };
    let session = accounts.service.login(command).await?;
    Ok(Json(accounts.tokens(session)?))
}

async fn refresh(State(accounts): State<Accounts>, Body(body): Body<RefreshRequest>) -> Result<Json<SessionTokens>> {
    let session = accounts.service.refresh(&body.refresh_token).await?;
    Ok(Json(accounts.tokens(session)?))
}

async fn logout(State(accounts): State<Accounts>, Body(body): Body<RefreshRequest>) -> Result<Status> {
    accounts.service.logout(&body.refresh_token).await?;
    Ok(Status::NoContent)
}

async fn logout_all(State(accounts): State<Accounts>, Caller(caller): Caller) -> Result<Status> {
    accounts.service.logout_everywhere(caller.sub, caller.token_version).await?;
    Ok(Status::NoContent)
}

async fn me(State(accounts): State<Accounts>, Caller(caller): Caller, headers: HeaderMap) -> Result<Response> {
    let user = accounts.service.me(caller.sub).await?;
    let tag = etag(user.version);
    if etag::is_known(&headers, user.version) {
        return Ok(([tag], Status::NotModified).into_response());
    }
    Ok(([tag], Json(Account::from(user))).into_response())
}

async fn edit(
    State(accounts): State<Accounts>,
    Caller(caller): Caller,
    headers: HeaderMap,
    Body(body): Body<EditProfileRequest>,
) -> Result<Response> {
    let expected_version = etag::required(&headers)?.version();
    let EditProfileRequest { display_name, bio } = body;
    let edit = EditProfile { display_name, bio, expected_version };
    let user = accounts.service.edit_profile(caller.sub, caller.token_version, edit).await?;
    Ok(([etag(user.version)], Json(Account::from(user))).into_response())
}

async fn change_password(
    State(accounts): State<Accounts>,
    Caller(caller): Caller,
    Body(body): Body<ChangePasswordRequest>,
) -> Result<Json<SessionTokens>> {
    let command = ChangePassword { current: body.current_password, new: body.new_password };
    let session = accounts.service.change_password(caller.sub, caller.token_version, command).await?;
    Ok(Json(accounts.tokens(session)?))
}

async fn erase(State(accounts): State<Accounts>, Caller(caller): Caller, headers: HeaderMap) -> Result<Status> {
    let expected = etag::optional(&headers)?.and_then(etag::Expected::version);
    accounts.service.erase(caller.sub, caller.token_version, expected).await?;
    Ok(Status::NoContent)
}

async fn profile(State(accounts): State<Accounts>, Path(username): Path<String>) -> Result<Response> {
    let user = accounts.service.profile(&username).await?;
    let cache = [(header::CACHE_CONTROL, "public, max-age=2, stale-while-revalidate=10")];
    Ok((cache, Json(Profile::from(user))).into_response())
}

async fn jwks(State(accounts): State<Accounts>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, accounts.signer.jwks().to_owned()).into_response()
}

/// The network address a request came from.
struct Address(String);

impl FromRequestParts<Accounts> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &Accounts) -> Result<Self, Self::Rejection> {
        Ok(Self(viewer_address(parts, &state.origin_secret)))
    }
}
