//! The device's signature key and its key packages.

use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::{BasicCredential, CredentialWithKey, KeyPackage, MlsMessageOut, SignatureScheme};
use openmls_traits::signatures::{Signer as MlsSigner, SignerError};
use pyo3::{prelude::*, types::PyBytes};
use tls_codec::Serialize;
use zeroize::Zeroizing;

use crate::{
    config::{Config, lifetime},
    errors::{Fail, Outcome, outside},
    provider::{Provider, crypto},
    values::Delta,
    wire::vector,
};

#[pyclass(frozen)]
pub struct Signer(Arc<Key>);

/// Wiped when the last holder drops it.
pub struct Key(SigningKey);

impl MlsSigner for Key {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature = self.0.try_sign(payload).map_err(|_| SignerError::SigningError)?;
        Ok(signature.to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

impl Key {
    pub fn public(&self) -> Vec<u8> {
        self.0.verifying_key().to_bytes().to_vec()
    }

    pub fn credential(&self, identity: &[u8]) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(identity.to_vec()).into(),
            signature_key: self.public().into(),
        }
    }
}

impl Signer {
    pub fn key(&self) -> Arc<Key> {
        Arc::clone(&self.0)
    }

    fn from_bytes(seed: &[u8]) -> Outcome<Self> {
        let seed = seed.try_into().map_err(|_| Fail::argument("a seed is 32 bytes"))?;
        Ok(Signer(Arc::new(Key(SigningKey::from_bytes(seed)))))
    }
}

#[pymethods]
impl Signer {
    #[staticmethod]
    fn generate(py: Python<'_>) -> PyResult<Self> {
        outside(py, || {
            let mut seed = Zeroizing::new([0; 32]);
            getrandom::fill(seed.as_mut_slice()).map_err(Fail::verify)?;
            Self::from_bytes(seed.as_slice())
        })
    }

    #[staticmethod]
    fn from_seed(py: Python<'_>, seed: &[u8]) -> PyResult<Self> {
        outside(py, || Self::from_bytes(seed))
    }

    #[getter]
    fn public_key(&self) -> Vec<u8> {
        self.0.public()
    }

    fn seed<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.0.as_bytes())
    }

    fn sign(&self, label: &str, data: &[u8]) -> Vec<u8> {
        let label = format!("MLS 1.0 {label}");
        let content = Zeroizing::new([vector(label.as_bytes()), vector(data)].concat());
        self.0.0.sign(&content).to_bytes().to_vec()
    }

    fn __repr__(&self) -> String {
        let hex: String = self.0.public().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("Signer(public_key={hex})")
    }
}

/// A key package's reference and its bytes.
type Made = (Vec<u8>, Vec<u8>);

#[pyfunction]
#[pyo3(signature = (signer, identity, cfg, count, last_resort=true, lifetime_s=7_776_000))]
pub fn make_key_packages(
    py: Python<'_>, signer: &Signer, identity: &[u8], cfg: &Config, count: u32, last_resort: bool, lifetime_s: u32,
) -> PyResult<(Vec<Made>, Delta)> {
    let (key, cfg) = (signer.key(), cfg.clone());
    outside(py, move || {
        let provider = Provider::default();
        let made = (0..count)
            .map(|_| one(&provider, &key, identity, &cfg, last_resort, lifetime_s))
            .collect::<Outcome<_>>()?;
        Ok((made, Delta::of(&provider.kv, 0)))
    })
}

fn one(
    provider: &Provider, key: &Key, identity: &[u8], cfg: &Config, last_resort: bool, lifetime_s: u32,
) -> Outcome<(Vec<u8>, Vec<u8>)> {
    let mut builder = KeyPackage::builder()
        .key_package_lifetime(lifetime(lifetime_s.into())?)
        .leaf_node_capabilities(cfg.capabilities());
    if last_resort {
        builder = builder.mark_as_last_resort();
    }
    let bundle = builder.build(cfg.suite, provider, key, key.credential(identity)).map_err(Fail::verify)?;
    let package = bundle.into_key_package();
    let reference = package.hash_ref(crypto()).map_err(Fail::verify)?.as_slice().to_vec();
    let bytes = MlsMessageOut::from(package).tls_serialize_detached().map_err(Fail::verify)?;
    Ok((reference, bytes))
}
