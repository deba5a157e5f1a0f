-- Made by `make generate` from SQLite's triggers; do not edit it here. The same names, the same refusals in the same
-- words. Of several triggers of one moment SQLite runs the newest first, and PostgreSQL that with the first name: hence
-- the numbers.

CREATE FUNCTION tree_never_forks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce(new.size < old.size OR (new.size = old.size AND new.root <> old.root) OR new.origin <> old.origin, false) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a log only grows';
    RETURN NEW;
END $$;

CREATE TRIGGER r002_tree_never_forks BEFORE UPDATE ON tree
FOR EACH ROW EXECUTE FUNCTION tree_never_forks();

CREATE FUNCTION tree_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a log only grows';
    RETURN OLD;
END $$;

CREATE TRIGGER r001_tree_stays BEFORE DELETE ON tree
FOR EACH ROW EXECUTE FUNCTION tree_stays();
