//! The chat when its processes are killed: what was echoed is stored, once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use skylark_tests::Stack;
use skylark_tests::chat::storm::{Kill, Storm};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_and_doubles_no_message_that_was_echoed() {
    let stack = Arc::new(Stack::start().unwrap());
    let storm = Storm {
        clients: 10,
        each: 30,
        kills: vec![Kill::Everything, Kill::Message, Kill::Broadcast, Kill::Entrance, Kill::Everything],
        // The SDK's time. A shorter one would on a slow machine be more than a room takes.
        resend: Duration::from_secs(10),
        seed: 4,
    };
    let account = storm.run(&stack).await.unwrap();
    assert_eq!(account.echoed, 300);
    assert_eq!((&account.lost, &account.doubled, &account.phantoms), (&vec![], &vec![], &vec![]), "{account:?}");
    assert_eq!(account.unseen, 0, "somebody does not see what the others have said: {account:?}");
    // What a connection says while nobody hears it is heard at once afterwards: that may be more than five in a second. The
    // message is sent again, like every other whose echo does not come.
    let is_haste = |refusal: &Value| refusal["code"] == "RATE_LIMITED";
    assert!(account.refused.iter().all(is_haste), "{account:?}");
    assert_eq!(account.killed.len(), 4, "{account:?}");
    // Everybody was cut off twice, and half of them three times.
    assert!(account.reconnects >= 20, "{account:?}");
}
