//! The device's signature key and its key packages.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use openmls::{prelude::*, schedule::PreSharedKeyId};
use openmls_traits::signatures::{self, SignerError};
use pyo3::prelude::*;

use crate::{
    config::{Config, lifetime},
    errors::{Fail, Outcome, outside},
    kv::{Delta, KEY_PACKAGES, decode, encode},
    storage::{Provider, crypto},
    wire::{encoded, message},
};

/// Wiped when it is dropped.
#[pyclass(frozen)]
pub struct Signer(SigningKey);

impl signatures::Signer for Signer {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature = self.0.try_sign(payload).map_err(|_| SignerError::SigningError)?;
        Ok(signature.to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

impl Signer {
    pub fn credential(&self, identity: &[u8]) -> CredentialWithKey {
        let credential = BasicCredential::new(identity.to_vec()).into();
        CredentialWithKey { credential, signature_key: self.public_key().into() }
    }
}

#[pymethods]
impl Signer {
    #[staticmethod]
    fn from_seed(seed: &[u8]) -> Outcome<Self> {
        let seed = seed.try_into().map_err(|_| Fail::argument("a seed is 32 bytes"))?;
        Ok(Signer(SigningKey::from_bytes(seed)))
    }

    #[getter]
    pub fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_bytes().to_vec()
    }
}

/// A key package's reference and its bytes.
type Made = (Vec<u8>, Vec<u8>);

#[pyfunction]
#[pyo3(signature = (signer, identity, cfg, count, last_resort=true, lifetime_s=7_776_000))]
pub fn make_key_packages(
    py: Python<'_>, signer: &Signer, identity: &[u8], cfg: &Config, count: u32, last_resort: bool, lifetime_s: u32,
) -> Outcome<(Vec<Made>, Delta)> {
    outside(py, || {
        let provider = Provider::default();
        let one = |_| {
            let mut builder = KeyPackage::builder()
                .key_package_lifetime(lifetime(lifetime_s)?)
                .leaf_node_capabilities(cfg.capabilities());
            if last_resort {
                builder = builder.mark_as_last_resort();
            }
            let bundle = builder.build(cfg.suite, &provider, signer, signer.credential(identity));
            let package = bundle?.into_key_package();
            let reference = package.hash_ref(crypto())?.as_slice().to_vec();
            Ok((reference, encoded(&MlsMessageOut::from(package))?))
        };
        let made = (0..count).map(one).collect::<Outcome<_>>()?;
        Ok((made, provider.kv.delta(0)))
    })
}

/// Rows as if these keys were ours. Not verified: published key packages have expired.
#[pyfunction]
pub fn rows_for_testing(
    py: Python<'_>, key_package: &[u8], init_key: &[u8], encryption_key: &[u8], psks: BTreeMap<Vec<u8>, Vec<u8>>,
) -> Outcome<Delta> {
    outside(py, || {
        let provider = Provider::default();
        for (id, psk) in psks {
            PreSharedKeyId::external(id, vec![]).store(&provider, &psk)?;
        }
        let MlsMessageBodyIn::KeyPackage(package) = message(key_package)? else {
            return Err(Fail::syntax("key package"));
        };
        let row = encode(&(package, init_key, encryption_key))?;
        let (package, _, _): (KeyPackage, Vec<u8>, Vec<u8>) = decode(&row)?;
        let reference = package.hash_ref(crypto())?.as_slice().to_vec();
        provider.kv.put((KEY_PACKAGES.to_vec(), reference), row)?;
        Ok(provider.kv.delta(0))
    })
}
