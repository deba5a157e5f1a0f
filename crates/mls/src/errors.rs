//! What can go wrong, and how it reaches Python. Texts never hold keys or message bytes.

use std::{error::Error, fmt::Display, panic};

use openmls::{
    framing::errors::{MessageDecryptionError, SecretTreeError},
    prelude::{MlsGroupStateError, ProcessMessageError, ValidationError},
};
use pyo3::{create_exception, exceptions::PyException, prelude::*};

create_exception!(nullabona_mls, CoreError, PyException);
create_exception!(nullabona_mls, StaleHandle, CoreError);
create_exception!(nullabona_mls, NotMember, CoreError);
create_exception!(nullabona_mls, PendingCommit, CoreError);
create_exception!(nullabona_mls, WrongEpoch, CoreError);
create_exception!(nullabona_mls, Duplicate, CoreError);
create_exception!(nullabona_mls, Invalid, CoreError);
create_exception!(nullabona_mls, Panic, CoreError);

/// The reason a call fails.
pub enum Fail {
    Stale(&'static str),
    NotMember,
    Pending,
    WrongEpoch(u64),
    Duplicate,
    Invalid(&'static str, String),
    Panic,
}

pub type Outcome<T> = Result<T, Fail>;

impl Fail {
    pub fn syntax(what: &str) -> Self {
        Fail::Invalid("syntax", format!("not a well-formed {what}"))
    }

    pub fn state(reason: impl Display) -> Self {
        Fail::Invalid("state", format!("the rows do not load: {reason}"))
    }

    pub fn too_far() -> Self {
        Fail::Invalid("too-far", "further ahead of its sender than we look".into())
    }

    /// A change failed halfway: what is in memory can no longer be trusted.
    pub fn broken(_: impl Display) -> Self {
        Fail::Stale("a change failed halfway; load the group again")
    }

    pub fn processing<E: Error + 'static>(error: ProcessMessageError<E>, epoch: u64) -> Self {
        use MessageDecryptionError::SecretTreeError as Ratchet;
        use ProcessMessageError::{GroupStateError, InvalidCommit, ValidationError as Checked};
        match error {
            GroupStateError(MlsGroupStateError::UseAfterEviction) => Fail::NotMember,
            Checked(ValidationError::WrongEpoch | ValidationError::NoPastEpochData) => Fail::WrongEpoch(epoch),
            Checked(ValidationError::UnableToDecrypt(Ratchet(SecretTreeError::SecretReuseError))) => Fail::Duplicate,
            Checked(ValidationError::UnableToDecrypt(Ratchet(SecretTreeError::TooDistantInThePast))) => {
                Fail::Invalid("too-old", "behind the out-of-order window".into())
            }
            Checked(ValidationError::UnableToDecrypt(Ratchet(SecretTreeError::TooDistantInTheFuture))) => {
                Fail::too_far()
            }
            InvalidCommit(why) => Fail::Invalid("commit", why.to_string()),
            other => other.into(),
        }
    }
}

/// `Invalid` unless `holds`.
pub fn ensure(holds: bool, code: &'static str, why: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(Fail::Invalid(code, why.into())) }
}

/// OpenMLS refused. Its texts are fixed sentences.
impl<E: Error> From<E> for Fail {
    fn from(reason: E) -> Self {
        Fail::Invalid("verify", reason.to_string().chars().take(200).collect())
    }
}

impl From<Fail> for PyErr {
    fn from(failure: Fail) -> Self {
        let epoch = if let Fail::WrongEpoch(epoch) = failure { Some(epoch) } else { None };
        let (error, code) = match failure {
            Fail::Stale(why) => (StaleHandle::new_err(why), "stale-handle"),
            Fail::NotMember => (NotMember::new_err("removed from the group"), "not-member"),
            Fail::Pending => (PendingCommit::new_err("a commit is pending"), "pending-commit"),
            Fail::WrongEpoch(at) => (WrongEpoch::new_err(format!("epoch {at} cannot be read here")), "wrong-epoch"),
            Fail::Duplicate => (Duplicate::new_err("seen before"), "duplicate"),
            Fail::Invalid(code, why) => (Invalid::new_err(format!("{why} [{code}]")), code),
            Fail::Panic => (Panic::new_err("a bug, caught"), "panic"),
        };
        Python::attach(|py| {
            let coded = error.value(py).setattr("code", code);
            let told = epoch.map_or(Ok(()), |epoch| error.value(py).setattr("epoch", epoch));
            coded.and(told).err().unwrap_or(error)
        })
    }
}

/// Panic messages may quote data: only where it happened goes to stderr.
pub fn quiet_panics() {
    panic::set_hook(Box::new(|info| eprintln!("nullabona_mls: panic at {:?}", info.location())));
}

/// Run `action`; a panic becomes `Fail::Panic`.
pub fn guarded<T>(action: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    panic::catch_unwind(panic::AssertUnwindSafe(action)).unwrap_or(Err(Fail::Panic))
}

/// `guarded`, without the interpreter lock, for functions that hold no handle.
pub fn outside<T: Send>(py: Python<'_>, action: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    py.detach(|| guarded(action))
}
