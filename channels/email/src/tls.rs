//! Whom the relay must prove to be.

use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use vestnik_contract::SetupError;

use crate::settings::Settings;

/// TLS 1.2 and 1.3 with the public certificate authorities and those of the settings.
pub(crate) fn connector(settings: &Settings) -> Result<TlsConnector, SetupError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = &settings.ca_file {
        let expected =
            || SetupError::new("ca_file", format!("{} to be a file of PEM certificates", path.display()));
        let mut own = 0;
        for certificate in CertificateDer::pem_file_iter(path).map_err(|_| expected())? {
            roots.add(certificate.map_err(|_| expected())?).map_err(|_| expected())?;
            own += 1;
        }
        if own == 0 {
            return Err(expected());
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| SetupError::new("tls", "TLS 1.2 or 1.3 to be built in"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The name the relay's certificate must carry.
pub(crate) fn server_name(settings: &Settings) -> Result<ServerName<'static>, SetupError> {
    ServerName::try_from(settings.host.clone())
        .map_err(|_| SetupError::new("host", "a host name or an IP address"))
}

/// Whether a handshake failed because the certificate is not the relay's, or not one we trust.
pub(crate) fn is_distrust(error: &std::io::Error) -> bool {
    let below = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    matches!(below, Some(rustls::Error::InvalidCertificate(_)))
}
