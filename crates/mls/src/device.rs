//! What a device brings to its groups: its signature key, what its leaves declare, and its key packages.

use std::time::{SystemTime, UNIX_EPOCH};

use ed25519_dalek::{Signer as _, SigningKey};
use openmls::{extensions::*, prelude::*};
use openmls_traits::signatures::{self, SignerError};
use pyo3::prelude::*;

use crate::{
    errors::{Fail, Outcome, outside},
    storage::{Delta, Rows},
    watch::MAX_FORWARD,
    wire::{Ext, custom_extensions, encoded, key_size},
};

const CLOCK_SLACK_S: u64 = 86_400;
pub const RESUMPTION_SECRETS: usize = 4;
const PADDING: usize = 256;
const OUT_OF_ORDER: u32 = 64;

/// How far from the newest message of a sender its others may lie.
pub fn sender_ratchets(ahead: u32) -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(OUT_OF_ORDER, ahead)
}

/// Wiped when it is dropped.
#[pyclass(frozen)]
pub struct Signer(SigningKey);

impl signatures::Signer for Signer {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(payload).to_bytes().to_vec())
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
        let seed = seed.try_into().map_err(|_| Fail::Invalid("argument", "a seed is 32 bytes".into()))?;
        Ok(Signer(SigningKey::from_bytes(seed)))
    }

    #[getter]
    pub fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_bytes().to_vec()
    }
}

#[pyclass(frozen)]
pub struct Config {
    pub suite: Ciphersuite,
    past_epochs: u16,
    lifetime_s: u32,
    group_ext: Vec<Extension>,
    extensions: Vec<ExtensionType>,
    pub allow_proposals: bool,
}

#[pymethods]
impl Config {
    #[new]
    #[pyo3(signature = (*, suite=crate::SUITE_PQ, past_epochs=2, lifetime_s=7_776_000, group_ext=vec![],
        extensions=vec![], allow_proposals=false))]
    fn new(
        suite: u16, past_epochs: u16, lifetime_s: u32, group_ext: Ext, extensions: Vec<u16>, allow_proposals: bool,
    ) -> Outcome<Self> {
        let suite = Ciphersuite::try_from(suite).map_err(|_| Fail::Invalid("suite", "unknown".into()))?;
        key_size(suite)?;
        let group_ext = custom_extensions(group_ext)?;
        let extensions = custom_extensions(extensions.into_iter().map(|kind| (kind, vec![])).collect())?;
        let extensions = extensions.iter().map(Extension::extension_type).collect();
        Ok(Config { suite, past_epochs, lifetime_s, group_ext, extensions, allow_proposals })
    }
}

impl Config {
    /// Of leaves and key packages: valid from a day ago, for members whose clocks are late.
    fn lifetime(&self) -> Outcome<Lifetime> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        Ok(Lifetime::init(now.saturating_sub(CLOCK_SLACK_S), now.saturating_add(self.lifetime_s.into())))
    }

    /// Exactly what we use, the same for every leaf: nothing to tell devices apart by.
    pub fn capabilities(&self) -> Capabilities {
        let extensions = [self.extensions.as_slice(), &[ExtensionType::LastResort]].concat();
        Capabilities::new(
            Some(&[ProtocolVersion::Mls10]),
            Some(&[self.suite]),
            Some(&extensions),
            Some(&[]),
            Some(&[CredentialType::Basic]),
        )
    }

    /// For new groups; its `join_config` for others.
    pub fn groups(&self) -> Outcome<MlsGroupCreateConfig> {
        let mut extensions = self.group_ext.clone();
        if !self.extensions.is_empty() {
            let required = RequiredCapabilitiesExtension::new(&self.extensions, &[], &[]);
            extensions.push(Extension::RequiredCapabilities(required));
        }
        let (pure, mixed) = (PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY);
        Ok(MlsGroupCreateConfig::builder()
            .wire_format_policy(if self.allow_proposals { mixed } else { pure })
            .padding_size(PADDING)
            .set_past_epoch_deletion_policy(PastEpochDeletionPolicy::MaxEpochs(self.past_epochs.into()))
            .number_of_resumption_psks(RESUMPTION_SECRETS)
            .use_ratchet_tree_extension(false)
            .sender_ratchet_configuration(sender_ratchets(MAX_FORWARD))
            .ciphersuite(self.suite)
            .lifetime(self.lifetime()?)
            .capabilities(self.capabilities())
            .with_group_context_extensions(Extensions::try_from(extensions)?)
            .build())
    }
}

#[pyfunction]
#[pyo3(signature = (signer, identity, cfg, last_resort=true))]
pub fn make_key_package(
    py: Python<'_>, signer: &Signer, identity: &[u8], cfg: &Config, last_resort: bool,
) -> Outcome<(Vec<u8>, Delta)> {
    outside(py, || {
        let rows = Rows::default();
        let mut builder =
            KeyPackage::builder().key_package_lifetime(cfg.lifetime()?).leaf_node_capabilities(cfg.capabilities());
        if last_resort {
            builder = builder.mark_as_last_resort();
        }
        let bundle = builder.build(cfg.suite, &rows, signer, signer.credential(identity))?;
        let package = encoded(&MlsMessageOut::from(bundle.into_key_package()))?;
        Ok((package, rows.delta(0)))
    })
}
