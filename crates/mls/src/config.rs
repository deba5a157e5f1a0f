//! How groups are created and joined, and what our leaves declare.

use std::time::{SystemTime, UNIX_EPOCH};

use openmls::{
    extensions::{Extension, ExtensionType, Extensions, RequiredCapabilitiesExtension},
    prelude::{
        Capabilities, Ciphersuite, CredentialType, GroupContext, Lifetime, MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
        MlsGroupCreateConfig, MlsGroupJoinConfig, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, PastEpochDeletionPolicy,
        ProtocolVersion, SenderRatchetConfiguration, WireFormatPolicy,
    },
};
use pyo3::prelude::*;

use crate::{
    errors::{Fail, Outcome},
    wire::{custom_extensions, suite_of},
};

pub const SUITE_PQ: u16 = 0x4e;
const CLOCK_SLACK_S: u64 = 86_400;
const RESUMPTION_SECRETS: usize = 4;

#[pyclass(frozen)]
#[derive(Clone)]
pub struct Config {
    pub suite: Ciphersuite,
    padding: usize,
    past_epochs: usize,
    ratchets: SenderRatchetConfiguration,
    leaf_lifetime_s: u64,
    group_ext: Vec<(u16, Vec<u8>)>,
    extensions: Vec<u16>,
    pub allow_proposals: bool,
}

#[pymethods]
impl Config {
    #[new]
    #[pyo3(signature = (*, suite=SUITE_PQ, padding=256, past_epochs=2, out_of_order=64,
        max_forward=2000, leaf_lifetime_s=7_776_000, group_ext=vec![], extensions=vec![],
        allow_proposals=false))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>, suite: u16, padding: u16, past_epochs: u16, out_of_order: u32, max_forward: u32,
        leaf_lifetime_s: u32, group_ext: Vec<(u16, Vec<u8>)>, extensions: Vec<u16>, allow_proposals: bool,
    ) -> PyResult<Self> {
        custom_extensions(extensions.iter().map(|kind| (*kind, vec![])).collect())
            .and_then(|_| custom_extensions(group_ext.clone()))
            .and_then(|_| suite_of(suite))
            .map(|suite| Config {
                suite,
                padding: padding.into(),
                past_epochs: past_epochs.into(),
                ratchets: SenderRatchetConfiguration::new(out_of_order, max_forward),
                leaf_lifetime_s: leaf_lifetime_s.into(),
                group_ext,
                extensions,
                allow_proposals,
            })
            .map_err(|failure| failure.raise(py))
    }

    #[getter]
    fn suite(&self) -> u16 {
        self.suite.into()
    }
}

/// Valid from a day ago, for members whose clocks are late.
pub fn lifetime(seconds: u64) -> Outcome<Lifetime> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(Fail::verify)?.as_secs();
    Ok(Lifetime::init(now.saturating_sub(CLOCK_SLACK_S), now.saturating_add(seconds)))
}

impl Config {
    /// Exactly what we use, the same for every leaf: nothing to tell devices apart by.
    pub fn capabilities(&self) -> Capabilities {
        let mut extensions: Vec<_> = self.extensions.iter().map(|kind| ExtensionType::from(*kind)).collect();
        extensions.push(ExtensionType::LastResort);
        Capabilities::new(
            Some(&[ProtocolVersion::Mls10]),
            Some(&[self.suite]),
            Some(&extensions),
            Some(&[]),
            Some(&[CredentialType::Basic]),
        )
    }

    fn group_extensions(&self) -> Outcome<Extensions<GroupContext>> {
        let mut all = custom_extensions(self.group_ext.clone())?;
        if !self.extensions.is_empty() {
            let kinds: Vec<_> = self.extensions.iter().map(|kind| ExtensionType::from(*kind)).collect();
            let required = RequiredCapabilitiesExtension::new(&kinds, &[], &[]);
            all.push(Extension::RequiredCapabilities(required));
        }
        Extensions::try_from(all).map_err(Fail::verify)
    }

    fn wire_format(&self) -> WireFormatPolicy {
        if self.allow_proposals { MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY } else { PURE_CIPHERTEXT_WIRE_FORMAT_POLICY }
    }

    fn past(&self) -> PastEpochDeletionPolicy {
        PastEpochDeletionPolicy::MaxEpochs(self.past_epochs)
    }

    pub fn to_join(&self) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(self.wire_format())
            .padding_size(self.padding)
            .set_past_epoch_deletion_policy(self.past())
            .number_of_resumption_psks(RESUMPTION_SECRETS)
            .use_ratchet_tree_extension(false)
            .sender_ratchet_configuration(self.ratchets)
            .build()
    }

    pub fn to_create(&self) -> Outcome<MlsGroupCreateConfig> {
        Ok(MlsGroupCreateConfig::builder()
            .wire_format_policy(self.wire_format())
            .padding_size(self.padding)
            .set_past_epoch_deletion_policy(self.past())
            .number_of_resumption_psks(RESUMPTION_SECRETS)
            .use_ratchet_tree_extension(false)
            .sender_ratchet_configuration(self.ratchets)
            .ciphersuite(self.suite)
            .lifetime(lifetime(self.leaf_lifetime_s)?)
            .capabilities(self.capabilities())
            .with_group_context_extensions(self.group_extensions()?)
            .build())
    }
}
