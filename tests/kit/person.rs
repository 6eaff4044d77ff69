//! Somebody who uses the API.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::Stack;

/// How long a transcode may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a connection is kept: less than the front door does, which may close it while a test makes its media.
const IDLE: Duration = Duration::from_secs(5);

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
        let client = reqwest::Client::builder().pool_idle_timeout(IDLE).build()?;
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

    /// Signs in somebody who is registered already.
    pub async fn sign_in(stack: &Stack, username: &str, password: &str) -> Result<Self> {
        let client = reqwest::Client::new();
        let url = stack.url("front");
        let login = json!({ "username": username, "password": password });
        let answer = client.post(format!("{url}/api/v1/auth/login")).json(&login).send().await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        ensure!(status == 200, "login answered {status}: {body}");
        Ok(Self {
            client,
            url,
            username: username.to_owned(),
            password: password.to_owned(),
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

    /// Announces a file of `size` bytes.
    pub async fn announce(&self, title: &str, content_type: &str, size: u64) -> Result<Value> {
        let body = json!({ "fileName": "a.mp4", "contentType": content_type, "fileSize": size, "title": title });
        let answer = self.request(Method::POST, "/api/v1/uploads").json(&body).send().await?;
        let status = answer.status();
        let begun: Value = answer.json().await?;
        ensure!(status == 201, "{status}: {begun}");
        Ok(begun)
    }

    /// Uploads `file` as a browser does, in one piece or in parts, and answers the id of its video.
    pub async fn upload(&self, title: &str, content_type: &str, file: &Path) -> Result<String> {
        let bytes = std::fs::read(file)?;
        let begun = self.announce(title, content_type, bytes.len() as u64).await?;
        match begun["url"].as_str() {
            Some(url) => {
                let mut put = self.client.put(url).body(bytes);
                for (name, value) in begun["headers"].as_object().into_iter().flatten() {
                    put = put.header(name, value.as_str().unwrap_or_default());
                }
                let answer = put.send().await?;
                ensure!(answer.status() == 200, "{}", answer.text().await?);
            }
            None => self.send_parts(&begun, &bytes).await?,
        }
        text(&begun, "videoId")
    }

    async fn send_parts(&self, begun: &Value, bytes: &[u8]) -> Result<()> {
        let size = usize::try_from(begun["partSize"].as_u64().context("no part size")?)?;
        let mut parts = Vec::new();
        for (part, body) in begun["parts"].as_array().context("no parts")?.iter().zip(bytes.chunks(size)) {
            let url = text(part, "url")?;
            let answer = self.client.put(url).body(body.to_vec()).send().await?;
            ensure!(answer.status() == 200, "{}", answer.text().await?);
            let etag = answer.headers()["etag"].to_str()?.to_owned();
            parts.push(json!({ "number": part["number"], "etag": etag }));
        }
        let path = format!("/api/v1/uploads/{}/complete", text(begun, "uploadId")?);
        let answer = self.request(Method::POST, &path).json(&json!({ "parts": parts })).send().await?;
        ensure!(answer.status() == 202, "{}", answer.text().await?);
        Ok(())
    }

    /// The video as it is now.
    pub async fn video(&self, id: &str) -> Result<Value> {
        let answer = self.request(Method::GET, &format!("/api/v1/videos/{id}")).send().await?;
        ensure!(answer.status() == 200, "{}", answer.text().await?);
        Ok(answer.json().await?)
    }

    /// Waits until the video is READY or FAILED, and answers it.
    pub async fn finished(&self, id: &str) -> Result<Value> {
        self.video_that(id, |video| matches!(video["status"].as_str(), Some("READY" | "FAILED"))).await
    }

    /// Waits until something is true of the video, and answers it.
    pub async fn video_that(&self, id: &str, holds: impl Fn(&Value) -> bool) -> Result<Value> {
        let started = Instant::now();
        loop {
            let video = self.video(id).await?;
            if holds(&video) {
                return Ok(video);
            }
            ensure!(started.elapsed() < PATIENCE, "still {video}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
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
