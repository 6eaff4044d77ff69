//! What the API offers: types and operations by area. Functions mount them; `openapi` prints them.

pub mod accounts;
pub mod site;
pub mod uploads;
pub mod videos;
