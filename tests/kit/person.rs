//! Somebody who uses the API.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::Stack;

/// A registered user with an open session.
#[derive(Clone)]
pub struct Person {
    client: reqwest::Client,
    /// Where the API is.
    pub url: String,
    /// The username.
    pub username: String,
    /// The password.
    pub password: String,
    /// The current access token.
    pub access_token: String,
    /// The current refresh token.
    pub refresh_token: String,
}

impl Person {
    /// Registers somebody new.
    pub async fn register(stack: &Stack) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let username = format!("user_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let password = "correct horse battery".to_owned();
        let client = reqwest::Client::new();
        let url = stack.url("front");
        let answer = client
            .post(format!("{url}/api/v1/auth/register"))
            .json(&json!({
                "username": username,
                "email": format!("{username}@example.org"),
                "password": password,
            }))
            .send()
            .await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        ensure!(status == 201, "register answered {status}: {body}");
        Ok(Self {
            client,
            url,
            username,
            password,
            access_token: text(&body, "accessToken")?,
            refresh_token: text(&body, "refreshToken")?,
        })
    }

    /// The same person, asking another address.
    pub fn at(&self, url: String) -> Self {
        Self { url, ..self.clone() }
    }

    /// Somebody who claims another username.
    pub fn named(&self, username: &str) -> Self {
        Self { username: username.to_owned(), ..self.clone() }
    }

    /// A request as this person; `path` begins with a slash.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.access_token)
    }

    /// A request as nobody.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Tries to log in with `password`.
    pub async fn log_in_with(&self, password: &str) -> Result<Response> {
        let body = json!({ "username": self.username, "password": password });
        Ok(self.anonymous(Method::POST, "/api/v1/auth/login").json(&body).send().await?)
    }

    /// Exchanges `refresh_token`.
    pub async fn refresh_with(&self, refresh_token: &str) -> Result<Response> {
        let body = json!({ "refreshToken": refresh_token });
        Ok(self.anonymous(Method::POST, "/api/v1/auth/refresh").json(&body).send().await?)
    }
}

/// The `code` of a problem, or the whole body when it is none.
pub async fn problem_code(answer: Response) -> Result<String> {
    let body = answer.text().await?;
    let problem: Value = serde_json::from_str(&body).with_context(|| format!("not a problem: {body}"))?;
    text(&problem, "code")
}

fn text(body: &Value, field: &str) -> Result<String> {
    Ok(body[field].as_str().with_context(|| format!("no {field} in {body}"))?.to_owned())
}
