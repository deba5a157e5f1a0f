-- Made by `make generate` from SQLite's triggers; do not edit it here. The same names, the same refusals in the same
-- words. Of several triggers of one moment SQLite runs the newest first, and PostgreSQL that with the first name: hence
-- the numbers.

CREATE FUNCTION passkey_count_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.sign_count < OLD.sign_count OR (NEW.sign_count = OLD.sign_count AND NEW.sign_count > 0), false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the sign count went back';
    RETURN NEW;
END $$;

CREATE TRIGGER r003_passkey_count_grows BEFORE UPDATE OF sign_count ON passkey
FOR EACH ROW EXECUTE FUNCTION passkey_count_grows();

CREATE FUNCTION passkey_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a passkey is never changed';
    RETURN NEW;
END $$;

CREATE TRIGGER r002_passkey_key_stays BEFORE UPDATE OF credential_id, officer, public_key, sealed ON passkey
FOR EACH ROW EXECUTE FUNCTION passkey_key_stays();

CREATE FUNCTION passkey_aside_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(NEW.aside < OLD.aside, false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a passkey that was set aside is not taken up again';
    RETURN NEW;
END $$;

CREATE TRIGGER r001_passkey_aside_stays BEFORE UPDATE OF aside ON passkey
FOR EACH ROW EXECUTE FUNCTION passkey_aside_stays();
