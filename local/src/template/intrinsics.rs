//! Resolves parameters, conditions and intrinsic functions. Only the branch an `If` takes is looked at.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::yaml::{Node, Result, Yaml, plain};
use crate::dynamodb::streams::stream_arn;
use crate::ivs::arn::of_template;
use crate::world::{ACCOUNT, REGION, STACK};

/// What names in a template stand for.
pub(super) struct Scope<'a> {
    pub(super) parameters: BTreeMap<String, Value>,
    pub(super) conditions: Option<&'a Node>,
    pub(super) resources: &'a Node,
}

impl Scope<'_> {
    /// The value of a node. `None` is `AWS::NoValue`.
    pub(super) fn resolve(&self, node: &Node) -> Result<Option<Value>> {
        Ok(Some(match &node.yaml {
            Yaml::Scalar(value) => value.clone(),
            Yaml::Sequence(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.extend(self.resolve(item)?);
                }
                Value::Array(values)
            }
            Yaml::Mapping(entries) => {
                let mut map = Map::new();
                for (key, entry) in entries {
                    if let Some(value) = self.resolve(entry)? {
                        map.insert(key.clone(), value);
                    }
                }
                Value::Object(map)
            }
            Yaml::Call(name, argument) => return self.call(name, argument),
        }))
    }

    /// The value of a node that must have one.
    pub(super) fn value(&self, node: &Node) -> Result<Value> {
        self.resolve(node)?.map_or_else(|| node.fault("AWS::NoValue cannot stand here"), Ok)
    }

    /// The value of a node as text.
    pub(super) fn text(&self, node: &Node) -> Result<String> {
        match self.value(node)? {
            Value::Array(_) | Value::Object(_) | Value::Null => node.fault("a text is expected"),
            value => Ok(plain(&value)),
        }
    }

    fn call(&self, name: &str, argument: &Node) -> Result<Option<Value>> {
        Ok(Some(match (name, &argument.yaml) {
            ("Ref", _) => {
                let name = argument.text()?;
                if name == "AWS::NoValue" {
                    return Ok(None);
                }
                self.reference(argument, name)?
            }
            ("GetAtt", Yaml::Scalar(Value::String(path))) => {
                let Some((resource, attribute)) = path.split_once('.') else {
                    return argument.fault("GetAtt needs Resource.Attribute");
                };
                self.attribute(argument, resource, attribute)?
            }
            ("Sub", Yaml::Scalar(Value::String(text))) => Value::String(self.substitute(argument, text)?),
            ("Join", Yaml::Sequence(parts)) if parts.len() == 2 => {
                let separator = parts[0].text()?.to_owned();
                let Value::Array(values) = self.value(&parts[1])? else {
                    return parts[1].fault("Join needs a list");
                };
                Value::String(values.iter().map(plain).collect::<Vec<_>>().join(&separator))
            }
            ("If", Yaml::Sequence(parts)) if parts.len() == 3 => {
                let taken = if self.condition(&parts[0], parts[0].text()?)? { &parts[1] } else { &parts[2] };
                return self.resolve(taken);
            }
            _ => return argument.fault(format!("{name} in this form is not understood by the local cloud")),
        }))
    }

    fn condition(&self, at: &Node, name: &str) -> Result<bool> {
        match self.conditions.and_then(|conditions| conditions.get(name)) {
            Some(condition) => self.truth(condition),
            None => at.fault(format!("there is no condition {name}")),
        }
    }

    fn truth(&self, node: &Node) -> Result<bool> {
        let Yaml::Call(name, argument) = &node.yaml else {
            return node.fault("a condition is expected");
        };
        match (name.as_str(), &argument.yaml) {
            ("Condition", _) => self.condition(argument, argument.text()?),
            ("Equals", Yaml::Sequence(sides)) if sides.len() == 2 => Ok(self.text(&sides[0])? == self.text(&sides[1])?),
            ("Not", Yaml::Sequence(inner)) if inner.len() == 1 => Ok(!self.truth(&inner[0])?),
            ("And", Yaml::Sequence(inner)) => {
                inner.iter().map(|node| self.truth(node)).try_fold(true, |all, truth| Ok(all && truth?))
            }
            ("Or", Yaml::Sequence(inner)) => {
                inner.iter().map(|node| self.truth(node)).try_fold(false, |any, truth| Ok(any || truth?))
            }
            _ => node.fault(format!("the condition {name} is not understood by the local cloud")),
        }
    }

    fn substitute(&self, at: &Node, text: &str) -> Result<String> {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let Some(length) = rest[start..].find('}') else {
                return at.fault("a ${ is not closed");
            };
            let name = &rest[start + 2..start + length];
            match (name.strip_prefix('!'), name.split_once('.')) {
                (Some(literal), _) => result.push_str(&format!("${{{literal}}}")),
                (None, Some((resource, attribute))) => {
                    result.push_str(&plain(&self.attribute(at, resource, attribute)?));
                }
                (None, None) => result.push_str(&plain(&self.reference(at, name)?)),
            }
            rest = &rest[start + length + 1..];
        }
        result.push_str(rest);
        Ok(result)
    }

    fn reference(&self, at: &Node, name: &str) -> Result<Value> {
        let pseudo = match name {
            "AWS::StackName" => Some(STACK),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Region" => Some(REGION),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(Value::String(value.to_owned()));
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        let (kind, resource) = self.resource(at, name)?;
        Ok(Value::String(match kind {
            "AWS::Serverless::Function" => self.text(resource.need("Properties")?.need("FunctionName")?)?,
            "AWS::SecretsManager::Secret" => secret_arn(name),
            "AWS::DynamoDB::Table" => table_name(name),
            "AWS::S3::Bucket" => self.text(resource.need("Properties")?.need("BucketName")?)?,
            "AWS::Events::EventBus" => self.text(resource.need("Properties")?.need("Name")?)?,
            "AWS::SQS::Queue" => queue_name(name),
            "AWS::IVS::RecordingConfiguration" => of_template(name),
            "AWS::ApiGatewayV2::Api" if is_websocket(resource) => WEBSOCKET_API.to_owned(),
            "AWS::ApiGatewayV2::Api"
            | "AWS::ApiGatewayV2::Integration"
            | "AWS::ApiGatewayV2::Route"
            | "AWS::ApiGatewayV2::Stage" => name.to_owned(),
            _ => return at.fault(format!("Ref of {kind} is not understood by the local cloud")),
        }))
    }

    fn attribute(&self, at: &Node, name: &str, attribute: &str) -> Result<Value> {
        let (kind, resource) = self.resource(at, name)?;
        Ok(Value::String(match (kind, attribute) {
            ("AWS::Serverless::Function", "Arn") => {
                let name = self.text(resource.need("Properties")?.need("FunctionName")?)?;
                format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
            }
            ("AWS::DynamoDB::Table", "Arn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}", table_name(name))
            }
            ("AWS::DynamoDB::Table", "StreamArn") => stream_arn(&table_name(name)),
            ("AWS::S3::Bucket", "Arn") => {
                format!("arn:aws:s3:::{}", self.text(resource.need("Properties")?.need("BucketName")?)?)
            }
            ("AWS::Events::EventBus", "Arn") => {
                let bus = self.text(resource.need("Properties")?.need("Name")?)?;
                format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}")
            }
            ("AWS::SQS::Queue", "Arn") => queue_arn(&queue_name(name)),
            ("AWS::SQS::Queue", "QueueName") => queue_name(name),
            ("AWS::IVS::RecordingConfiguration", "Arn") => of_template(name),
            ("AWS::MediaConvert::Queue", "Arn") => {
                let queue = self.text(resource.need("Properties")?.need("Name")?)?;
                format!("arn:aws:mediaconvert:{REGION}:{ACCOUNT}:queues/{queue}")
            }
            ("AWS::IAM::Role", "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{STACK}-{name}"),
            ("AWS::CloudFront::Distribution", "DomainName") => "distribution.cloudfront.net".to_owned(),
            _ => return at.fault(format!("{attribute} of {kind} is not understood by the local cloud")),
        }))
    }

    fn resource(&self, at: &Node, name: &str) -> Result<(&str, &Node)> {
        match self.resources.get(name) {
            Some(resource) => Ok((resource.need("Type")?.text()?, resource)),
            None => at.fault(format!("there is no parameter or resource {name}")),
        }
    }
}

/// The id of the WebSocket API: a stack has one.
pub(super) const WEBSOCKET_API: &str = "local-ws";

/// Whether an `AWS::ApiGatewayV2::Api` speaks WebSocket.
pub(super) fn is_websocket(api: &Node) -> bool {
    let protocol = api.get("Properties").and_then(|properties| properties.get("ProtocolType"));
    protocol.is_some_and(|protocol| protocol.text().is_ok_and(|protocol| protocol == "WEBSOCKET"))
}

/// The physical name of a table without one of its own.
pub(super) fn table_name(logical_id: &str) -> String {
    format!("{STACK}-{logical_id}")
}

/// The ARN of a secret.
pub(super) fn secret_arn(logical_id: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{logical_id}")
}

/// The physical name of a queue without one of its own.
pub(super) fn queue_name(logical_id: &str) -> String {
    format!("{STACK}-{logical_id}")
}

/// The ARN of a queue.
pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}
