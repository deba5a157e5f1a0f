//! Becoming a member: by Welcome and by external commit.

use std::sync::{Mutex, PoisonError};

use openmls::prelude::*;
use pyo3::prelude::*;

use crate::{
    config::Config,
    errors::{Fail, Outcome, ensure, outside},
    group::{CommitBundle, Group, Inner},
    keys::Signer,
    kv::{KEY_PACKAGES, Kv, PyRows, scope_of},
    storage::{Provider, crypto},
    wire::{self, Ext, Member, encoded, extension_list},
};

shown! {
    StagedJoin { group_id: Vec<u8>, epoch: u64, sender: Member, members: Vec<Member>, group_ext: Ext, }
    hidden { held: Mutex<Option<(Provider, StagedWelcome)>>, }
}

/// Open and verify a Welcome; with `allow_proposals` and without `tree`, against the tree inside it.
fn stage(provider: &Provider, welcome: &[u8], tree: &[u8], cfg: &Config, replace: bool) -> Outcome<StagedWelcome> {
    let welcome = wire::welcome(welcome)?;
    ensure(welcome.ciphersuite() == cfg.suite, "suite", "a Welcome of another suite")?;
    let inside = cfg.allow_proposals && tree.is_empty();
    let tree = if inside { None } else { Some(wire::tree(tree, cfg.suite)?) };
    let known = |one| provider.kv.get(&(KEY_PACKAGES.to_vec(), one)).is_some();
    ensure(wire::refs(&welcome).into_iter().any(known), "no-key-package", "no row for this Welcome")?;
    let builder = StagedWelcome::build_from_welcome(provider, &cfg.to_join()?, welcome);
    let mut builder = builder?.skip_lifetime_validation();
    let info = builder.processed_welcome().unverified_group_info();
    let scope = scope_of(info.group_id())?;
    ensure(replace || provider.kv.keys(&scope, b"").is_empty(), "exists", "rows of that group were passed")?;
    provider.kv.remove_all(&scope, b"")?;
    ensure(info.extensions().ratchet_tree().is_some() == inside, "syntax", "a Welcome with a tree inside")?;
    if let Some(tree) = tree {
        builder = builder.with_ratchet_tree(tree);
    }
    Ok(builder.build()?)
}

#[pymethods]
impl StagedJoin {
    fn accept(&self, py: Python<'_>) -> Outcome<Group> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        outside(py, || {
            let (provider, staged) = held.ok_or(Fail::Stale("this join was accepted already"))?;
            let mls = staged.into_group(&provider)?;
            Inner::fresh(provider, mls)
        })
    }
}

#[pymethods]
impl Group {
    #[staticmethod]
    #[pyo3(signature = (welcome, tree, rows, cfg, *, replace=false))]
    fn join(
        py: Python<'_>, welcome: &[u8], tree: &[u8], rows: PyRows, cfg: &Config, replace: bool,
    ) -> Outcome<StagedJoin> {
        outside(py, || {
            let provider = Provider { kv: Kv::new(rows) };
            let staged = stage(&provider, welcome, tree, cfg, replace)?;
            let context = staged.group_context();
            let sender = staged.welcome_sender()?;
            Ok(StagedJoin {
                group_id: context.group_id().to_vec(),
                epoch: context.epoch().as_u64(),
                sender: Member::at(staged.welcome_sender_index().u32(), sender)?,
                members: staged.members().map(Member::of).collect::<Outcome<_>>()?,
                group_ext: extension_list(context.extensions())?,
                held: Mutex::new(Some((provider, staged))),
            })
        })
    }

    #[staticmethod]
    fn join_external(
        py: Python<'_>, signer: &Signer, identity: &[u8], group_info: &[u8], tree: &[u8], cfg: &Config,
    ) -> Outcome<(Group, CommitBundle)> {
        outside(py, || {
            let MlsMessageBodyIn::GroupInfo(info) = wire::message(group_info)? else {
                return Err(Fail::syntax("GroupInfo"));
            };
            ensure(info.ciphersuite() == cfg.suite, "suite", "a group of another suite")?;
            ensure(info.extensions().ratchet_tree().is_none(), "syntax", "a GroupInfo with a tree inside")?;
            let provider = Provider::default();
            let (mls, bundle) = MlsGroup::external_commit_builder()
                .with_ratchet_tree(wire::tree(tree, cfg.suite)?)
                .with_config(cfg.to_join()?)
                .skip_lifetime_validation()
                .build_group(&provider, info, signer.credential(identity))?
                .leaf_node_parameters(LeafNodeParameters::builder().with_capabilities(cfg.capabilities()).build())
                .load_psks(&provider.kv)?
                .build(&provider, crypto(), signer, |_| true)?
                .finalize(&provider)?;
            let bundle = CommitBundle { commit: encoded(bundle.commit())?, welcome: None, tree: None };
            Ok((Inner::fresh(provider, mls)?, bundle))
        })
    }
}
