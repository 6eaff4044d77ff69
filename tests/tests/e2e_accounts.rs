//! Accounts on the real binaries, over HTTP.

use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::{Person, Stack, problem_code};

#[tokio::test]
async fn registering_opens_a_session_that_knows_me() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let answer = ada.request(Method::GET, "/api/v1/users/me").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["etag"], "\"v1\"");
    let me: Value = answer.json().await.unwrap();
    assert_eq!(me["username"], ada.username);
    assert!(me.get("passwordHash").is_none() && !me.to_string().contains("argon2"), "{me}");
}

#[tokio::test]
async fn a_taken_name_or_address_is_a_conflict() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let register = |username: String, email: String| {
        let body = json!({ "username": username, "email": email, "password": "another long password" });
        ada.anonymous(Method::POST, "/api/v1/auth/register").json(&body).send()
    };
    let answer = register(ada.username.clone(), "new@example.org".into()).await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(problem_code(answer).await.unwrap(), "username-taken");
    let answer = register(format!("{}x", ada.username), format!("{}@EXAMPLE.org", ada.username)).await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(problem_code(answer).await.unwrap(), "email-taken");
}

#[tokio::test]
async fn every_violation_is_reported_at_once() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let body = json!({ "username": "No Good", "email": "nowhere", "password": "short" });
    let answer = ada.anonymous(Method::POST, "/api/v1/auth/register").json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/username", "/email", "/password"]);
}

#[tokio::test]
async fn unknown_fields_and_broken_json_are_refused() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let body =
        json!({ "username": "somebody", "email": "a@b.org", "password": "long enough it is", "roles": ["admin"] });
    let answer = ada.anonymous(Method::POST, "/api/v1/auth/register").json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let answer = ada
        .anonymous(Method::POST, "/api/v1/auth/register")
        .header("content-type", "application/json")
        .body("{\"username\":")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn an_account_survives_kill_9() {
    let stack = Stack::start().unwrap();
    let ada = Person::register(&stack).await.unwrap();
    stack.kill_9_and_restart().unwrap();
    let ada = ada.at(stack.url("front"));
    // The signing key survives too: the old access token still works.
    let answer = ada.request(Method::GET, "/api/v1/users/me").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(ada.log_in_with(&ada.password).await.unwrap().status(), 200);
}

#[tokio::test]
async fn old_refresh_token_kills_the_family() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let answer = ada.refresh_with(&ada.refresh_token).await.unwrap();
    assert_eq!(answer.status(), 200);
    let session: Value = answer.json().await.unwrap();
    let second = session["refreshToken"].as_str().unwrap();
    assert_ne!(second, ada.refresh_token);
    assert_eq!(ada.refresh_with(&ada.refresh_token).await.unwrap().status(), 401);
    assert_eq!(ada.refresh_with(second).await.unwrap().status(), 401, "the whole family has ended");
    assert_eq!(ada.log_in_with(&ada.password).await.unwrap().status(), 200, "another login is not concerned");
}

#[tokio::test]
async fn one_refresh_token_is_good_for_one_of_many_parallel_tries() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let tries: Vec<_> = (0..10)
        .map(|_| {
            let ada = ada.clone();
            tokio::spawn(async move { ada.refresh_with(&ada.refresh_token).await.unwrap().status().as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [[200].as_slice(), &[401; 9]].concat());
}

#[tokio::test]
async fn one_name_goes_to_one_of_many_parallel_registrations() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let name = format!("{}_wanted", ada.username);
    let tries: Vec<_> = (0..10)
        .map(|number| {
            let (ada, name) = (ada.clone(), name.clone());
            tokio::spawn(async move {
                let email = format!("{name}{number}@example.org");
                let body = json!({ "username": name, "email": email, "password": "another long password" });
                let request = ada.anonymous(Method::POST, "/api/v1/auth/register").json(&body);
                request.send().await.unwrap().status().as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in tries {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [[201].as_slice(), &[409; 9]].concat());
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let body = json!({ "refreshToken": ada.refresh_token });
    for _ in 0..2 {
        let answer = ada.anonymous(Method::POST, "/api/v1/auth/logout").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }
    assert_eq!(ada.refresh_with(&ada.refresh_token).await.unwrap().status(), 401);
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_session() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let other: Value = ada.log_in_with(&ada.password).await.unwrap().json().await.unwrap();
    let leave = async |path: &str| ada.request(Method::POST, path).send().await.unwrap().status().as_u16();
    assert_eq!(leave("/api/v1/auth/logout-all").await, 204);
    for token in [&ada.refresh_token, other["refreshToken"].as_str().unwrap()] {
        assert_eq!(ada.refresh_with(token).await.unwrap().status(), 401);
    }
    let edit = json!({ "bio": "Still here." });
    let patch = |token: String| {
        let request = ada.anonymous(Method::PATCH, "/api/v1/users/me").bearer_auth(token);
        request.header("if-match", "*").json(&edit).send()
    };
    assert_eq!(patch(ada.access_token.clone()).await.unwrap().status(), 401);
    assert_eq!(patch(other["accessToken"].as_str().unwrap().to_owned()).await.unwrap().status(), 401);
    assert_eq!(leave("/api/auth/logout-all").await, 401, "this session is over, too");
    let again: Value = ada.log_in_with(&ada.password).await.unwrap().json().await.unwrap();
    assert_eq!(patch(again["accessToken"].as_str().unwrap().to_owned()).await.unwrap().status(), 200);
    let nobody = ada.anonymous(Method::POST, "/api/v1/auth/logout-all").send().await.unwrap();
    assert_eq!(nobody.status(), 401);
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let change = |token: &str, current: &str, new: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        ada.anonymous(Method::PUT, "/api/v1/users/me/password").bearer_auth(token).json(&body).send()
    };
    let short = change(&ada.access_token, &ada.password, "short").await.unwrap();
    assert_eq!(short.status(), 400);
    let short: Value = short.json().await.unwrap();
    assert_eq!(short["errors"][0]["pointer"], "/newPassword", "{short}");
    let wrong = change(&ada.access_token, "not the password", "another horse battery").await.unwrap();
    assert_eq!(wrong.status(), 403);
    assert_eq!(problem_code(wrong).await.unwrap(), "wrong-password");

    let changed = change(&ada.access_token, &ada.password, "another horse battery").await.unwrap();
    assert_eq!(changed.status(), 200);
    let session: Value = changed.json().await.unwrap();
    assert_eq!(session["user"]["username"], ada.username);
    assert_eq!(ada.refresh_with(&ada.refresh_token).await.unwrap().status(), 401);
    let late = change(&ada.access_token, "another horse battery", "a third horse battery").await.unwrap();
    assert_eq!(late.status(), 401, "the access token of before changes nothing");
    let here = session["accessToken"].as_str().unwrap();
    let me = ada.anonymous(Method::GET, "/api/v1/users/me").bearer_auth(here).send().await.unwrap();
    assert_eq!(me.status(), 200);
    assert_eq!(ada.refresh_with(session["refreshToken"].as_str().unwrap()).await.unwrap().status(), 200);
    assert_eq!(ada.log_in_with(&ada.password).await.unwrap().status(), 401);
    assert_eq!(ada.log_in_with("another horse battery").await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_eleventh_wrong_current_password_is_429() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let body = json!({ "currentPassword": "not the password", "newPassword": "another horse battery" });
    let guesses: Vec<_> = (0..30)
        .map(|_| {
            let request = ada.request(Method::PUT, "/api/v1/users/me/password").json(&body);
            tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            403 => looked_at += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(looked_at, 10);
    let right = json!({ "currentPassword": ada.password, "newPassword": "another horse battery" });
    let answer = ada.request(Method::PUT, "/api/v1/users/me/password").json(&right).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(ada.log_in_with(&ada.password).await.unwrap().status(), 200, "logging in is counted by itself");
}

#[tokio::test]
async fn the_eleventh_failed_login_is_429() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    for _ in 0..10 {
        assert_eq!(ada.log_in_with("not the password").await.unwrap().status(), 401);
    }
    let answer = ada.log_in_with(&ada.password).await.unwrap();
    assert_eq!(answer.status(), 429);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
}

#[tokio::test]
async fn parallel_guesses_cannot_pass_the_limit() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let guesses: Vec<_> = (0..30)
        .map(|_| {
            let ada = ada.clone();
            tokio::spawn(async move { ada.log_in_with("not the password").await.unwrap().status().as_u16() })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            401 => looked_at += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(looked_at, 10);
}

#[tokio::test]
async fn unknown_names_and_wrong_passwords_get_the_same_answer() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let nobody = ada.named("nobody_at_all");
    let mut bodies = Vec::new();
    for person in [&ada, &nobody] {
        let answer = person.log_in_with("not the password").await.unwrap();
        assert_eq!(answer.status(), 401);
        let mut problem: Value = answer.json().await.unwrap();
        problem["requestId"] = Value::Null;
        bodies.push(problem);
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn a_profile_is_edited_by_its_version() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let edit = json!({ "displayName": "Ada \u{1F680}", "bio": "Counts." });
    let patch = |version: Option<&str>| {
        let request = ada.request(Method::PATCH, "/api/v1/users/me").json(&edit);
        match version {
            Some(version) => request.header("if-match", version).send(),
            None => request.send(),
        }
    };
    assert_eq!(patch(None).await.unwrap().status(), 428);
    assert_eq!(patch(Some("\"v7\"")).await.unwrap().status(), 412);
    let answer = patch(Some("\"v1\"")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["etag"], "\"v2\"");
    let answer = ada.request(Method::GET, "/api/v1/users/me").header("if-none-match", "\"v2\"").send().await.unwrap();
    assert_eq!(answer.status(), 304);
    let answer = ada.anonymous(Method::GET, &format!("/api/v1/users/{}", ada.username)).send().await.unwrap();
    let profile: Value = answer.json().await.unwrap();
    assert_eq!(profile["displayName"], "Ada \u{1F680}");
    assert!(profile.get("email").is_none(), "{profile}");
}

#[tokio::test]
async fn an_erased_account_is_gone_and_its_name_is_free() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let answer = ada.request(Method::DELETE, "/api/v1/users/me").send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(ada.log_in_with(&ada.password).await.unwrap().status(), 401);
    assert_eq!(ada.refresh_with(&ada.refresh_token).await.unwrap().status(), 401);
    let answer = ada.anonymous(Method::GET, &format!("/api/v1/users/{}", ada.username)).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let body = json!({ "username": ada.username, "email": "next@example.org", "password": "another long password" });
    let answer = ada.anonymous(Method::POST, "/api/v1/auth/register").json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

#[tokio::test]
async fn no_token_and_bad_tokens_get_one_answer() {
    let ada = Person::register(Stack::shared()).await.unwrap();
    let half = &ada.access_token[..ada.access_token.len() - 4];
    for token in ["", "garbage", "a.b.c", half] {
        let answer = ada.anonymous(Method::GET, "/api/v1/users/me").bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{token}");
        assert_eq!(problem_code(answer).await.unwrap(), "unauthenticated");
    }
    let answer = ada.anonymous(Method::GET, "/api/v1/users/me").send().await.unwrap();
    assert_eq!(answer.status(), 401);
}
