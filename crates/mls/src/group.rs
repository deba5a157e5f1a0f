//! The handle on one group: state, own messages and commits, and the delta.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use openmls::prelude::{
    Extension, Extensions, GroupContext, GroupId, HashType, LeafNodeIndex, MlsGroup, MlsMessageOut, StagedCommit,
};
use openmls_traits::{OpenMlsProvider, crypto::OpenMlsCrypto};
use pyo3::{prelude::*, types::PyBytes};
use tls_codec::Serialize;
use zeroize::Zeroizing;

use crate::{
    PROTOCOL_REV,
    cbor::Secret,
    config::Config,
    errors::{Fail, Outcome, guarded, outside},
    keys::{Key, Signer},
    kv::{Kv, Puts, scope_of},
    provider::{Provider, crypto},
    values::{CommitBundle, Delta, Member},
    wire::{custom_extensions, extension_list, key_package},
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

pub fn rows_of(rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>) -> Puts {
    rows.into_iter().map(|(scope, key, value)| (scope, key, Zeroizing::new(value))).collect()
}

pub fn encoded(value: &impl Serialize) -> Outcome<Vec<u8>> {
    value.tls_serialize_detached().map_err(Fail::verify)
}

pub fn secret_bytes<'py>(py: Python<'py>, secret: PyResult<Secret>) -> PyResult<Bound<'py, PyBytes>> {
    secret.map(|bytes| PyBytes::new(py, &bytes))
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

    fn load(group_id: &[u8], rows: Puts, generation: u64) -> Outcome<Self> {
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

    fn check_signer(&self, key: &Key) -> Outcome<()> {
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

    fn encrypt(&mut self, key: &Key, plaintext: &[u8], aad: Vec<u8>) -> Outcome<Vec<u8>> {
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

    fn commit(&mut self, key: &Key, wish: Wish) -> Outcome<CommitBundle> {
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
struct Wish {
    add: Vec<Vec<u8>>,
    remove: Vec<u32>,
    update: bool,
    group_ext: Option<Vec<(u16, Vec<u8>)>>,
    aad: Vec<u8>,
}

#[pyclass(frozen)]
pub struct Group(Mutex<Option<Inner>>);

impl Group {
    pub fn of(inner: Inner) -> Self {
        Group(Mutex::new(Some(inner)))
    }

    fn take(&self) -> Option<Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Run `action` on the open handle without the interpreter lock. A panic or a half-done change closes the handle.
    pub fn run<T: Send>(&self, py: Python<'_>, action: impl FnOnce(&mut Inner) -> Outcome<T> + Send) -> PyResult<T> {
        let done = py.detach(|| {
            let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let mut inner = slot.take().ok_or(Fail::Stale("the handle is closed"))?;
            let done = guarded(|| action(&mut inner));
            if !matches!(done, Err(Fail::Panic(_) | Fail::Stale(_))) {
                *slot = Some(inner);
            }
            done
        });
        done.map_err(|failure| failure.raise(py))
    }
}

#[pymethods]
impl Group {
    #[staticmethod]
    #[pyo3(signature = (signer, identity, cfg, group_id=None))]
    fn create(
        py: Python<'_>, signer: &Signer, identity: &[u8], cfg: &Config, group_id: Option<&[u8]>,
    ) -> PyResult<Group> {
        let (key, cfg) = (signer.key(), cfg.clone());
        outside(py, move || {
            let provider = Provider::new(Kv::new(vec![]));
            let id = match group_id {
                Some(bytes) => GroupId::from_slice(bytes),
                None => GroupId::random(provider.rand()),
            };
            let credential = key.credential(identity);
            let mls = MlsGroup::new_with_group_id(&provider, &*key, &cfg.to_create()?, id, credential);
            Inner::fresh(provider, mls.map_err(Fail::verify)?, cfg.allow_proposals).map(Group::of)
        })
    }

    #[staticmethod]
    #[pyo3(signature = (group_id, rows, r#gen))]
    fn load(py: Python<'_>, group_id: &[u8], rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>, r#gen: u64) -> PyResult<Group> {
        outside(py, || Inner::load(group_id, rows_of(rows), r#gen).map(Group::of))
    }

    #[getter]
    fn id(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.run(py, |inner| Ok(inner.mls.group_id().to_vec()))
    }

    #[getter]
    fn epoch(&self, py: Python<'_>) -> PyResult<u64> {
        self.run(py, |inner| Ok(inner.epoch()))
    }

    #[getter]
    fn suite(&self, py: Python<'_>) -> PyResult<u16> {
        self.run(py, |inner| Ok(inner.mls.ciphersuite().into()))
    }

    #[getter]
    fn own_leaf(&self, py: Python<'_>) -> PyResult<u32> {
        self.run(py, |inner| Ok(inner.mls.own_leaf_index().u32()))
    }

    #[getter]
    fn active(&self, py: Python<'_>) -> PyResult<bool> {
        self.run(py, |inner| Ok(inner.mls.is_active()))
    }

    #[getter]
    fn r#gen(&self, py: Python<'_>) -> PyResult<u64> {
        self.run(py, |inner| Ok(inner.generation))
    }

    #[getter]
    fn pending(&self, py: Python<'_>) -> PyResult<bool> {
        self.run(py, |inner| Ok(inner.mls.pending_commit().is_some()))
    }

    #[getter]
    fn epoch_authenticator(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.run(py, |inner| Ok(inner.mls.epoch_authenticator().as_slice().to_vec()))
    }

    #[getter]
    fn tree_hash(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.run(py, |inner| Ok(inner.mls.public_group().group_context().tree_hash().to_vec()))
    }

    fn group_ext(&self, py: Python<'_>) -> PyResult<Vec<(u16, Vec<u8>)>> {
        self.run(py, |inner| extension_list(inner.mls.extensions()))
    }

    fn members(&self, py: Python<'_>) -> PyResult<Vec<Member>> {
        self.run(py, |inner| inner.members())
    }

    fn member(&self, py: Python<'_>, leaf: u32) -> PyResult<Option<Member>> {
        self.run(py, |inner| inner.member(leaf))
    }

    #[pyo3(signature = (signer, plaintext, aad=vec![]))]
    fn encrypt(&self, py: Python<'_>, signer: &Signer, plaintext: &[u8], aad: Vec<u8>) -> PyResult<Vec<u8>> {
        let key = signer.key();
        self.run(py, |inner| inner.encrypt(&key, plaintext, aad))
    }

    #[pyo3(signature = (signer, *, add=vec![], remove=vec![], update=false, group_ext=None, aad=vec![]))]
    #[allow(clippy::too_many_arguments)]
    fn commit(
        &self, py: Python<'_>, signer: &Signer, add: Vec<Vec<u8>>, remove: Vec<u32>, update: bool,
        group_ext: Option<Vec<(u16, Vec<u8>)>>, aad: Vec<u8>,
    ) -> PyResult<CommitBundle> {
        let key = signer.key();
        self.run(py, |inner| inner.commit(&key, Wish { add, remove, update, group_ext, aad }))
    }

    fn merge_pending(&self, py: Python<'_>) -> PyResult<()> {
        self.run(py, Inner::merge_pending)
    }

    fn clear_pending(&self, py: Python<'_>) -> PyResult<()> {
        self.run(py, |inner| {
            inner.mls.clear_pending_commit(&inner.provider.kv).map_err(Fail::broken)?;
            inner.provider.kv.remove(&inner.scope, PENDING);
            Ok(())
        })
    }

    fn export_secret<'py>(
        &self, py: Python<'py>, label: &str, context: &[u8], length: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let secret = self.run(py, |inner| {
            let secret = inner.mls.export_secret(crypto(), label, context, length);
            secret.map(Zeroizing::new).map_err(Fail::exporting)
        });
        secret_bytes(py, secret)
    }

    fn export_pending<'py>(
        &self, py: Python<'py>, label: &str, context: &[u8], length: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let secret = self.run(py, |inner| {
            let staged = inner.mls.pending_commit();
            let staged = staged.ok_or_else(|| Fail::argument("no commit is pending"))?;
            let secret = staged.export_secret(crypto(), label, context, length);
            secret.map(Zeroizing::new).map_err(Fail::exporting)
        });
        secret_bytes(py, secret)
    }

    fn group_info(&self, py: Python<'_>, signer: &Signer) -> PyResult<Vec<u8>> {
        let key = signer.key();
        self.run(py, |inner| {
            inner.check_signer(&key)?;
            let info: MlsMessageOut = inner.mls.export_group_info(crypto(), &*key, false).map_err(Fail::verify)?;
            encoded(&info)
        })
    }

    fn ratchet_tree(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.run(py, |inner| encoded(&inner.mls.export_ratchet_tree()))
    }

    fn take_delta(&self, py: Python<'_>) -> PyResult<Delta> {
        self.run(py, |inner| {
            inner.flush()?;
            Ok(Delta::of(&inner.provider.kv, inner.generation))
        })
    }

    #[pyo3(signature = (r#gen))]
    fn saved(&self, py: Python<'_>, r#gen: u64) -> PyResult<()> {
        self.run(py, |inner| {
            if r#gen != inner.generation + 1 {
                return Err(Fail::argument("not the generation of the last delta"));
            }
            inner.generation = r#gen;
            inner.provider.kv.saved();
            Ok(())
        })
    }

    fn delete(&self, py: Python<'_>) -> PyResult<Delta> {
        let delta = self.run(py, |inner| {
            inner.provider.kv.remove_scope(&inner.scope);
            Ok(Delta::of(&inner.provider.kv, inner.generation))
        })?;
        self.close(py);
        Ok(delta)
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| drop(self.take()));
    }

    fn testing_panic(&self, py: Python<'_>) -> PyResult<()> {
        self.run(py, |_| panic!("asked to"))
    }
}
