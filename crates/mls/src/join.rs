//! Becoming a member: by Welcome, by external commit, and from published test vectors.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use openmls::{
    prelude::{KeyPackageIn, LeafNodeParameters, MlsGroup, MlsMessageBodyIn, RatchetTreeIn, StagedWelcome, Welcome},
    schedule::PreSharedKeyId,
};
use openmls_traits::OpenMlsProvider;
use pyo3::prelude::*;
use serde::Serialize;

use crate::{
    cbor,
    config::Config,
    errors::{Fail, Outcome, guarded, outside},
    group::{Group, rows_of},
    keys::Signer,
    kv::{KEY_PACKAGES, Kv, scope_of},
    provider::{Provider, crypto},
    state::{Inner, encoded},
    values::{CommitBundle, Member},
    wire,
};

#[pyclass(frozen)]
pub struct StagedJoin {
    #[pyo3(get)]
    group_id: Vec<u8>,
    #[pyo3(get)]
    epoch: u64,
    #[pyo3(get)]
    suite: u16,
    #[pyo3(get)]
    own_leaf: u32,
    #[pyo3(get)]
    sender: Member,
    #[pyo3(get)]
    members: Vec<Member>,
    #[pyo3(get)]
    group_ext: Vec<(u16, Vec<u8>)>,
    #[pyo3(get)]
    key_package_ref: Vec<u8>,
    held: Mutex<Option<Held>>,
}

struct Held {
    provider: Provider,
    welcome: StagedWelcome,
    allow_proposals: bool,
}

fn welcome_of(bytes: &[u8]) -> Outcome<Welcome> {
    match wire::message(bytes)? {
        MlsMessageBodyIn::Welcome(welcome) => Ok(welcome),
        _ => Err(Fail::syntax("Welcome")),
    }
}

/// Verify a Welcome against `tree`, or against the tree inside it if that is None.
fn stage(
    provider: &Provider, welcome: Welcome, tree: Option<RatchetTreeIn>, cfg: &Config, replace: bool,
) -> Outcome<StagedWelcome> {
    let known = |one: &openmls::prelude::EncryptedGroupSecrets| {
        provider.kv.get(KEY_PACKAGES, one.new_member().as_slice()).is_some()
    };
    if !welcome.secrets().iter().any(known) {
        return Err(Fail::Invalid("no-key-package", "no row for this Welcome".into()));
    }
    let builder = StagedWelcome::build_from_welcome(provider, &cfg.to_join(), welcome);
    let mut builder = builder.map_err(Fail::verify)?.skip_lifetime_validation();
    let info = builder.processed_welcome().unverified_group_info();
    let scope = scope_of(info.group_id()).map_err(Fail::verify)?;
    if !provider.kv.keys(&scope, b"").is_empty() {
        if !replace {
            return Err(Fail::Invalid("exists", "rows of that group were passed".into()));
        }
        provider.kv.remove_scope(&scope);
    }
    if let Some(tree) = tree {
        if info.extensions().ratchet_tree().is_some() {
            return Err(Fail::Invalid("syntax", "a Welcome with a tree inside".into()));
        }
        builder = builder.with_ratchet_tree(tree);
    }
    builder.build().map_err(Fail::verify)
}

fn join(welcome: &[u8], tree: &[u8], provider: Provider, cfg: &Config, replace: bool) -> Outcome<StagedJoin> {
    let welcome = welcome_of(welcome)?;
    if welcome.ciphersuite() != cfg.suite {
        return Err(Fail::Invalid("suite", "a Welcome of another suite".into()));
    }
    let refs = welcome.secrets().iter().map(|one| one.new_member().as_slice().to_vec());
    let own = refs.into_iter().find(|one| provider.kv.get(KEY_PACKAGES, one).is_some());
    let (tree, _) = wire::tree(tree, cfg.suite)?;
    let staged = stage(&provider, welcome, Some(tree), cfg, replace)?;
    let context = staged.group_context();
    let sender = staged.welcome_sender().map_err(Fail::verify)?;
    Ok(StagedJoin {
        group_id: context.group_id().to_vec(),
        epoch: context.epoch().as_u64(),
        suite: context.ciphersuite().into(),
        own_leaf: staged.own_leaf_index().u32(),
        sender: Member::at(staged.welcome_sender_index().u32(), sender)?,
        members: staged.members().map(Member::of).collect::<Outcome<_>>()?,
        group_ext: wire::extension_list(context.extensions())?,
        key_package_ref: own.unwrap_or_default(),
        held: Mutex::new(Some(Held { provider, welcome: staged, allow_proposals: cfg.allow_proposals })),
    })
}

fn finish(held: Held) -> Outcome<Group> {
    let mls = held.welcome.into_group(&held.provider).map_err(Fail::verify)?;
    held.provider.kv.forget_unchanged(KEY_PACKAGES);
    Inner::fresh(held.provider, mls, held.allow_proposals).map(Group::of)
}

#[pymethods]
impl StagedJoin {
    fn accept(&self, py: Python<'_>) -> PyResult<Group> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        outside(py, || finish(held.ok_or(Fail::Stale("this join was accepted already"))?))
    }

    fn __repr__(&self) -> String {
        format!("StagedJoin(epoch={}, members={})", self.epoch, self.members.len())
    }
}

fn join_external(
    signer: &Signer, identity: &[u8], group_info: &[u8], tree: &[u8], cfg: &Config, remove_leaf: Option<u32>,
    aad: Vec<u8>,
) -> Outcome<(Group, CommitBundle)> {
    if wire::summary(group_info)?.suite()? != cfg.suite {
        return Err(Fail::Invalid("suite", "a group of another suite".into()));
    }
    let MlsMessageBodyIn::GroupInfo(info) = wire::message(group_info)? else {
        return Err(Fail::syntax("GroupInfo"));
    };
    let (key, (tree, signers)) = (signer.key(), wire::tree(tree, cfg.suite)?);
    let own = signers.iter().find(|(_, signature_key)| *signature_key == key.public());
    if remove_leaf.is_some() && remove_leaf != own.map(|(leaf, _)| *leaf) {
        return Err(Fail::argument("remove_leaf is not the leaf with the signer's key"));
    }
    if info.extensions().ratchet_tree().is_some() {
        return Err(Fail::Invalid("syntax", "a GroupInfo with a tree inside".into()));
    }
    let provider = Provider::new(Kv::new(vec![]));
    let leaf = LeafNodeParameters::builder().with_capabilities(cfg.capabilities()).build();
    let (mls, bundle) = MlsGroup::external_commit_builder()
        .with_ratchet_tree(tree)
        .with_config(cfg.to_join())
        .with_aad(aad)
        .skip_lifetime_validation()
        .build_group(&provider, info, key.credential(identity))
        .map_err(Fail::verify)?
        .leaf_node_parameters(leaf)
        .load_psks(&provider.kv)
        .map_err(Fail::verify)?
        .create_group_info(true)
        .build(provider.rand(), crypto(), &*key, |_| true)
        .map_err(Fail::verify)?
        .finalize(&provider)
        .map_err(Fail::verify)?;
    let (commit, _, info) = bundle.into_messages();
    let bundle = CommitBundle {
        commit: encoded(&commit)?,
        welcome: None,
        tree: None,
        group_info: encoded(&info.ok_or(Fail::Stale("no GroupInfo was made"))?)?,
        new_epoch: mls.epoch().as_u64(),
    };
    Ok((Group::of(Inner::fresh(provider, mls, cfg.allow_proposals)?), bundle))
}

/// OpenMLS's `KeyPackageBundle`, which only it can build, field by field.
#[derive(Serialize)]
struct Bundle<'a> {
    key_package: &'a KeyPackageIn,
    private_init_key: openmls::prelude::HpkePrivateKey,
    private_encryption_key: LeafKey,
}

#[derive(Serialize)]
struct LeafKey {
    key: openmls::prelude::HpkePrivateKey,
}

#[pymethods]
impl Group {
    #[staticmethod]
    #[pyo3(signature = (welcome, tree, rows, cfg, *, replace=false))]
    fn join(
        py: Python<'_>, welcome: &[u8], tree: &[u8], rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>, cfg: &Config,
        replace: bool,
    ) -> PyResult<StagedJoin> {
        let cfg = cfg.clone();
        let provider = Provider::new(Kv::new(rows_of(rows)));
        outside(py, move || join(welcome, tree, provider, &cfg, replace))
    }

    #[staticmethod]
    #[pyo3(signature = (signer, identity, group_info, tree, cfg, *, remove_leaf=None, aad=vec![]))]
    #[allow(clippy::too_many_arguments)]
    fn join_external(
        py: Python<'_>, signer: &Signer, identity: &[u8], group_info: &[u8], tree: &[u8], cfg: &Config,
        remove_leaf: Option<u32>, aad: Vec<u8>,
    ) -> PyResult<(Group, CommitBundle)> {
        py.detach(|| guarded(|| join_external(signer, identity, group_info, tree, cfg, remove_leaf, aad)))
            .map_err(|failure| failure.raise(py))
    }

    #[staticmethod]
    #[allow(clippy::too_many_arguments)]
    fn testing_join_with_keys(
        py: Python<'_>, key_package: &[u8], init_key: &[u8], encryption_key: &[u8], welcome: &[u8],
        tree: Option<&[u8]>, psks: BTreeMap<Vec<u8>, Vec<u8>>, cfg: &Config,
    ) -> PyResult<Group> {
        let cfg = cfg.clone();
        outside(py, move || {
            let provider = Provider::new(Kv::new(vec![]));
            for (id, psk) in psks {
                let id = PreSharedKeyId::external(id, vec![]);
                id.store(&provider, &psk).map_err(Fail::verify)?;
            }
            // Not validated: published packages have expired.
            let (package, info) = wire::key_package_in(key_package)?;
            let bundle = Bundle {
                key_package: &package,
                private_init_key: init_key.into(),
                private_encryption_key: LeafKey { key: encryption_key.into() },
            };
            let row = cbor::encode(&bundle).ok_or_else(|| Fail::syntax("key package"))?;
            provider.kv.put(KEY_PACKAGES, &info.r#ref, row);
            let tree = tree.map(|bytes| wire::tree(bytes, cfg.suite)).transpose()?;
            let tree = tree.map(|(tree, _)| tree);
            let welcome = stage(&provider, welcome_of(welcome)?, tree, &cfg, false)?;
            finish(Held { provider, welcome, allow_proposals: cfg.allow_proposals })
        })
    }
}
