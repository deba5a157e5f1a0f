-- The rules of the desk's tables. The four eyes are here, not in the program: a program that asks for one pair of eyes
-- only is refused by its own data. Names of refusals (the text of RAISE) are the codes that sqlite.py translates.
-- A desk of an older version gets them anew (versions.py).

-- --------------------------------------------------------------------------------------------------- the rules of two

CREATE TRIGGER cases_begin BEFORE INSERT ON cases BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.state <> '' OR NEW.last_act IS NOT NULL OR NEW.decided_by IS NOT NULL;
END;

CREATE TRIGGER act_of_an_officer BEFORE INSERT ON act BEGIN
    SELECT RAISE(ABORT, 'docket-not-allowed') WHERE NOT EXISTS (
        SELECT 1 FROM officer WHERE id = NEW.officer AND revoked_day IS NULL);
    SELECT RAISE(ABORT, 'docket-assertion-invalid') WHERE NOT EXISTS (
        SELECT 1 FROM credential WHERE key_id = NEW.key_id AND officer = NEW.officer);
    -- A deputy acts within the time that two people gave; nobody who is admin or auditor acts for anybody.
    SELECT RAISE(ABORT, 'docket-not-allowed') WHERE NEW.stands_for IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM deputy WHERE officer = NEW.officer AND absent = NEW.stands_for AND ended_s IS NULL
        AND from_s <= NEW.at_s AND until_s > NEW.at_s);
    SELECT RAISE(ABORT, 'docket-not-allowed') WHERE NEW.stands_for IS NOT NULL AND (
        EXISTS (SELECT 1 FROM officer WHERE id = NEW.stands_for AND revoked_day IS NOT NULL)
        OR EXISTS (SELECT 1 FROM officer_role WHERE officer IN (NEW.officer, NEW.stands_for)
                   AND role IN ('admin', 'auditor')));
END;

CREATE TRIGGER act_on_the_desk BEFORE INSERT ON act WHEN NEW.case_id IS NULL BEGIN
    SELECT RAISE(ABORT, 'docket-not-allowed') WHERE NOT EXISTS (
        SELECT 1 FROM desk_permit JOIN officer_role USING (role)
        WHERE officer = coalesce(NEW.stands_for, NEW.officer) AND action = NEW.action
        AND desk_permit.confirms = NEW.confirms);
    SELECT RAISE(ABORT, 'docket-not-allowed') WHERE NEW.stands_for IS NOT NULL AND NEW.action IN (
        'enrol', 'revoke', 'grant-role', 'take-role', 'add-key', 'appoint-deputy', 'end-deputy');
    SELECT RAISE(ABORT, 'docket-same-person') WHERE NEW.confirms = 1 AND EXISTS (
        SELECT 1 FROM act AS first WHERE first.challenge = NEW.approves AND (
            first.officer IN (NEW.officer, NEW.stands_for) OR first.stands_for IN (NEW.officer, NEW.stands_for)));
END;

CREATE TRIGGER act_on_a_case BEFORE INSERT ON act WHEN NEW.case_id IS NOT NULL BEGIN
    SELECT RAISE(ABORT, 'docket-wrong-state') WHERE NEW.state IS NOT (SELECT state FROM cases WHERE id = NEW.case_id);
    SELECT RAISE(ABORT, 'docket-stale') WHERE NEW.version IS NOT (SELECT version FROM cases WHERE id = NEW.case_id);
    SELECT RAISE(ABORT, 'docket-not-allowed') WHERE NOT EXISTS (
        SELECT 1 FROM permit JOIN officer_role USING (role)
        WHERE officer = coalesce(NEW.stands_for, NEW.officer) AND action = NEW.action AND permit.state = NEW.state);
    SELECT RAISE(ABORT, 'docket-recused') WHERE NEW.action <> 'recuse' AND EXISTS (
        SELECT 1 FROM recusal WHERE case_id = NEW.case_id AND officer IN (NEW.officer, NEW.stands_for));
    SELECT RAISE(ABORT, 'docket-same-person') WHERE EXISTS (
        SELECT 1 FROM act AS before JOIN apart ON apart.action = NEW.action AND apart.earlier = before.action
        WHERE before.case_id = NEW.case_id AND (before.officer IN (NEW.officer, NEW.stands_for)
            OR before.stands_for IN (NEW.officer, NEW.stands_for)));
END;

CREATE TRIGGER act_decide BEFORE INSERT ON act WHEN NEW.case_id IS NOT NULL AND NEW.action = 'decide' BEGIN
    SELECT RAISE(ABORT, 'docket-stale') WHERE NOT EXISTS (
        SELECT 1 FROM act WHERE case_id = NEW.case_id AND action = 'review' AND version = NEW.version);
    SELECT RAISE(ABORT, 'docket-stale') WHERE NEW.makes IS NULL OR NEW.package IS NULL;
END;

-- The second approval is of the same decision, the same version and the same package.
CREATE TRIGGER act_release BEFORE INSERT ON act
WHEN NEW.case_id IS NOT NULL AND NEW.action IN ('produce', 'refuse') BEGIN
    SELECT RAISE(ABORT, 'docket-stale') WHERE NOT EXISTS (
        SELECT 1 FROM act AS first JOIN cases ON cases.id = NEW.case_id
        WHERE first.challenge = NEW.approves AND first.case_id = NEW.case_id AND first.action = 'decide'
        AND cases.decided_by = first.challenge AND first.makes = NEW.version AND first.package = NEW.package);
END;

CREATE TRIGGER act_confirm_gag BEFORE INSERT ON act WHEN NEW.case_id IS NOT NULL AND NEW.action = 'confirm-gag' BEGIN
    SELECT RAISE(ABORT, 'docket-stale') WHERE NOT EXISTS (
        SELECT 1 FROM act AS first
        WHERE first.challenge = NEW.approves AND first.case_id = NEW.case_id
        AND first.action IN ('renew-gag', 'lift-gag') AND first.version = NEW.version);
END;

CREATE TRIGGER act_confirm_bar BEFORE INSERT ON act WHEN NEW.case_id IS NOT NULL AND NEW.action = 'confirm-bar' BEGIN
    SELECT RAISE(ABORT, 'docket-stale') WHERE NOT EXISTS (
        SELECT 1 FROM act AS first
        WHERE first.challenge = NEW.approves AND first.case_id = NEW.case_id
        AND first.action = 'bar-notice' AND first.version = NEW.version);
END;

-- A case is not closed before its answer was handed over.
CREATE TRIGGER act_close BEFORE INSERT ON act WHEN NEW.case_id IS NOT NULL AND NEW.action = 'close' BEGIN
    SELECT RAISE(ABORT, 'docket-wrong-state') WHERE NOT EXISTS (
        SELECT 1 FROM act WHERE case_id = NEW.case_id AND action = 'hand-over');
END;

CREATE TRIGGER act_stays BEFORE UPDATE ON act BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

CREATE TRIGGER act_goes_with_its_case BEFORE DELETE ON act BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE OLD.case_id IS NULL
        OR EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND (state <> 'closed' OR erase_day IS NULL));
END;

-- A case moves, or changes what it says, only by an act of its own that was made for where it stood, and once.
CREATE TRIGGER cases_move BEFORE UPDATE OF state, version, decided_by, last_act ON cases BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.id <> OLD.id OR NEW.last_act IS NULL OR NOT EXISTS (
        SELECT 1 FROM act JOIN step ON step.state = OLD.state AND step.action = act.action
        WHERE act.challenge = NEW.last_act AND act.case_id = OLD.id AND act.state = OLD.state
        AND act.version = OLD.version AND step.next = NEW.state);
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.version <> OLD.version AND NOT EXISTS (
        SELECT 1 FROM act WHERE challenge = NEW.last_act AND makes = NEW.version
        AND action IN ('intake', 'amend', 'resume', 'match', 'decide'));
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.decided_by IS NOT OLD.decided_by AND NOT EXISTS (
        SELECT 1 FROM act WHERE challenge = NEW.last_act
        AND ((action = 'decide' AND NEW.decided_by = challenge) OR (action IN ('amend', 'resume') AND NEW.decided_by IS NULL)));
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.decided_by IS NOT NULL AND EXISTS (
        SELECT 1 FROM act WHERE challenge = NEW.last_act AND action IN ('amend', 'resume'));
END;

CREATE TRIGGER cases_moved AFTER UPDATE OF last_act ON cases BEGIN
    INSERT INTO moved (challenge) VALUES (NEW.last_act);
END;

CREATE TRIGGER cases_content BEFORE UPDATE OF id, number, received_s, recipient ON cases BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE NEW.id <> OLD.id OR NEW.number <> OLD.number
        OR NEW.received_s <> OLD.received_s OR NEW.recipient <> OLD.recipient;
END;

CREATE TRIGGER cases_erase BEFORE DELETE ON cases BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE OLD.state <> 'closed' OR OLD.erase_day IS NULL
        OR EXISTS (SELECT 1 FROM notice WHERE case_id = OLD.id);
END;

CREATE TRIGGER recusal_stays BEFORE DELETE ON recusal BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE EXISTS (
        SELECT 1 FROM cases WHERE id = OLD.case_id AND (state <> 'closed' OR erase_day IS NULL));
END;

-- Keys of cases go to officers who may read cases, and to nobody who may not.
CREATE TRIGGER case_key_for_readers BEFORE INSERT ON case_key BEGIN
    SELECT RAISE(ABORT, 'docket-not-allowed') WHERE NOT EXISTS (
        SELECT 1 FROM officer_role JOIN permit USING (role)
        WHERE officer = NEW.officer AND permit.action = 'read');
    SELECT RAISE(ABORT, 'docket-not-allowed') WHERE EXISTS (
        SELECT 1 FROM officer_role WHERE officer = NEW.officer AND role = 'admin');
END;

CREATE TRIGGER case_key_stays BEFORE UPDATE ON case_key BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

-- ---------------------------------------------------------------------------------------------------- the desk's own

CREATE TRIGGER pending_begins BEFORE INSERT ON pending BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.confirmed_by IS NOT NULL OR NEW.done <> 0 OR NOT EXISTS (
        SELECT 1 FROM act WHERE challenge = NEW.challenge AND case_id IS NULL AND confirms = 0
        AND action = NEW.action AND officer = NEW.proposed_by);
END;

CREATE TRIGGER pending_confirmed BEFORE UPDATE ON pending BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE NEW.challenge <> OLD.challenge OR NEW.action <> OLD.action
        OR NEW.subject <> OLD.subject OR NEW.detail <> OLD.detail OR NEW.details <> OLD.details
        OR NEW.proposed_by <> OLD.proposed_by OR OLD.done <> 0
        OR (OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS NOT OLD.confirmed_by)
        OR (OLD.objected_by IS NOT NULL AND NEW.objected_by IS NOT OLD.objected_by);
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.objected_by IS NOT OLD.objected_by AND (OLD.action <> 'add-key'
        OR NOT EXISTS (SELECT 1 FROM act WHERE approves = OLD.challenge AND action = 'object' AND case_id IS NULL
        AND officer = NEW.objected_by));
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.confirmed_by IS NOT OLD.confirmed_by AND NOT EXISTS (
        SELECT 1 FROM act WHERE approves = OLD.challenge AND confirms = 1 AND case_id IS NULL
        AND action = OLD.action AND officer = NEW.confirmed_by);
    -- Another key for an officer waits a day, once there was ever a demand to protect (core/roles.py, HELD_S).
    SELECT RAISE(ABORT, 'docket-held') WHERE NEW.confirmed_by IS NOT OLD.confirmed_by AND OLD.action = 'add-key'
        AND EXISTS (SELECT 1 FROM event WHERE kind = 'intake')
        AND (SELECT at_s FROM act WHERE challenge = OLD.challenge) + 86400 > (
            SELECT min(at_s) FROM act WHERE approves = OLD.challenge AND confirms = 1 AND officer = NEW.confirmed_by);
END;

CREATE TRIGGER pending_stays BEFORE DELETE ON pending BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

CREATE TRIGGER officer_role_granted BEFORE INSERT ON officer_role BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'founded') AND NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'grant-role' AND subject = NEW.officer AND detail = NEW.role
        AND confirmed_by IS NOT NULL AND done = 0);
    SELECT RAISE(ABORT, 'docket-role-alone') WHERE EXISTS (
        SELECT 1 FROM officer_role WHERE officer = NEW.officer AND role <> NEW.role
        AND (role IN ('admin', 'auditor') OR NEW.role IN ('admin', 'auditor')));
END;

CREATE TRIGGER deputy_appointed BEFORE INSERT ON deputy BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.ended_s IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'appoint-deputy' AND subject = NEW.officer
        AND detail = NEW.absent || ' ' || NEW.from_s || ' ' || NEW.until_s AND confirmed_by IS NOT NULL AND done = 0
        AND proposed_by <> NEW.absent AND confirmed_by <> NEW.absent);
END;

CREATE TRIGGER deputy_ends BEFORE UPDATE ON deputy BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE NEW.num <> OLD.num OR NEW.officer <> OLD.officer
        OR NEW.absent <> OLD.absent OR NEW.from_s <> OLD.from_s OR NEW.until_s <> OLD.until_s
        OR OLD.ended_s IS NOT NULL OR NEW.ended_s IS NULL;
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NOT EXISTS (
        SELECT 1 FROM act WHERE action = 'end-deputy' AND case_id IS NULL
        AND at_s BETWEEN NEW.ended_s - 60 AND NEW.ended_s);
END;

CREATE TRIGGER deputy_stays BEFORE DELETE ON deputy BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

CREATE TRIGGER officer_role_taken BEFORE DELETE ON officer_role BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NOT EXISTS (
        SELECT 1 FROM pending WHERE action IN ('take-role', 'revoke') AND subject = OLD.officer
        AND (action = 'revoke' OR detail = OLD.role) AND confirmed_by IS NOT NULL AND done = 0);
END;

CREATE TRIGGER officer_role_stays BEFORE UPDATE ON officer_role BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

CREATE TRIGGER officer_enrolled BEFORE INSERT ON officer BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'founded') AND NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'enrol' AND subject = NEW.id AND confirmed_by IS NOT NULL AND done = 0);
END;

CREATE TRIGGER officer_revoked BEFORE UPDATE ON officer BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE NEW.id <> OLD.id OR NEW.recipient <> OLD.recipient
        OR OLD.revoked_day IS NOT NULL;
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'revoke' AND subject = OLD.id AND confirmed_by IS NOT NULL AND done = 0);
END;

CREATE TRIGGER officer_stays BEFORE DELETE ON officer BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

CREATE TRIGGER credential_added BEFORE INSERT ON credential BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'founded') AND NOT EXISTS (
        SELECT 1 FROM pending WHERE action IN ('enrol', 'add-key') AND subject = NEW.officer
        AND confirmed_by IS NOT NULL AND done = 0);
END;

CREATE TRIGGER credential_stays BEFORE UPDATE OF key_id, officer, kind, public ON credential BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

CREATE TRIGGER credential_kept BEFORE DELETE ON credential BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

CREATE TRIGGER credential_counts BEFORE UPDATE OF sign_count ON credential WHEN NEW.sign_count < OLD.sign_count BEGIN
    SELECT RAISE(ABORT, 'docket-replayed');
END;

CREATE TRIGGER authority_registered BEFORE INSERT ON authority BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'register-authority' AND subject = 'authority:' || NEW.id
        AND details = NEW.encoded AND confirmed_by IS NOT NULL AND done = 0);
END;

CREATE TRIGGER authority_changed BEFORE UPDATE ON authority BEGIN
    SELECT RAISE(ABORT, 'docket-no-act') WHERE NEW.id <> OLD.id OR NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'register-authority' AND subject = 'authority:' || OLD.id
        AND details = NEW.encoded AND confirmed_by IS NOT NULL AND done = 0);
END;

CREATE TRIGGER founded_once BEFORE DELETE ON meta WHEN OLD.key = 'founded' BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

CREATE TRIGGER founded_stays BEFORE UPDATE ON meta WHEN OLD.key = 'founded' BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;

-- What the program's tables say is written before the desk is founded.
CREATE TRIGGER permit_fixed BEFORE INSERT ON permit WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'founded') BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;
CREATE TRIGGER permit_changes BEFORE UPDATE ON permit BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER permit_goes BEFORE DELETE ON permit BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER desk_permit_fixed BEFORE INSERT ON desk_permit
WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'founded') BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER desk_permit_changes BEFORE UPDATE ON desk_permit BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER desk_permit_goes BEFORE DELETE ON desk_permit BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER step_fixed BEFORE INSERT ON step WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'founded') BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;
CREATE TRIGGER step_changes BEFORE UPDATE ON step BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER step_goes BEFORE DELETE ON step BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER apart_fixed BEFORE INSERT ON apart WHEN EXISTS (SELECT 1 FROM meta WHERE key = 'founded') BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;
CREATE TRIGGER apart_changes BEFORE UPDATE ON apart BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER apart_goes BEFORE DELETE ON apart BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;

-- --------------------------------------------------------------------------------------------------------- the journal

CREATE TRIGGER event_follows BEFORE INSERT ON event BEGIN
    SELECT RAISE(ABORT, 'docket-append-only')
        WHERE NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM event)
        OR NEW.previous <> coalesce((SELECT hash FROM event ORDER BY seq DESC LIMIT 1), zeroblob(32));
END;
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER event_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;

-- --------------------------------------------------------------------------------------------------------------- slots

CREATE TRIGGER slot_stays BEFORE UPDATE OF period, slot, commitment ON slot BEGIN
    SELECT RAISE(ABORT, 'docket-append-only');
END;
CREATE TRIGGER slot_kept BEFORE DELETE ON slot BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
CREATE TRIGGER batch_follows BEFORE INSERT ON batch BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE NEW.period <> (SELECT coalesce(max(period) + 1, 0) FROM batch);
END;
CREATE TRIGGER batch_stays BEFORE UPDATE ON batch BEGIN
    SELECT RAISE(ABORT, 'docket-append-only') WHERE NEW.period <> OLD.period OR NEW.start <> OLD.start
        OR NEW.entries <> OLD.entries OR NEW.stage < OLD.stage;
END;
CREATE TRIGGER batch_kept BEFORE DELETE ON batch BEGIN SELECT RAISE(ABORT, 'docket-append-only'); END;
