//! Somebody who uses the running stack through its API, as people's programs do.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use super::say;

/// The password of everybody whom these commands register. No secret: the stack answers on this machine only.
pub(super) const PASSWORD: &str = "watch the skylark";
/// Longest time for one answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// A longer pause than this is no pause but a refusal.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// All pauses of one question.
const ALL_PAUSES: Duration = Duration::from_secs(120);
/// A pause that is worth a word.
const NOTABLE_PAUSE: Duration = Duration::from_secs(2);

/// There is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silence {
    /// Nobody listens, or the connection broke.
    #[error("skylark does not answer: is it running?")]
    NoAnswer,
    /// Somebody listens and says nothing.
    #[error("skylark does not answer within {PATIENCE:?}")]
    TooLate,
}

impl From<reqwest::Error> for Silence {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::TooLate } else { Self::NoAnswer }
    }
}

/// Whether the server may be itself again soon.
pub(super) fn is_passing(error: &anyhow::Error) -> bool {
    error.is::<Silence>() || error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.status >= 500)
}

/// The server said no, with its own words why.
#[derive(Debug, thiserror::Error)]
#[error("{detail} ({status}, {code})")]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// The problem's stable code.
    pub(super) code: String,
    detail: String,
    pause: Option<Duration>,
}

/// Somebody who is signed in, and signs in again when the token has ended.
pub(super) struct Person {
    client: Client,
    front: String,
    pub(super) username: String,
    /// Whether the account was made just now.
    pub(super) is_new: bool,
    token: Mutex<String>,
}

impl Person {
    /// Signs somebody in, and makes the account the first time. `front` is the front door's address.
    ///
    /// # Errors
    /// When nobody answers, or the name belongs to somebody with another password.
    pub(super) async fn sign_in(front: &str, username: &str) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let (token, is_new) = open_session(&client, front, username).await?;
        Ok(Self { client, front: front.to_owned(), username: username.to_owned(), is_new, token: Mutex::new(token) })
    }

    /// Asks for `path` below `/api/v1` and answers the body, null when there is none. Waits as often as the server asks for
    /// it.
    ///
    /// # Errors
    /// [`Refusal`] when the server refuses.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let (mut waited, mut is_renewed) = (Duration::ZERO, false);
        loop {
            let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let url = format!("{}/api/v1{path}", self.front);
            let mut request = self.client.request(method.clone(), url).bearer_auth(token);
            if method == Method::PATCH {
                request = request.header("if-match", "*");
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let refusal = match understand(request.send().await.map_err(Silence::from)?).await? {
                Ok(body) => return Ok(body),
                Err(refusal) => refusal,
            };
            match refusal.pause {
                Some(pause) if pause <= LONGEST_PAUSE && waited + pause <= ALL_PAUSES => {
                    waited += rest(pause).await;
                }
                None if refusal.status == StatusCode::UNAUTHORIZED.as_u16() && !is_renewed => {
                    is_renewed = true;
                    let (token, _) = open_session(&self.client, &self.front, &self.username).await?;
                    *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
                }
                _ => return Err(refusal.into()),
            }
        }
    }

    /// Asks for something.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    /// All pages of a list; `path` has a query.
    pub(super) async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}&limit=100{cursor}")).await?;
            items.extend(page["items"].as_array().into_iter().flatten().cloned());
            // A cursor is base64url: nothing needs escaping.
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }

    /// Has something done.
    pub(super) async fn post(&self, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, body).await
    }

    /// Sends bytes to a presigned address with the headers that were signed.
    pub(super) async fn put(&self, url: &str, headers: &Value, bytes: Vec<u8>) -> anyhow::Result<()> {
        let mut put = self.client.put(url).body(bytes);
        for (name, value) in headers.as_object().into_iter().flatten() {
            put = put.header(name, value.as_str().unwrap_or_default());
        }
        let answer = put.send().await.map_err(Silence::from)?;
        ensure!(answer.status().is_success(), "the bucket refuses the file: {}", answer.status());
        Ok(())
    }

    /// Where a page is.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.front)
    }
}

/// The answer's field, which must be a text.
pub(super) fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    Ok(value[field].as_str().with_context(|| format!("the answer has no {field}"))?.to_owned())
}

/// Waits as the server asks, and answers for how long.
async fn rest(pause: Duration) -> Duration {
    if pause >= NOTABLE_PAUSE {
        say(&format!("the server asks for a pause of {:.0} s", pause.as_secs_f64()));
    }
    tokio::time::sleep(pause).await;
    pause
}

/// An access token, and whether there was no account before.
async fn open_session(client: &Client, front: &str, username: &str) -> anyhow::Result<(String, bool)> {
    let ask = async |path: &str, body: &Value| {
        let answer = client.post(format!("{front}/api/v1/auth/{path}")).json(body).send().await;
        understand(answer.map_err(Silence::from)?).await
    };
    let login = json!({ "username": username, "password": PASSWORD });
    let new = json!({ "username": username, "password": PASSWORD, "email": format!("{username}@skylark.invalid") });
    // Somebody may register at the same moment, `skylark up` for one: then the login holds the second time.
    for _ in 0..2 {
        match ask("login", &login).await? {
            Ok(session) => return Ok((text(&session, "accessToken")?, false)),
            Err(refusal) if refusal.status == StatusCode::UNAUTHORIZED.as_u16() => {}
            Err(refusal) => return Err(refusal.into()),
        }
        match ask("register", &new).await? {
            Ok(session) => return Ok((text(&session, "accessToken")?, true)),
            Err(refusal) if refusal.status == StatusCode::CONFLICT.as_u16() => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    bail!("somebody else has the username {username} here")
}

/// The body, or why there is none.
async fn understand(answer: Response) -> anyhow::Result<Result<Value, Refusal>> {
    let status = answer.status();
    let asked = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = answer.bytes().await.map_err(Silence::from)?;
    if status.is_success() {
        let is_empty = body.is_empty();
        return Ok(Ok(if is_empty { Value::Null } else { serde_json::from_slice(&body)? }));
    }
    // What stands before the functions may answer in other words.
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let words = |field: &str, otherwise: &str| problem[field].as_str().unwrap_or(otherwise).to_owned();
    let mut detail = words("detail", "the server refuses");
    for field in problem["errors"].as_array().into_iter().flatten() {
        let said = |name: &str| field[name].as_str().unwrap_or_default();
        detail = format!("{detail} {}: {}.", said("pointer"), said("detail"));
    }
    let pause = problem["retryAfterMs"].as_u64().map(Duration::from_millis);
    Ok(Err(Refusal {
        status: status.as_u16(),
        code: words("code", "no code"),
        detail,
        pause: pause.or(asked.map(Duration::from_secs)),
    }))
}
