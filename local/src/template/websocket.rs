//! The WebSocket API: its stage, routes, integrations and route responses.

use std::collections::{BTreeMap, BTreeSet};

use super::events::known;
use super::intrinsics::{Scope, WEBSOCKET_API};
use super::resources::{number, only};
use super::yaml::{Node, Result};
use crate::world::{Function, StageThrottle, WebSocketApi, WebSocketRoute};

/// What has been read of the API so far. Its resources may stand in any order.
#[derive(Default)]
pub(super) struct Parts<'a> {
    selection: Option<(String, &'a Node)>,
    stage: Option<(String, Option<StageThrottle>)>,
    /// ARN of the function and the line of the integration, by logical name.
    integrations: BTreeMap<String, (String, &'a Node)>,
    /// Logical name and properties.
    routes: Vec<(&'a str, &'a Node)>,
    /// Logical names of routes with a response.
    two_way: BTreeSet<String>,
}

/// Whether a resource of API Gateway is the WebSocket API's.
pub(super) fn belongs(scope: &Scope<'_>, kind: &str, resource: &Node) -> Result<bool> {
    if kind == "AWS::ApiGatewayV2::Api" {
        return Ok(false);
    }
    let api = resource.get("Properties").and_then(|properties| properties.get("ApiId"));
    api.map_or(Ok(false), |api| Ok(scope.text(api)? == WEBSOCKET_API))
}

impl<'a> Parts<'a> {
    pub(super) fn api(&mut self, scope: &Scope<'_>, resource: &'a Node) -> Result<()> {
        only(resource, &["Name", "Description", "ProtocolType", "RouteSelectionExpression"])?;
        if self.selection.is_some() {
            return resource.fault("the local cloud has one WebSocket API");
        }
        let node = resource.need("Properties")?.need("RouteSelectionExpression")?;
        let expression = scope.text(node)?;
        let field = expression.strip_prefix("$request.body.").unwrap_or_default();
        if field.is_empty() || !field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return node.fault("only $request.body.<field> is understood by the local cloud");
        }
        self.selection = Some((field.to_owned(), resource));
        Ok(())
    }

    pub(super) fn part(&mut self, scope: &Scope<'_>, id: &'a str, kind: &str, resource: &'a Node) -> Result<()> {
        let properties = resource.need("Properties")?;
        let must_be = |property: &str, wanted: &str| -> Result<()> {
            match properties.get(property) {
                Some(node) if scope.text(node)? != wanted => {
                    node.fault(format!("only {wanted} is understood by the local cloud"))
                }
                _ => Ok(()),
            }
        };
        match kind {
            "AWS::ApiGatewayV2::Stage" => {
                // Access logs have no counterpart here.
                const KNOWN: [&str; 6] =
                    ["ApiId", "StageName", "Description", "AutoDeploy", "AccessLogSettings", "DefaultRouteSettings"];
                only(resource, &KNOWN)?;
                if self.stage.is_some() {
                    return resource.fault("the local WebSocket API has one stage");
                }
                let throttle = properties.get("DefaultRouteSettings").map(|node| throttle(scope, node)).transpose()?;
                self.stage = Some((scope.text(properties.need("StageName")?)?, throttle.flatten()));
            }
            "AWS::ApiGatewayV2::Integration" => {
                only(resource, &["ApiId", "IntegrationType", "IntegrationMethod", "IntegrationUri"])?;
                must_be("IntegrationType", "AWS_PROXY")?;
                let node = properties.need("IntegrationUri")?;
                let uri = scope.text(node)?;
                let arn = uri.split_once("/functions/").and_then(|(_, rest)| rest.strip_suffix("/invocations"));
                let Some(arn) = arn else { return node.fault("the URI of a Lambda invocation is expected") };
                self.integrations.insert(id.to_owned(), (arn.to_owned(), node));
            }
            "AWS::ApiGatewayV2::Route" => {
                const KNOWN: [&str; 6] = [
                    "ApiId",
                    "RouteKey",
                    "AuthorizationType",
                    "OperationName",
                    "RouteResponseSelectionExpression",
                    "Target",
                ];
                only(resource, &KNOWN)?;
                must_be("AuthorizationType", "NONE")?;
                must_be("RouteResponseSelectionExpression", "$default")?;
                self.routes.push((id, properties));
            }
            "AWS::ApiGatewayV2::RouteResponse" => {
                only(resource, &["ApiId", "RouteId", "RouteResponseKey"])?;
                must_be("RouteResponseKey", "$default")?;
                self.two_way.insert(scope.text(properties.need("RouteId")?)?);
            }
            other => return resource.need("Type")?.fault(format!("the local cloud does not know {other}")),
        }
        Ok(())
    }

    /// The API, when the template has one.
    pub(super) fn assemble(
        self,
        scope: &Scope<'_>,
        functions: &BTreeMap<String, Function>,
    ) -> Result<Option<WebSocketApi>> {
        let Some((selection, api)) = self.selection else { return Ok(None) };
        let Some((stage, throttle)) = self.stage else { return api.fault("the WebSocket API has no stage") };
        let mut routes = BTreeMap::new();
        for (id, properties) in self.routes {
            let key = properties.need("RouteKey")?;
            let target = properties.need("Target")?;
            let name = scope.text(target)?;
            let name = name.strip_prefix("integrations/").unwrap_or_default();
            let Some((arn, uri)) = self.integrations.get(name) else {
                return target.fault(format!("there is no WebSocket integration {name}"));
            };
            let deployed = arn.rsplit(':').next().unwrap_or_default();
            let Some(function) = functions.values().find(|function| function.deployed_name == deployed) else {
                return uri.fault(format!("the integration runs no function of this template: {arn}"));
            };
            // A response needs both the resource and the selection expression, as on AWS.
            let two_way = self.two_way.contains(id) && properties.get("RouteResponseSelectionExpression").is_some();
            let route = WebSocketRoute { function: function.name.clone(), two_way };
            if routes.insert(scope.text(key)?, route).is_some() {
                return key.fault("two routes have this key");
            }
        }
        Ok(Some(WebSocketApi { stage, selection, throttle, routes }))
    }
}

fn throttle(scope: &Scope<'_>, settings: &Node) -> Result<Option<StageThrottle>> {
    // What is measured and logged on AWS has no counterpart here.
    const KNOWN: [&str; 5] =
        ["ThrottlingBurstLimit", "ThrottlingRateLimit", "DetailedMetricsEnabled", "DataTraceEnabled", "LoggingLevel"];
    known(settings, &KNOWN)?;
    let (Some(rate), Some(burst)) = (settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")) else {
        return Ok(None);
    };
    let whole = |node: &Node| -> Result<f64> {
        u32::try_from(number(scope, node)?).map(f64::from).or_else(|_| node.fault("this number is too large"))
    };
    Ok(Some(StageThrottle { rate: whole(rate)?, burst: whole(burst)? }))
}
