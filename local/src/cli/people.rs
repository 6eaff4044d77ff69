//! The people of the demonstrations.

use reqwest::Method;
use serde_json::json;

use super::person::Person;

/// Somebody with a profile.
pub(super) struct Profile {
    pub(super) username: &'static str,
    display_name: &'static str,
    bio: &'static str,
}

/// Who can sign in on every local stack.
pub(super) const DEMO: Profile =
    Profile { username: "demo", display_name: "Demo", bio: "The account to try things with: upload, go live, chat." };
/// Makes videos and streams.
pub(super) const CREATOR: Profile = Profile {
    username: "robin_films",
    display_name: "Robin Meadows",
    bio: "Films the sky before breakfast. Live when the birds are.",
};
/// Watches and writes.
pub(super) const VIEWER: Profile = Profile {
    username: "wren_watches",
    display_name: "Wren Okafor",
    bio: "Watches, asks, and knows most birds by their voices.",
};

impl Profile {
    /// Signs them in, and writes the profile unless there is one.
    pub(super) async fn sign_in(&self, front: &str) -> anyhow::Result<Person> {
        let person = Person::sign_in(front, self.username).await?;
        let me = person.get("/users/me").await?;
        if me["bio"].is_null() && me["displayName"] == self.username {
            let profile = json!({ "displayName": self.display_name, "bio": self.bio });
            person.ask(Method::PATCH, "/users/me", Some(&profile)).await?;
        }
        Ok(person)
    }
}
