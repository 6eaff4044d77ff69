//! The template reader: the repository's own template, and errors at their lines.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use skylark_local::template::{parse, read};

fn refused(text: &str) -> String {
    parse("t.yaml", text, &BTreeMap::new()).unwrap_err().to_string()
}

#[test]
fn the_repository_template_is_understood() {
    let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml"));
    let world = read(path, &BTreeMap::new()).unwrap();
    let auth = &world.functions["auth-handler"];
    assert_eq!(auth.deployed_name, "skylark-auth-handler");
    assert_eq!((auth.memory_mb, auth.timeout), (1024, Duration::from_secs(15)));
    assert_eq!(auth.environment["TABLE_NAME"], world.tables[0].name);
    assert!(auth.environment["ORIGIN_SECRET"].starts_with("{{resolve:secretsmanager:arn:aws:secretsmanager:"));
    assert!(world.secrets.contains_key(&auth.environment["SIGNING_SECRET"]));
    let table = &world.tables[0];
    assert_eq!(table.ttl_attribute.as_deref(), Some("TTL"));
    assert_eq!(table.create["GlobalSecondaryIndexes"].as_array().unwrap().len(), 2);
    assert_eq!(table.create["StreamSpecification"]["StreamEnabled"], true);
    let route = world.routes.iter().find(|route| route.key == "GET /health").unwrap();
    assert_eq!((route.method.as_deref(), route.function.as_str()), (Some("GET"), "site-handler"));
}

#[test]
fn what_is_not_understood_names_its_line() {
    let function = "Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: a\n      CodeUri: target/lambda/a/\n      MemorySize: 128\n      Timeout: 3\n";
    assert!(parse("t.yaml", function, &BTreeMap::new()).is_ok());
    for (text, message) in [
        (
            "Resources:\n  A:\n    Type: AWS::EC2::Instance\n".to_owned(),
            "t.yaml:3: the local cloud does not know AWS::EC2::Instance",
        ),
        (format!("{function}      Layers: [x]\n"), "t.yaml:9: the local cloud does not know the property Layers"),
        (function.replace("128", "!Ref Nothing"), "t.yaml:7: there is no parameter or resource Nothing"),
        (
            function.replace("128", "!Select [0, [1]]"),
            "t.yaml:7: Select in this form is not understood by the local cloud",
        ),
        (function.replace("128", "much"), "t.yaml:7: a whole number is expected"),
        (
            function.replace("lambda/a/", "lambda/b/"),
            "t.yaml:6: A should run the function whose PascalCase name it has, not b",
        ),
        (
            "Resources: {}\nMappings:\n  A: 1\n".to_owned(),
            "t.yaml:3: the local cloud does not know the section Mappings",
        ),
        ("Resources:\n  A: [\n".to_owned(), "t.yaml:3:"),
    ] {
        let found = refused(&text);
        assert!(found.starts_with(message), "{found}\nwanted {message}");
    }
}

#[test]
fn only_the_taken_branch_of_an_if_is_looked_at() {
    let text = "Parameters:\n  Name: { Type: String, Default: \"\" }\nConditions:\n  HasName: !Not [!Equals [!Ref Name, \"\"]]\nResources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: !If [HasName, !Join [\"-\", [!Ref Name, \"${!x}\"]], !Ref Missing]\n      CodeUri: target/lambda/a/\n      MemorySize: 128\n      Timeout: 3\n";
    let named = BTreeMap::from([("Name".to_owned(), "n".to_owned())]);
    assert_eq!(parse("t.yaml", text, &named).unwrap().functions["a"].deployed_name, "n-${!x}");
    assert_eq!(refused(text), "t.yaml:9: there is no parameter or resource Missing");
}

#[test]
fn recording_configurations_and_queue_mappings_are_read() {
    let text = "Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: a\n      CodeUri: target/lambda/a/\n      MemorySize: 128\n      Timeout: 3\n      Environment: { Variables: { ARN: !GetAtt Recordings.Arn, SAME: !Ref Recordings } }\n      Events:\n        Nudges:\n          Type: SQS\n          Properties: { Queue: !GetAtt Nudges.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures] }\n  Nudges:\n    Type: AWS::SQS::Queue\n    Properties: { VisibilityTimeout: 30 }\n  Recordings:\n    Type: AWS::IVS::RecordingConfiguration\n    Properties:\n      Name: recordings\n      DestinationConfiguration: { S3: { BucketName: media } }\n      ThumbnailConfiguration: { RecordingMode: INTERVAL, TargetIntervalSeconds: 60, Storage: [LATEST] }\n      RecordingReconnectWindowSeconds: 0\n      Tags: [{ Key: a, Value: b }]\n";
    let world = parse("t.yaml", text, &BTreeMap::new()).unwrap();
    let configuration = &world.recording_configurations[0];
    let environment = &world.functions["a"].environment;
    assert!(configuration.arn.starts_with("arn:aws:ivs:us-east-1:000000000000:recording-configuration/"));
    assert_eq!((&environment["ARN"], &environment["SAME"]), (&configuration.arn, &configuration.arn));
    assert_eq!(
        configuration.create,
        serde_json::json!({
            "name": "recordings",
            "destinationConfiguration": { "s3": { "bucketName": "media" } },
            "thumbnailConfiguration": { "recordingMode": "INTERVAL", "targetIntervalSeconds": 60, "storage": ["LATEST"] },
            "recordingReconnectWindowSeconds": 0,
            "tags": { "a": "b" },
        })
    );
    let mapping = &world.queue_mappings[0];
    assert_eq!((mapping.queue.as_str(), mapping.function.as_str()), ("skylark-Nudges", "a"));
    assert_eq!((mapping.batch_size, mapping.reports_failures), (5, true));
}

const WEBSOCKET: &str = "Resources:
  A:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: stack-a, CodeUri: target/lambda/a/, MemorySize: 128, Timeout: 3 }
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.type }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref Api, StageName: ws, DefaultRouteSettings: { ThrottlingBurstLimit: 20, ThrottlingRateLimit: 10 } }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${A.Arn}/invocations
  Chat:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: CHAT, RouteResponseSelectionExpression: $default, Target: !Sub \"integrations/${Integration}\" }
  ChatResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Api, RouteId: !Ref Chat, RouteResponseKey: $default }
  Quiet:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: $disconnect, Target: !Sub \"integrations/${Integration}\" }
";

#[test]
fn a_websocket_api_is_read() {
    let api = parse("t.yaml", WEBSOCKET, &BTreeMap::new()).unwrap().websocket.unwrap();
    assert_eq!((api.stage.as_str(), api.selection.as_str()), ("ws", "type"));
    let throttle = api.throttle.unwrap();
    assert_eq!((throttle.rate, throttle.burst), (10.0, 20.0));
    let routes: Vec<_> =
        api.routes.iter().map(|(key, route)| (key.as_str(), route.function.as_str(), route.two_way)).collect();
    assert_eq!(routes, [("$disconnect", "a", false), ("CHAT", "a", true)]);
}

#[test]
fn a_websocket_api_that_is_not_understood_names_its_line() {
    for (wrong, right, message) in [
        ("$request.body.type", "$context.routeKey", "t.yaml:7: only $request.body.<field> is understood"),
        ("AWS_PROXY", "HTTP", "t.yaml:15: only AWS_PROXY is understood"),
        ("/invocations", "/x", "t.yaml:16: the URI of a Lambda invocation is expected"),
        ("${A.Arn}", "arn:aws:lambda:x:y:function:b", "t.yaml:16: the integration runs no function"),
        ("integrations/${Integration}", "integrations/Other", "t.yaml:19: there is no WebSocket integration Other"),
        ("RouteKey: CHAT", "RouteKey: $disconnect", "t.yaml:25: two routes have this key"),
        ("RouteKey: CHAT", "RouteKey: CHAT, AuthorizationType: CUSTOM", "t.yaml:19: only NONE is understood"),
        (
            "RouteKey: CHAT",
            "RouteKey: CHAT, ApiKeyRequired: true",
            "t.yaml:19: the local cloud does not know the property",
        ),
        (
            "StageName: ws",
            "StageName: ws, ClientCertificateId: x",
            "t.yaml:10: the local cloud does not know the property",
        ),
        ("ThrottlingRateLimit: 10", "ThrottlingRateLimit: many", "t.yaml:10: a whole number is expected"),
        ("V2::RouteResponse", "V2::IntegrationResponse", "t.yaml:21: the local cloud does not know AWS::"),
    ] {
        let found = refused(&WEBSOCKET.replacen(wrong, right, 1));
        assert!(found.starts_with(message), "{found}\nwanted {message}");
    }
    let without_stage = WEBSOCKET.replace("V2::Stage", "V2::Route").replace(
        "StageName: ws, DefaultRouteSettings: { ThrottlingBurstLimit: 20, ThrottlingRateLimit: 10 }",
        "RouteKey: x, Target: y",
    );
    assert!(refused(&without_stage).contains("has no stage"));
}
