//! What was said before.

use reqwest::Method;
use serde_json::{Value, json};

use crate::ears::{Cast, Ears, send};

fn ids(messages: &Value) -> Vec<String> {
    messages.as_array().unwrap().iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
}

async fn say_all(ears: &mut Ears, contents: &[String]) {
    for some in contents.chunks(10) {
        let goal = ears.contents().len() + some.len();
        for content in some {
            ears.chat(content).await;
        }
        while ears.contents().len() < goal {
            ears.until("a message", |frame| frame["type"] == "CHAT_BROADCAST").await;
        }
    }
}

#[tokio::test]
async fn whoever_enters_sees_the_latest_and_whoever_comes_back_has_no_gap() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let mut viewer = Ears::enter(&cast.viewer, &cast.id).await;
    let contents: Vec<String> = (0..60).map(|number| format!("early {number}")).collect();
    say_all(&mut owner, &contents).await;
    while viewer.contents().len() < 60 {
        viewer.until("a message", |frame| frame["type"] == "CHAT_BROADCAST").await;
    }
    let seen = viewer.of_type("CHAT_BROADCAST").last().map(|last| (*last).clone()).unwrap();
    drop(viewer);
    let missed = [owner.chat_and_hear("missed 1").await, owner.chat_and_hear("missed 2").await];

    let welcome = Ears::enter(&cast.viewer, &cast.id).await.of_type("JOINED")[0].clone();
    let latest = welcome["history"].as_array().unwrap();
    assert_eq!((latest.len(), &welcome["more"]), (50, &json!(false)));
    assert_eq!(latest[48..], missed);

    // The last message that was seen may stand in the address, or in the first frame.
    let address = cast.viewer.chat_address(&cast.id).await.unwrap();
    let by_address = Ears::welcomed(&format!("{address}&after={}", seen["id"].as_str().unwrap())).await;
    let mut by_frame = Ears::silent(&cast.viewer.chat_address(&cast.id).await.unwrap()).await;
    by_frame.say(&json!({ "type": "HELLO", "after": seen["id"], "limit": 100 })).await;
    by_frame.until("JOINED", |frame| frame["type"] == "JOINED").await;
    for (ears, limit) in [(by_address, 50), (by_frame, 100)] {
        let mut found = ears.of_type("JOINED")[0].clone();
        // Some of what was seen comes again, since clocks differ; what is too much for one frame is asked for.
        let mut ears = ears;
        let mut all = ids(&found["history"]);
        assert!(all.len() <= limit);
        while found["more"] == true {
            ears.say(&json!({ "type": "HISTORY", "after": all.last(), "limit": limit })).await;
            found = ears.until("HISTORY", |frame| frame["type"] == "HISTORY").await;
            all.extend(ids(&found["messages"]));
        }
        assert_eq!(all[all.len() - 2..], [&missed[0], &missed[1]].map(|message| message["id"].as_str().unwrap()));
        let order: Vec<&String> = all.iter().collect();
        assert!(order.is_sorted(), "{order:?}");
        assert!(all.contains(&seen["id"].as_str().unwrap().to_owned()) || all.len() == 2, "{all:?}");
    }
}

#[tokio::test]
async fn a_hundred_and_twenty_messages_are_paged_through_both_ways() {
    let cast = Cast::new("MEMBERS").await;
    let mut owner = Ears::enter(&cast.owner, &cast.id).await;
    let contents: Vec<String> = (0..120).map(|number| format!("line {number}")).collect();
    say_all(&mut owner, &contents).await;

    let mut pages = Vec::new();
    let mut next = cast.path("/messages?limit=50");
    loop {
        let answer = cast.viewer.anonymous(Method::GET, &next).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let page: Value = answer.json().await.unwrap();
        pages.push(ids(&page["items"]));
        let (Some(cursor), Some(link)) = (page["nextCursor"].as_str(), &link) else {
            assert_eq!((&page["nextCursor"], link), (&Value::Null, None));
            break;
        };
        let (target, relation) = link.strip_prefix('<').and_then(|link| link.split_once('>')).unwrap();
        assert!(relation.contains("rel=\"next\"") && target.contains("limit=50"), "{link}");
        assert!(target.contains(&format!("cursor={cursor}")), "{link}");
        next = target.to_owned();
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
    let whole: Vec<String> = pages.into_iter().rev().flatten().collect();
    assert!(whole.is_sorted());
    let mut heard: Vec<String> =
        owner.of_type("CHAT_BROADCAST").iter().map(|frame| frame["id"].as_str().unwrap().to_owned()).collect();
    heard.sort_unstable();
    assert_eq!(whole, heard);

    // The other way, from the first.
    let path = cast.path(&format!("/messages?limit=100&after={}", whole[0]));
    let first: Value = send(&cast.viewer, Method::GET, &path).await.json().await.unwrap();
    let path = cast.path(&format!("/messages?limit=100&cursor={}", first["nextCursor"].as_str().unwrap()));
    let second: Value = send(&cast.viewer, Method::GET, &path).await.json().await.unwrap();
    assert_eq!([ids(&first["items"]), ids(&second["items"])].concat(), whole[1..]);
    // And over the socket.
    owner.say(&json!({ "type": "HISTORY", "before": whole[50], "limit": 30 })).await;
    let page = owner.until("HISTORY", |frame| frame["type"] == "HISTORY").await;
    assert_eq!((ids(&page["messages"]), &page["more"]), (whole[20..50].to_vec(), &json!(true)));
}
