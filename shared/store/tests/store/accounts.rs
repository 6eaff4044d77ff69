//! Users, names and tokens.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use skylark_domain::account::commands::Register;
use skylark_domain::account::sessions::ChangePassword;
use skylark_domain::account::{AccountService, RefreshToken, Role, Session, User};
use skylark_domain::ids::new_id;
use skylark_domain::outbox::{Change, DomainEvent};
use skylark_domain::ports::{Accounts, Attempts, PublicKeys, Reachable, Registered, Rotated};
use skylark_domain::testing::{FixedClock, PlainPasswords};
use skylark_domain::{Error, PortErrorKind};
use skylark_store::Table;

use crate::world::{World, now, world};

const WINDOW: SignedDuration = SignedDuration::from_mins(15);

fn user(name: &str) -> User {
    User {
        id: new_id(now()),
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        password_hash: "hash".into(),
        subject: None,
        roles: vec![Role::Viewer],
        display_name: None,
        bio: None,
        token_version: 0,
        created_at: now(),
        updated_at: now(),
        version: 1,
    }
}

fn change(next: &User, name: &str) -> Change<User> {
    let event =
        DomainEvent { id: new_id(now()), name: name.to_owned(), at: now(), correlation_id: None, data: json!({}) };
    Change { next: next.clone(), event }
}

fn service(table: &Table) -> AccountService {
    let table = Arc::new(table.clone());
    AccountService {
        accounts: table.clone(),
        attempts: table,
        passwords: Arc::new(PlainPasswords),
        clock: Arc::new(FixedClock::at(now())),
    }
}

fn token(user: &User, digest: &str, family: &str) -> RefreshToken {
    let expires_at = now() + SignedDuration::from_hours(24);
    RefreshToken {
        user_id: user.id,
        digest: digest.into(),
        family: family.into(),
        token_version: user.token_version,
        spent_at: None,
        expires_at,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_belong_to_one_user_in_any_case() {
    let World { table, .. } = &world().await;
    table.ping().await.unwrap();
    let ada = user("ada");
    assert_eq!(table.register(change(&ada, "UserRegistered")).await.unwrap(), Registered::Done);
    let same_name = User { email: "other@example.org".into(), username: "ADA".into(), ..user("x") };
    assert_eq!(table.register(change(&same_name, "UserRegistered")).await.unwrap(), Registered::UsernameTaken);
    let same_email = User { email: "Ada@Example.org".into(), ..user("grace") };
    assert_eq!(table.register(change(&same_email, "UserRegistered")).await.unwrap(), Registered::EmailTaken);
    assert!(table.by_username("grace").await.unwrap().is_none(), "nothing of a refused registration stays");
    for found in [table.by_id(ada.id).await, table.by_username("Ada").await, table.by_email("ADA@example.ORG").await] {
        assert_eq!(found.unwrap().unwrap(), ada);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_an_old_version_is_refused() {
    let World { table, .. } = &world().await;
    let ada = user("ada");
    table.register(change(&ada, "UserRegistered")).await.unwrap();
    let second = User { bio: Some("Counts.".into()), version: 2, ..ada.clone() };
    table.save(change(&second, "ProfileEdited")).await.unwrap();
    let error = table.save(change(&second, "ProfileEdited")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
    let error = table.erase(change(&second, "UserErased")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
    assert_eq!(table.by_id(ada.id).await.unwrap().unwrap(), second);
    table.erase(change(&User { version: 3, ..second }, "UserErased")).await.unwrap();
    assert!(table.by_id(ada.id).await.unwrap().is_none());
    assert_eq!(table.register(change(&user("ada"), "UserRegistered")).await.unwrap(), Registered::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_spent_once_and_families_end_apart() {
    let World { table, .. } = &world().await;
    let ada = user("ada");
    let first = token(&ada, "one", "a");
    table.add_token(first.clone()).await.unwrap();
    table.add_token(token(&ada, "other", "b")).await.unwrap();
    assert_eq!(table.rotate_token(&first, token(&ada, "two", "a"), now()).await.unwrap(), Rotated::Done);
    assert_eq!(table.rotate_token(&first, token(&ada, "three", "a"), now()).await.unwrap(), Rotated::AlreadySpent);
    assert!(table.token(ada.id, "three").await.unwrap().is_none());
    assert_eq!(table.token(ada.id, "one").await.unwrap().unwrap().spent_at, Some(now()));
    table.end_tokens(ada.id, Some("a")).await.unwrap();
    assert!(table.token(ada.id, "two").await.unwrap().is_none());
    assert!(table.token(ada.id, "other").await.unwrap().is_some());
    table.end_tokens(ada.id, None).await.unwrap();
    assert!(table.token(ada.id, "other").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_are_counted_in_a_window_that_begins_with_the_first() {
    let World { table, .. } = &world().await;
    let at = |minutes| now() + SignedDuration::from_mins(minutes);
    assert_eq!(table.add("login:ada", WINDOW, at(0)).await.unwrap().count, 1);
    let window = table.add("login:ada", WINDOW, at(14)).await.unwrap();
    assert_eq!((window.count, window.ends_at), (2, at(15)));
    assert_eq!(table.add("login:grace", WINDOW, at(14)).await.unwrap().count, 1);
    let next = table.add("login:ada", WINDOW, at(15)).await.unwrap();
    assert_eq!((next.count, next.ends_at), (1, at(30)));
    table.forget("login:ada").await.unwrap();
    assert_eq!(table.add("login:ada", WINDOW, at(16)).await.unwrap().count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn published_keys_are_found() {
    let World { table, .. } = &world().await;
    assert_eq!(table.published().await.unwrap(), None);
    table.publish("{}").await.unwrap();
    assert_eq!(table.published().await.unwrap().as_deref(), Some("{}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuers_user_has_one_account() {
    let World { table, .. } = &world().await;
    let known = |name: &str| User { subject: Some("digest".into()), ..user(name) };
    let ada = known("ada");
    assert_eq!(table.register(change(&ada, "UserRegistered")).await.unwrap(), Registered::Done);
    assert_eq!(table.by_subject("digest").await.unwrap().unwrap(), ada);
    let again = table.register(change(&known("eve"), "UserRegistered")).await.unwrap();
    assert_eq!(again, Registered::SubjectTaken);
    assert_eq!(table.by_subject("other").await.unwrap(), None);
    table.erase(change(&User { version: 2, ..ada }, "UserErased")).await.unwrap();
    assert_eq!(table.register(change(&known("eve"), "UserRegistered")).await.unwrap(), Registered::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_before_all_were_ended_is_not_refreshed() {
    let World { table, .. } = &world().await;
    let service = service(table);
    let command =
        Register { username: "ada".into(), email: "ada@example.org".into(), password: "correct horse battery".into() };
    let Session { user, refresh_token } = service.register(command).await.unwrap();
    let refreshed = service.refresh(&refresh_token).await.unwrap();
    // The version is raised before the tokens go: one that is exchanged in between is worth nothing.
    let raised = User { token_version: 1, version: 2, ..user.clone() };
    table.save(change(&raised, "SessionsEnded")).await.unwrap();
    let refused = service.refresh(&refreshed.refresh_token).await.unwrap_err();
    assert!(matches!(refused, Error::Unauthenticated), "{refused:?}");
    let refused = service.logout_everywhere(user.id, 0).await.unwrap_err();
    assert!(matches!(refused, Error::Unauthenticated), "{refused:?}");
    service.logout_everywhere(user.id, 1).await.unwrap();
    assert_eq!(table.by_id(user.id).await.unwrap().unwrap().token_version, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_elsewhere_has_no_password_to_change() {
    let World { table, .. } = &world().await;
    let ada = User { subject: Some("digest".into()), password_hash: String::new(), ..user("ada") };
    table.register(change(&ada, "UserRegistered")).await.unwrap();
    let command = ChangePassword { current: String::new(), new: "correct horse battery".into() };
    let refused = service(table).change_password(ada.id, 0, command).await.unwrap_err();
    assert!(matches!(refused, Error::Conflict { code: "no-password", .. }), "{refused:?}");
}
