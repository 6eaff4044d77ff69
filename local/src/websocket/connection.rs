//! The life of one connection after its handshake: reads messages and has them answered one after another, writes what
//! waits, and takes leave as RFC 6455 section 7 asks.

use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::Interest;

use super::WebSockets;
use super::decoder::{Decoder, Heard};
use super::events::Body;
use super::frame::{Close, Opcode, encode};
use super::outbox::{End, Flushed};
use super::registry::Connection;

/// Bytes taken from a socket at once.
const READ: usize = 8 * 1024;
/// How long a client may take to read a close frame and to answer it.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a connection has ended.
struct Parting {
    /// What `$disconnect` is told.
    close: Close,
    next: Farewell,
}

/// What is left to do.
#[derive(PartialEq, Eq)]
enum Farewell {
    /// Our close frame is on its way: the client answers it.
    AwaitClose,
    /// Both close frames are on their way, or the client is not understood any more: the socket is closed.
    Shut,
    /// Nobody reads there.
    Drop,
}

type Answering = Pin<Box<dyn Future<Output = Option<Bytes>> + Send>>;

/// Serves a connection until its end. `early` are bytes that came with the handshake.
pub(super) async fn serve(api: &WebSockets, connection: &Arc<Connection>, early: Bytes) {
    let mut decoder = Decoder::default();
    decoder.feed(&early);
    drop(early);
    let parting = converse(api, connection, &mut decoder).await;
    api.leave(connection, parting.close);
    match parting.next {
        Farewell::Drop => {
            // What the kernel still holds for a client that does not read goes at once.
            if let Err(error) = connection.outbox.socket().set_zero_linger() {
                tracing::debug!(%error, "a socket cannot be cut");
            }
        }
        farewell => {
            // A client that takes too long is left alone with it.
            let _ = tokio::time::timeout(FAREWELL, take_leave(connection, &mut decoder, farewell)).await;
        }
    }
}

async fn converse(api: &WebSockets, connection: &Arc<Connection>, decoder: &mut Decoder) -> Parting {
    let outbox = &connection.outbox;
    let mut answering: Option<Answering> = None;
    loop {
        // While a message is answered nothing more is read: who sends too fast waits in the kernel's buffers.
        while answering.is_none() {
            match decoder.next() {
                Ok(None) => break,
                Ok(Some(Heard::Text(text))) => answering = Some(answer(api, connection, Body::Text(text))),
                Ok(Some(Heard::Binary(bytes))) => answering = Some(answer(api, connection, Body::Binary(bytes))),
                Ok(Some(Heard::Ping(body))) => {
                    // A client that does not read its pongs loses some: section 5.5.3 asks for the last one only.
                    outbox.send(&encode(Opcode::Pong, &body));
                }
                Ok(Some(Heard::Pong)) => {}
                Ok(Some(Heard::Close(close))) => {
                    // When ours is on its way already, this answers it.
                    outbox.close(close.clone());
                    return Parting { close, next: Farewell::Shut };
                }
                Err(close) => {
                    outbox.close(close.clone());
                    return Parting { close, next: Farewell::Shut };
                }
            }
        }
        match outbox.end() {
            Some(End::Closing(close)) => return Parting { close, next: Farewell::AwaitClose },
            Some(End::Cut) => return Parting { close: broken("Client does not read"), next: Farewell::Drop },
            None => {}
        }
        let interest = match (answering.is_none(), outbox.has_waiting()) {
            (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
            (true, false) => Some(Interest::READABLE),
            (false, true) => Some(Interest::WRITABLE),
            (false, false) => None,
        };
        tokio::select! {
            reply = wait_for(&mut answering) => {
                answering = None;
                if let Some(frame) = reply {
                    connection.touch();
                    outbox.send(&frame);
                }
            }
            ready = ready(connection, interest) => {
                let Ok(ready) = ready else { return Parting { close: broken("Client disconnected"), next: Farewell::Drop } };
                if ready.is_writable() && outbox.flush() == Flushed::Broken {
                    return Parting { close: broken("Client disconnected"), next: Farewell::Drop };
                }
                if ready.is_readable() && !receive(connection, decoder) {
                    return Parting { close: broken("Client disconnected"), next: Farewell::Drop };
                }
            }
            () = outbox.changed() => {}
        }
    }
}

fn answer(api: &WebSockets, connection: &Arc<Connection>, body: Body) -> Answering {
    let (api, connection) = (api.clone(), connection.clone());
    Box::pin(async move { api.message(&connection.client, body).await })
}

async fn wait_for(answering: &mut Option<Answering>) -> Option<Bytes> {
    match answering {
        Some(answering) => answering.await,
        None => std::future::pending().await,
    }
}

async fn ready(connection: &Connection, interest: Option<Interest>) -> std::io::Result<tokio::io::Ready> {
    match interest {
        Some(interest) => connection.outbox.socket().ready(interest).await,
        None => std::future::pending().await,
    }
}

/// Takes what has arrived; `false` when the client is gone. The buffer is on the stack: an idle connection has none.
fn receive(connection: &Connection, decoder: &mut Decoder) -> bool {
    let mut buffer = [0; READ];
    match connection.outbox.socket().try_read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => {
            connection.touch();
            decoder.feed(&buffer[..count]);
            true
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

/// The code of a connection that has ended without a close frame (section 7.1.5).
fn broken(reason: &str) -> Close {
    Close::new(1006, reason)
}

/// Writes what waits, hears the client's close frame if it is still to come, and ends the connection in both directions,
/// so that the client reads our last frame before the end.
async fn take_leave(connection: &Connection, decoder: &mut Decoder, mut farewell: Farewell) -> std::io::Result<()> {
    let outbox = &connection.outbox;
    let socket = outbox.socket();
    loop {
        match outbox.flush() {
            Flushed::Broken => return Ok(()),
            Flushed::Everything if farewell == Farewell::Shut => break,
            Flushed::Everything => {
                socket.readable().await?;
                if !receive(connection, decoder) {
                    return Ok(());
                }
                loop {
                    match decoder.next() {
                        Ok(Some(Heard::Close(_))) | Err(_) => {
                            farewell = Farewell::Shut;
                            break;
                        }
                        // What comes after our close frame is not for anybody.
                        Ok(Some(_)) => {}
                        Ok(None) => break,
                    }
                }
            }
            Flushed::Some => socket.writable().await?,
        }
    }
    socket2::SockRef::from(socket).shutdown(std::net::Shutdown::Write)?;
    // Closing a socket with unread bytes in it resets the connection, and the client could lose our last frame.
    loop {
        socket.readable().await?;
        let mut rest = [0; READ];
        match socket.try_read(&mut rest) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
