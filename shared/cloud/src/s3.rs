//! One S3 bucket.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, MetadataDirective, ObjectIdentifier};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_types::SdkConfig;
use skylark_domain::ports::{Assembled, Listed, NewObject, Objects, Part, Presigned, Reachable};
use skylark_domain::{PortError, PortErrorKind};

use crate::error::port_error;

const PORT: &str = "objects";
/// S3 may take long to assemble a large object.
const COMPLETION_TIMEOUT: Duration = Duration::from_secs(25);
/// Keys of one DeleteObjects call.
const MAX_DELETIONS: usize = 1000;

/// A bucket.
#[derive(Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket `name` in the region and at the endpoint of `config`.
    pub fn new(config: &SdkConfig, name: String) -> Self {
        let client = aws_sdk_s3::config::Builder::from(config)
            // Only AWS itself has a host name for each bucket.
            .force_path_style(config.endpoint_url().is_some())
            // Otherwise a presigned URL would demand the checksum of an empty body.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .build();
        Self { client: Client::from_conf(client), name }
    }

    /// The object at `key`, unless its ETag is `known` still. One GetObject.
    ///
    /// # Errors
    /// `Rejected` when there is none, or it may not be read.
    pub async fn read_unless(&self, key: &str, known: Option<String>) -> Result<Fresh, PortError> {
        let get = self.client.get_object().bucket(&self.name).key(key).set_if_none_match(known);
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 304) => {
                return Ok(Fresh::Unchanged);
            }
            Err(error) => return Err(failed(error)),
        };
        let body = object.body.collect().await;
        let body = body.map_err(|error| PortError::new(PORT, PortErrorKind::Unavailable, error))?;
        Ok(Fresh::Changed { body: body.to_vec(), etag: object.e_tag })
    }
}

/// What was read of an object that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fresh {
    /// What is kept is still right.
    Unchanged,
    /// It has other bytes than those that are kept.
    Changed {
        /// All of them.
        body: Vec<u8>,
        /// As S3 writes it, with quotes.
        etag: Option<String>,
    },
}

#[async_trait]
impl Objects for Bucket {
    async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        size: u64,
        life: Duration,
    ) -> Result<Presigned, PortError> {
        let put = self.client.put_object().bucket(&self.name).key(key).content_type(content_type).if_none_match("*");
        let put = put.content_length(signed(size)?).presigned(expires_in(life)?).await.map_err(failed)?;
        // A client's own HTTP stack sends host and length.
        let headers = put.headers().filter(|(name, _)| !matches!(*name, "host" | "content-length"));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Presigned { url: put.uri().to_owned(), headers })
    }

    async fn presign_parts(
        &self,
        key: &str,
        s3_upload_id: &str,
        parts: &[(u32, u64)],
        life: Duration,
    ) -> Result<Vec<String>, PortError> {
        let mut urls = Vec::with_capacity(parts.len());
        for (number, size) in parts {
            let part = self.client.upload_part().bucket(&self.name).key(key).upload_id(s3_upload_id);
            let part = part.part_number(signed(*number)?).content_length(signed(*size)?);
            urls.push(part.presigned(expires_in(life)?).await.map_err(failed)?.uri().to_owned());
        }
        Ok(urls)
    }

    async fn begin_multipart(&self, key: &str, content_type: &str) -> Result<String, PortError> {
        let begun = self.client.create_multipart_upload().bucket(&self.name).key(key).content_type(content_type);
        let begun = begun.send().await.map_err(failed)?;
        begun.upload_id.ok_or_else(|| PortError::new(PORT, PortErrorKind::Corrupt, "a multipart upload without id"))
    }

    async fn parts(&self, key: &str, s3_upload_id: &str) -> Result<Option<Vec<Part>>, PortError> {
        let list = self.client.list_parts().bucket(&self.name).key(key).upload_id(s3_upload_id);
        let mut pages = list.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(part) = pages.next().await {
            let part = match part {
                Ok(part) => part,
                Err(error) if has_code(&error, "NoSuchUpload") => return Ok(None),
                Err(error) => return Err(failed(error)),
            };
            found.push(Part {
                number: part.part_number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default(),
                etag: part.e_tag.unwrap_or_default().trim_matches('"').to_owned(),
                size: part.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            });
        }
        Ok(Some(found))
    }

    async fn complete_multipart(
        &self,
        key: &str,
        s3_upload_id: &str,
        parts: &[(u32, String)],
    ) -> Result<Assembled, PortError> {
        let mut list = CompletedMultipartUpload::builder();
        for (number, etag) in parts {
            list = list.parts(CompletedPart::builder().part_number(signed(*number)?).e_tag(etag).build());
        }
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(COMPLETION_TIMEOUT)
            .operation_timeout(COMPLETION_TIMEOUT)
            .build();
        let patient = Builder::new().timeout_config(timeouts).retry_config(RetryConfig::disabled());
        let completed = self
            .client
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(key)
            .upload_id(s3_upload_id)
            .multipart_upload(list.build())
            .if_none_match("*")
            .customize()
            .config_override(patient)
            .send()
            .await;
        let Err(error) = completed else { return Ok(Assembled::Done) };
        match settle(&error) {
            Some(assembled) if assembled != Assembled::NoSuchTransfer => Ok(assembled),
            // The answer may have been lost: what counts is whether the object stands.
            _ if self.size(key).await?.is_some() => Ok(Assembled::Done),
            Some(assembled) => Ok(assembled),
            None => Err(failed(error)),
        }
    }

    async fn abort_multipart(&self, key: &str, s3_upload_id: &str) -> Result<(), PortError> {
        let abort = self.client.abort_multipart_upload().bucket(&self.name).key(key).upload_id(s3_upload_id);
        match abort.send().await {
            Ok(_) => Ok(()),
            Err(error) if has_code(&error, "NoSuchUpload") => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn size(&self, key: &str) -> Result<Option<u64>, PortError> {
        match self.client.head_object().bucket(&self.name).key(key).send().await {
            Ok(head) => Ok(Some(head.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default())),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn read(&self, key: &str, offset: u64, length: u64) -> Result<Option<Vec<u8>>, PortError> {
        if length == 0 {
            return Ok(Some(Vec::new()));
        }
        let range = format!("bytes={offset}-{}", offset + length - 1);
        let object = match self.client.get_object().bucket(&self.name).key(key).range(range).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => return Ok(None),
            Err(error) if has_code(&error, "InvalidRange") => return Ok(Some(Vec::new())),
            Err(error) => return Err(failed(error)),
        };
        let body = object.body.collect().await;
        let body = body.map_err(|error| PortError::new(PORT, PortErrorKind::Unavailable, error))?;
        Ok(Some(body.to_vec()))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, PortError> {
        let mut pages = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(failed)?.contents.unwrap_or_default() {
                let size = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                found.extend(object.key.map(|key| Listed { key, size }));
            }
        }
        Ok(found)
    }

    async fn copy(
        &self,
        from: &str,
        to: &str,
        content_type: &'static str,
        cache_control: &'static str,
    ) -> Result<(), PortError> {
        let copy = self.client.copy_object().bucket(&self.name).copy_source(format!("{}/{from}", self.name)).key(to);
        let copy = copy.metadata_directive(MetadataDirective::Replace);
        copy.content_type(content_type).cache_control(cache_control).send().await.map_err(failed)?;
        Ok(())
    }

    async fn put(&self, object: NewObject) -> Result<(), PortError> {
        let put = self.client.put_object().bucket(&self.name).key(object.key).body(object.body.into());
        let put = put.content_type(object.content_type).cache_control(object.cache_control);
        let put = put.set_content_encoding(object.content_encoding.map(str::to_owned));
        put.send().await.map_err(failed)?;
        Ok(())
    }

    async fn delete(&self, keys: &[String]) -> Result<(), PortError> {
        if let [key] = keys {
            self.client.delete_object().bucket(&self.name).key(key).send().await.map_err(failed)?;
            return Ok(());
        }
        for keys in keys.chunks(MAX_DELETIONS) {
            let mut list = Delete::builder().quiet(true);
            for key in keys {
                let object = ObjectIdentifier::builder().key(key).build();
                list = list.objects(object.map_err(corrupt)?);
            }
            let deleted = self.client.delete_objects().bucket(&self.name).delete(list.build().map_err(corrupt)?);
            let deleted = deleted.send().await.map_err(failed)?;
            if let Some(error) = deleted.errors().first() {
                let key = error.key().unwrap_or_default();
                let message = format!("{key} cannot be deleted: {}", error.code().unwrap_or_default());
                return Err(PortError::new(PORT, PortErrorKind::Unavailable, message));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Reachable for Bucket {
    /// One HeadBucket.
    async fn ping(&self) -> Result<(), PortError> {
        self.client.head_bucket().bucket(&self.name).send().await.map_err(failed)?;
        Ok(())
    }
}

/// What an error says about the parts or the transfer; nothing when it says neither.
fn settle(error: &SdkError<CompleteMultipartUploadError, HttpResponse>) -> Option<Assembled> {
    match error.as_service_error().and_then(ProvideErrorMetadata::code)? {
        "InvalidPart" | "InvalidPartOrder" | "EntityTooSmall" => Some(Assembled::BadParts),
        "NoSuchUpload" | "PreconditionFailed" => Some(Assembled::NoSuchTransfer),
        _ => None,
    }
}

fn has_code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, code: &str) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some(code)
}

fn failed<E: std::error::Error + Send + Sync + 'static>(error: SdkError<E, HttpResponse>) -> PortError {
    port_error(PORT, error)
}

fn corrupt(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::new(PORT, PortErrorKind::Corrupt, source)
}

fn expires_in(life: Duration) -> Result<PresigningConfig, PortError> {
    PresigningConfig::expires_in(life).map_err(corrupt)
}

fn signed<T>(number: impl TryInto<T>) -> Result<T, PortError> {
    number.try_into().map_err(|_| corrupt("a number is too large for S3"))
}
