//! A stack with a WebSocket API in this process, and clients for it.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::region::Region;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use skylark_local::ivs;
use skylark_local::stack::{self, Stack};
use skylark_local::web::Web;
use skylark_local::websocket::Options;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

/// One function behind every route. `QUIET` is one-way, the others are two-way.
pub(crate) const TEMPLATE: &str = r#"
Resources:
  Sample:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: stack-sample
      CodeUri: target/lambda/sample/
      MemorySize: 128
      Timeout: 20
      Environment: { Variables: { PATH: "%PATH%" } }
  OriginSecret:
    Type: AWS::SecretsManager::Secret
    Properties: { GenerateSecretString: { PasswordLength: 32, ExcludePunctuation: true } }
  HttpApi:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: http, ProtocolType: HTTP }
  WebSocketApi:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: !Sub "${AWS::StackName}-chat", ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.type }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { RetentionInDays: 7 }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref WebSocketApi
      StageName: ws
      AutoDeploy: true
      AccessLogSettings: { DestinationArn: !GetAtt Logs.Arn, Format: "$context.requestId" }
      DefaultRouteSettings: { ThrottlingBurstLimit: 2000, ThrottlingRateLimit: 4000 }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref WebSocketApi
      IntegrationType: AWS_PROXY
      IntegrationMethod: POST
      IntegrationUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Sample.Arn}/invocations"
  ConnectRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref WebSocketApi, RouteKey: $connect, AuthorizationType: NONE, OperationName: connect, Target: !Sub "integrations/${Integration}" }
  DisconnectRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref WebSocketApi, RouteKey: $disconnect, Target: !Sub "integrations/${Integration}" }
  EchoRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref WebSocketApi, RouteKey: ECHO, RouteResponseSelectionExpression: $default, Target: !Sub "integrations/${Integration}" }
  EchoResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref WebSocketApi, RouteId: !Ref EchoRoute, RouteResponseKey: $default }
  QuietRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref WebSocketApi, RouteKey: QUIET, Target: !Sub "integrations/${Integration}" }
  DefaultRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref WebSocketApi, RouteKey: $default, RouteResponseSelectionExpression: $default, Target: !Sub "integrations/${Integration}" }
  DefaultResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref WebSocketApi, RouteId: !Ref DefaultRoute, RouteResponseKey: $default }
"#;

pub(crate) type Client = WebSocketStream<TcpStream>;

pub(crate) struct Gateway {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) stack: Stack,
}

impl Gateway {
    pub(crate) async fn start(template: &str, websocket: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let web = Web::Built(dir.path().join("web"));
        Self::start_in(dir, template, websocket, web).await
    }

    pub(crate) async fn start_in(dir: tempfile::TempDir, template: &str, websocket: Options, web: Web) -> Self {
        let binary = dir.path().join("sample");
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/websocket.py"), &binary).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        // The fixture's interpreter stands where this machine has it.
        let template = template.replace("%PATH%", &std::env::var("PATH").unwrap());
        std::fs::write(dir.path().join("template.yaml"), template).unwrap();
        let stack = Stack::start(stack::Options {
            template: dir.path().join("template.yaml"),
            data: dir.path().join("data"),
            ivs: ivs::Options::default(),
            websocket,
            port: 0,
            rtmp_port: 0,
            skylark: env!("CARGO_BIN_EXE_skylark").into(),
            bin_dir: dir.path().to_owned(),
            web,
        });
        Self { stack: stack.await.unwrap(), dir }
    }

    /// `127.0.0.1:8080`.
    pub(crate) fn authority(&self) -> &str {
        self.stack.url("front").strip_prefix("http://").unwrap()
    }

    /// A handshake for `path` with more headers.
    pub(crate) async fn try_connect(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<Client, Error> {
        let mut request = format!("ws://{}{path}", self.authority()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let socket = TcpStream::connect(self.authority()).await.unwrap();
        Ok(tokio_tungstenite::client_async(request, socket).await?.0)
    }

    pub(crate) async fn connect(&self) -> Client {
        self.try_connect("/ws", &[]).await.unwrap()
    }

    /// The status a handshake is refused with.
    pub(crate) async fn refused(&self, path: &str, headers: &[(&'static str, &str)]) -> u16 {
        match self.try_connect(path, headers).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("{path} is not refused: {other:?}"),
        }
    }

    /// A connection and its id.
    pub(crate) async fn named(&self) -> (Client, String) {
        let mut client = self.connect().await;
        let id = ask(&mut client, r#"{"type":"WHO"}"#).await;
        (client, id)
    }

    /// The events the function has seen.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.dir.path().join("data/logs/sample.log")).unwrap_or_default();
        let events = text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("EVENT ")?).ok());
        events.collect()
    }

    /// The first event that is as wanted, waited for.
    pub(crate) async fn event(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        until(what, async || {
            found = self.events().into_iter().find(|event| wanted(event));
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// What `$disconnect` was told of a connection: code and reason.
    pub(crate) async fn disconnection(&self, id: &str) -> (u64, String) {
        let event = self
            .event("$disconnect", |event| {
                let context = &event["requestContext"];
                context["eventType"] == "DISCONNECT" && context["connectionId"] == id
            })
            .await;
        let context = &event["requestContext"];
        let reason = context["disconnectReason"].as_str().unwrap().to_owned();
        (context["disconnectStatusCode"].as_u64().unwrap(), reason)
    }

    /// How many connections are open, as the admin port says.
    pub(crate) async fn open(&self) -> u64 {
        let answer = reqwest::get(format!("{}/connections", self.stack.url("admin"))).await.unwrap();
        answer.json::<Value>().await.unwrap()["open"].as_u64().unwrap()
    }

    pub(crate) fn secret_key(&self) -> String {
        let secrets = std::fs::read(self.dir.path().join("data/secrets.json")).unwrap();
        let secrets: Value = serde_json::from_slice(&secrets).unwrap();
        secrets["local-credentials"].as_str().unwrap().to_owned()
    }

    /// AWS's own client of `@connections`.
    pub(crate) fn connections(&self, secret_key: &str) -> aws_sdk_apigatewaymanagement::Client {
        self.connections_at(self.stack.url("connections"), secret_key)
    }

    pub(crate) fn connections_at(&self, url: &str, secret_key: &str) -> aws_sdk_apigatewaymanagement::Client {
        let config = aws_sdk_apigatewaymanagement::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled());
        let credentials = Credentials::new("chat-broadcast", secret_key, None, None, "test");
        let config = config.credentials_provider(SharedCredentialsProvider::new(credentials));
        aws_sdk_apigatewaymanagement::Client::from_conf(config.build())
    }

    pub(crate) async fn end(self) {
        self.stack.shutdown().await;
    }
}

pub(crate) async fn send(client: &mut Client, text: &str) {
    client.send(Message::text(text)).await.unwrap();
}

/// The next text.
pub(crate) async fn hear(client: &mut Client) -> String {
    let next = tokio::time::timeout(Duration::from_secs(20), client.next()).await;
    next.expect("no frame comes").unwrap().unwrap().into_text().unwrap().to_string()
}

pub(crate) async fn ask(client: &mut Client, text: &str) -> String {
    send(client, text).await;
    hear(client).await
}

/// The code and reason of the close frame that ends a connection; what comes before is skipped.
pub(crate) async fn closed(client: &mut Client) -> Option<(u16, String)> {
    let end = async {
        while let Some(next) = client.next().await {
            match next {
                Ok(Message::Close(frame)) => return frame.map(|frame| (frame.code.into(), frame.reason.to_string())),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
        None
    };
    tokio::time::timeout(Duration::from_secs(20), end).await.expect("the connection does not end")
}

pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
