//! Whose certificates an image trusts besides the public ones.

use std::ops::Range;

use serde::Serialize;

/// Where distributions keep all that is trusted, in one file.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where `update-ca-certificates` looks for those that are added, by files that end in `.crt`.
const ADDED: &str = "/usr/local/share/ca-certificates";

/// What programs that bring certificates of their own are told where those of the system are: OpenSSL, and with it Python, curl
/// and uv; requests; pip.
/// Source: SSL_CTX_load_verify_locations(3) of OpenSSL; "SSL Cert Verification" of requests; "Configuration" of pip.
pub(super) const VARIABLES: [(&str, &str); 3] = [
    ("SSL_CERT_FILE", BUNDLE),
    ("REQUESTS_CA_BUNDLE", BUNDLE),
    ("PIP_CERT", BUNDLE),
];

/// The package whose `update-ca-certificates` puts that file together.
pub(super) const PACKAGE: &str = "ca-certificates";

/// A file of certificates, as a Dockerfile copies it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Authority {
    /// Its path in the context.
    pub source: String,
    /// Where it lies in the image.
    pub installed: String,
    /// What it is made a part of.
    pub bundle: &'static str,
    /// Its path from the root.
    #[serde(skip)]
    pub path: String,
    /// Where the matrix names it.
    #[serde(skip)]
    pub stated: Range<usize>,
}

impl Authority {
    /// The file at `path` from the root, which is `source` in the context.
    pub(super) fn new(path: &str, source: String, stated: Range<usize>) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let stem = if stem.is_empty() { "company" } else { stem };
        Authority {
            source,
            installed: format!("{ADDED}/{stem}.crt"),
            bundle: BUNDLE,
            path: path.strip_prefix("./").unwrap_or(path).to_owned(),
            stated,
        }
    }
}

/// Why a text is no file of certificates to trust, in words behind its name.
pub(super) fn fault(text: &str) -> Option<&'static str> {
    if text.contains("PRIVATE KEY-----") {
        return Some("holds a private key");
    }
    (!text.contains("-----BEGIN CERTIFICATE-----")).then_some("holds no certificate in PEM")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_installed_where_the_distribution_looks() {
        for (path, installed) in [
            (
                "certs/company.pem",
                "/usr/local/share/ca-certificates/company.crt",
            ),
            ("ca", "/usr/local/share/ca-certificates/ca.crt"),
            (
                "./a/acme.root.crt",
                "/usr/local/share/ca-certificates/acme.root.crt",
            ),
        ] {
            let authority = Authority::new(path, path.to_owned(), 0..0);
            assert_eq!(authority.installed, installed);
        }
    }

    #[test]
    fn a_key_is_no_certificate() {
        let certificate = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
        assert_eq!(fault(certificate), None);
        let key = format!("{certificate}-----BEGIN RSA PRIVATE KEY-----\n");
        assert!(fault(&key).is_some() && fault("").is_some());
    }
}
