//! A small RTMP encoder: what OBS says on the wire, and every frame in a write of its own.

use anyhow::{Context, Result, bail, ensure};
use bytes::BytesMut;
use skylark_rtmp::Limits;
use skylark_rtmp::amf0::{self, Value};
use skylark_rtmp::chunk::{ChunkReader, ChunkWriter};
use skylark_rtmp::handshake::PACKET_BYTES;
use skylark_rtmp::message::{Message, kind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::movie::Tag;

/// The chunk size of OBS.
const CHUNK_BYTES: u32 = 4096;
/// Chunk streams of commands, and of media.
const COMMANDS: u8 = 3;
const MEDIA: u8 = 4;
/// The string `@setDataFrame` in AMF0.
const SET_DATA_FRAME: &[u8] = b"\x02\0\x0d@setDataFrame";

/// Where an encoder sends to.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// Host and port.
    pub(crate) server: String,
    /// Stream key or name.
    pub(crate) key: String,
    /// The last byte of the loopback address that it comes from. Servers count wrong keys by address.
    pub(crate) from: u8,
}

impl Address {
    /// Of the application `live` at `rtmp://host:port`, from 127.0.0.1.
    pub(crate) fn new(url: &str, key: impl Into<String>) -> Self {
        let server = url.trim_start_matches("rtmp://").split('/').next().unwrap_or_default();
        Self { server: server.to_owned(), key: key.into(), from: 1 }
    }

    /// A TCP connection.
    pub(crate) async fn dial(&self) -> Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, self.from], 0).into())?;
        let socket = socket.connect(self.server.parse()?).await?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }
}

/// A connection that may publish.
pub(crate) struct Encoder {
    pub(crate) socket: TcpStream,
    reader: ChunkReader,
    writer: ChunkWriter,
    input: BytesMut,
    output: BytesMut,
}

impl Encoder {
    /// Shakes hands, and no more.
    pub(crate) async fn shake(address: &Address) -> Result<Self> {
        let mut socket = address.dial().await?;
        let mut hello = vec![0; 1 + PACKET_BYTES];
        hello[0] = 3;
        socket.write_all(&hello).await?;
        let mut answer = vec![0; 1 + 2 * PACKET_BYTES];
        socket.read_exact(&mut answer).await.context("no handshake")?;
        socket.write_all(&answer[1..=PACKET_BYTES]).await?;
        let limits = Limits::default();
        Ok(Self {
            socket,
            reader: ChunkReader::new(&limits, limits.message_bytes),
            writer: ChunkWriter::default(),
            input: BytesMut::new(),
            output: BytesMut::new(),
        })
    }

    /// Shakes hands, connects to `live`, and publishes.
    pub(crate) async fn publish(address: &Address) -> Result<Self> {
        let mut encoder = Self::shake(address).await?;
        encoder.writer.write(&mut encoder.output, 2, &Message::bytes(kind::SET_CHUNK_SIZE, CHUNK_BYTES));
        encoder.writer.set_chunk_bytes(CHUNK_BYTES as usize);
        let url = format!("rtmp://{}/live", address.server);
        let application = amf0::object([("app", "live".into()), ("tcUrl", url.as_str().into())]);
        encoder.command(0, &["connect".into(), 1.0.into(), application]);
        encoder.answered("_result").await?;
        encoder.command(0, &["createStream".into(), 2.0.into(), Value::Null]);
        encoder.answered("_result").await?;
        let key = address.key.as_str().into();
        encoder.command(1, &["publish".into(), 3.0.into(), Value::Null, key, "live".into()]);
        encoder.answered("onStatus").await?;
        Ok(encoder)
    }

    fn command(&mut self, stream: u32, values: &[Value]) {
        let mut payload = BytesMut::new();
        for value in values {
            amf0::write(&mut payload, value);
        }
        let message = Message { kind: kind::COMMAND, stream, timestamp: 0, payload: payload.freeze() };
        self.writer.write(&mut self.output, COMMANDS, &message);
    }

    /// Sends what was said and waits for this command.
    async fn answered(&mut self, name: &str) -> Result<()> {
        self.flush().await?;
        loop {
            while let Some(message) = self.reader.next(&mut self.input)? {
                if message.kind != kind::COMMAND {
                    continue;
                }
                let values = amf0::read_all(&message.payload)?;
                let said = values.first().and_then(Value::as_str).unwrap_or_default();
                if said == name {
                    let level = values.get(3).and_then(|info| info.get("level")?.as_str());
                    ensure!(level != Some("error"), "refused: {values:?}");
                    return Ok(());
                }
                ensure!(said != "_error", "refused: {values:?}");
            }
            if self.socket.read_buf(&mut self.input).await? == 0 {
                bail!("the server closed instead of {name}");
            }
        }
    }

    /// Sends a tag as of `timestamp`; answers the bytes on the wire.
    pub(crate) async fn send(&mut self, tag: &Tag, timestamp: u32) -> Result<u64> {
        self.write(tag, timestamp);
        self.flush().await
    }

    /// Puts a tag among what [`Encoder::flush`] sends.
    pub(crate) fn write(&mut self, tag: &Tag, timestamp: u32) {
        // An FLV's metadata lacks the command that encoders put before it.
        let payload = match tag.kind {
            kind::DATA => [SET_DATA_FRAME, &tag.body].concat().into(),
            _ => tag.body.clone(),
        };
        self.writer.write(&mut self.output, MEDIA, &Message { kind: tag.kind, stream: 1, timestamp, payload });
    }

    pub(crate) async fn flush(&mut self) -> Result<u64> {
        let bytes = self.output.len() as u64;
        self.socket.write_all_buf(&mut self.output).await?;
        Ok(bytes)
    }

    /// Reads what the server says meanwhile, and forgets it.
    ///
    /// # Errors
    /// When the server has closed.
    pub(crate) fn drain(&mut self) -> Result<()> {
        let mut room = [0; 1024];
        loop {
            match self.socket.try_read(&mut room) {
                Ok(0) => bail!("the server closed"),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Ends the stream as encoders do.
    pub(crate) async fn unpublish(&mut self) -> Result<()> {
        self.command(0, &["deleteStream".into(), 4.0.into(), Value::Null, 1.0.into()]);
        self.flush().await?;
        Ok(())
    }
}
