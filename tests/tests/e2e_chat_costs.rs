//! What rooms cost: the table's calls and their capacity units, by the function that makes them, and the frames posted. All
//! of it stands in `chat_costs.golden`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use skylark_tests::chat::Chat;
use skylark_tests::{Person, Stack};
use tokio::sync::Mutex;

const GOLDEN: &str = include_str!("chat_costs.golden");
/// Processes believe what they know of a room for five seconds, and windows of tickets and guests last ten: what takes
/// longer than this is not the usual case.
const WARM: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(60);
/// What a page of fifty consists of.
const LINE: &str = "A message of the usual length, about sixty characters of it.";

struct Ledger {
    stack: Stack,
    text: String,
}

impl Ledger {
    /// Writes down what these functions do while something is done again and again: what two times in a row have in common
    /// is the usual case. What a process believes may have become too old in one of them.
    async fn measure(&mut self, title: &str, functions: &[&str], mut act: impl AsyncFnMut(usize)) {
        act(0).await;
        let mut last = None;
        for time in 1..20 {
            self.quiet(functions).await;
            self.stack.forget_capacity().await.unwrap();
            self.stack.forget_calls().await.unwrap();
            let began = Instant::now();
            act(time / 4).await;
            let capacity = self.quiet(functions).await;
            let calls = self.stack.calls().await.unwrap();
            let posts = calls.get("execute-api.PostToConnection").copied().unwrap_or_default();
            let now = (began.elapsed() < WARM).then_some((capacity, posts));
            if let Some((capacity, posts)) = now.as_ref().filter(|now| last.as_ref() == Some(*now)) {
                return self.note(title, functions, capacity, *posts);
            }
            last = now;
        }
        panic!("{title}: the machine is too slow");
    }

    fn note(&mut self, title: &str, functions: &[&str], capacity: &Value, posts: u64) {
        writeln!(self.text, "{title}").unwrap();
        for function in functions {
            for (operation, cost) in capacity[function].as_object().unwrap() {
                let (calls, units) = (&cost["calls"], cost["units"].as_f64().unwrap());
                let reads = ["GetItem", "BatchGetItem", "Query"].contains(&operation.as_str());
                let kind = if reads { "RRU" } else { "WRU" };
                writeln!(self.text, "  {function}: {calls} {operation}, {units} {kind}").unwrap();
            }
        }
        if functions == ["chat-broadcast"] {
            writeln!(self.text, "  {posts} frames").unwrap();
        }
    }

    /// What these functions have cost, once that does not grow any more.
    async fn quiet(&self, functions: &[&str]) -> Value {
        let look = async || {
            let mut capacity = self.stack.capacity().await.unwrap();
            Value::from_iter(functions.iter().map(|name| ((*name).to_owned(), capacity[*name].take())))
        };
        let mut before = look().await;
        until("quiet", async || {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let now = look().await;
            std::mem::replace(&mut before, now.clone()) == now
        })
        .await;
        before
    }
}

/// How often a function has made a call.
async fn count(admin: &str, function: &str, operation: &str) -> u64 {
    let capacity: Value = reqwest::get(format!("{admin}/capacity")).await.unwrap().json().await.unwrap();
    capacity[function][operation]["calls"].as_u64().unwrap_or_default()
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < PATIENCE, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Somebody who is too many for the moment waits.
async fn let_in<T>(mut knock: impl AsyncFnMut() -> Result<T>) -> T {
    let began = Instant::now();
    loop {
        match knock().await {
            Ok(guest) => return guest,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// A stream's room.
async fn room(owner: &Person, mode: &str) -> String {
    let stream = owner.stream_with(json!({ "title": "Counted", "chat": { "mode": mode } })).await.unwrap();
    stream["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn rooms_cost_exactly_what_is_written_down() {
    let stack = Stack::start().unwrap();
    let mut people = Vec::new();
    for _ in 0..8 {
        people.push(Person::register(&stack).await.unwrap());
    }
    let mut ledger = Ledger { stack, text: String::new() };
    comings_and_goings(&mut ledger, &people).await;
    conversation(&mut ledger, &people).await;
    println!("{}", ledger.text);
    assert_eq!(ledger.text, GOLDEN, "what is written down in chat_costs.golden is not what it costs");
}

async fn comings_and_goings(ledger: &mut Ledger, people: &[Person]) {
    let (open, members) = (room(&people[0], "OPEN").await, room(&people[1], "MEMBERS").await);
    let front = ledger.stack.url("front").replacen("http://", "ws://", 1);
    let addresses = [&open, &members].map(|id| format!("{front}/ws/live/{id}?user_id=1"));
    let (member, guest, reader) = (RefCell::default(), RefCell::default(), RefCell::default());
    let come = async |inside: &RefCell<Vec<Chat>>, kind: usize, round: usize| {
        let chat = let_in(async || match kind {
            0 => Chat::connect(&people[2 + round].chat_address(&open).await?, None).await,
            kind => Chat::connect(&addresses[kind - 1], None).await,
        })
        .await;
        inside.borrow_mut().push(chat);
    };
    let kinds = [("member with a ticket", &member), ("guest", &guest), ("guest who only reads", &reader)];
    ledger.stack.forget_capacity().await.unwrap();
    for (kind, (who, inside)) in kinds.into_iter().enumerate() {
        let functions = if kind == 0 { &["stream-handler", "chat-connect"][..] } else { &["chat-connect"] };
        ledger.measure(&format!("join of a {who}"), functions, async |round| come(inside, kind, round).await).await;
    }
    for (kind, (who, inside)) in kinds.into_iter().enumerate() {
        let stack = ledger.stack.url("admin");
        let leave = async |round| {
            if inside.borrow().is_empty() {
                come(inside, kind, round).await;
            }
            let before = count(&stack, "chat-disconnect", "TransactWriteItems").await;
            drop(inside.borrow_mut().pop());
            until("the end", async || count(&stack, "chat-disconnect", "TransactWriteItems").await > before).await;
        };
        ledger.measure(&format!("leave of a {who}"), &["chat-disconnect"], leave).await;
    }
}

async fn conversation(ledger: &mut Ledger, people: &[Person]) {
    let id = room(&people[0], "MEMBERS").await;
    let mut chats = Vec::new();
    for (number, person) in people.iter().take(3).enumerate() {
        let mut chat = Chat::enter(person, &id).await.unwrap();
        // Whoever was counted is counted: nothing is left to be done for those who came.
        chat.frame_that(|frame| frame["type"] == "VIEW_UPDATE" && frame["count"] == number + 1).await.unwrap();
        chats.push(chat);
    }
    let chats = Mutex::new(chats);
    let number = Cell::new(0);
    let speak = async |with_id: bool| {
        let mut chats = chats.lock().await;
        let number = number.replace(number.get() + 1);
        let content = format!("{LINE} {number}");
        match with_id {
            true => chats[1].say(&content, &format!("c-{number}")).await.unwrap(),
            false => chats[1].send(&json!({ "type": "CHAT", "content": content })).await.unwrap(),
        }
        for chat in chats.iter_mut() {
            chat.frame_that(|frame| frame["content"] == content).await.unwrap();
        }
    };
    ledger.measure("message", &["chat-message"], async |_| speak(false).await).await;
    ledger.measure("message with a client_id", &["chat-message"], async |_| speak(true).await).await;
    ledger.measure("broadcast of a message to three", &["chat-broadcast"], async |_| speak(false).await).await;

    for line in 0..50 {
        let mut chats = chats.lock().await;
        let content = format!("{LINE} {line}.");
        chats[0].send(&json!({ "type": "CHAT", "content": content })).await.unwrap();
        chats[0].frame_that(|frame| frame["content"] == content).await.unwrap();
    }
    let ask = async |frame: Value, answer: &str, field: &str| {
        let chat = &mut chats.lock().await[1];
        chat.send(&frame).await.unwrap();
        let answer = chat.frame_that(|frame| frame["type"] == answer).await.unwrap();
        assert!(field.is_empty() || answer[field].as_array().is_some_and(|some| some.len() == 50), "{answer}");
    };
    let functions = ["chat-message"];
    let hello = json!({ "type": "HELLO" });
    ledger
        .measure("HELLO with fifty messages", &functions, async |_| ask(hello.clone(), "JOINED", "history").await)
        .await;
    let history = json!({ "type": "HISTORY" });
    ledger.measure("HISTORY of fifty", &functions, async |_| ask(history.clone(), "HISTORY", "messages").await).await;
    ledger.measure("PING", &functions, async |_| ask(json!({ "type": "PING" }), "PONG", "").await).await;
    let path = format!("/api/v1/streams/{id}/messages");
    let page = async |_| {
        let answer = people[1].anonymous(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap()["items"].as_array().map(Vec::len), Some(50));
    };
    ledger.measure("history of fifty over HTTP", &["stream-handler"], page).await;
}
