//! Users, their unique names and their refresh tokens.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use skylark_domain::account::{RefreshToken, User};
use skylark_domain::ids::UserId;
use skylark_domain::outbox::{Change, RecordedEvent};
use skylark_domain::ports::{Accounts, Registered, Rotated, TokenVersions};
use skylark_domain::{PortError, PortErrorKind};

use crate::entity::UniqueName;
use crate::keys::{self, Key};
use crate::table::{Expression, Table, Write};

#[async_trait]
impl Accounts for Table {
    async fn register(&self, change: Change<User>) -> Result<Registered, PortError> {
        let user = &change.next;
        let mut writes = vec![
            Write::create(&UniqueName::new(keys::unique_username(&user.username), user.id)),
            Write::create(&UniqueName::new(keys::unique_email(&user.email), user.id)),
            Write::create(user),
            Write::create(&event_of(&change)),
        ];
        let claim = writes.len();
        writes.extend(
            user.subject
                .as_deref()
                .map(|digest| Write::create(&UniqueName::new(keys::unique_subject(digest), user.id))),
        );
        match self.transact(writes).await? {
            Ok(()) => Ok(Registered::Done),
            Err(refused) if refused.at(claim) => Ok(Registered::SubjectTaken),
            Err(refused) if refused.at(0) => Ok(Registered::UsernameTaken),
            Err(refused) if refused.at(1) => Ok(Registered::EmailTaken),
            Err(_) => Err(stale(user.id)),
        }
    }

    async fn save(&self, change: Change<User>) -> Result<(), PortError> {
        let user = &change.next;
        let writes = vec![Write::replace(user, user.version - 1), Write::create(&event_of(&change))];
        self.transact(writes).await?.map_err(|_| stale(user.id))
    }

    async fn erase(&self, change: Change<User>) -> Result<(), PortError> {
        let user = &change.next;
        let mut writes = vec![
            Write::DeleteVersion(keys::user(user.id), user.version - 1),
            Write::Delete(keys::unique_username(&user.username)),
            Write::Delete(keys::unique_email(&user.email)),
            Write::create(&event_of(&change)),
        ];
        writes.extend(user.subject.as_deref().map(|digest| Write::Delete(keys::unique_subject(digest))));
        self.transact(writes).await?.map_err(|_| stale(user.id))
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError> {
        self.get(keys::user(id)).await
    }

    async fn by_username(&self, username: &str) -> Result<Option<User>, PortError> {
        self.by_unique_name(keys::unique_username(username)).await
    }

    async fn by_subject(&self, digest: &str) -> Result<Option<User>, PortError> {
        self.by_unique_name(keys::unique_subject(digest)).await
    }

    async fn by_email(&self, email: &str) -> Result<Option<User>, PortError> {
        self.by_unique_name(keys::unique_email(email)).await
    }

    async fn add_token(&self, token: RefreshToken) -> Result<(), PortError> {
        self.put(&token).await
    }

    async fn token(&self, user: UserId, digest: &str) -> Result<Option<RefreshToken>, PortError> {
        self.get(keys::refresh_token(user, digest)).await
    }

    async fn rotate_token(&self, old: &RefreshToken, next: RefreshToken, now: Timestamp) -> Result<Rotated, PortError> {
        let spend = Expression::new("SET spentAt = :now", "attribute_exists(#pk) AND attribute_not_exists(spentAt)")
            .name("#pk", keys::PK)
            .value(":now", AttributeValue::S(now.to_string()));
        let old = keys::refresh_token(old.user_id, &old.digest);
        match self.transact(vec![Write::Update(old, spend), Write::create(&next)]).await? {
            Ok(()) => Ok(Rotated::Done),
            Err(_) => Ok(Rotated::AlreadySpent),
        }
    }

    async fn end_tokens(&self, user: UserId, family: Option<&str>) -> Result<(), PortError> {
        let tokens: Vec<RefreshToken> = self.query(keys::user_partition(user), keys::REFRESH_TOKENS).await?;
        for token in tokens.iter().filter(|token| family.is_none_or(|family| family == token.family)) {
            self.delete(keys::refresh_token(user, &token.digest)).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl TokenVersions for Table {
    async fn token_version(&self, user: UserId) -> Result<Option<u32>, PortError> {
        Ok(self.get::<User>(keys::user(user)).await?.map(|user| user.token_version))
    }
}

impl Table {
    async fn by_unique_name(&self, key: Key) -> Result<Option<User>, PortError> {
        match self.get::<UniqueName>(key).await? {
            Some(name) => self.get(keys::user(name.user_id)).await,
            None => Ok(None),
        }
    }
}

fn event_of(change: &Change<User>) -> RecordedEvent {
    RecordedEvent {
        aggregate: keys::user_partition(change.next.id),
        version: change.next.version,
        event: change.event.clone(),
    }
}

fn stale(user: UserId) -> PortError {
    PortError::new("accounts", PortErrorKind::Conflict, format!("{user} has another version"))
}
