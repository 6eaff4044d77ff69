//! The web bucket: what was sent there on AWS is read here from the web app's own files, so that functions and the front
//! door show the same page, also while it is being built anew.

use md5::{Digest, Md5};
use s3s::dto::{ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectOutput, StreamingBlob};
use s3s::{S3Error, S3Result, s3_error};

use super::objects::hex;
use crate::web::{File, Web};

/// A bucket that shows the files of the web app and takes none.
#[derive(Clone)]
pub struct View {
    /// The bucket's name.
    pub bucket: String,
    /// The files.
    pub web: Web,
}

impl View {
    pub(super) async fn get(&self, input: &GetObjectInput) -> S3Result<GetObjectOutput> {
        let (file, etag) = self.find(&input.key).await?;
        if let Some(ETagCondition::ETag(known)) = &input.if_none_match
            && known.value() == etag
        {
            return Err(s3_error!(NotModified));
        }
        Ok(GetObjectOutput {
            content_length: Some(length(&file)),
            content_type: Some(file.content_type),
            e_tag: Some(ETag::Strong(etag)),
            body: Some(StreamingBlob::from(s3s::Body::from(file.bytes))),
            ..GetObjectOutput::default()
        })
    }

    pub(super) async fn head(&self, key: &str) -> S3Result<HeadObjectOutput> {
        let (file, etag) = self.find(key).await?;
        Ok(HeadObjectOutput {
            content_length: Some(length(&file)),
            content_type: Some(file.content_type),
            e_tag: Some(ETag::Strong(etag)),
            ..HeadObjectOutput::default()
        })
    }

    async fn find(&self, key: &str) -> S3Result<(File, String)> {
        let found = self.web.read(key).await.map_err(|error| {
            tracing::error!(key, %error, "a file of the page cannot be read");
            S3Error::with_message(
                s3s::S3ErrorCode::InternalError,
                "We encountered an internal error. Please try again.",
            )
        })?;
        let file = found.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))?;
        let etag = hex(&Md5::digest(&file.bytes));
        Ok((file, etag))
    }
}

fn length(file: &File) -> i64 {
    i64::try_from(file.bytes.len()).unwrap_or(i64::MAX)
}
