//! How many watch.

use futures_util::future::join_all;
use jiff::Timestamp;
use skylark_tests::{Person, Stack};

use crate::ears::{Cast, Ears};

/// Each gets five tickets at once.
const CROWD: usize = 6;

#[tokio::test]
async fn a_crowd_that_comes_and_goes_is_counted_at_most_every_three_seconds_and_rightly() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    owner.until_count(1).await;
    let people = join_all((0..CROWD).map(|_| Person::register(Stack::shared()))).await;
    let people: Vec<Person> = people.into_iter().map(Result::unwrap).collect();
    let come = people.iter().flat_map(|person| std::iter::repeat_n(person, 5)).map(async |person| {
        let address = person.chat_address(&cast.id).await.unwrap();
        Ears::silent(&address).await
    });
    let crowd = join_all(come).await;
    owner.until_count(31).await;
    drop(crowd);
    owner.until_count(1).await;
    let updates = owner.of_type("VIEW_UPDATE");
    let at: Vec<Timestamp> =
        updates.iter().map(|update| update["timestamp"].as_str().unwrap().parse().unwrap()).collect();
    assert!(at.windows(2).all(|two| two[1].duration_since(two[0]).as_millis() >= 3000), "{updates:?}");
    assert!(updates.len() <= 8, "{updates:?}");
}
