//! Rooms: connections that are gone, and how many there are in all.

use skylark_domain::Error;
use skylark_domain::chat::housekeeping::Caretaker;

use super::Round;

pub(super) async fn tend(rooms: &Caretaker, round: &Round) -> Result<(), Error> {
    let mut total: u32 = 0;
    for room in rooms.busy_rooms().await? {
        if round.is_over() {
            // A part of a count is none.
            return Ok(());
        }
        match rooms.look_after(room).await {
            Ok(found) => {
                if found.ghosts > 0 {
                    tracing::info!(stream = %room, ghosts = found.ghosts, "connections were gone");
                }
                total = total.saturating_add(found.open);
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(stream = %room, error, "a room cannot be looked after");
            }
        }
    }
    rooms.note_total(total).await
}
