//! Turns each resource into the part of the world it asks for. A property that is not listed here would be ignored in
//! silence, so it is an error.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::events;
use super::intrinsics::{Scope, is_websocket, secret_arn, table_name};
use super::storage;
use super::websocket;
use super::yaml::{Node, Result, plain};
use crate::world::{Function, Route, SecretSpec, Table, World};

/// Reads every resource.
pub(super) fn read(scope: &Scope<'_>, globals: Option<&Node>) -> Result<World> {
    let mut world = World::default();
    let mut routes = Vec::new();
    let mut websocket = websocket::Parts::default();
    for (id, resource) in scope.resources.entries()? {
        let kind = resource.need("Type")?;
        match kind.text()? {
            "AWS::Serverless::Function" => {
                let function = function(scope, globals, id, resource)?;
                events::read(scope, &mut world, &function.name, id, resource)?;
                world.functions.insert(function.name.clone(), function);
            }
            "AWS::DynamoDB::Table" => world.tables.push(table(scope, id, resource)?),
            "AWS::S3::Bucket" => world.buckets.push(storage::bucket(scope, id, resource)?),
            "AWS::SQS::Queue" => world.queues.push(storage::queue(scope, id, resource)?),
            "AWS::IVS::RecordingConfiguration" => {
                world.recording_configurations.push(storage::recording_configuration(scope, id, resource)?);
            }
            "AWS::Events::EventBus" => {
                only(resource, &["Name"])?;
                world.buses.push(scope.text(resource.need("Properties")?.need("Name")?)?);
            }
            "AWS::SecretsManager::Secret" => {
                world.secrets.insert(secret_arn(id), secret(scope, resource)?);
            }
            "AWS::ApiGatewayV2::Api" if is_websocket(resource) => websocket.api(scope, resource)?,
            kind if kind.starts_with("AWS::ApiGatewayV2::") && websocket::belongs(scope, kind, resource)? => {
                websocket.part(scope, id, kind, resource)?;
            }
            "AWS::ApiGatewayV2::Route" => routes.push(resource),
            "AWS::ApiGatewayV2::Integration" => {
                only(resource, &["ApiId", "IntegrationType", "IntegrationUri", "PayloadFormatVersion"])?;
                let properties = resource.need("Properties")?;
                let version = properties.need("PayloadFormatVersion")?;
                if scope.text(version)? != "2.0" {
                    return version.fault("the local HTTP API speaks payload 2.0 only");
                }
            }
            // What these settle has no counterpart on a laptop: docs/local-gaps.md.
            "AWS::ApiGatewayV2::Api"
            | "AWS::ApiGatewayV2::Stage"
            | "AWS::ApiGateway::Account"
            | "AWS::CloudWatch::Alarm"
            | "AWS::IAM::Role"
            | "AWS::Lambda::Permission"
            | "AWS::Logs::LogGroup"
            | "AWS::MediaConvert::Queue"
            | "AWS::S3::BucketPolicy"
            | "AWS::SQS::QueuePolicy" => {}
            // The front door is CloudFront's counterpart, by its own rules.
            other if other.starts_with("AWS::CloudFront::") => {}
            other => return kind.fault(format!("the local cloud does not know {other}")),
        }
    }
    for resource in routes {
        world.routes.push(route(scope, &world, resource)?);
    }
    world.websocket = websocket.assemble(scope, &world.functions)?;
    Ok(world)
}

/// Refuses properties other than `known`.
pub(super) fn only(resource: &Node, known: &[&str]) -> Result<()> {
    for (name, value) in resource.need("Properties")?.entries()? {
        if !known.contains(&name.as_str()) {
            return value.fault(format!("the local cloud does not know the property {name}"));
        }
    }
    Ok(())
}

fn function(scope: &Scope<'_>, globals: Option<&Node>, id: &str, resource: &Node) -> Result<Function> {
    const KNOWN: [&str; 8] =
        ["FunctionName", "CodeUri", "MemorySize", "Timeout", "Environment", "Policies", "EventInvokeConfig", "Events"];
    only(resource, &KNOWN)?;
    let properties = resource.need("Properties")?;
    let code = properties.need("CodeUri")?;
    let path = scope.text(code)?;
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    if pascal_case(&name) != id {
        return code.fault(format!("{id} should run the function whose PascalCase name it has, not {name}"));
    }
    let mut environment = BTreeMap::new();
    for layer in [globals, Some(properties)].into_iter().flatten() {
        let Some(variables) = layer.get("Environment").and_then(|node| node.get("Variables")) else { continue };
        for (variable, value) in variables.entries()? {
            environment.insert(variable.clone(), scope.text(value)?);
        }
    }
    let (async_retries, on_failure) = events::asynchronous(scope, properties.get("EventInvokeConfig"))?;
    Ok(Function {
        async_retries,
        on_failure,
        deployed_name: scope.text(properties.need("FunctionName")?)?,
        memory_mb: u32::try_from(number(scope, properties.need("MemorySize")?)?).unwrap_or(u32::MAX),
        timeout: Duration::from_secs(number(scope, properties.need("Timeout")?)?),
        environment,
        name,
        line: resource.line,
    })
}

/// `video-handler` -> `VideoHandler`.
fn pascal_case(name: &str) -> String {
    name.split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

pub(super) fn number(scope: &Scope<'_>, node: &Node) -> Result<u64> {
    match scope.text(node)?.parse() {
        Ok(number) => Ok(number),
        Err(_) => node.fault("a whole number is expected"),
    }
}

fn table(scope: &Scope<'_>, id: &str, resource: &Node) -> Result<Table> {
    const CREATE: [&str; 5] =
        ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode", "StreamSpecification"];
    const KEPT: [&str; 3] = ["TimeToLiveSpecification", "PointInTimeRecoverySpecification", "SSESpecification"];
    only(resource, &[CREATE.as_slice(), KEPT.as_slice()].concat())?;
    let properties = resource.need("Properties")?;
    let name = table_name(id);
    let mut create = Map::from_iter([("TableName".to_owned(), json!(name))]);
    for property in CREATE {
        if let Some(node) = properties.get(property) {
            create.insert(property.to_owned(), scope.value(node)?);
        }
    }
    if let Some(Value::Object(stream)) = create.get_mut("StreamSpecification") {
        stream.insert("StreamEnabled".to_owned(), json!(true));
    }
    let ttl_attribute = match properties.get("TimeToLiveSpecification") {
        Some(node) => Some(scope.text(node.need("AttributeName")?)?),
        None => None,
    };
    Ok(Table { name, create: Value::Object(create), ttl_attribute })
}

fn secret(scope: &Scope<'_>, resource: &Node) -> Result<SecretSpec> {
    only(resource, &["Description", "GenerateSecretString"])?;
    let generate = resource.need("Properties")?.need("GenerateSecretString")?;
    let length = number(scope, generate.need("PasswordLength")?)?;
    let plain_letters = generate.get("ExcludePunctuation").map(|node| scope.text(node)).transpose()?;
    if plain_letters.as_deref() != Some("true") {
        return generate.fault("the local cloud makes secrets of letters and digits: set ExcludePunctuation");
    }
    Ok(SecretSpec { length: usize::try_from(length).unwrap_or(64) })
}

fn route(scope: &Scope<'_>, world: &World, resource: &Node) -> Result<Route> {
    only(resource, &["ApiId", "RouteKey", "Target"])?;
    let properties = resource.need("Properties")?;
    let route_key = properties.need("RouteKey")?;
    let key = scope.text(route_key)?;
    let Some((method, path)) = key.split_once(' ') else {
        return route_key.fault("a route key is a method and a path");
    };
    let target = properties.need("Target")?;
    let target_text = scope.text(target)?;
    let integration = target_text.strip_prefix("integrations/").unwrap_or_default();
    let Some(integration) = scope.resources.get(integration) else {
        return target.fault(format!("there is no integration {integration}"));
    };
    let uri = scope.text(integration.need("Properties")?.need("IntegrationUri")?)?;
    let deployed = uri.rsplit(':').next().unwrap_or_default();
    let Some(function) = world.functions.values().find(|function| function.deployed_name == deployed) else {
        return target.fault(format!("the integration runs no function of this template: {}", plain(&json!(uri))));
    };
    Ok(Route {
        method: (method != "ANY").then(|| method.to_owned()),
        path: path.to_owned(),
        function: function.name.clone(),
        key,
    })
}
