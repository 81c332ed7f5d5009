//! The address of a store: which service, which bucket, which folder in it, and in which of the two styles S3 is asked.
//!
//! The servers read the URL in a BACKUP statement by themselves, and which style it has they tell by its host alone: a bucket
//! stands in the host where `s3` (or what a look-alike calls itself) follows it. This reads a URL in the same way, so that this
//! machine and the servers always mean one bucket.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use crate::statements::encoded;

/// As ClickHouse recognises a bucket in a host.
static VIRTUAL_HOSTED: LazyLock<Regex> = LazyLock::new(|| {
    let services = r"s3express[-a-z0-9]+|s3|cos|obs|oss-[a-z0-9-]+|oss|eos";
    Regex::new(&format!(r"^(.+)\.((?:{services})[.\-][a-z0-9\-.:]+)$")).expect("a pattern of our own")
});

/// The host of a service that ClickHouse recognises a bucket before.
static SERVICE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:s3|cos|obs|oss|eos)[.\-]").expect("a pattern of our own"));

/// The region in a host of AWS.
static REGION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|\.)s3(?:-fips)?(?:\.dualstack)?[.\-]([a-z]{2}(?:-[a-z0-9]+)+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$",
    )
    .expect("a pattern of our own")
});

/// How a request names its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressStyle {
    /// `https://s3.eu-central-1.amazonaws.com/bucket/key`
    Path,
    /// `https://bucket.s3.eu-central-1.amazonaws.com/key`
    VirtualHosted,
}

/// Where a store is: a bucket, or a folder of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreAddress {
    scheme: String,
    /// Host and port of the service, without the bucket.
    service: String,
    bucket: String,
    /// Without slashes at its ends, and not encoded; empty for the bucket itself.
    folder: String,
    style: AddressStyle,
}

impl StoreAddress {
    /// Reads a URL as ClickHouse does; `None` where it names no bucket.
    pub fn of_url(url: &Url) -> Option<Self> {
        let host = url.host_str()?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let path = decoded(url.path());
        let path = path.trim_matches('/');
        let scheme = url.scheme().to_owned();
        if !is_private_link(host)
            && let Some(found) = VIRTUAL_HOSTED.captures(&authority)
        {
            let (bucket, service) = (found[1].to_owned(), found[2].to_owned());
            return Some(Self { scheme, service, bucket, folder: path.to_owned(), style: AddressStyle::VirtualHosted });
        }
        let (bucket, folder) = path.split_once('/').unwrap_or((path, ""));
        let (bucket, folder) = (bucket.to_owned(), folder.trim_matches('/').to_owned());
        (!bucket.is_empty()).then_some(Self { scheme, service: authority, bucket, folder, style: AddressStyle::Path })
    }

    /// A bucket of AWS, or of the service at `endpoint`; `folder` may be empty. `None` where the endpoint has no host.
    pub fn of_bucket(bucket: &str, folder: &str, endpoint: Option<&Url>, region: &str) -> Option<Self> {
        let (scheme, service, style) = match endpoint {
            None => {
                let china = if region.starts_with("cn-") { ".cn" } else { "" };
                let style = if bucket.contains('.') { AddressStyle::Path } else { AddressStyle::VirtualHosted };
                ("https".to_owned(), format!("s3.{region}.amazonaws.com{china}"), style)
            }
            Some(endpoint) => {
                let host = endpoint.host_str()?;
                let service = endpoint.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
                (endpoint.scheme().to_owned(), service, AddressStyle::Path)
            }
        };
        let folder = folder.trim_matches('/').to_owned();
        Some(Self { scheme, service, bucket: bucket.to_owned(), folder, style })
    }

    /// The same store in the other style; `None` where a server would not recognise the bucket there.
    pub fn in_style(self, style: AddressStyle) -> Option<Self> {
        let recognised = style == AddressStyle::Path || SERVICE.is_match(&self.service);
        recognised.then_some(Self { style, ..self })
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The region that the host names.
    pub fn region(&self) -> Option<&str> {
        let host = self.service.split(':').next().unwrap_or_default();
        Some(REGION.captures(host)?.get(1)?.as_str())
    }

    /// The URL as it stands in a statement, without a slash at its end.
    pub fn url(&self) -> String {
        let below = if self.folder.is_empty() { String::new() } else { format!("/{}", encoded(&self.folder)) };
        format!("{}{below}", self.bucket_url())
    }

    fn bucket_url(&self) -> String {
        let Self { scheme, service, bucket, .. } = self;
        match self.style {
            AddressStyle::Path => format!("{scheme}://{service}/{bucket}"),
            AddressStyle::VirtualHosted => format!("{scheme}://{bucket}.{service}"),
        }
    }

    /// Where this machine asks for the bucket, and in which style. A bucket with dots has no certificate that is valid for it
    /// as a host, so over TLS it is asked for by its path, as the servers do.
    pub fn endpoint(&self) -> (String, AddressStyle) {
        let dotted = self.bucket.contains('.') && self.scheme == "https";
        match self.style {
            AddressStyle::VirtualHosted if !dotted => (self.bucket_url(), AddressStyle::VirtualHosted),
            _ => (format!("{}://{}", self.scheme, self.service), AddressStyle::Path),
        }
    }

    /// What is the same for one store in whichever style it is written; the protocol does not count.
    pub fn identity(&self) -> String {
        format!("{}/{}/{}", self.service, self.bucket, self.folder)
    }

    /// The path below this store of something in it, by the URL of that, in either style; `None` where it lies elsewhere.
    pub fn path_of(&self, url: &str) -> Option<String> {
        let other = Self::of_url(&Url::parse(url).ok()?)?;
        if (&other.service, &other.bucket) != (&self.service, &self.bucket) {
            return None;
        }
        let below = match self.folder.as_str() {
            "" => other.folder.as_str(),
            folder => other.folder.strip_prefix(folder)?.strip_prefix('/')?,
        };
        (!below.is_empty()).then(|| below.to_owned())
    }
}

/// A path without the codes that a URL has for what is no ASCII in it.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

/// An interface endpoint in a VPC, whose host begins with the word `bucket`: the bucket stands in the path.
fn is_private_link(host: &str) -> bool {
    host.starts_with("bucket.vpce-") && host.ends_with(".vpce.amazonaws.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> StoreAddress {
        StoreAddress::of_url(&Url::parse(url).unwrap()).unwrap_or_else(|| panic!("no bucket in {url}"))
    }

    /// Bucket, folder, region and where this machine asks.
    #[track_caller]
    fn case(url: &str, expected: [&str; 4], style: AddressStyle) {
        let it = address(url);
        let (endpoint, asked) = it.endpoint();
        assert_eq!([it.bucket(), it.folder(), it.region().unwrap_or_default(), &endpoint], expected);
        assert_eq!(asked, style);
        assert_eq!(it.url(), url.trim_end_matches('/'));
    }

    #[test]
    fn both_styles_name_a_bucket_with_and_without_a_folder() {
        use AddressStyle::{Path, VirtualHosted};
        let aws = "https://my-bucket.s3.us-east-1.amazonaws.com";
        case(aws, ["my-bucket", "", "us-east-1", aws], VirtualHosted);
        case(&format!("{aws}/a/b/"), ["my-bucket", "a/b", "us-east-1", aws], VirtualHosted);
        let by_path = "https://s3.eu-central-1.amazonaws.com";
        case(&format!("{by_path}/my-bucket"), ["my-bucket", "", "eu-central-1", by_path], Path);
        case(&format!("{by_path}/my-bucket/a/b"), ["my-bucket", "a/b", "eu-central-1", by_path], Path);
        case("http://127.0.0.1:9000/b/f", ["b", "f", "", "http://127.0.0.1:9000"], Path);
        case("http://minio:9000/b/gr%C3%B6%C3%9Fe", ["b", "größe", "", "http://minio:9000"], Path);
        case("http://minio:9000/b", ["b", "", "", "http://minio:9000"], Path);
        case("https://s3.internal:9000/b/f", ["b", "f", "", "https://s3.internal:9000"], Path);
        case("http://b.s3.internal:9000/f", ["b", "f", "", "http://b.s3.internal:9000"], VirtualHosted);
        case("https://a.s3.b.s3.amazonaws.com/f", ["a.s3.b", "f", "", "https://s3.amazonaws.com"], Path);
        case(
            "https://b.s3.dualstack.eu-west-1.amazonaws.com",
            ["b", "", "eu-west-1", "https://b.s3.dualstack.eu-west-1.amazonaws.com"],
            VirtualHosted,
        );
        case(
            "https://b.s3-us-west-2.amazonaws.com",
            ["b", "", "us-west-2", "https://b.s3-us-west-2.amazonaws.com"],
            VirtualHosted,
        );
        case(
            "https://b.s3.cn-north-1.amazonaws.com.cn",
            ["b", "", "cn-north-1", "https://b.s3.cn-north-1.amazonaws.com.cn"],
            VirtualHosted,
        );
        let private = "https://bucket.vpce-07a1-j3a3.s3.us-east-1.vpce.amazonaws.com";
        case(&format!("{private}/b/f"), ["b", "f", "us-east-1", private], Path);
    }

    #[test]
    fn a_url_without_a_bucket_is_none() {
        for url in ["https://s3.eu-central-1.amazonaws.com", "http://127.0.0.1:9000/", "http://minio:9000//"] {
            assert_eq!(StoreAddress::of_url(&Url::parse(url).unwrap()), None, "{url}");
        }
    }

    #[test]
    fn a_bucket_is_of_aws_or_of_an_endpoint() {
        let of = |bucket, endpoint: Option<&str>, region| {
            let endpoint = endpoint.map(|it| Url::parse(it).unwrap());
            StoreAddress::of_bucket(bucket, "a/b/", endpoint.as_ref(), region).unwrap()
        };
        for (bucket, endpoint, region, url) in [
            ("b", None, "eu-west-1", "https://b.s3.eu-west-1.amazonaws.com/a/b"),
            ("b.c", None, "eu-west-1", "https://s3.eu-west-1.amazonaws.com/b.c/a/b"),
            ("b", None, "cn-north-1", "https://b.s3.cn-north-1.amazonaws.com.cn/a/b"),
            ("b", Some("http://minio:9000"), "r", "http://minio:9000/b/a/b"),
        ] {
            assert_eq!(of(bucket, endpoint, region).url(), url);
            assert_eq!(address(url), of(bucket, endpoint, region), "read as it was written");
        }
        let styled = |it: StoreAddress, style| it.in_style(style).map(|it| it.url());
        let minio = of("b", Some("http://minio:9000"), "r");
        assert_eq!(styled(minio, AddressStyle::VirtualHosted), None, "no server would find the bucket in that host");
        let aws = of("b", None, "eu-west-1");
        let by_path = "https://s3.eu-west-1.amazonaws.com/b/a/b";
        assert_eq!(styled(aws.clone(), AddressStyle::Path).as_deref(), Some(by_path));
        assert_eq!(aws.identity(), address(by_path).identity());
    }

    #[test]
    fn what_lies_in_a_store_is_found_by_either_style() {
        let store = address("https://b.s3.us-east-1.amazonaws.com/folder");
        let path = |url| store.path_of(url);
        assert_eq!(path("https://b.s3.us-east-1.amazonaws.com/folder/one/two"), Some("one/two".to_owned()));
        assert_eq!(path("https://s3.us-east-1.amazonaws.com/b/folder/one"), Some("one".to_owned()));
        for elsewhere in
            ["https://b.s3.us-east-1.amazonaws.com/folder2/one", "https://c.s3.us-east-1.amazonaws.com/folder/one", "x"]
        {
            assert_eq!(path(elsewhere), None, "{elsewhere}");
        }
    }
}
