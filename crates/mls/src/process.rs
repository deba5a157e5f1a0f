//! Other people's messages: verified, inspected, and only then accepted.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use openmls::prelude::{
    Ciphersuite, ContentType, LeafNodeIndex, Member as MlsMember, ProcessedMessage, ProcessedMessageContent as Content,
    Proposal, ProtocolMessage, QueuedProposal, Sender, StagedCommit,
};
use pyo3::{prelude::*, types::PyBytes};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    cbor::{self, Secret},
    errors::{Fail, Outcome, guarded},
    group::{Group, secret_bytes},
    provider::crypto,
    state::Inner,
    values::Member,
    wire::{check_key, extension_list, identity_of, message},
};

/// What `accept` would do.
enum Held {
    Nothing,
    Own,
    Commit(Box<StagedCommit>),
    Proposal(Box<QueuedProposal>),
}

#[pyclass(frozen)]
pub struct Processed {
    #[pyo3(get)]
    kind: &'static str,
    #[pyo3(get)]
    epoch: u64,
    #[pyo3(get)]
    sender_leaf: Option<u32>,
    #[pyo3(get)]
    sender_identity: Vec<u8>,
    #[pyo3(get)]
    sender_signature_key: Vec<u8>,
    #[pyo3(get)]
    external: bool,
    #[pyo3(get)]
    aad: Vec<u8>,
    plaintext: Option<Secret>,
    #[pyo3(get)]
    self_removed: bool,
    #[pyo3(get)]
    new_epoch: Option<u64>,
    changes: Changes,
    held: Mutex<Held>,
    handle: u64,
}

#[derive(Default)]
struct Changes {
    adds: Vec<Member>,
    removes: Vec<Member>,
    updates: Vec<Member>,
    group_ext: Option<Vec<(u16, Vec<u8>)>>,
}

impl Changes {
    /// What `staged` does to the roster. Kinds of proposal that we do not use are refused.
    fn of(inner: &Inner, staged: &StagedCommit, sender: &Sender) -> Outcome<Self> {
        let mut changes = Changes::default();
        let mut added = Vec::new();
        for queued in staged.queued_proposals() {
            match queued.proposal() {
                Proposal::Add(add) => added.push(add.key_package().leaf_node().clone()),
                Proposal::Remove(remove) => changes.remove(inner, remove.removed())?,
                Proposal::Update(update) => {
                    if let Sender::Member(leaf) = queued.sender() {
                        changes.updates.push(Member::at(leaf.u32(), update.leaf_node())?);
                    }
                }
                Proposal::GroupContextExtensions(_) | Proposal::ExternalInit(_) => {}
                _ if inner.allow_proposals => {}
                _ => {
                    return Err(Fail::Invalid("proposal", "a kind of proposal we refuse".into()));
                }
            }
        }
        let path = staged.update_path_leaf_node();
        match (sender, path) {
            (Sender::Member(leaf), Some(node)) => {
                changes.updates.push(Member::at(leaf.u32(), node)?);
            }
            (_, Some(node)) => added.push(node.clone()),
            (_, None) => {}
        }
        let gone: BTreeSet<u32> = changes.removes.iter().map(|member| member.leaf).collect();
        let mut taken: BTreeSet<u32> = inner.mls.members().map(|member| member.index.u32()).collect();
        taken.retain(|leaf| !gone.contains(leaf));
        for node in added {
            let free = (0..).find(|leaf| !taken.contains(leaf)).unwrap_or(u32::MAX);
            taken.insert(free);
            changes.adds.push(Member::at(free, &node)?);
        }
        let suite = inner.mls.ciphersuite();
        changes.check_keys(staged, suite)?;
        let after = extension_list(staged.group_context().extensions())?;
        if after != extension_list(inner.mls.extensions())? {
            changes.group_ext = Some(after);
        }
        Ok(changes)
    }

    fn remove(&mut self, inner: &Inner, leaf: LeafNodeIndex) -> Outcome<()> {
        self.removes.extend(inner.member(leaf.u32())?);
        Ok(())
    }

    fn check_keys(&self, staged: &StagedCommit, suite: Ciphersuite) -> Outcome<()> {
        let leaves = self.adds.iter().chain(&self.updates);
        leaves.into_iter().try_for_each(|leaf| check_key(suite, &leaf.encryption_key))?;
        staged
            .add_proposals()
            .try_for_each(|add| check_key(suite, add.add_proposal().key_package().hpke_init_key().as_slice()))
    }
}

/// A closed epoch's secrets row, as far as we read it.
#[derive(Deserialize)]
struct Past {
    leaves: Vec<MlsMember>,
}

impl Inner {
    /// The key of `leaf` when `epoch` was current.
    fn signature_key(&self, leaf: LeafNodeIndex, epoch: u64) -> Option<Vec<u8>> {
        if epoch == self.epoch() {
            return self.mls.member_at(leaf).map(|member| member.signature_key);
        }
        let past: Past = cbor::decode(&self.provider.kv.past(&self.scope, epoch)?)?;
        past.leaves.into_iter().find(|member| member.index == leaf).map(|member| member.signature_key)
    }

    fn check_framing(&self, message: &ProtocolMessage) -> Outcome<()> {
        if message.group_id() != self.mls.group_id() {
            return Err(Fail::Invalid("wrong-group", "a message of another group".into()));
        }
        if !self.mls.is_active() {
            return Err(Fail::NotMember);
        }
        let (epoch, now) = (message.epoch().as_u64(), self.epoch());
        let forgotten = || message.is_handshake_message() || self.provider.kv.past(&self.scope, epoch).is_none();
        if epoch > now || (epoch < now && forgotten()) {
            return Err(Fail::WrongEpoch(epoch));
        }
        if message.content_type() == ContentType::Proposal && !self.allow_proposals {
            return Err(Fail::Invalid("proposal", "standalone proposals are not used".into()));
        }
        Ok(())
    }

    fn own_commit(&self) -> Outcome<Processed> {
        let leaf = self.mls.own_leaf_index();
        let own = self.member(leaf.u32())?.ok_or(Fail::NotMember)?;
        let staged = self.mls.pending_commit().ok_or(Fail::Pending)?;
        Ok(Processed {
            kind: "own_commit",
            epoch: self.epoch(),
            sender_leaf: Some(leaf.u32()),
            sender_identity: own.identity,
            sender_signature_key: own.signature_key,
            external: false,
            aad: vec![],
            plaintext: None,
            self_removed: staged.self_removed(),
            new_epoch: Some(staged.epoch().as_u64()),
            changes: Changes::of(self, staged, &Sender::Member(leaf))?,
            held: Mutex::new(Held::Own),
            handle: self.handle,
        })
    }

    fn process(&mut self, bytes: &[u8]) -> Outcome<Processed> {
        let message: ProtocolMessage = match message(bytes)? {
            openmls::prelude::MlsMessageBodyIn::PublicMessage(message) => message.into(),
            openmls::prelude::MlsMessageBodyIn::PrivateMessage(message) => message.into(),
            _ => return Err(Fail::syntax("group message")),
        };
        self.check_framing(&message)?;
        if self.is_pending(bytes)? {
            return self.own_commit();
        }
        let (epoch, commit) = (message.epoch().as_u64(), message.content_type() == ContentType::Commit);
        if commit {
            self.flush()?;
        }
        let done = self.mls.process_message(&self.provider, message);
        if commit && done.is_ok() {
            self.rewind()?;
        }
        if epoch != self.epoch() {
            self.provider.kv.touch_past();
        }
        self.describe(done.map_err(|error| Fail::processing(error, epoch))?)
    }

    fn describe(&self, done: ProcessedMessage) -> Outcome<Processed> {
        let (epoch, sender) = (done.epoch().as_u64(), done.sender().clone());
        let (identity, aad) = (identity_of(done.credential())?, done.aad().to_vec());
        let mut sender_leaf = match &sender {
            Sender::Member(leaf) => Some(leaf.u32()),
            _ => None,
        };
        let mut key = sender_leaf.and_then(|leaf| self.signature_key(LeafNodeIndex::new(leaf), epoch));
        let (mut plaintext, mut changes) = (None, Changes::default());
        let (mut self_removed, mut new_epoch) = (false, None);
        let (kind, held) = match done.into_content() {
            Content::ApplicationMessage(text) => {
                plaintext = Some(Zeroizing::new(text.into_bytes()));
                ("app", Held::Nothing)
            }
            Content::ProposalMessage(queued) | Content::ExternalJoinProposalMessage(queued) => {
                ("proposal", Held::Proposal(queued))
            }
            Content::OwnPendingCommit => return self.own_commit(),
            Content::OwnPrivateMessage => ("own_echo", Held::Nothing),
            Content::StagedCommitMessage(staged) => {
                changes = Changes::of(self, &staged, &sender)?;
                if let (None, Some(joiner)) = (sender_leaf, changes.adds.last()) {
                    sender_leaf = Some(joiner.leaf);
                    key = Some(joiner.signature_key.clone());
                }
                self_removed = staged.self_removed();
                new_epoch = Some(staged.epoch().as_u64());
                ("commit", Held::Commit(staged))
            }
        };
        Ok(Processed {
            kind,
            epoch,
            sender_leaf,
            sender_identity: identity,
            sender_signature_key: key.unwrap_or_default(),
            external: !matches!(sender, Sender::Member(_)),
            aad,
            plaintext,
            self_removed,
            new_epoch,
            changes,
            held: Mutex::new(held),
            handle: self.handle,
        })
    }

    fn accept(&mut self, processed: &Processed) -> Outcome<()> {
        if processed.handle != self.handle {
            return Err(Fail::argument("processed by another handle"));
        }
        let mut slot = processed.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*slot, Held::Nothing) && processed.epoch != self.epoch() {
            return Err(Fail::WrongEpoch(processed.epoch));
        }
        match std::mem::replace(&mut *slot, Held::Nothing) {
            Held::Nothing => Ok(()),
            Held::Own => self.merge_pending(),
            Held::Proposal(queued) => {
                let kv = &self.provider.kv;
                self.mls.store_pending_proposal(kv, *queued).map_err(Fail::broken)
            }
            Held::Commit(staged) => {
                self.mls.merge_staged_commit(&self.provider, *staged).map_err(Fail::broken)?;
                self.merged()
            }
        }
    }
}

#[pymethods]
impl Group {
    fn process(&self, py: Python<'_>, msg: &[u8]) -> PyResult<Processed> {
        self.run(py, |inner| inner.process(msg))
    }

    fn accept(&self, py: Python<'_>, processed: &Processed) -> PyResult<()> {
        self.run(py, |inner| inner.accept(processed))
    }
}

#[pymethods]
impl Processed {
    #[getter]
    fn plaintext<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.plaintext.as_ref().map(|text| PyBytes::new(py, text))
    }

    #[getter]
    fn adds(&self) -> Vec<Member> {
        self.changes.adds.clone()
    }

    #[getter]
    fn removes(&self) -> Vec<Member> {
        self.changes.removes.clone()
    }

    #[getter]
    fn updates(&self) -> Vec<Member> {
        self.changes.updates.clone()
    }

    #[getter]
    fn new_group_ext(&self) -> Option<Vec<(u16, Vec<u8>)>> {
        self.changes.group_ext.clone()
    }

    fn export_secret<'py>(
        &self, py: Python<'py>, label: &str, context: &[u8], length: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let exported = guarded(|| match &*self.held.lock().unwrap_or_else(PoisonError::into_inner) {
            Held::Commit(staged) => {
                let secret = staged.export_secret(crypto(), label, context, length);
                secret.map(Zeroizing::new).map_err(Fail::exporting)
            }
            _ => Err(Fail::argument("no staged commit here")),
        });
        secret_bytes(py, exported.map_err(|failure| failure.raise(py)))
    }

    fn __repr__(&self) -> String {
        format!("Processed(kind={:?}, epoch={})", self.kind, self.epoch)
    }
}
