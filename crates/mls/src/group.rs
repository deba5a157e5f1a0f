//! The handle Python holds: one `Inner` behind a lock, every call guarded.

use std::sync::{Mutex, PoisonError};

use openmls::prelude::{GroupId, MlsGroup};
use openmls_traits::OpenMlsProvider;
use pyo3::{prelude::*, types::PyBytes};
use zeroize::Zeroizing;

use crate::{
    cbor::Secret,
    config::Config,
    errors::{Fail, Outcome, guarded, outside},
    keys::Signer,
    kv::{Kv, Puts},
    provider::{Provider, crypto},
    state::{Inner, Wish, encoded},
    values::{CommitBundle, Delta, Member},
    wire::extension_list,
};

pub fn rows_of(rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>) -> Puts {
    rows.into_iter().map(|(scope, key, value)| (scope, key, Zeroizing::new(value))).collect()
}

pub fn secret_bytes<'py>(py: Python<'py>, secret: PyResult<Secret>) -> PyResult<Bound<'py, PyBytes>> {
    secret.map(|bytes| PyBytes::new(py, &bytes))
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
        self.run(py, Inner::clear_pending)
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
            encoded(&inner.mls.export_group_info(crypto(), &*key, false).map_err(Fail::verify)?)
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
