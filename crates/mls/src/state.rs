//! One group's state: OpenMLS's `MlsGroup`, the rows it was loaded from, and what we do with them.

use std::sync::atomic::{AtomicU64, Ordering};

use openmls::prelude::{Extension, Extensions, GroupContext, GroupId, HashType, LeafNodeIndex, MlsGroup, StagedCommit};
use openmls_traits::{OpenMlsProvider, crypto::OpenMlsCrypto};
use tls_codec::Serialize;
use zeroize::Zeroizing;

use crate::{
    PROTOCOL_REV,
    cbor::Secret,
    errors::{Fail, Outcome},
    keys::Key,
    kv::{Kv, Puts, scope_of},
    provider::{Provider, crypto},
    values::{CommitBundle, Member},
    wire::{custom_extensions, key_package},
};

const META: &[u8] = b"meta";
const PENDING: &[u8] = b"pending";

static HANDLES: AtomicU64 = AtomicU64::new(1);

pub struct Inner {
    pub provider: Provider,
    pub mls: MlsGroup,
    pub scope: Vec<u8>,
    pub allow_proposals: bool,
    pub generation: u64,
    /// Tells handles apart, so a staged commit cannot be merged into another one.
    pub handle: u64,
}

pub fn encoded(value: &impl Serialize) -> Outcome<Vec<u8>> {
    value.tls_serialize_detached().map_err(Fail::verify)
}

impl Inner {
    /// A group that was just made: writes what `load` will want to know.
    pub fn fresh(provider: Provider, mls: MlsGroup, allow_proposals: bool) -> Outcome<Self> {
        let scope = scope_of(mls.group_id()).map_err(Fail::verify)?;
        let meta = [PROTOCOL_REV, allow_proposals.into()];
        provider.kv.put(&scope, META, Zeroizing::new(meta.to_vec()));
        Ok(Self::with(provider, mls, scope, allow_proposals, 0))
    }

    fn with(provider: Provider, mls: MlsGroup, scope: Vec<u8>, allow: bool, generation: u64) -> Self {
        let handle = HANDLES.fetch_add(1, Ordering::Relaxed);
        Inner { provider, mls, scope, allow_proposals: allow, generation, handle }
    }

    pub fn load(group_id: &[u8], rows: Puts, generation: u64) -> Outcome<Self> {
        let kv = Kv::new(rows);
        let id = GroupId::from_slice(group_id);
        let scope = scope_of(&id).map_err(Fail::state)?;
        let allow = match kv.get(&scope, META).as_deref().map(Vec::as_slice) {
            Some([PROTOCOL_REV, allow]) => *allow == 1,
            Some(_) => return Err(Fail::state("another revision")),
            None => return Err(Fail::state("none of this group")),
        };
        let mls = from_rows(&kv, &id)?;
        Ok(Self::with(Provider::new(kv), mls, scope, allow, generation))
    }

    pub fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    /// Write the message secrets that were kept back.
    pub fn flush(&mut self) -> Outcome<()> {
        if self.provider.kv.stale() {
            let policy = self.mls.past_epoch_deletion_policy().clone();
            self.provider.kv.defer(false);
            let written = self.mls.set_past_epoch_deletion_policy(&self.provider, policy);
            self.provider.kv.defer(true);
            written.map_err(Fail::broken)?;
        }
        Ok(())
    }

    /// Back to what the rows say. Decrypting a commit used up its key, but until it is accepted it must stay readable:
    /// a crash or a second thought in between would otherwise lock this device out of the next epoch.
    pub fn rewind(&mut self) -> Outcome<()> {
        self.mls =
            from_rows(&self.provider.kv, self.mls.group_id()).map_err(|_| Fail::Stale("the rows do not load"))?;
        self.provider.kv.forget_deferred();
        Ok(())
    }

    pub fn check_signer(&self, key: &Key) -> Outcome<()> {
        if !self.mls.is_active() {
            return Err(Fail::NotMember);
        }
        let own = self.mls.own_leaf_node().ok_or(Fail::NotMember)?;
        if own.signature_key().as_slice() == key.public() {
            Ok(())
        } else {
            Err(Fail::argument("not the key of this leaf"))
        }
    }

    pub fn encrypt(&mut self, key: &Key, plaintext: &[u8], aad: Vec<u8>) -> Outcome<Vec<u8>> {
        self.check_signer(key)?;
        self.mls.set_aad(aad);
        encoded(&self.mls.create_message(&self.provider, key, plaintext).map_err(Fail::verify)?)
    }

    /// The current extensions with ours replaced; what members must support stays.
    fn new_extensions(&self, list: Vec<(u16, Vec<u8>)>) -> Outcome<Extensions<GroupContext>> {
        let kept = self.mls.extensions().iter();
        let mut all = custom_extensions(list)?;
        all.extend(kept.filter(|one| matches!(one, Extension::RequiredCapabilities(_))).cloned());
        Extensions::try_from(all).map_err(Fail::verify)
    }

    pub fn commit(&mut self, key: &Key, wish: Wish) -> Outcome<CommitBundle> {
        self.check_signer(key)?;
        if self.mls.pending_commit().is_some() {
            return Err(Fail::Pending);
        }
        let suite = self.mls.ciphersuite();
        let adds = wish.add.iter().map(|bytes| key_package(bytes, suite)).collect::<Outcome<Vec<_>>>()?;
        let (adding, extensions) = (!adds.is_empty(), wish.group_ext.map(|list| self.new_extensions(list)));
        self.mls.set_aad(wish.aad);
        let mut builder = self.mls.commit_builder().force_self_update(wish.update);
        builder = builder.propose_adds(adds);
        builder = builder.propose_removals(wish.remove.into_iter().map(LeafNodeIndex::new));
        if let Some(list) = extensions {
            builder = builder.propose_group_context_extensions(list?).map_err(Fail::verify)?;
        }
        let bundle = builder
            .load_psks(&self.provider.kv)
            .map_err(Fail::verify)?
            .create_group_info(true)
            .build(self.provider.rand(), crypto(), key, |_| true)
            .map_err(Fail::verify)?
            .stage_commit(&self.provider)
            .map_err(Fail::broken)?;
        let staged = self.mls.pending_commit().ok_or(Fail::Stale("no commit was staged"))?;
        let tree = if adding { Some(self.next_tree(staged)?) } else { None };
        let new_epoch = staged.epoch().as_u64();
        let (commit, welcome, group_info) = bundle.into_messages();
        let commit = encoded(&commit)?;
        self.provider.kv.put(&self.scope, PENDING, digest(&commit)?);
        Ok(CommitBundle {
            commit,
            welcome: welcome.as_ref().map(encoded).transpose()?,
            tree,
            group_info: encoded(&group_info.ok_or(Fail::Stale("no GroupInfo was made"))?)?,
            new_epoch,
        })
    }

    fn next_tree(&self, staged: &StagedCommit) -> Outcome<Vec<u8>> {
        let tree = staged.export_ratchet_tree(crypto(), self.mls.export_ratchet_tree());
        encoded(&tree.map_err(Fail::broken)?.ok_or(Fail::NotMember)?)
    }

    /// Whether `message` is our own pending commit, byte for byte.
    pub fn is_pending(&self, message: &[u8]) -> Outcome<bool> {
        let row = self.provider.kv.get(&self.scope, PENDING);
        Ok(self.mls.pending_commit().is_some() && row == Some(digest(message)?))
    }

    pub fn merge_pending(&mut self) -> Outcome<()> {
        if self.mls.pending_commit().is_none() {
            return Err(Fail::argument("no commit is pending"));
        }
        self.mls.merge_pending_commit(&self.provider).map_err(Fail::broken)?;
        self.merged()
    }

    pub fn clear_pending(&mut self) -> Outcome<()> {
        self.provider.kv.remove(&self.scope, PENDING);
        self.mls.clear_pending_commit(&self.provider.kv).map_err(Fail::broken)
    }

    /// After any merge: no commit is pending, and the closed epoch's roster is in the rows.
    pub fn merged(&mut self) -> Outcome<()> {
        self.provider.kv.remove(&self.scope, PENDING);
        self.provider.kv.touch_past();
        self.flush()
    }

    pub fn members(&self) -> Outcome<Vec<Member>> {
        self.mls.members().map(Member::of).collect()
    }

    pub fn member(&self, leaf: u32) -> Outcome<Option<Member>> {
        self.mls.member_at(LeafNodeIndex::new(leaf)).map(Member::of).transpose()
    }
}

fn from_rows(kv: &Kv, id: &GroupId) -> Outcome<MlsGroup> {
    MlsGroup::load(kv, id).map_err(Fail::state)?.ok_or_else(|| Fail::state("some are missing"))
}

fn digest(bytes: &[u8]) -> Outcome<Secret> {
    crypto().hash(HashType::Sha2_256, bytes).map(Zeroizing::new).map_err(Fail::verify)
}

/// What a commit should change.
pub struct Wish {
    pub add: Vec<Vec<u8>>,
    pub remove: Vec<u32>,
    pub update: bool,
    pub group_ext: Option<Vec<(u16, Vec<u8>)>>,
    pub aad: Vec<u8>,
}
