//! One group's state behind the handle that Python holds: one `Inner` behind a lock, every call guarded.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use openmls::prelude::*;
use pyo3::{prelude::*, types::PyBytes};
use zeroize::Zeroizing;

use crate::{
    config::Config,
    errors::{Fail, Outcome, ensure, guarded, outside},
    keys::Signer,
    kv::{Delta, Key, Kv, PyRows, scope_of},
    storage::{Provider, crypto},
    wire::{Ext, Member, custom_extensions, encoded, extension_list, key_package},
};

/// Our revision of formats and code points: rows of another one do not load.
const PROTOCOL_REV: u8 = 2;

static HANDLES: AtomicU64 = AtomicU64::new(1);

pub struct Inner {
    pub provider: Provider,
    pub mls: MlsGroup,
    scope: Vec<u8>,
    generation: u64,
    /// Tells handles apart, so a staged commit cannot be merged into another one.
    pub handle: u64,
}

#[pyclass(frozen, get_all)]
pub struct CommitBundle {
    pub commit: Vec<u8>,
    pub welcome: Option<Vec<u8>>,
    pub tree: Option<Vec<u8>>,
}

impl Inner {
    /// A group that was just made.
    pub fn fresh(provider: Provider, mls: MlsGroup) -> Outcome<Group> {
        let inner = Self::of(provider, mls, 0)?;
        inner.provider.kv.put(inner.row(b"meta"), Zeroizing::new(vec![PROTOCOL_REV])).map_err(Fail::broken)?;
        Ok(Group(Mutex::new(Some(inner))))
    }

    fn of(provider: Provider, mls: MlsGroup, generation: u64) -> Outcome<Self> {
        let scope = scope_of(mls.group_id()).map_err(Fail::state)?;
        Ok(Inner { provider, mls, scope, generation, handle: HANDLES.fetch_add(1, Ordering::Relaxed) })
    }

    fn load(group_id: &[u8], kv: Kv, generation: u64) -> Outcome<Self> {
        let mls = from_rows(&kv, &GroupId::from_slice(group_id))?;
        let inner = Self::of(Provider { kv }, mls, generation)?;
        match inner.provider.kv.get(&inner.row(b"meta")) {
            Some(meta) if **meta == [PROTOCOL_REV] => Ok(inner),
            _ => Err(Fail::state("another revision")),
        }
    }

    /// A row of this group.
    fn row(&self, label: &[u8]) -> Key {
        (self.scope.clone(), label.to_vec())
    }

    fn roster_row(&self, epoch: u64) -> Key {
        self.row(&[b"roster:".as_slice(), &epoch.to_be_bytes()].concat())
    }

    pub fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    /// Standalone proposals and PublicMessage handshakes are accepted; never in the product.
    pub fn allows_proposals(&self) -> bool {
        self.mls.configuration().wire_format_policy() == MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY
    }

    /// Write the message secrets that were kept back; setting the policy again makes OpenMLS write them.
    pub fn flush(&mut self) -> Outcome<()> {
        if self.provider.kv.hold(true) {
            let policy = self.mls.past_epoch_deletion_policy().clone();
            self.mls.set_past_epoch_deletion_policy(&self.provider, policy).map_err(Fail::broken)?;
        }
        self.provider.kv.hold(false);
        Ok(())
    }

    /// Back to what the rows say. Decrypting a commit used up its key, but until it is accepted it must stay readable:
    /// a crash or a second thought in between would otherwise lock this device out of the next epoch.
    pub fn rewind(&mut self) -> Outcome<()> {
        self.mls = from_rows(&self.provider.kv, self.mls.group_id()).map_err(|_| Fail::broken("rows"))?;
        self.provider.kv.hold(false);
        Ok(())
    }

    fn check_signer(&self, signer: &Signer) -> Outcome<()> {
        let own = self.mls.own_leaf_node().filter(|_| self.mls.is_active()).ok_or(Fail::NotMember)?;
        ensure(own.signature_key().as_slice() == signer.public_key(), "argument", "not the key of this leaf")
    }

    /// The current extensions with ours replaced; what members must support stays.
    fn new_extensions(&self, list: Ext) -> Outcome<Extensions<GroupContext>> {
        let mut all = custom_extensions(list)?;
        let kept = self.mls.extensions().iter().filter(|one| matches!(one, Extension::RequiredCapabilities(_)));
        all.extend(kept.cloned());
        Ok(Extensions::try_from(all)?)
    }

    fn commit(
        &mut self, signer: &Signer, add: &[Vec<u8>], remove: Vec<u32>, update: bool, group_ext: Option<Ext>,
        aad: Vec<u8>,
    ) -> Outcome<CommitBundle> {
        self.check_signer(signer)?;
        if self.mls.pending_commit().is_some() {
            return Err(Fail::Pending);
        }
        let packages = add.iter().map(|bytes| key_package(bytes)).collect::<Outcome<Vec<_>>>()?;
        let suite = self.mls.ciphersuite();
        let same = packages.iter().all(|package| package.ciphersuite() == suite);
        ensure(same, "suite", "a key package of another suite")?;
        let extensions = group_ext.map(|list| self.new_extensions(list)).transpose()?;
        self.mls.set_aad(aad);
        let mut builder = self
            .mls
            .commit_builder()
            .force_self_update(update)
            .propose_adds(packages)
            .propose_removals(remove.into_iter().map(LeafNodeIndex::new));
        if let Some(list) = extensions {
            builder = builder.propose_group_context_extensions(list)?;
        }
        let bundle = builder
            .load_psks(&self.provider.kv)?
            .build(&self.provider, crypto(), signer, |_| true)?
            .stage_commit(&self.provider)
            .map_err(Fail::broken)?;
        let (commit, welcome, _) = bundle.into_messages();
        let (commit, welcome) = (encoded(&commit)?, welcome.as_ref().map(encoded).transpose()?);
        let tree = if welcome.is_some() { Some(self.next_tree()?) } else { None };
        self.provider.kv.put(self.row(b"pending"), Zeroizing::new(commit.clone()))?;
        Ok(CommitBundle { commit, welcome, tree })
    }

    fn next_tree(&self) -> Outcome<Vec<u8>> {
        let staged = self.mls.pending_commit().ok_or(Fail::Stale("no commit was staged"))?;
        let tree = staged.export_ratchet_tree(crypto(), self.mls.export_ratchet_tree());
        encoded(&tree.map_err(Fail::broken)?.ok_or(Fail::NotMember)?)
    }

    /// Whether `message` is our own pending commit, byte for byte.
    pub fn is_pending(&self, message: &[u8]) -> bool {
        self.mls.pending_commit().is_some()
            && self.provider.kv.get(&self.row(b"pending")).is_some_and(|own| *own == message)
    }

    pub fn merge_pending(&mut self) -> Outcome<()> {
        ensure(self.mls.pending_commit().is_some(), "argument", "no commit is pending")?;
        self.merge(|mls, provider| mls.merge_pending_commit(provider).map_err(Fail::broken))
    }

    fn clear_pending(&mut self) -> Outcome<()> {
        self.provider.kv.remove(&self.row(b"pending"))?;
        self.mls.clear_pending_commit(&self.provider.kv).map_err(Fail::broken)
    }

    /// Any merge: afterwards no commit is pending, and the closed epoch is in the rows.
    pub fn merge(&mut self, merge: impl FnOnce(&mut MlsGroup, &Provider) -> Outcome<()>) -> Outcome<()> {
        let roster: Vec<_> = self.mls.members().map(|member| (member.index.u32(), member.signature_key)).collect();
        let closed = self.roster_row(self.epoch());
        merge(&mut self.mls, &self.provider)?;
        self.provider.kv.write(closed, &roster).map_err(Fail::broken)?;
        let policy = self.mls.past_epoch_deletion_policy();
        let kept = if let PastEpochDeletionPolicy::MaxEpochs(epochs) = *policy { epochs } else { 0 };
        let (rosters, own) = (self.provider.kv.keys(&self.scope, b"roster:"), self.row(b"pending"));
        let mut gone = rosters.iter().rev().skip(kept).chain([&own]);
        gone.try_for_each(|row| self.provider.kv.remove(row)).map_err(Fail::broken)?;
        self.provider.kv.rewrite_secrets();
        self.flush()
    }

    /// Who signed with what in a closed epoch that can still be read.
    pub fn roster(&self, epoch: u64) -> Option<Vec<(u32, Vec<u8>)>> {
        self.provider.kv.read(&self.roster_row(epoch)).ok()?
    }

    pub fn members(&self) -> Outcome<Vec<Member>> {
        self.mls.members().map(Member::of).collect()
    }
}

fn from_rows(kv: &Kv, id: &GroupId) -> Outcome<MlsGroup> {
    MlsGroup::load(kv, id).map_err(Fail::state)?.ok_or_else(|| Fail::state("some are missing"))
}

#[pyclass(frozen)]
pub struct Group(Mutex<Option<Inner>>);

impl Group {
    /// Run `action` on the open handle without the interpreter lock. A panic or a half-done change closes the handle.
    pub fn run<T: Send>(&self, py: Python<'_>, action: impl FnOnce(&mut Inner) -> Outcome<T> + Send) -> Outcome<T> {
        py.detach(|| {
            let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let mut inner = slot.take().ok_or(Fail::Stale("the handle is closed"))?;
            let done = guarded(|| action(&mut inner));
            if !matches!(done, Err(Fail::Panic | Fail::Stale(_))) {
                *slot = Some(inner);
            }
            done
        })
    }
}

/// Methods without arguments: what each does with the open handle.
macro_rules! handle {
    ($($(#[$kind:ident])? $name:ident -> $type:ty { $action:expr })*) => {
        #[pymethods]
        impl Group {$(
            $(#[$kind])?
            fn $name(&self, py: Python<'_>) -> Outcome<$type> {
                self.run(py, $action)
            }
        )*}
    };
}

handle! {
    #[getter] id -> Vec<u8> { |inner| Ok(inner.mls.group_id().to_vec()) }
    #[getter] epoch -> u64 { |inner| Ok(inner.epoch()) }
    #[getter] own_leaf -> u32 { |inner| Ok(inner.mls.own_leaf_index().u32()) }
    #[getter] active -> bool { |inner| Ok(inner.mls.is_active()) }
    #[getter] r#gen -> u64 { |inner| Ok(inner.generation) }
    #[getter] pending -> bool { |inner| Ok(inner.mls.pending_commit().is_some()) }
    #[getter] epoch_authenticator -> Vec<u8> { |inner| Ok(inner.mls.epoch_authenticator().as_slice().to_vec()) }
    group_ext -> Ext { |inner| extension_list(inner.mls.extensions()) }
    members -> Vec<Member> { |inner| inner.members() }
    ratchet_tree -> Vec<u8> { |inner| encoded(&inner.mls.export_ratchet_tree()) }
    merge_pending -> () { Inner::merge_pending }
    clear_pending -> () { Inner::clear_pending }
    take_delta -> Delta { |inner| inner.flush().map(|()| inner.provider.kv.delta(inner.generation)) }
    testing_panic -> () { |_| panic!("asked to") }
}

#[pymethods]
impl Group {
    #[staticmethod]
    #[pyo3(signature = (signer, identity, cfg, group_id=None))]
    fn create(
        py: Python<'_>, signer: &Signer, identity: &[u8], cfg: &Config, group_id: Option<&[u8]>,
    ) -> Outcome<Group> {
        outside(py, || {
            let provider = Provider::default();
            let id = group_id.map_or_else(|| GroupId::random(&provider), GroupId::from_slice);
            let credential = signer.credential(identity);
            let mls = MlsGroup::new_with_group_id(&provider, signer, &cfg.to_create()?, id, credential);
            Inner::fresh(provider, mls?)
        })
    }

    #[staticmethod]
    fn load(py: Python<'_>, group_id: &[u8], rows: PyRows, r#gen: u64) -> Outcome<Group> {
        outside(py, || Ok(Group(Mutex::new(Some(Inner::load(group_id, Kv::new(rows), r#gen)?)))))
    }

    #[pyo3(signature = (signer, plaintext, aad=vec![]))]
    fn encrypt(&self, py: Python<'_>, signer: &Signer, plaintext: &[u8], aad: Vec<u8>) -> Outcome<Vec<u8>> {
        self.run(py, |inner| {
            inner.check_signer(signer)?;
            inner.mls.set_aad(aad);
            encoded(&inner.mls.create_message(&inner.provider, signer, plaintext)?)
        })
    }

    #[pyo3(signature = (signer, *, add=vec![], remove=vec![], update=false, group_ext=None, aad=vec![]))]
    #[allow(clippy::too_many_arguments)]
    fn commit(
        &self, py: Python<'_>, signer: &Signer, add: Vec<Vec<u8>>, remove: Vec<u32>, update: bool,
        group_ext: Option<Ext>, aad: Vec<u8>,
    ) -> Outcome<CommitBundle> {
        self.run(py, |inner| inner.commit(signer, &add, remove, update, group_ext, aad))
    }

    fn export_secret<'py>(
        &self, py: Python<'py>, label: &str, context: &[u8], length: usize,
    ) -> Outcome<Bound<'py, PyBytes>> {
        let secret = self.run(py, |inner| {
            let secret = inner.mls.export_secret(crypto(), label, context, length);
            secret.map(Zeroizing::new).map_err(Fail::exporting)
        })?;
        Ok(PyBytes::new(py, &secret))
    }

    fn group_info(&self, py: Python<'_>, signer: &Signer) -> Outcome<Vec<u8>> {
        self.run(py, |inner| {
            inner.check_signer(signer)?;
            encoded(&inner.mls.export_group_info(crypto(), signer, false)?)
        })
    }

    fn saved(&self, py: Python<'_>, r#gen: u64) -> Outcome<()> {
        self.run(py, |inner| {
            ensure(r#gen == inner.generation + 1, "argument", "not the generation of the last delta")?;
            inner.generation = r#gen;
            inner.provider.kv.saved();
            Ok(())
        })
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take()));
    }
}
