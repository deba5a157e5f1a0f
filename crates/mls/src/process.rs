//! Other people's messages: verified, inspected, and only then accepted.

use std::{
    collections::BTreeSet,
    mem::take,
    sync::{Mutex, PoisonError},
};

use openmls::prelude::{ProcessedMessageContent as Content, *};
use pyo3::{prelude::*, types::PyBytes};
use zeroize::Zeroizing;

use crate::{
    errors::{Fail, Outcome, ensure},
    group::{Group, Inner},
    kv::Secret,
    wire::{Ext, Member, check_key, extension_list, message},
};

/// What `accept` would do.
#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    Own,
    Commit(Box<StagedCommit>),
    Proposal(Box<QueuedProposal>),
}

shown! {
    #[derive(Default)]
    Processed {
        kind: &'static str,
        epoch: u64,
        sender_leaf: Option<u32>,
        sender_identity: Vec<u8>,
        sender_signature_key: Vec<u8>,
        external: bool,
        aad: Vec<u8>,
        adds: Vec<Member>,
        removes: Vec<Member>,
        updates: Vec<Member>,
        self_removed: bool,
        new_group_ext: Option<Ext>,
    } hidden { plaintext: Option<Secret>, held: Mutex<Held>, handle: u64, }
}

impl Processed {
    /// What `staged` does to the roster. Kinds of proposal that we do not use are refused.
    fn show(&mut self, inner: &Inner, staged: &StagedCommit, sender: &Sender) -> Outcome<()> {
        let (suite, mut added, mut roster) = (inner.mls.ciphersuite(), vec![], inner.members()?);
        for queued in staged.queued_proposals() {
            match queued.proposal() {
                Proposal::Add(add) => {
                    check_key(suite, add.key_package().hpke_init_key().as_slice())?;
                    added.push(add.key_package().leaf_node());
                }
                Proposal::Remove(remove) => {
                    self.removes.extend(roster.extract_if(.., |member| member.leaf == remove.removed().u32()));
                }
                Proposal::GroupContextExtensions(_) | Proposal::ExternalInit(_) => {}
                _ if inner.allows_proposals() => {}
                _ => return Err(Fail::Invalid("proposal", "a kind of proposal we refuse".into())),
            }
        }
        match (sender, staged.update_path_leaf_node()) {
            (Sender::Member(leaf), Some(node)) => self.updates.push(Member::at(leaf.u32(), node)?),
            (_, Some(node)) => added.push(node),
            (_, None) => {}
        }
        let mut taken: BTreeSet<u32> = roster.iter().map(|member| member.leaf).collect();
        for node in added {
            let free = (0..).find(|leaf| !taken.contains(leaf)).unwrap_or(u32::MAX);
            taken.insert(free);
            self.adds.push(Member::at(free, node)?);
        }
        let mut leaves = self.adds.iter().chain(&self.updates);
        leaves.try_for_each(|leaf| check_key(suite, &leaf.encryption_key))?;
        let after = staged.group_context().extensions();
        if after != inner.mls.extensions() {
            self.new_group_ext = Some(extension_list(after)?);
        }
        self.self_removed = staged.self_removed();
        Ok(())
    }
}

impl Inner {
    /// The key of `leaf` when `epoch` was current.
    fn signature_key(&self, leaf: LeafNodeIndex, epoch: u64) -> Option<Vec<u8>> {
        if epoch == self.epoch() {
            return self.mls.member_at(leaf).map(|member| member.signature_key);
        }
        self.roster(epoch)?.into_iter().find(|(place, _)| *place == leaf.u32()).map(|(_, key)| key)
    }

    fn check_framing(&self, message: &ProtocolMessage) -> Outcome<()> {
        ensure(message.group_id() == self.mls.group_id(), "wrong-group", "a message of another group")?;
        if !self.mls.is_active() {
            return Err(Fail::NotMember);
        }
        let epoch = message.epoch().as_u64();
        if epoch != self.epoch() && (message.is_handshake_message() || self.roster(epoch).is_none()) {
            return Err(Fail::WrongEpoch(epoch));
        }
        if message.content_type() == ContentType::Proposal && !self.allows_proposals() {
            return Err(Fail::Invalid("proposal", "standalone proposals are not used".into()));
        }
        Ok(())
    }

    /// What is known of a message before its content.
    fn seen(&self, epoch: u64, sender: Option<LeafNodeIndex>) -> Processed {
        let key = sender.and_then(|leaf| self.signature_key(leaf, epoch)).unwrap_or_default();
        let (sender_leaf, external) = (sender.map(|leaf| leaf.u32()), sender.is_none());
        Processed {
            epoch,
            sender_leaf,
            sender_signature_key: key,
            external,
            handle: self.handle,
            ..Processed::default()
        }
    }

    fn own_commit(&self) -> Outcome<Processed> {
        let staged = self.mls.pending_commit().ok_or(Fail::Stale("no commit was staged"))?;
        let leaf = self.mls.own_leaf_index();
        let own = self.mls.credential()?.serialized_content().to_vec();
        let mut seen = Processed {
            kind: "own_commit",
            sender_identity: own,
            held: Mutex::new(Held::Own),
            ..self.seen(self.epoch(), Some(leaf))
        };
        seen.show(self, staged, &Sender::Member(leaf))?;
        Ok(seen)
    }

    fn process(&mut self, bytes: &[u8]) -> Outcome<Processed> {
        let message: ProtocolMessage = match message(bytes)? {
            MlsMessageBodyIn::PublicMessage(message) => message.into(),
            MlsMessageBodyIn::PrivateMessage(message) => message.into(),
            _ => return Err(Fail::syntax("group message")),
        };
        self.check_framing(&message)?;
        if self.is_pending(bytes) {
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
            self.provider.kv.rewrite_secrets();
        }
        self.describe(done.map_err(|error| Fail::processing(error, epoch))?)
    }

    fn describe(&self, done: ProcessedMessage) -> Outcome<Processed> {
        let sender = done.sender().clone();
        let leaf = if let Sender::Member(leaf) = sender { Some(leaf) } else { None };
        let mut seen = self.seen(done.epoch().as_u64(), leaf);
        seen.sender_identity = done.credential().serialized_content().to_vec();
        seen.aad = done.aad().to_vec();
        let (kind, held) = match done.into_content() {
            Content::ApplicationMessage(text) => {
                seen.plaintext = Some(Zeroizing::new(text.into_bytes()));
                ("app", Held::Nothing)
            }
            Content::ProposalMessage(queued) | Content::ExternalJoinProposalMessage(queued) => {
                ("proposal", Held::Proposal(queued))
            }
            Content::OwnPendingCommit => return self.own_commit(),
            Content::OwnPrivateMessage => ("own_echo", Held::Nothing),
            Content::StagedCommitMessage(staged) => {
                seen.show(self, &staged, &sender)?;
                if let (true, Some(joiner)) = (seen.external, seen.adds.last()) {
                    seen.sender_leaf = Some(joiner.leaf);
                    seen.sender_signature_key = joiner.signature_key.clone();
                }
                ("commit", Held::Commit(staged))
            }
        };
        (seen.kind, seen.held) = (kind, Mutex::new(held));
        Ok(seen)
    }

    fn accept(&mut self, processed: &Processed) -> Outcome<()> {
        ensure(processed.handle == self.handle, "argument", "processed by another handle")?;
        let mut held = processed.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*held, Held::Nothing) && processed.epoch != self.epoch() {
            return Err(Fail::WrongEpoch(processed.epoch));
        }
        match take(&mut *held) {
            Held::Nothing => Ok(()),
            Held::Own => self.merge_pending(),
            Held::Proposal(queued) => self.mls.store_pending_proposal(&self.provider.kv, *queued).map_err(Fail::broken),
            Held::Commit(staged) => {
                self.merge(|mls, provider| mls.merge_staged_commit(provider, *staged).map_err(Fail::broken))
            }
        }
    }
}

#[pymethods]
impl Group {
    fn process(&self, py: Python<'_>, msg: &[u8]) -> Outcome<Processed> {
        self.run(py, |inner| inner.process(msg))
    }

    fn accept(&self, py: Python<'_>, processed: &Processed) -> Outcome<()> {
        self.run(py, |inner| inner.accept(processed))
    }
}

#[pymethods]
impl Processed {
    #[getter]
    fn plaintext<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.plaintext.as_ref().map(|text| PyBytes::new(py, text))
    }
}
