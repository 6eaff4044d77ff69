//! S3's operations on top of the object store.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::dto::*;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, TrailingHeaders, s3_error};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::multipart::Completion;
use super::objects::{Headers, Object as Kept, Objects, Stored, hex};
use super::view::View;

/// S3's largest body of one request.
const MAX_BODY: u64 = 5 * 1024 * 1024 * 1024;
const MAX_KEY: usize = 1024;
const PAGE: i32 = 1000;

pub(super) struct Backend {
    pub(super) objects: Objects,
    /// The bucket whose objects are made elsewhere; `access` lets nothing be written there.
    pub(super) view: Option<View>,
}

#[async_trait::async_trait]
impl S3 for Backend {
    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.objects.need_bucket(&request.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let claimed_sha256 = claimed_sha256(&request.headers);
        let trailers = request.trailing_headers;
        let input = request.input;
        self.objects.need_bucket(&input.bucket)?;
        check_key(&input.key)?;
        let only_new = only_new(input.if_none_match.as_ref())?;
        let claims = Claims {
            length: input.content_length,
            md5: input.content_md5,
            sha256: claimed_sha256,
            checksums: Checksum {
                checksum_crc32: input.checksum_crc32,
                checksum_crc32c: input.checksum_crc32c,
                checksum_crc64nvme: input.checksum_crc64nvme,
                checksum_sha1: input.checksum_sha1,
                checksum_sha256: input.checksum_sha256,
                ..Checksum::default()
            },
        };
        let stored = self.receive(input.body, claims, trailers).await?;
        let headers = Headers {
            content_type: input.content_type,
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding.filter(|coding| coding != "aws-chunked"),
            metadata: input.metadata.into_iter().flatten().collect(),
        };
        let etag = hex(&stored.md5);
        let object = self.objects.commit(&input.bucket, &input.key, stored, etag, headers, "PutObject", only_new)?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(ETag::Strong(object.etag)), ..PutObjectOutput::default() }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        if let Some(view) = self.view_of(&input.bucket) {
            return Ok(S3Response::new(view.get(&input).await?));
        }
        let object = self.objects.get(&input.bucket, &input.key)?;
        if let Some(ETagCondition::ETag(etag)) = &input.if_none_match
            && etag.value() == object.etag
        {
            return Err(s3_error!(NotModified));
        }
        check_if_match(input.if_match.as_ref(), &object)?;
        let whole = 0..object.size;
        let range = match &input.range {
            Some(range) => range.check(object.size)?,
            None => whole.clone(),
        };
        let mut file = tokio::fs::File::open(self.objects.path(&object)).await.map_err(S3Error::internal_error)?;
        file.seek(std::io::SeekFrom::Start(range.start)).await.map_err(S3Error::internal_error)?;
        let length = range.end - range.start;
        let body = StreamingBlob::wrap(ReaderStream::with_capacity(file.take(length), 128 * 1024));
        let content_range =
            (range != whole).then(|| format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), object.size));
        Ok(S3Response::new(GetObjectOutput {
            accept_ranges: Some("bytes".into()),
            body: Some(body),
            content_length: Some(signed(length)),
            content_range,
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(time(object.modified_at)),
            content_type: object.headers.content_type,
            cache_control: object.headers.cache_control,
            content_disposition: object.headers.content_disposition,
            content_encoding: object.headers.content_encoding,
            metadata: Some(object.headers.metadata.into_iter().collect()),
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        if let Some(view) = self.view_of(&input.bucket) {
            return Ok(S3Response::new(view.head(&input.key).await?));
        }
        let object = self.objects.get(&input.bucket, &input.key)?;
        check_if_match(input.if_match.as_ref(), &object)?;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".into()),
            content_length: Some(signed(object.size)),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(time(object.modified_at)),
            content_type: object.headers.content_type,
            cache_control: object.headers.cache_control,
            content_disposition: object.headers.content_disposition,
            content_encoding: object.headers.content_encoding,
            metadata: Some(object.headers.metadata.into_iter().collect()),
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.objects.delete(&request.input.bucket, &request.input.key)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let input = request.input;
        let mut deleted = Vec::new();
        for object in input.delete.objects {
            self.objects.delete(&input.bucket, &object.key)?;
            deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
        }
        let deleted = (input.delete.quiet != Some(true)).then_some(deleted);
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..DeleteObjectsOutput::default() }))
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(s3_error!(NotImplemented, "Only objects of buckets can be copied here."));
        };
        check_key(&input.key)?;
        let source = self.objects.get(bucket, key)?;
        let file = tokio::fs::File::open(self.objects.path(&source)).await.map_err(S3Error::internal_error)?;
        let stored = self.objects.store(ReaderStream::with_capacity(file, 128 * 1024), MAX_BODY).await?;
        let replaces = input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
        let headers = if replaces {
            Headers {
                content_type: input.content_type,
                cache_control: input.cache_control,
                content_disposition: input.content_disposition,
                content_encoding: input.content_encoding,
                metadata: input.metadata.into_iter().flatten().collect(),
            }
        } else {
            source.headers
        };
        let etag = hex(&stored.md5);
        let object = self.objects.commit(&input.bucket, &input.key, stored, etag, headers, "CopyObject", false)?;
        let result = CopyObjectResult {
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(time(object.modified_at)),
            ..CopyObjectResult::default()
        };
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let prefix = input.prefix.clone().unwrap_or_default();
        let delimiter = input.delimiter.clone().filter(|delimiter| !delimiter.is_empty());
        let most = input.max_keys.unwrap_or(PAGE).clamp(0, PAGE);
        let mut after = match &input.continuation_token {
            Some(token) => STANDARD.decode(token).ok().and_then(|key| String::from_utf8(key).ok()),
            None => Some(input.start_after.clone().unwrap_or_default()),
        }
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))?;
        let (mut contents, mut groups, mut truncated) = (Vec::new(), Vec::new(), false);
        'pages: loop {
            let page = self.objects.list(&input.bucket, &prefix, &after, 1000)?;
            if page.is_empty() {
                break;
            }
            for object in page {
                let group = delimiter.as_ref().and_then(|delimiter| {
                    let end = object.key[prefix.len()..].find(delimiter.as_str())?;
                    Some(object.key[..prefix.len() + end + delimiter.len()].to_owned())
                });
                if let Some(group) = &group
                    && (groups.last() == Some(group) || after.starts_with(group.as_str()))
                {
                    after = object.key;
                    continue;
                }
                if i32::try_from(contents.len() + groups.len()).unwrap_or(PAGE) >= most {
                    truncated = true;
                    break 'pages;
                }
                after.clone_from(&object.key);
                match group {
                    Some(group) => groups.push(group),
                    None => contents.push(listed(object)),
                }
            }
        }
        let count = i32::try_from(contents.len() + groups.len()).unwrap_or(PAGE);
        let groups: Vec<_> = groups.into_iter().map(|prefix| CommonPrefix { prefix: Some(prefix) }).collect();
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix,
            delimiter: input.delimiter,
            max_keys: Some(most),
            key_count: Some(count),
            is_truncated: Some(truncated),
            next_continuation_token: truncated.then(|| STANDARD.encode(after)),
            continuation_token: input.continuation_token,
            contents: Some(contents),
            common_prefixes: (!groups.is_empty()).then_some(groups),
            ..ListObjectsV2Output::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        check_key(&input.key)?;
        let headers = Headers {
            content_type: input.content_type,
            cache_control: input.cache_control,
            content_disposition: input.content_disposition,
            content_encoding: input.content_encoding,
            metadata: input.metadata.into_iter().flatten().collect(),
        };
        let id = self.objects.begin(&input.bucket, &input.key, &headers)?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let claimed_sha256 = claimed_sha256(&request.headers);
        let trailers = request.trailing_headers;
        let input = request.input;
        if !(1..=10_000).contains(&input.part_number) {
            return Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"));
        }
        self.objects.upload(&input.bucket, &input.key, &input.upload_id)?;
        let claims = Claims {
            length: input.content_length,
            md5: input.content_md5,
            sha256: claimed_sha256,
            checksums: Checksum {
                checksum_crc32: input.checksum_crc32,
                checksum_crc32c: input.checksum_crc32c,
                checksum_crc64nvme: input.checksum_crc64nvme,
                checksum_sha1: input.checksum_sha1,
                checksum_sha256: input.checksum_sha256,
                ..Checksum::default()
            },
        };
        let stored = self.receive(input.body, claims, trailers).await?;
        let etag = self.objects.put_part(&input.upload_id, input.part_number, stored)?;
        Ok(S3Response::new(UploadPartOutput { e_tag: Some(ETag::Strong(etag)), ..UploadPartOutput::default() }))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        self.objects.upload(&input.bucket, &input.key, &input.upload_id)?;
        let after = input.part_number_marker.unwrap_or(0);
        let most = usize::try_from(input.max_parts.unwrap_or(PAGE).clamp(1, PAGE)).unwrap_or(1000);
        let mut parts = self.objects.parts(&input.upload_id, after, most + 1)?;
        let truncated = parts.len() > most;
        parts.truncate(most);
        let next = truncated.then(|| parts.last().map(|part| part.number)).flatten();
        let parts = parts
            .into_iter()
            .map(|part| Part {
                part_number: Some(part.number),
                size: Some(signed(part.size)),
                e_tag: Some(ETag::Strong(part.etag)),
                last_modified: Some(time(part.modified_at)),
                ..Part::default()
            })
            .collect();
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            is_truncated: Some(truncated),
            next_part_number_marker: next,
            parts: Some(parts),
            ..ListPartsOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let completion = Completion {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            upload: input.upload_id.clone(),
            parts: parts
                .into_iter()
                .map(|part| {
                    let etag = part.e_tag.map(ETag::into_value).unwrap_or_default();
                    (part.part_number.unwrap_or_default(), etag)
                })
                .collect(),
            only_new: only_new(input.if_none_match.as_ref())?,
        };
        let object = self.objects.complete(completion).await?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(object.etag)),
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        self.objects.upload(&input.bucket, &input.key, &input.upload_id)?;
        self.objects.forget(&input.upload_id)?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

/// What a client says of a body.
struct Claims {
    length: Option<i64>,
    md5: Option<String>,
    sha256: Option<String>,
    checksums: Checksum,
}

impl Backend {
    fn view_of(&self, bucket: &str) -> Option<&View> {
        self.view.as_ref().filter(|view| view.bucket == bucket)
    }

    /// Stores a body and holds it against what was said of it, before anything is visible.
    async fn receive(
        &self,
        body: Option<StreamingBlob>,
        mut claims: Claims,
        trailers: Option<TrailingHeaders>,
    ) -> S3Result<Stored> {
        let mut hasher = ChecksumHasher {
            crc32: Some(s3s::crypto::Crc32::new()),
            crc32c: claims.checksums.checksum_crc32c.as_ref().map(|_| s3s::crypto::Crc32c::new()),
            crc64nvme: Some(s3s::crypto::Crc64Nvme::new()),
            sha1: claims.checksums.checksum_sha1.as_ref().map(|_| s3s::crypto::Sha1::new()),
            sha256: None,
        };
        let body = body.unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
        let body = body.inspect(|chunk| {
            if let Ok(chunk) = chunk {
                hasher.update(chunk);
            }
        });
        let stored = self.objects.store(body, MAX_BODY).await?;
        let computed = hasher.finalize();
        // Checksums of a stream come after it.
        for (name, claimed) in [
            ("x-amz-checksum-crc32", &mut claims.checksums.checksum_crc32),
            ("x-amz-checksum-crc64nvme", &mut claims.checksums.checksum_crc64nvme),
            ("x-amz-checksum-sha256", &mut claims.checksums.checksum_sha256),
        ] {
            if let Some(trailers) = &trailers
                && let Some(value) = trailers.read(|headers| headers.get(name).cloned()).flatten()
            {
                *claimed = value.to_str().ok().map(str::to_owned);
            }
        }
        let sha256 = Some(STANDARD.encode(&stored.sha256));
        let agrees = |claimed: &Option<String>, computed: &Option<String>| claimed.is_none() || claimed == computed;
        let problem = if claims.length.is_some_and(|length| length != signed(stored.size)) {
            Some(s3_error!(IncompleteBody, "The body has another length than was declared."))
        } else if !agrees(&claims.md5, &Some(STANDARD.encode(&stored.md5)))
            || !agrees(&claims.checksums.checksum_crc32, &computed.checksum_crc32)
            || !agrees(&claims.checksums.checksum_crc32c, &computed.checksum_crc32c)
            || !agrees(&claims.checksums.checksum_crc64nvme, &computed.checksum_crc64nvme)
            || !agrees(&claims.checksums.checksum_sha1, &computed.checksum_sha1)
            || !agrees(&claims.checksums.checksum_sha256, &sha256)
        {
            Some(s3_error!(BadDigest, "A checksum you specified did not match what we received."))
        } else if claims.sha256.is_some_and(|claimed| claimed != hex(&stored.sha256)) {
            Some(s3_error!(BadDigest, "The provided x-amz-content-sha256 does not match the body."))
        } else {
            None
        };
        match problem {
            None => Ok(stored),
            Some(problem) => {
                super::objects::remove(&self.objects.file(&stored.file));
                Err(problem)
            }
        }
    }
}

/// The hash of the body that was signed, where it was.
fn claimed_sha256(headers: &axum::http::HeaderMap) -> Option<String> {
    let value = headers.get("x-amz-content-sha256")?.to_str().ok()?;
    (value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| value.to_ascii_lowercase())
}

fn check_key(key: &str) -> S3Result<()> {
    if key.len() > MAX_KEY { Err(s3_error!(KeyTooLongError, "Your key is too long")) } else { Ok(()) }
}

fn only_new(condition: Option<&ETagCondition>) -> S3Result<bool> {
    match condition {
        None => Ok(false),
        Some(ETagCondition::Any) => Ok(true),
        Some(ETagCondition::ETag(_)) => Err(s3_error!(NotImplemented, "If-None-Match takes * only")),
    }
}

fn check_if_match(condition: Option<&ETagCondition>, object: &Kept) -> S3Result<()> {
    match condition {
        Some(ETagCondition::ETag(etag)) if etag.value() != object.etag => {
            Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"))
        }
        _ => Ok(()),
    }
}

fn listed(object: Kept) -> Object {
    Object {
        key: Some(object.key),
        size: Some(signed(object.size)),
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(time(object.modified_at)),
        ..Object::default()
    }
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn time(modified_at: i64) -> Timestamp {
    Timestamp::from(UNIX_EPOCH + Duration::from_millis(u64::try_from(modified_at).unwrap_or_default()))
}
