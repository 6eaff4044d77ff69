//! An encoder of foreign make (`rml_rtmp`) at one end of a pipe.

use bytes::Bytes;
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::sessions::{
    ClientSession, ClientSessionConfig, ClientSessionEvent, ClientSessionResult, PublishRequestType, StreamMetadata,
};
use rml_rtmp::time::RtmpTimestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

pub(crate) struct Encoder {
    session: ClientSession,
    transport: DuplexStream,
}

impl Encoder {
    /// Shakes hands and connects to the application "live".
    pub(crate) async fn connect(mut transport: DuplexStream) -> Self {
        let mut handshake = Handshake::new(PeerType::Client);
        let hello = handshake.generate_outbound_p0_and_p1().unwrap();
        transport.write_all(&hello).await.unwrap();
        let remaining = loop {
            let read = read(&mut transport).await;
            match handshake.process_bytes(&read).unwrap() {
                HandshakeProcessResult::InProgress { response_bytes } => {
                    transport.write_all(&response_bytes).await.unwrap();
                }
                HandshakeProcessResult::Completed { response_bytes, remaining_bytes } => {
                    transport.write_all(&response_bytes).await.unwrap();
                    break remaining_bytes;
                }
            }
        };
        let mut config = ClientSessionConfig::new();
        config.tc_url = Some("rtmp://127.0.0.1/live".to_owned());
        let (session, first) = ClientSession::new(config).unwrap();
        let mut encoder = Self { session, transport };
        encoder.send(first).await;
        let results = encoder.session.handle_input(&remaining).unwrap();
        encoder.send(results).await;
        let request = encoder.session.request_connection("live".to_owned()).unwrap();
        encoder.send(vec![request]).await;
        assert_eq!(encoder.event().await, Some(ClientSessionEvent::ConnectionRequestAccepted));
        encoder
    }

    /// Asks to publish, and answers the first that comes back.
    pub(crate) async fn publish(&mut self, key: &str) -> Option<ClientSessionEvent> {
        let request = self.session.request_publishing(key.to_owned(), PublishRequestType::Live).unwrap();
        self.send(vec![request]).await;
        self.event().await
    }

    pub(crate) async fn metadata(&mut self, metadata: &StreamMetadata) {
        let message = self.session.publish_metadata(metadata).unwrap();
        self.send(vec![message]).await;
    }

    pub(crate) async fn video(&mut self, timestamp: u32, body: Bytes) {
        let message = self.session.publish_video_data(body, RtmpTimestamp::new(timestamp), false).unwrap();
        self.send(vec![message]).await;
    }

    pub(crate) async fn audio(&mut self, timestamp: u32, body: Bytes) {
        let message = self.session.publish_audio_data(body, RtmpTimestamp::new(timestamp), false).unwrap();
        self.send(vec![message]).await;
    }

    pub(crate) async fn ping(&mut self) {
        let (packet, _) = self.session.send_ping_request().unwrap();
        self.transport.write_all(&packet.bytes).await.unwrap();
    }

    pub(crate) async fn unpublish(&mut self) {
        let messages = self.session.stop_publishing().unwrap();
        self.send(messages).await;
    }

    /// The next event; `None` when the server has closed.
    pub(crate) async fn event(&mut self) -> Option<ClientSessionEvent> {
        loop {
            let read = read(&mut self.transport).await;
            if read.is_empty() {
                return None;
            }
            let results = self.session.handle_input(&read).unwrap();
            let mut events = self.send(results).await;
            if !events.is_empty() {
                return Some(events.remove(0));
            }
        }
    }

    /// Sends what is to be sent, and answers the events.
    async fn send(&mut self, results: Vec<ClientSessionResult>) -> Vec<ClientSessionEvent> {
        let mut events = Vec::new();
        for result in results {
            match result {
                ClientSessionResult::OutboundResponse(packet) => {
                    self.transport.write_all(&packet.bytes).await.unwrap();
                }
                ClientSessionResult::RaisedEvent(event) => events.push(event),
                ClientSessionResult::UnhandleableMessageReceived(_) => {}
            }
        }
        events
    }
}

async fn read(transport: &mut DuplexStream) -> Vec<u8> {
    let mut buffer = vec![0; 4096];
    let bytes = transport.read(&mut buffer).await.unwrap();
    buffer.truncate(bytes);
    buffer
}
