//! An encoder of foreign make (`rml_rtmp`) that says what it is told, and nothing when that is what a test wants.

use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::sessions::{
    ClientSession, ClientSessionConfig, ClientSessionEvent, ClientSessionResult, PublishRequestType,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Peer {
    session: ClientSession,
    socket: TcpStream,
}

impl Peer {
    /// Connects to the application `app` at `rtmp://host:port`.
    pub(crate) async fn connect(url: &str, app: &str) -> Self {
        let mut socket = TcpStream::connect(url.trim_start_matches("rtmp://")).await.unwrap();
        let mut handshake = Handshake::new(PeerType::Client);
        socket.write_all(&handshake.generate_outbound_p0_and_p1().unwrap()).await.unwrap();
        let rest = loop {
            match handshake.process_bytes(&read(&mut socket).await).unwrap() {
                HandshakeProcessResult::InProgress { response_bytes } => {
                    socket.write_all(&response_bytes).await.unwrap();
                }
                HandshakeProcessResult::Completed { response_bytes, remaining_bytes } => {
                    socket.write_all(&response_bytes).await.unwrap();
                    break remaining_bytes;
                }
            }
        };
        let mut config = ClientSessionConfig::new();
        config.tc_url = Some(format!("{url}/{app}"));
        let (session, first) = ClientSession::new(config).unwrap();
        let mut peer = Self { session, socket };
        peer.send(first).await;
        let results = peer.session.handle_input(&rest).unwrap();
        peer.send(results).await;
        let request = peer.session.request_connection(app.to_owned()).unwrap();
        peer.send(vec![request]).await;
        assert_eq!(peer.event().await, Some(ClientSessionEvent::ConnectionRequestAccepted));
        peer
    }

    /// Asks to publish; answers the status code, or nothing when the connection was closed.
    pub(crate) async fn publish(&mut self, name: &str) -> Option<String> {
        let request = self.session.request_publishing(name.to_owned(), PublishRequestType::Live).unwrap();
        self.send(vec![request]).await;
        self.status().await
    }

    /// The next status code; none when the connection was closed.
    pub(crate) async fn status(&mut self) -> Option<String> {
        match self.event().await? {
            ClientSessionEvent::PublishRequestAccepted => Some("NetStream.Publish.Start".to_owned()),
            ClientSessionEvent::UnhandleableOnStatusCode { code } => Some(code),
            other => panic!("{other:?}"),
        }
    }

    async fn event(&mut self) -> Option<ClientSessionEvent> {
        loop {
            let read = read(&mut self.socket).await;
            if read.is_empty() {
                return None;
            }
            let results = self.session.handle_input(&read).unwrap();
            if let Some(event) = self.send(results).await {
                return Some(event);
            }
        }
    }

    /// Sends what is to be sent, and answers the first event.
    async fn send(&mut self, results: Vec<ClientSessionResult>) -> Option<ClientSessionEvent> {
        let mut first = None;
        for result in results {
            match result {
                ClientSessionResult::OutboundResponse(packet) => self.socket.write_all(&packet.bytes).await.unwrap(),
                ClientSessionResult::RaisedEvent(event) => {
                    first.get_or_insert(event);
                }
                ClientSessionResult::UnhandleableMessageReceived(_) => {}
            }
        }
        first
    }
}

async fn read(socket: &mut TcpStream) -> Vec<u8> {
    let mut buffer = vec![0; 4096];
    let bytes = socket.read(&mut buffer).await.unwrap();
    buffer.truncate(bytes);
    buffer
}
