//! Other people's messages: verified, inspected, and only then accepted.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use openmls::prelude::{ProcessedMessageContent as Content, *};
use pyo3::prelude::*;

use crate::{
    errors::{Fail, Outcome, ensure},
    group::{Group, Inner, from_rows},
    own::Unread,
    storage::Secret,
    watch::Reading,
    wire::{Ext, Member, check_key, check_leaf, extension_list, message},
};

/// What `accept` would do.
enum Held {
    Own,
    Commit(Box<StagedCommit>),
    Proposal(Box<QueuedProposal>),
}

/// What Python reads is all but the last two.
#[pyclass(frozen)]
#[derive(Default)]
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
    #[pyo3(get)]
    said: u32,
    #[pyo3(get)]
    plaintext: Option<Secret>,
    #[pyo3(get)]
    adds: Vec<Member>,
    #[pyo3(get)]
    removes: Vec<Member>,
    #[pyo3(get)]
    updates: Vec<Member>,
    #[pyo3(get)]
    self_removed: bool,
    #[pyo3(get)]
    new_group_ext: Option<Ext>,
    held: Mutex<Option<Held>>,
    handle: Arc<()>,
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
        added.iter().copied().chain(staged.update_path_leaf_node()).try_for_each(check_leaf)?;
        match (sender, staged.update_path_leaf_node()) {
            (Sender::Member(leaf), Some(node)) => self.updates.push(Member::at(*leaf, node)?),
            (_, Some(node)) => added.push(node),
            (_, None) => {}
        }
        let mut taken: BTreeSet<u32> = roster.iter().map(|member| member.leaf).collect();
        for node in added {
            let free = (0..).find(|leaf| !taken.contains(leaf)).unwrap_or(u32::MAX);
            taken.insert(free);
            self.adds.push(Member::at(LeafNodeIndex::new(free), node)?);
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
        self.rosters().ok()?.remove(&epoch)?.remove(&leaf.u32())
    }

    fn read(&mut self, epoch: u64, message: ProtocolMessage) -> Outcome<ProcessedMessage> {
        let done = self
            .watched(message, |inner, watch, message| inner.mls.process_message(&Reading(&inner.rows, watch), message));
        done.map_err(|unread| match unread {
            Unread::Spent => Fail::too_far(),
            Unread::Refused(error) => Fail::processing(error, epoch),
        })
    }

    fn process(&mut self, bytes: &[u8]) -> Outcome<Processed> {
        let message = message(bytes)?.try_into_protocol_message().map_err(|_| Fail::syntax("group message"))?;
        ensure(message.group_id() == self.mls.group_id(), "wrong-group", "a message of another group")?;
        self.own_leaf()?;
        let (epoch, kind) = (message.epoch().as_u64(), message.content_type());
        if epoch != self.epoch() && (message.is_handshake_message() || !self.rosters()?.contains_key(&epoch)) {
            return Err(Fail::WrongEpoch(epoch));
        }
        let used = kind != ContentType::Proposal || self.allows_proposals();
        ensure(used, "proposal", "standalone proposals are not used")?;
        if self.rows.get(&self.row(b"pending")?).is_some_and(|pending| pending.0 == bytes) {
            let own = Sender::Member(self.mls.own_leaf_index());
            return self.describe(epoch, &own, self.mls.credential()?, Content::OwnPendingCommit);
        }
        if kind == ContentType::Commit {
            self.flush()?;
        }
        let done = self.read(epoch, message);
        let opened = done.as_ref().is_ok_and(|done| !matches!(done.content(), Content::OwnPrivateMessage));
        if kind == ContentType::Commit && opened {
            // Decrypting used up its key, but until the commit is accepted it must stay readable: a crash or a second
            // thought in between would otherwise lock this device out of the next epoch.
            self.mls = from_rows(&self.rows, self.mls.group_id()).map_err(|_| Fail::broken("rows"))?;
            self.rows.hold(false);
        }
        let done = done?;
        let (sender, credential, aad) = (done.sender().clone(), done.credential().clone(), done.aad().to_vec());
        let content = done.into_content();
        let ours = matches!(content, Content::OwnPrivateMessage) && epoch == self.epoch();
        let seen = self.describe(epoch, &sender, &credential, content)?;
        if ours && let Some(said) = self.signed_by_us(bytes)? {
            return Ok(Processed { aad, said, kind: "own_other", ..seen });
        }
        if kind == ContentType::Application && self.caught_up && !ours {
            self.another = None; // it may hold what this sender's key came from
        }
        Ok(Processed { aad, ..seen })
    }

    fn describe(&self, epoch: u64, sender: &Sender, credential: &Credential, content: Content) -> Outcome<Processed> {
        let leaf = if let Sender::Member(leaf) = *sender { Some(leaf) } else { None };
        let mut seen = Processed {
            epoch,
            sender_leaf: leaf.map(|leaf| leaf.u32()),
            sender_identity: credential.serialized_content().to_vec(),
            sender_signature_key: leaf.and_then(|leaf| self.signature_key(leaf, epoch)).unwrap_or_default(),
            external: leaf.is_none(),
            handle: self.handle.clone(),
            ..Processed::default()
        };
        let (kind, held) = match content {
            Content::ApplicationMessage(text) => {
                seen.plaintext = Some(Secret(text.into_bytes()));
                ("app", None)
            }
            Content::ProposalMessage(queued) | Content::ExternalJoinProposalMessage(queued) => {
                ("proposal", Some(Held::Proposal(queued)))
            }
            Content::OwnPrivateMessage => ("own_echo", None),
            Content::OwnPendingCommit => {
                seen.show(self, self.mls.pending_commit().ok_or(Fail::Stale("no commit was staged"))?, sender)?;
                ("own_commit", Some(Held::Own))
            }
            Content::StagedCommitMessage(staged) => {
                seen.show(self, &staged, sender)?;
                if let (true, Some(joiner)) = (seen.external, seen.adds.last()) {
                    seen.sender_leaf = Some(joiner.leaf);
                    seen.sender_signature_key = joiner.signature_key.clone();
                }
                ("commit", Some(Held::Commit(staged)))
            }
        };
        Ok(Processed { kind, held: Mutex::new(held), ..seen })
    }
}

#[pymethods]
impl Group {
    fn process(&self, py: Python<'_>, msg: &[u8]) -> Outcome<Processed> {
        self.run(py, |inner| inner.process(msg))
    }

    fn accept(&self, py: Python<'_>, processed: &Processed) -> Outcome<()> {
        self.run(py, |inner| {
            ensure(Arc::ptr_eq(&processed.handle, &inner.handle), "argument", "processed by another handle")?;
            let mut held = processed.held.lock().unwrap_or_else(PoisonError::into_inner);
            if held.is_some() && processed.epoch != inner.epoch() {
                return Err(Fail::WrongEpoch(processed.epoch));
            }
            match held.take() {
                None => Ok(()),
                Some(Held::Own) => inner.merge_pending(),
                Some(Held::Proposal(queued)) => {
                    inner.mls.store_pending_proposal(&inner.rows, *queued).map_err(Fail::broken)
                }
                Some(Held::Commit(staged)) => inner.merge(Some(*staged)),
            }
        })
    }
}
