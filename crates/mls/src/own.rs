//! Whether a message that names our own leaf as its sender really is ours.
//!
//! Sender data are sealed with a secret that every member of the epoch has, and OpenMLS does not read what claims to be
//! from our leaf. So such a message is shown to a second handle on the same epoch, one that believes to be at another
//! leaf: there our own sending ratchet is one to read with, from where it stands now on. OpenMLS opens the message and
//! verifies the signature as it does with everybody's; nothing here knows a cipher or a signature.

use std::{
    collections::{BTreeMap, VecDeque},
    time::SystemTime,
};

use openmls::{
    framing::errors::MessageDecryptionError,
    prelude::{ContentType, Member, MlsGroup, ProcessMessageError, ProcessedMessage, ProtocolMessage, ValidationError},
};
use postcard::Error;
use serde::{Deserialize, Serialize};

use crate::{
    device::sender_ratchets,
    errors::{Fail, Outcome, ensure, guarded},
    group::{Inner, from_rows, look_as_far},
    storage::{Rows, SECRETS, Secret, scope_of},
    watch::{OWN_FORWARD, Reading, Watch},
    wire::message,
};

/// Of an epoch that OpenMLS stores: the fields of its `MessageSecretsStore`, in their order.
#[derive(Serialize, Deserialize)]
struct Store {
    epochs: usize,
    past: Vec<Past>,
    now: Messages,
}

#[derive(Serialize, Deserialize)]
struct Past {
    epoch: u64,
    messages: Messages,
    leaves: Vec<Member>,
}

#[derive(Serialize, Deserialize)]
struct Messages {
    sender_data: Secret,
    membership: Secret,
    confirmation: Secret,
    context: Vec<u8>,
    tree: Tree,
    added_at: Option<SystemTime>,
}

#[derive(Serialize, Deserialize)]
struct Tree {
    own: u32,
    leaves: Vec<Option<Secret>>,
    parents: Vec<Option<Secret>>,
    handshakes: Vec<Option<Ratchet>>,
    applications: Vec<Option<Ratchet>>,
    size: u32,
}

#[derive(Serialize, Deserialize)]
enum Ratchet {
    Sending(Head),
    Reading(VecDeque<Option<(u32, Secret, [u8; 12])>>, Head),
}

#[derive(Serialize, Deserialize)]
struct Head {
    secret: Secret,
    generation: u32,
}

impl Ratchet {
    fn read_with(self) -> Self {
        match self {
            Ratchet::Sending(head) => Ratchet::Reading(VecDeque::new(), head),
            other => other,
        }
    }

    fn generation(&self) -> u32 {
        let (Ratchet::Sending(head) | Ratchet::Reading(_, head)) = self;
        head.generation
    }
}

impl Tree {
    /// The same secrets as `leaf` has them; of ratchets only that of the leaf whose tree it was, and nothing that others
    /// come from unless that one does, too.
    fn seen_from(mut self, leaf: u32) -> Self {
        for ratchets in [&mut self.handshakes, &mut self.applications] {
            for (place, ratchet) in ratchets.iter_mut().enumerate() {
                let kept = ratchet.take().filter(|_| u32::try_from(place) == Ok(self.own));
                *ratchet = kept.map(Ratchet::read_with);
            }
        }
        if self.applications.iter().any(Option::is_some) {
            self.leaves.iter_mut().chain(&mut self.parents).for_each(|node| *node = None);
        }
        Tree { own: leaf, ..self }
    }
}

/// This leaf's epoch as another leaf has it. Its rows are never stored.
pub struct Another {
    rows: Rows,
    mls: MlsGroup,
    said: u32,
}

impl Inner {
    fn secrets(&self) -> Outcome<Store> {
        self.rows.read(&self.row(SECRETS)?)?.ok_or_else(|| Fail::state("no message secrets"))
    }

    /// How many application messages this leaf has sent in this epoch: what the next one is numbered.
    pub fn said(&mut self) -> Outcome<u32> {
        if let Some(count) = self.said {
            return Ok(count);
        }
        self.flush()?;
        let own = self.mls.own_leaf_index().usize();
        let ratchet = self.secrets()?.now.tree.applications.into_iter().nth(own).flatten();
        let count = ratchet.map_or(0, |ratchet| ratchet.generation());
        self.said = Some(count);
        Ok(count)
    }

    /// Before this leaf sends. Until its epoch's box was read, where it stands is remembered: a copy of this device may
    /// have used the same positions, and that shows only in what lies there.
    pub fn before_sending(&mut self) -> Outcome<()> {
        self.another = if self.caught_up { None } else { Some(self.as_another()?) };
        Ok(())
    }

    /// This handle if it was made already, else one from where we stand now.
    fn as_another(&mut self) -> Outcome<Another> {
        if let Some(made) = self.another.take() {
            return Ok(made);
        }
        let (said, own) = (self.said()?, self.mls.own_leaf_index().u32());
        let other = self.mls.members().map(|member| member.index.u32()).find(|leaf| *leaf != own).unwrap_or(own + 1);
        self.flush()?;
        let id = self.mls.group_id().clone();
        let rows = self.rows.copied(&scope_of(&id)?);
        let store = self.secrets()?;
        let now = Messages { tree: store.now.tree.seen_from(other), ..store.now };
        rows.hold(true);
        rows.remove_all(&scope_of(&id)?, SECRETS)?;
        rows.write(self.row(SECRETS)?, &Store { past: vec![], now, ..store })?;
        rows.write(self.row(b"leaf")?, &other)?;
        let mut mls = from_rows(&rows, &id)?;
        look_as_far(&rows, &mut mls, sender_ratchets(OWN_FORWARD))?;
        Ok(Another { rows, mls, said })
    }

    /// Of a message of this epoch that names our leaf: if it opens at a generation that we had not used when that handle
    /// was made, and carries our signature, how many messages we had sent then. Who else is in the epoch can seal to that
    /// generation, too, but not sign; whether it is something that we signed *before* only its number tells.
    pub fn signed_by_us(&mut self, bytes: &[u8]) -> Outcome<Option<u32>> {
        let Another { rows, mut mls, said } = self.as_another()?;
        let message = message(bytes)?.try_into_protocol_message().map_err(|_| Fail::syntax("group message"))?;
        ensure(message.epoch() == mls.epoch(), "argument", "a message of another epoch")?;
        // A commit is verified before it is staged, which cannot work here: this handle lacks the leaf's private keys.
        self.another_reads = true;
        let signed = guarded(|| {
            let done = self.watched(message, |_, watch, message| mls.process_message(&Reading(&rows, watch), message));
            Ok(matches!(done, Ok(_) | Err(Unread::Refused(ProcessMessageError::InvalidCommit(_)))))
        });
        self.another_reads = false;
        self.another = signed.is_ok().then_some(Another { rows, mls, said });
        Ok(matches!(signed, Ok(true)).then_some(said))
    }

    /// Read one message with `action`, if its sender's leaf is not spent and its generation is what the sender signed.
    pub fn watched(
        &mut self, message: ProtocolMessage, action: impl FnOnce(&mut Self, &Watch, ProtocolMessage) -> Read,
    ) -> Result<ProcessedMessage, Unread> {
        let (epoch, application) = (message.epoch().as_u64(), message.content_type() == ContentType::Application);
        let place = (epoch, application);
        // What names our leaf is looked for by the other handle alone.
        let passed = if self.another_reads { None } else { Some(self.mls.own_leaf_index().u32()) };
        let watch = Watch::new(self.reach.remove(&place).unwrap_or_default(), number_of(&message), passed);
        let done = action(self, &watch, message);
        let (mut reach, claim, refused) = watch.end();
        let wanted =
            claim.filter(|_| !refused && !costs_nothing(&done)).is_some_and(|claim| reach.note(claim, done.is_ok()));
        if wanted {
            reach.heads = self.heads(epoch, application).ok();
        }
        self.reach.insert(place, reach);
        done.map_err(if refused { |_| Unread::Spent } else { Unread::Refused })
    }

    /// The next generation of each leaf.
    fn heads(&mut self, epoch: u64, application: bool) -> Outcome<BTreeMap<u32, u32>> {
        self.flush()?;
        let current = epoch == self.epoch();
        let Store { past, now, .. } = self.secrets()?;
        let found =
            if current { Some(now) } else { past.into_iter().find(|one| one.epoch == epoch).map(|one| one.messages) };
        let tree = found.ok_or_else(|| Fail::state("no such epoch"))?.tree;
        let ratchets = if application { tree.applications } else { tree.handshakes };
        Ok((0..).zip(ratchets).filter_map(|(leaf, ratchet)| Some((leaf, ratchet?.generation()))).collect())
    }
}

/// How many messages its sender had sent in the epoch before this one, as application messages of ours say.
fn number_of(message: &ProtocolMessage) -> Option<u32> {
    match message {
        ProtocolMessage::PrivateMessage(sealed) if sealed.content_type() == ContentType::Application => {
            Some(u32::from_be_bytes(sealed.aad().try_into().ok()?))
        }
        _ => None,
    }
}

pub type Read = Result<ProcessedMessage, ProcessMessageError<Error>>;

/// Why a message was not read: its sender's leaf is spent, or OpenMLS refused.
pub enum Unread {
    Spent,
    Refused(ProcessMessageError<Error>),
}

/// Without a step: its key is used up, or too far behind or ahead.
fn costs_nothing(done: &Read) -> bool {
    use MessageDecryptionError::SecretTreeError;
    use ValidationError::UnableToDecrypt;
    matches!(done, Err(ProcessMessageError::ValidationError(UnableToDecrypt(SecretTreeError(_)))))
}
