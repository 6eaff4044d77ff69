//! What the API offers: types and operations by area. Functions mount them; `openapi` prints them.

pub mod accounts;
pub mod callbacks;
pub mod captions;
pub mod channels;
pub mod chat;
pub mod live;
pub mod site;
pub mod streams;
pub mod uploads;
pub mod videos;
