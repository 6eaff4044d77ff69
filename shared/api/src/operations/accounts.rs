//! Accounts: register, log in, refresh, log out, profile, public keys. Served by `auth-handler`.
#![allow(dead_code, reason = "the functions below only carry the declarations of their operations")]

use serde::{Deserialize, Serialize};
use skylark_domain::account::{Role, User};
use utoipa::ToSchema;

use crate::clock::rfc3339;
use crate::problem::ProblemDetails;

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterRequest {
    /// 3-32 of `[a-z0-9_]`.
    #[schema(min_length = 3, max_length = 32, pattern = "^[a-z0-9_]+$")]
    pub username: String,
    /// An e-mail address.
    #[schema(format = "email")]
    pub email: String,
    /// 10-128 characters.
    #[schema(min_length = 10, max_length = 128)]
    pub password: String,
}

/// Username or e-mail address, and the password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginRequest {
    /// The username; or `email`.
    #[serde(alias = "email")]
    pub username: String,
    /// The password.
    pub password: String,
}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshRequest {
    /// As it was handed out.
    pub refresh_token: String,
}

/// Changes of the own profile; an absent field stays, an empty text removes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditProfileRequest {
    /// Name to show, at most 64 characters.
    #[schema(max_length = 64)]
    pub display_name: Option<String>,
    /// A few words about oneself, at most 500 characters.
    #[schema(max_length = 500)]
    pub bio: Option<String>,
}

/// A change of the own password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The password so far.
    pub current_password: String,
    /// 10-128 characters.
    #[schema(min_length = 10, max_length = 128)]
    pub new_password: String,
}

/// The own account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// `usr_...`.
    pub id: String,
    /// Username.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// Name to show.
    pub display_name: String,
    /// A few words.
    pub bio: Option<String>,
    /// `viewer`, `admin`.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
    /// When the account was made.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
}

/// What everybody may know of a user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// `usr_...`.
    pub id: String,
    /// Username.
    pub username: String,
    /// Name to show.
    pub display_name: String,
    /// A few words.
    pub bio: Option<String>,
    /// When the account was made.
    #[schema(format = "date-time")]
    pub created_at: String,
}

/// An open session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionTokens {
    /// The account.
    pub user: Account,
    /// A JWT for `Authorization: Bearer`.
    pub access_token: String,
    /// Good once, for 30 days; exchanging it gives the next.
    pub refresh_token: String,
    /// Seconds until the access token ends.
    pub expires_in: i64,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            display_name: user.display_name.unwrap_or_else(|| user.username.clone()),
            username: user.username,
            email: user.email,
            bio: user.bio,
            roles: user.roles,
            created_at: rfc3339(user.created_at),
            updated_at: rfc3339(user.updated_at),
        }
    }
}

impl From<User> for Profile {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            display_name: user.display_name.unwrap_or_else(|| user.username.clone()),
            username: user.username,
            bio: user.bio,
            created_at: rfc3339(user.created_at),
        }
    }
}

/// Make an account and log in.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "accounts", operation_id = "register_account",
    request_body = RegisterRequest,
    responses((status = 201, body = SessionTokens), (status = 400, body = ProblemDetails),
        (status = 409, description = "`username-taken` or `email-taken`", body = ProblemDetails)))]
pub(crate) fn register() {}

/// Log in by password.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "accounts", operation_id = "create_session",
    request_body = LoginRequest,
    responses((status = 200, body = SessionTokens), (status = 401, body = ProblemDetails),
        (status = 429, description = "After 10 failures in 15 minutes", body = ProblemDetails)))]
pub(crate) fn login() {}

/// Exchange a refresh token for the next and a new access token.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "accounts", operation_id = "refresh_session",
    request_body = RefreshRequest,
    responses((status = 200, body = SessionTokens), (status = 401, body = ProblemDetails)))]
pub(crate) fn refresh() {}

/// End the session a refresh token belongs to.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "accounts", operation_id = "end_session",
    request_body = RefreshRequest, responses((status = 204)))]
pub(crate) fn logout() {}

/// End every session of the own account, this one included. Chat connections are closed; access tokens that are out can
/// change nothing after half a minute at the most.
#[utoipa::path(post, path = "/api/v1/auth/logout-all", tag = "accounts", operation_id = "end_all_sessions",
    security(("bearer" = [])), responses((status = 204), (status = 401, body = ProblemDetails),
        (status = 412, description = "The account was changed at the same time", body = ProblemDetails)))]
pub(crate) fn logout_all() {}

/// The own account.
#[utoipa::path(get, path = "/api/v1/users/me", tag = "accounts", operation_id = "get_account", security(("bearer" = [])),
    responses((status = 200, body = Account), (status = 304), (status = 401, body = ProblemDetails)))]
pub(crate) fn me() {}

/// Change the own profile.
#[utoipa::path(patch, path = "/api/v1/users/me", tag = "accounts", operation_id = "edit_account", security(("bearer" = [])),
    params(("If-Match" = String, Header, description = "The ETag the change is based on, or *")),
    request_body = EditProfileRequest,
    responses((status = 200, body = Account), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 412, body = ProblemDetails), (status = 428, body = ProblemDetails)))]
pub(crate) fn edit() {}

/// Erase the own account.
#[utoipa::path(delete, path = "/api/v1/users/me", tag = "accounts", operation_id = "erase_account", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 412, body = ProblemDetails)))]
pub(crate) fn erase() {}

/// Change the own password. Every session ends, and the answer is a new one: the caller stays signed in.
#[utoipa::path(put, path = "/api/v1/users/me/password", tag = "accounts", operation_id = "change_password",
    security(("bearer" = [])), request_body = ChangePasswordRequest,
    responses((status = 200, body = SessionTokens), (status = 400, body = ProblemDetails), (status = 401, body = ProblemDetails),
        (status = 403, description = "`wrong-password`", body = ProblemDetails),
        (status = 404, description = "Where people sign in at another issuer", body = ProblemDetails),
        (status = 409, description = "`no-password`: the caller signs in at another issuer", body = ProblemDetails),
        (status = 412, description = "The account was changed at the same time", body = ProblemDetails),
        (status = 429, description = "After 10 failures in 15 minutes", body = ProblemDetails)))]
pub(crate) fn change_password() {}

/// What everybody may know of a user.
#[utoipa::path(get, path = "/api/v1/users/{username}", tag = "accounts", operation_id = "get_profile",
    params(("username" = String, Path)),
    responses((status = 200, body = Profile), (status = 404, body = ProblemDetails)))]
pub(crate) fn profile() {}

/// The keys that verify access tokens, as a JWK set.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "accounts", operation_id = "get_public_keys",
    responses((status = 200, description = "A JWK set (RFC 7517)")))]
pub(crate) fn jwks() {}
