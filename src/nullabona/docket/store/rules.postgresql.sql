-- Made by `make generate` from SQLite's triggers; do not edit it here. The same names, the same refusals in the same
-- words. Of several triggers of one moment SQLite runs the newest first, and PostgreSQL that with the first name: hence
-- the numbers.

CREATE FUNCTION cases_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> '' OR NEW.last_act IS NOT NULL OR NEW.decided_by IS NOT NULL THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r058_cases_begin BEFORE INSERT ON cases
FOR EACH ROW EXECUTE FUNCTION cases_begin();

CREATE FUNCTION act_of_an_officer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM officer WHERE id = NEW.officer AND revoked_day IS NULL) THEN
        RAISE EXCEPTION 'docket-not-allowed';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM credential WHERE key_id = NEW.key_id AND officer = NEW.officer) THEN
        RAISE EXCEPTION 'docket-assertion-invalid';
    END IF;
    IF NEW.stands_for IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM deputy WHERE officer = NEW.officer AND absent = NEW.stands_for AND ended_s IS NULL
        AND from_s <= NEW.at_s AND until_s > NEW.at_s) THEN
        RAISE EXCEPTION 'docket-not-allowed';
    END IF;
    IF NEW.stands_for IS NOT NULL AND (
        EXISTS (SELECT 1 FROM officer WHERE id = NEW.stands_for AND revoked_day IS NOT NULL)
        OR EXISTS (SELECT 1 FROM officer_role WHERE officer IN (NEW.officer, NEW.stands_for)
                   AND role IN ('admin', 'auditor'))) THEN
        RAISE EXCEPTION 'docket-not-allowed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r057_act_of_an_officer BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_of_an_officer();

CREATE FUNCTION act_on_the_desk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.case_id IS NULL, false) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM desk_permit JOIN officer_role USING (role)
        WHERE officer = coalesce(NEW.stands_for, NEW.officer) AND action = NEW.action
        AND desk_permit.confirms = NEW.confirms) THEN
        RAISE EXCEPTION 'docket-not-allowed';
    END IF;
    IF NEW.stands_for IS NOT NULL AND NEW.action IN (
        'enrol', 'revoke', 'grant-role', 'take-role', 'add-key', 'appoint-deputy', 'end-deputy') THEN
        RAISE EXCEPTION 'docket-not-allowed';
    END IF;
    IF NEW.confirms = 1 AND EXISTS (
        SELECT 1 FROM act AS first WHERE first.challenge = NEW.approves AND (
            first.officer IN (NEW.officer, NEW.stands_for) OR first.stands_for IN (NEW.officer, NEW.stands_for))) THEN
        RAISE EXCEPTION 'docket-same-person';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r056_act_on_the_desk BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_on_the_desk();

CREATE FUNCTION act_on_a_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.case_id IS NOT NULL, false) THEN
        RETURN NEW;
    END IF;
    IF NEW.state IS DISTINCT FROM (SELECT state FROM cases WHERE id = NEW.case_id) THEN
        RAISE EXCEPTION 'docket-wrong-state';
    END IF;
    IF NEW.version IS DISTINCT FROM (SELECT version FROM cases WHERE id = NEW.case_id) THEN
        RAISE EXCEPTION 'docket-stale';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM permit JOIN officer_role USING (role)
        WHERE officer = coalesce(NEW.stands_for, NEW.officer) AND action = NEW.action AND permit.state = NEW.state) THEN
        RAISE EXCEPTION 'docket-not-allowed';
    END IF;
    IF NEW.action <> 'recuse' AND EXISTS (
        SELECT 1 FROM recusal WHERE case_id = NEW.case_id AND officer IN (NEW.officer, NEW.stands_for)) THEN
        RAISE EXCEPTION 'docket-recused';
    END IF;
    IF EXISTS (
        SELECT 1 FROM act AS before JOIN apart ON apart.action = NEW.action AND apart.earlier = before.action
        WHERE before.case_id = NEW.case_id AND (before.officer IN (NEW.officer, NEW.stands_for)
            OR before.stands_for IN (NEW.officer, NEW.stands_for))) THEN
        RAISE EXCEPTION 'docket-same-person';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r055_act_on_a_case BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_on_a_case();

CREATE FUNCTION act_decide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.case_id IS NOT NULL AND NEW.action = 'decide', false) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM act WHERE case_id = NEW.case_id AND action = 'review' AND version = NEW.version) THEN
        RAISE EXCEPTION 'docket-stale';
    END IF;
    IF NEW.makes IS NULL OR NEW.package IS NULL THEN
        RAISE EXCEPTION 'docket-stale';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r054_act_decide BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_decide();

CREATE FUNCTION act_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.case_id IS NOT NULL AND NEW.action IN ('produce', 'refuse'), false) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM act AS first JOIN cases ON cases.id = NEW.case_id
        WHERE first.challenge = NEW.approves AND first.case_id = NEW.case_id AND first.action = 'decide'
        AND cases.decided_by = first.challenge AND first.makes = NEW.version AND first.package = NEW.package) THEN
        RAISE EXCEPTION 'docket-stale';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r053_act_release BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_release();

CREATE FUNCTION act_confirm_gag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.case_id IS NOT NULL AND NEW.action = 'confirm-gag', false) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM act AS first
        WHERE first.challenge = NEW.approves AND first.case_id = NEW.case_id
        AND first.action IN ('renew-gag', 'lift-gag') AND first.version = NEW.version) THEN
        RAISE EXCEPTION 'docket-stale';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r052_act_confirm_gag BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_confirm_gag();

CREATE FUNCTION act_confirm_bar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.case_id IS NOT NULL AND NEW.action = 'confirm-bar', false) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM act AS first
        WHERE first.challenge = NEW.approves AND first.case_id = NEW.case_id
        AND first.action = 'bar-notice' AND first.version = NEW.version) THEN
        RAISE EXCEPTION 'docket-stale';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r051_act_confirm_bar BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_confirm_bar();

CREATE FUNCTION act_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.case_id IS NOT NULL AND NEW.action = 'close', false) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM act WHERE case_id = NEW.case_id AND action = 'hand-over') THEN
        RAISE EXCEPTION 'docket-wrong-state';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r050_act_close BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_close();

CREATE FUNCTION act_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r049_act_stays BEFORE UPDATE ON act
FOR EACH ROW EXECUTE FUNCTION act_stays();

CREATE FUNCTION act_goes_with_its_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.case_id IS NULL
        OR EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND (state <> 'closed' OR erase_day IS NULL)) THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER r048_act_goes_with_its_case BEFORE DELETE ON act
FOR EACH ROW EXECUTE FUNCTION act_goes_with_its_case();

CREATE FUNCTION cases_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.last_act IS NULL OR NOT EXISTS (
        SELECT 1 FROM act JOIN step ON step.state = OLD.state AND step.action = act.action
        WHERE act.challenge = NEW.last_act AND act.case_id = OLD.id AND act.state = OLD.state
        AND act.version = OLD.version AND step.next = NEW.state) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    IF NEW.version <> OLD.version AND NOT EXISTS (
        SELECT 1 FROM act WHERE challenge = NEW.last_act AND makes = NEW.version
        AND action IN ('intake', 'amend', 'resume', 'match', 'decide')) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    IF NEW.decided_by IS DISTINCT FROM OLD.decided_by AND NOT EXISTS (
        SELECT 1 FROM act WHERE challenge = NEW.last_act
        AND ((action = 'decide' AND NEW.decided_by = challenge) OR (action IN ('amend', 'resume') AND NEW.decided_by IS NULL))) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    IF NEW.decided_by IS NOT NULL AND EXISTS (
        SELECT 1 FROM act WHERE challenge = NEW.last_act AND action IN ('amend', 'resume')) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r047_cases_move BEFORE UPDATE OF state, version, decided_by, last_act ON cases
FOR EACH ROW EXECUTE FUNCTION cases_move();

CREATE FUNCTION cases_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO moved (challenge) VALUES (NEW.last_act);
    RETURN NEW;
END $$;

CREATE TRIGGER r046_cases_moved AFTER UPDATE OF last_act ON cases
FOR EACH ROW EXECUTE FUNCTION cases_moved();

CREATE FUNCTION cases_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.number <> OLD.number
        OR NEW.received_s <> OLD.received_s OR NEW.recipient <> OLD.recipient THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r045_cases_content BEFORE UPDATE OF id, number, received_s, recipient ON cases
FOR EACH ROW EXECUTE FUNCTION cases_content();

CREATE FUNCTION cases_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'closed' OR OLD.erase_day IS NULL
        OR EXISTS (SELECT 1 FROM notice WHERE case_id = OLD.id) THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER r044_cases_erase BEFORE DELETE ON cases
FOR EACH ROW EXECUTE FUNCTION cases_erase();

CREATE FUNCTION recusal_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM cases WHERE id = OLD.case_id AND (state <> 'closed' OR erase_day IS NULL)) THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER r043_recusal_stays BEFORE DELETE ON recusal
FOR EACH ROW EXECUTE FUNCTION recusal_stays();

CREATE FUNCTION case_key_for_readers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM officer_role JOIN permit USING (role)
        WHERE officer = NEW.officer AND permit.action = 'read') THEN
        RAISE EXCEPTION 'docket-not-allowed';
    END IF;
    IF EXISTS (
        SELECT 1 FROM officer_role WHERE officer = NEW.officer AND role = 'admin') THEN
        RAISE EXCEPTION 'docket-not-allowed';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r042_case_key_for_readers BEFORE INSERT ON case_key
FOR EACH ROW EXECUTE FUNCTION case_key_for_readers();

CREATE FUNCTION case_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r041_case_key_stays BEFORE UPDATE ON case_key
FOR EACH ROW EXECUTE FUNCTION case_key_stays();

CREATE FUNCTION pending_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.confirmed_by IS NOT NULL OR NEW.done <> 0 OR NOT EXISTS (
        SELECT 1 FROM act WHERE challenge = NEW.challenge AND case_id IS NULL AND confirms = 0
        AND action = NEW.action AND officer = NEW.proposed_by) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r040_pending_begins BEFORE INSERT ON pending
FOR EACH ROW EXECUTE FUNCTION pending_begins();

CREATE FUNCTION pending_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.challenge <> OLD.challenge OR NEW.action <> OLD.action
        OR NEW.subject <> OLD.subject OR NEW.detail <> OLD.detail OR NEW.details <> OLD.details
        OR NEW.proposed_by <> OLD.proposed_by OR OLD.done <> 0
        OR (OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by)
        OR (OLD.objected_by IS NOT NULL AND NEW.objected_by IS DISTINCT FROM OLD.objected_by) THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    IF NEW.objected_by IS DISTINCT FROM OLD.objected_by AND (OLD.action <> 'add-key'
        OR NOT EXISTS (SELECT 1 FROM act WHERE approves = OLD.challenge AND action = 'object' AND case_id IS NULL
        AND officer = NEW.objected_by)) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    IF NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by AND NOT EXISTS (
        SELECT 1 FROM act WHERE approves = OLD.challenge AND confirms = 1 AND case_id IS NULL
        AND action = OLD.action AND officer = NEW.confirmed_by) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    IF NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by AND OLD.action = 'add-key'
        AND EXISTS (SELECT 1 FROM event WHERE kind = 'intake')
        AND (SELECT at_s FROM act WHERE challenge = OLD.challenge) + 86400 > (
            SELECT min(at_s) FROM act WHERE approves = OLD.challenge AND confirms = 1 AND officer = NEW.confirmed_by) THEN
        RAISE EXCEPTION 'docket-held';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r039_pending_confirmed BEFORE UPDATE ON pending
FOR EACH ROW EXECUTE FUNCTION pending_confirmed();

CREATE FUNCTION pending_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r038_pending_stays BEFORE DELETE ON pending
FOR EACH ROW EXECUTE FUNCTION pending_stays();

CREATE FUNCTION officer_role_granted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM meta WHERE key = 'founded') AND NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'grant-role' AND subject = NEW.officer AND detail = NEW.role
        AND confirmed_by IS NOT NULL AND done = 0) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    IF EXISTS (
        SELECT 1 FROM officer_role WHERE officer = NEW.officer AND role <> NEW.role
        AND (role IN ('admin', 'auditor') OR NEW.role IN ('admin', 'auditor'))) THEN
        RAISE EXCEPTION 'docket-role-alone';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r037_officer_role_granted BEFORE INSERT ON officer_role
FOR EACH ROW EXECUTE FUNCTION officer_role_granted();

CREATE FUNCTION deputy_appointed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ended_s IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'appoint-deputy' AND subject = NEW.officer
        AND detail = NEW.absent || ' ' || NEW.from_s || ' ' || NEW.until_s AND confirmed_by IS NOT NULL AND done = 0
        AND proposed_by <> NEW.absent AND confirmed_by <> NEW.absent) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r036_deputy_appointed BEFORE INSERT ON deputy
FOR EACH ROW EXECUTE FUNCTION deputy_appointed();

CREATE FUNCTION deputy_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.num <> OLD.num OR NEW.officer <> OLD.officer
        OR NEW.absent <> OLD.absent OR NEW.from_s <> OLD.from_s OR NEW.until_s <> OLD.until_s
        OR OLD.ended_s IS NOT NULL OR NEW.ended_s IS NULL THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM act WHERE action = 'end-deputy' AND case_id IS NULL
        AND at_s BETWEEN NEW.ended_s - 60 AND NEW.ended_s) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r035_deputy_ends BEFORE UPDATE ON deputy
FOR EACH ROW EXECUTE FUNCTION deputy_ends();

CREATE FUNCTION deputy_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r034_deputy_stays BEFORE DELETE ON deputy
FOR EACH ROW EXECUTE FUNCTION deputy_stays();

CREATE FUNCTION officer_role_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM pending WHERE action IN ('take-role', 'revoke') AND subject = OLD.officer
        AND (action = 'revoke' OR detail = OLD.role) AND confirmed_by IS NOT NULL AND done = 0) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER r033_officer_role_taken BEFORE DELETE ON officer_role
FOR EACH ROW EXECUTE FUNCTION officer_role_taken();

CREATE FUNCTION officer_role_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r032_officer_role_stays BEFORE UPDATE ON officer_role
FOR EACH ROW EXECUTE FUNCTION officer_role_stays();

CREATE FUNCTION officer_enrolled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM meta WHERE key = 'founded') AND NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'enrol' AND subject = NEW.id AND confirmed_by IS NOT NULL AND done = 0) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r031_officer_enrolled BEFORE INSERT ON officer
FOR EACH ROW EXECUTE FUNCTION officer_enrolled();

CREATE FUNCTION officer_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.recipient <> OLD.recipient
        OR OLD.revoked_day IS NOT NULL THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'revoke' AND subject = OLD.id AND confirmed_by IS NOT NULL AND done = 0) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r030_officer_revoked BEFORE UPDATE ON officer
FOR EACH ROW EXECUTE FUNCTION officer_revoked();

CREATE FUNCTION officer_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r029_officer_stays BEFORE DELETE ON officer
FOR EACH ROW EXECUTE FUNCTION officer_stays();

CREATE FUNCTION credential_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM meta WHERE key = 'founded') AND NOT EXISTS (
        SELECT 1 FROM pending WHERE action IN ('enrol', 'add-key') AND subject = NEW.officer
        AND confirmed_by IS NOT NULL AND done = 0) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r028_credential_added BEFORE INSERT ON credential
FOR EACH ROW EXECUTE FUNCTION credential_added();

CREATE FUNCTION credential_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r027_credential_stays BEFORE UPDATE OF key_id, officer, kind, public ON credential
FOR EACH ROW EXECUTE FUNCTION credential_stays();

CREATE FUNCTION credential_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r026_credential_kept BEFORE DELETE ON credential
FOR EACH ROW EXECUTE FUNCTION credential_kept();

CREATE FUNCTION credential_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.sign_count < OLD.sign_count, false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'docket-replayed';
    RETURN NEW;
END $$;

CREATE TRIGGER r025_credential_counts BEFORE UPDATE OF sign_count ON credential
FOR EACH ROW EXECUTE FUNCTION credential_counts();

CREATE FUNCTION authority_registered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'register-authority' AND subject = 'authority:' || NEW.id
        AND details = NEW.encoded AND confirmed_by IS NOT NULL AND done = 0) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r024_authority_registered BEFORE INSERT ON authority
FOR EACH ROW EXECUTE FUNCTION authority_registered();

CREATE FUNCTION authority_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NOT EXISTS (
        SELECT 1 FROM pending WHERE action = 'register-authority' AND subject = 'authority:' || OLD.id
        AND details = NEW.encoded AND confirmed_by IS NOT NULL AND done = 0) THEN
        RAISE EXCEPTION 'docket-no-act';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r023_authority_changed BEFORE UPDATE ON authority
FOR EACH ROW EXECUTE FUNCTION authority_changed();

CREATE FUNCTION founded_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(OLD.key = 'founded', false) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r022_founded_once BEFORE DELETE ON meta
FOR EACH ROW EXECUTE FUNCTION founded_once();

CREATE FUNCTION founded_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(OLD.key = 'founded', false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r021_founded_stays BEFORE UPDATE ON meta
FOR EACH ROW EXECUTE FUNCTION founded_stays();

CREATE FUNCTION permit_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(EXISTS (SELECT 1 FROM meta WHERE key = 'founded'), false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r020_permit_fixed BEFORE INSERT ON permit
FOR EACH ROW EXECUTE FUNCTION permit_fixed();

CREATE FUNCTION permit_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r019_permit_changes BEFORE UPDATE ON permit
FOR EACH ROW EXECUTE FUNCTION permit_changes();

CREATE FUNCTION permit_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r018_permit_goes BEFORE DELETE ON permit
FOR EACH ROW EXECUTE FUNCTION permit_goes();

CREATE FUNCTION desk_permit_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(EXISTS (SELECT 1 FROM meta WHERE key = 'founded'), false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r017_desk_permit_fixed BEFORE INSERT ON desk_permit
FOR EACH ROW EXECUTE FUNCTION desk_permit_fixed();

CREATE FUNCTION desk_permit_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r016_desk_permit_changes BEFORE UPDATE ON desk_permit
FOR EACH ROW EXECUTE FUNCTION desk_permit_changes();

CREATE FUNCTION desk_permit_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r015_desk_permit_goes BEFORE DELETE ON desk_permit
FOR EACH ROW EXECUTE FUNCTION desk_permit_goes();

CREATE FUNCTION step_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(EXISTS (SELECT 1 FROM meta WHERE key = 'founded'), false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r014_step_fixed BEFORE INSERT ON step
FOR EACH ROW EXECUTE FUNCTION step_fixed();

CREATE FUNCTION step_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r013_step_changes BEFORE UPDATE ON step
FOR EACH ROW EXECUTE FUNCTION step_changes();

CREATE FUNCTION step_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r012_step_goes BEFORE DELETE ON step
FOR EACH ROW EXECUTE FUNCTION step_goes();

CREATE FUNCTION apart_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(EXISTS (SELECT 1 FROM meta WHERE key = 'founded'), false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r011_apart_fixed BEFORE INSERT ON apart
FOR EACH ROW EXECUTE FUNCTION apart_fixed();

CREATE FUNCTION apart_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r010_apart_changes BEFORE UPDATE ON apart
FOR EACH ROW EXECUTE FUNCTION apart_changes();

CREATE FUNCTION apart_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r009_apart_goes BEFORE DELETE ON apart
FOR EACH ROW EXECUTE FUNCTION apart_goes();

CREATE FUNCTION event_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM event)
        OR NEW.previous <> coalesce((SELECT hash FROM event ORDER BY seq DESC LIMIT 1), decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r008_event_follows BEFORE INSERT ON event
FOR EACH ROW EXECUTE FUNCTION event_follows();

CREATE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r007_event_stays BEFORE UPDATE ON event
FOR EACH ROW EXECUTE FUNCTION event_stays();

CREATE FUNCTION event_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r006_event_kept BEFORE DELETE ON event
FOR EACH ROW EXECUTE FUNCTION event_kept();

CREATE FUNCTION slot_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN NEW;
END $$;

CREATE TRIGGER r005_slot_stays BEFORE UPDATE OF period, slot, commitment ON slot
FOR EACH ROW EXECUTE FUNCTION slot_stays();

CREATE FUNCTION slot_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r004_slot_kept BEFORE DELETE ON slot
FOR EACH ROW EXECUTE FUNCTION slot_kept();

CREATE FUNCTION batch_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.period <> (SELECT coalesce(max(period) + 1, 0) FROM batch) THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r003_batch_follows BEFORE INSERT ON batch
FOR EACH ROW EXECUTE FUNCTION batch_follows();

CREATE FUNCTION batch_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.period <> OLD.period OR NEW.start <> OLD.start
        OR NEW.entries <> OLD.entries OR NEW.stage < OLD.stage THEN
        RAISE EXCEPTION 'docket-append-only';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER r002_batch_stays BEFORE UPDATE ON batch
FOR EACH ROW EXECUTE FUNCTION batch_stays();

CREATE FUNCTION batch_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'docket-append-only';
    RETURN OLD;
END $$;

CREATE TRIGGER r001_batch_kept BEFORE DELETE ON batch
FOR EACH ROW EXECUTE FUNCTION batch_kept();
