-- Made by `make generate` from SQLite's triggers; do not edit it here. The same names, the same refusals in the same
-- words. Of several triggers of one moment SQLite runs the newest first, and PostgreSQL that with the first name: hence
-- the numbers.

CREATE FUNCTION cosigned_never_forks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(new.size < old.size OR (new.size = old.size AND new.root <> old.root), false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a log only grows';
    RETURN NEW;
END $$;

CREATE TRIGGER r002_cosigned_never_forks BEFORE UPDATE ON cosigned
FOR EACH ROW EXECUTE FUNCTION cosigned_never_forks();

CREATE FUNCTION cosigned_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was cosigned is not forgotten';
    RETURN OLD;
END $$;

CREATE TRIGGER r001_cosigned_stays BEFORE DELETE ON cosigned
FOR EACH ROW EXECUTE FUNCTION cosigned_stays();
