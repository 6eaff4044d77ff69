use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;

/// A stream of bytes to and from one encoder: TCP, TLS, or a pipe in memory.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    /// Asks that a read waits until this many bytes are there (`SO_RCVLOWAT`): fewer, larger reads halve the cost of a
    /// stream. A transport that cannot do it does nothing.
    fn set_receive_low_water(&self, _bytes: usize) {}
}

// The option needs `unsafe` here: socket2, rustix and nix wrap many socket options, and not this one.
impl Transport for TcpStream {}

impl Transport for DuplexStream {}
