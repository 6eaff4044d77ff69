//! Rooms: connections that are gone, and how many there are in all.

use skylark_domain::Error;
use skylark_domain::chat::housekeeping::Caretaker;

use super::Round;

pub(super) async fn tend(rooms: &Caretaker, round: &Round) -> Result<(), Error> {
    let (mut total, mut is_whole) = (0u32, true);
    for room in rooms.busy_rooms().await? {
        if round.is_over() {
            is_whole = false;
            break;
        }
        match rooms.look_after(room).await {
            Ok(found) => {
                if found.ghosts > 0 {
                    tracing::info!(stream = %room, ghosts = found.ghosts, "connections were gone");
                }
                if let Some(error) = &found.trouble {
                    let error = error as &dyn std::error::Error;
                    tracing::warn!(stream = %room, error, "some connections could not be asked after");
                }
                total = total.saturating_add(found.open);
            }
            Err(error) => {
                is_whole = false;
                let error = &error as &dyn std::error::Error;
                tracing::error!(stream = %room, error, "a room cannot be looked after");
            }
        }
    }
    // A part of a count is none.
    if is_whole { rooms.note_total(total).await } else { Ok(()) }
}
