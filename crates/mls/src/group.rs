//! One group's state behind the handle that Python holds: one `Inner` behind a lock, every call guarded.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use openmls::prelude::*;
use pyo3::{prelude::*, types::PyBytes};

use crate::{
    device::{Config, RESUMPTION_SECRETS, Signer, sender_ratchets},
    errors::{Fail, Outcome, ensure, guarded, outside},
    own::Another,
    storage::{CRYPTO, Delta, Done, KEY_PACKAGES, Key, Row, Rows, Secret, group, scope_of},
    watch::{MAX_FORWARD, Reach},
    wire::{Ext, Member, custom_extensions, encoded, extension_list, key_package, message, tree},
};

/// Our revision of formats and code points: rows of another one do not load.
const PROTOCOL_REV: u8 = 3;

pub struct Inner {
    pub rows: Rows,
    pub mls: MlsGroup,
    generation: u64,
    /// Tells handles apart, so a staged commit cannot be merged into another one.
    pub handle: Arc<()>,
    /// See `own`.
    pub another: Option<Another>,
    pub another_reads: bool,
    /// The box of this epoch was read to its end.
    pub caught_up: bool,
    /// What did not open, by epoch and whether it was an application message. Starts anew with the handle.
    pub reach: BTreeMap<(u64, bool), Reach>,
    /// How many messages this leaf has sent in this epoch, once somebody wanted to know.
    pub said: Option<u32>,
}

#[pyclass(frozen, get_all)]
pub struct CommitBundle {
    pub commit: Vec<u8>,
    pub welcome: Option<Vec<u8>>,
    pub tree: Option<Vec<u8>>,
}

impl Inner {
    /// A row of this group. "pending" holds our pending commit, as it was sent.
    pub fn row(&self, label: &[u8]) -> Done<Key> {
        group(label, self.mls.group_id())
    }

    /// Which leaf signed with what in the closed epochs that can still be read.
    pub fn rosters(&self) -> Done<BTreeMap<u64, BTreeMap<u32, Vec<u8>>>> {
        Ok(self.rows.read(&self.row(b"rosters")?)?.unwrap_or_default())
    }

    pub fn members(&self) -> Outcome<Vec<Member>> {
        self.mls.members().map(Member::of).collect()
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
        if self.rows.hold(true) {
            let policy = self.mls.past_epoch_deletion_policy().clone();
            self.mls.set_past_epoch_deletion_policy(&self.rows, policy).map_err(Fail::broken)?;
        }
        self.rows.hold(false);
        Ok(())
    }

    pub fn own_leaf(&self) -> Outcome<&LeafNode> {
        self.mls.own_leaf_node().filter(|_| self.mls.is_active()).ok_or(Fail::NotMember)
    }

    fn check_signer(&self, signer: &Signer) -> Outcome<()> {
        let own = self.own_leaf()?.signature_key().as_slice() == signer.public_key();
        ensure(own, "argument", "not the key of this leaf")
    }

    /// The current extensions with ours replaced; what members must support stays.
    fn new_extensions(&self, list: Ext) -> Outcome<Extensions<GroupContext>> {
        let mut all = custom_extensions(list)?;
        let kept = self.mls.extensions().iter().filter(|one| matches!(one, Extension::RequiredCapabilities(_)));
        all.extend(kept.cloned());
        Ok(Extensions::try_from(all)?)
    }

    fn next_tree(&self) -> Outcome<Vec<u8>> {
        let staged = self.mls.pending_commit().ok_or(Fail::Stale("no commit was staged"))?;
        let tree = staged.export_ratchet_tree(&*CRYPTO, self.mls.export_ratchet_tree());
        encoded(&tree.map_err(Fail::broken)?.ok_or(Fail::NotMember)?)
    }

    /// Merge the staged commit of somebody else or, without one, our own pending one. Afterwards none is pending, and
    /// the roster of the closed epoch is in the rows.
    pub fn merge(&mut self, staged: Option<StagedCommit>) -> Outcome<()> {
        let mut rosters = self.rosters()?;
        rosters.insert(self.epoch(), self.mls.members().map(|one| (one.index.u32(), one.signature_key)).collect());
        let policy = self.mls.past_epoch_deletion_policy();
        let kept = if let PastEpochDeletionPolicy::MaxEpochs(epochs) = *policy { epochs } else { 0 };
        let rosters: BTreeMap<_, _> = rosters.into_iter().rev().take(kept).collect();
        let (pending, closed) = (self.row(b"pending")?, self.row(b"rosters")?);
        match staged {
            Some(staged) => self.mls.merge_staged_commit(&self.rows, staged).map_err(Fail::broken)?,
            None => self.mls.merge_pending_commit(&self.rows).map_err(Fail::broken)?,
        }
        self.rows.write(closed, &rosters).and(self.rows.remove(&pending)).map_err(Fail::broken)?;
        (self.another, self.caught_up, self.said) = (None, false, Some(0));
        let readable: Vec<u64> = rosters.keys().copied().collect();
        self.reach.retain(|(epoch, application), _| *application && readable.contains(epoch));
        self.flush()
    }

    pub fn merge_pending(&mut self) -> Outcome<()> {
        ensure(self.mls.pending_commit().is_some(), "argument", "no commit is pending")?;
        self.merge(None)
    }

    fn clear_pending(&mut self) -> Outcome<()> {
        self.rows.remove(&self.row(b"pending")?)?;
        self.mls.clear_pending_commit(&self.rows).map_err(Fail::broken)
    }
}

pub fn from_rows(rows: &Rows, id: &GroupId) -> Outcome<MlsGroup> {
    MlsGroup::load(rows, id).map_err(Fail::state)?.ok_or_else(|| Fail::state("some are missing"))
}

/// A group keeps the configuration that it began with: earlier versions looked further, and for our own leaf one does.
pub fn look_as_far(rows: &Rows, mls: &mut MlsGroup, ratchets: SenderRatchetConfiguration) -> Outcome<()> {
    let known = mls.configuration().clone();
    if *known.sender_ratchet_configuration() == ratchets {
        return Ok(());
    }
    let config = MlsGroupJoinConfig::builder()
        .wire_format_policy(known.wire_format_policy())
        .padding_size(known.padding_size())
        .set_past_epoch_deletion_policy(mls.past_epoch_deletion_policy().clone())
        .number_of_resumption_psks(RESUMPTION_SECRETS)
        .use_ratchet_tree_extension(false)
        .sender_ratchet_configuration(ratchets)
        .build();
    mls.set_configuration(rows, &config).map_err(Fail::state)
}

#[pyclass(frozen)]
pub struct Group(Mutex<Option<Inner>>);

impl Group {
    /// A handle on a group that was just made (generation 0) or loaded.
    fn open(rows: Rows, mls: MlsGroup, generation: u64) -> Outcome<Self> {
        rows.put(group(b"meta", mls.group_id())?, Secret(vec![PROTOCOL_REV]))?;
        Ok(Group(Mutex::new(Some(Inner {
            rows,
            mls,
            generation,
            handle: Arc::default(),
            another: None,
            another_reads: false,
            caught_up: false,
            reach: BTreeMap::new(),
            said: None,
        }))))
    }

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
    #[getter] said -> u32 { |inner| inner.said() }
    #[getter] pending -> bool { |inner| Ok(inner.mls.pending_commit().is_some()) }
    #[getter] epoch_authenticator -> Vec<u8> { |inner| Ok(inner.mls.epoch_authenticator().as_slice().to_vec()) }
    group_ext -> Ext { |inner| extension_list(inner.mls.extensions()) }
    members -> Vec<Member> { |inner| inner.members() }
    ratchet_tree -> Vec<u8> { |inner| encoded(&inner.mls.export_ratchet_tree()) }
    merge_pending -> () { Inner::merge_pending }
    clear_pending -> () { Inner::clear_pending }
    take_delta -> Delta { |inner| inner.flush().map(|()| inner.rows.delta(inner.generation)) }
    caught_up -> () {
        |inner| {
            (inner.another, inner.caught_up) = (None, true);
            Ok(())
        }
    }
    testing_panic -> () { |_| panic!("asked to") }
}

#[pymethods]
impl Group {
    #[staticmethod]
    #[pyo3(signature = (signer, identity, cfg, group_id=None))]
    fn create(
        py: Python<'_>, signer: &Signer, identity: &[u8], cfg: &Config, group_id: Option<&[u8]>,
    ) -> Outcome<Self> {
        outside(py, || {
            let rows = Rows::default();
            let id = group_id.map_or_else(|| GroupId::random(&rows), GroupId::from_slice);
            let credential = signer.credential(identity);
            let mls = MlsGroup::new_with_group_id(&rows, signer, &cfg.groups()?, id, credential)?;
            Self::open(rows, mls, 0)
        })
    }

    #[staticmethod]
    fn load(py: Python<'_>, group_id: &[u8], rows: Vec<Row>, r#gen: u64) -> Outcome<Self> {
        outside(py, || {
            let (rows, id) = (Rows::new(rows), GroupId::from_slice(group_id));
            let meta = rows.get(&group(b"meta", &id)?);
            ensure(meta.is_some_and(|meta| meta.0 == [PROTOCOL_REV]), "state", "rows of another revision")?;
            let mut mls = from_rows(&rows, &id)?;
            look_as_far(&rows, &mut mls, sender_ratchets(MAX_FORWARD))?;
            Self::open(rows, mls, r#gen)
        })
    }

    #[staticmethod]
    fn join(py: Python<'_>, welcome: &[u8], tree: &[u8], rows: Vec<Row>, cfg: &Config) -> Outcome<(Self, Member)> {
        outside(py, || {
            let MlsMessageBodyIn::Welcome(welcome) = message(welcome)?.extract() else {
                return Err(Fail::syntax("Welcome"));
            };
            ensure(welcome.ciphersuite() == cfg.suite, "suite", "a Welcome of another suite")?;
            let inside = cfg.allow_proposals && tree.is_empty();
            let tree = if inside { None } else { Some(self::tree(tree, cfg.suite)?) };
            let rows = Rows::new(rows);
            let mut refs = welcome.secrets().iter().map(|one| one.new_member().as_slice().to_vec());
            let known = refs.any(|one| rows.get(&(KEY_PACKAGES.to_vec(), one)).is_some());
            ensure(known, "no-key-package", "no row for this Welcome")?;
            let builder = StagedWelcome::build_from_welcome(&rows, cfg.groups()?.join_config(), welcome);
            let mut builder = builder?.skip_lifetime_validation();
            let info = builder.processed_welcome().unverified_group_info();
            rows.remove_all(&scope_of(info.group_id())?, b"")?;
            ensure(info.extensions().ratchet_tree().is_some() == inside, "syntax", "a Welcome with a tree inside")?;
            if let Some(tree) = tree {
                builder = builder.with_ratchet_tree(tree);
            }
            let staged = builder.build()?;
            let sender = Member::at(staged.welcome_sender_index(), staged.welcome_sender()?)?;
            let mls = staged.into_group(&rows)?;
            Ok((Self::open(rows, mls, 0)?, sender))
        })
    }

    #[staticmethod]
    fn join_external(
        py: Python<'_>, signer: &Signer, identity: &[u8], group_info: &[u8], tree: &[u8], cfg: &Config,
    ) -> Outcome<(Self, CommitBundle)> {
        outside(py, || {
            let MlsMessageBodyIn::GroupInfo(info) = message(group_info)?.extract() else {
                return Err(Fail::syntax("GroupInfo"));
            };
            ensure(info.ciphersuite() == cfg.suite, "suite", "a group of another suite")?;
            ensure(info.extensions().ratchet_tree().is_none(), "syntax", "a GroupInfo with a tree inside")?;
            let rows = Rows::default();
            let (mls, bundle) = MlsGroup::external_commit_builder()
                .with_ratchet_tree(self::tree(tree, cfg.suite)?)
                .with_config(cfg.groups()?.join_config().clone())
                .skip_lifetime_validation()
                .build_group(&rows, info, signer.credential(identity))?
                .leaf_node_parameters(LeafNodeParameters::builder().with_capabilities(cfg.capabilities()).build())
                .load_psks(&rows)?
                .build(&rows, &*CRYPTO, signer, |_| true)?
                .finalize(&rows)?;
            let bundle = CommitBundle { commit: encoded(bundle.commit())?, welcome: None, tree: None };
            Ok((Self::open(rows, mls, 0)?, bundle))
        })
    }

    #[pyo3(signature = (signer, plaintext, aad=vec![]))]
    fn encrypt(&self, py: Python<'_>, signer: &Signer, plaintext: &[u8], aad: Vec<u8>) -> Outcome<Vec<u8>> {
        self.run(py, |inner| {
            inner.check_signer(signer)?;
            inner.before_sending()?;
            let said = inner.said()?;
            inner.mls.set_aad(aad);
            let message = inner.mls.create_message(&inner.rows, signer, plaintext)?;
            inner.said = Some(said + 1);
            encoded(&message)
        })
    }

    #[pyo3(signature = (signer, *, add=vec![], remove=vec![], update=false, group_ext=None, aad=vec![]))]
    #[allow(clippy::too_many_arguments)]
    fn commit(
        &self, py: Python<'_>, signer: &Signer, add: Vec<Vec<u8>>, remove: Vec<u32>, update: bool,
        group_ext: Option<Ext>, aad: Vec<u8>,
    ) -> Outcome<CommitBundle> {
        self.run(py, |inner| {
            inner.check_signer(signer)?;
            if inner.mls.pending_commit().is_some() {
                return Err(Fail::Pending);
            }
            let packages = add.iter().map(|bytes| key_package(bytes)).collect::<Outcome<Vec<_>>>()?;
            let same = packages.iter().all(|package| package.ciphersuite() == inner.mls.ciphersuite());
            ensure(same, "suite", "a key package of another suite")?;
            let extensions = group_ext.map(|list| inner.new_extensions(list)).transpose()?;
            inner.before_sending()?;
            inner.mls.set_aad(aad);
            let mut builder = inner
                .mls
                .commit_builder()
                .force_self_update(update)
                .propose_adds(packages)
                .propose_removals(remove.into_iter().map(LeafNodeIndex::new));
            if let Some(list) = extensions {
                builder = builder.propose_group_context_extensions(list)?;
            }
            let bundle = builder
                .load_psks(&inner.rows)?
                .build(&inner.rows, &*CRYPTO, signer, |_| true)?
                .stage_commit(&inner.rows)
                .map_err(Fail::broken)?;
            let (commit, welcome, _) = bundle.into_messages();
            let (commit, welcome) = (encoded(&commit)?, welcome.as_ref().map(encoded).transpose()?);
            let tree = if welcome.is_some() { Some(inner.next_tree()?) } else { None };
            inner.rows.put(inner.row(b"pending")?, Secret(commit.clone()))?;
            Ok(CommitBundle { commit, welcome, tree })
        })
    }

    fn export_secret<'py>(
        &self, py: Python<'py>, label: &str, context: &[u8], length: usize,
    ) -> Outcome<Bound<'py, PyBytes>> {
        let secret = self.run(py, |inner| {
            inner.own_leaf()?;
            Ok(Secret(inner.mls.export_secret(&*CRYPTO, label, context, length)?))
        })?;
        Ok(PyBytes::new(py, &secret.0))
    }

    fn group_info(&self, py: Python<'_>, signer: &Signer) -> Outcome<Vec<u8>> {
        self.run(py, |inner| {
            inner.check_signer(signer)?;
            encoded(&inner.mls.export_group_info(&*CRYPTO, signer, false)?)
        })
    }

    fn saved(&self, py: Python<'_>, r#gen: u64) -> Outcome<()> {
        self.run(py, |inner| {
            ensure(r#gen == inner.generation + 1, "argument", "not the generation of the last delta")?;
            inner.generation = r#gen;
            inner.rows.saved();
            Ok(())
        })
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take()));
    }
}
