//! When a demonstration ends: by ctrl-c, by a signal, after its time.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// What shells say of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// Turns true at the end. Who interrupts once more has waited long enough: that ends the process.
///
/// # Errors
/// When signals cannot be taken.
pub(super) fn ending(minutes: Option<u16>) -> io::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let time = async move {
        match minutes {
            Some(minutes) => sleep(Duration::from_secs(60) * minutes.into()).await,
            None => std::future::pending().await,
        }
    };
    tokio::spawn(async move {
        tokio::select! {
            () = time => {}
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        sender.send_replace(true);
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        std::process::exit(INTERRUPTED);
    });
    Ok(receiver)
}

/// Waits for the end.
pub(super) async fn ended(over: &mut watch::Receiver<bool>) {
    // Its sender lives as long as the runtime.
    let _ = over.wait_for(|over| *over).await;
}
