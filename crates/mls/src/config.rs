//! How groups are created and joined, and what our leaves declare.

use std::time::{SystemTime, UNIX_EPOCH};

use openmls::{extensions::*, prelude::*};
use pyo3::prelude::*;

use crate::{
    errors::{Fail, Outcome},
    wire::{Ext, custom_extensions, key_size},
};

const CLOCK_SLACK_S: u64 = 86_400;
const RESUMPTION_SECRETS: usize = 4;
const PADDING: usize = 256;
const OUT_OF_ORDER: u32 = 64;
const MAX_FORWARD: u32 = 2000;

#[pyclass(frozen)]
pub struct Config {
    pub suite: Ciphersuite,
    past_epochs: u16,
    leaf_lifetime_s: u32,
    group_ext: Vec<Extension>,
    extensions: Vec<ExtensionType>,
    pub allow_proposals: bool,
}

#[pymethods]
impl Config {
    #[new]
    #[pyo3(signature = (*, suite=crate::SUITE_PQ, past_epochs=2, leaf_lifetime_s=7_776_000, group_ext=vec![],
        extensions=vec![], allow_proposals=false))]
    fn new(
        suite: u16, past_epochs: u16, leaf_lifetime_s: u32, group_ext: Ext, extensions: Vec<u16>, allow_proposals: bool,
    ) -> Outcome<Self> {
        let suite = Ciphersuite::try_from(suite).map_err(|_| Fail::Invalid("suite", "unknown".into()))?;
        key_size(suite)?;
        let group_ext = custom_extensions(group_ext)?;
        let declared = custom_extensions(extensions.into_iter().map(|kind| (kind, vec![])).collect())?;
        let extensions = declared.iter().map(Extension::extension_type).collect();
        Ok(Config { suite, past_epochs, leaf_lifetime_s, group_ext, extensions, allow_proposals })
    }
}

/// Valid from a day ago, for members whose clocks are late.
pub fn lifetime(seconds: u32) -> Outcome<Lifetime> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(Lifetime::init(now.saturating_sub(CLOCK_SLACK_S), now.saturating_add(seconds.into())))
}

impl Config {
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

    pub fn to_create(&self) -> Outcome<MlsGroupCreateConfig> {
        let mut extensions = self.group_ext.clone();
        if !self.extensions.is_empty() {
            let required = RequiredCapabilitiesExtension::new(&self.extensions, &[], &[]);
            extensions.push(Extension::RequiredCapabilities(required));
        }
        Ok(MlsGroupCreateConfig::builder()
            .wire_format_policy(match self.allow_proposals {
                true => MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
                false => PURE_CIPHERTEXT_WIRE_FORMAT_POLICY,
            })
            .padding_size(PADDING)
            .set_past_epoch_deletion_policy(PastEpochDeletionPolicy::MaxEpochs(self.past_epochs.into()))
            .number_of_resumption_psks(RESUMPTION_SECRETS)
            .use_ratchet_tree_extension(false)
            .sender_ratchet_configuration(SenderRatchetConfiguration::new(OUT_OF_ORDER, MAX_FORWARD))
            .ciphersuite(self.suite)
            .lifetime(lifetime(self.leaf_lifetime_s)?)
            .capabilities(self.capabilities())
            .with_group_context_extensions(Extensions::try_from(extensions)?)
            .build())
    }

    pub fn to_join(&self) -> Outcome<MlsGroupJoinConfig> {
        Ok(self.to_create()?.join_config().clone())
    }
}
