-- What a written page rests on. A version is drawn at random whenever what it stands for changes, so it never comes back:
-- not after a restore, not where the publication is built anew. Triggers draw it, so that whoever writes draws it.

CREATE TABLE structure_versions (
    structure_code text COLLATE "C" PRIMARY KEY,
    version uuid NOT NULL                    -- of all figures of the structure
) WITH (fillfactor = 50);
INSERT INTO structure_versions (structure_code, version)
SELECT structure_code, gen_random_uuid() FROM (SELECT DISTINCT structure_code FROM figures) AS published;

CREATE FUNCTION draw_structure_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO structure_versions (structure_code, version)
    SELECT structure_code, gen_random_uuid()
    FROM (SELECT DISTINCT structure_code FROM written ORDER BY structure_code) AS changed
    ON CONFLICT (structure_code) DO UPDATE SET version = excluded.version;
    RETURN NULL;
END $$;
CREATE TRIGGER versions_of_inserted AFTER INSERT ON figures
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_structure_versions();
CREATE TRIGGER versions_of_updated AFTER UPDATE ON figures
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_structure_versions();
CREATE TRIGGER versions_of_deleted AFTER DELETE ON figures
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_structure_versions();

CREATE FUNCTION draw_all_structure_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE structure_versions SET version = gen_random_uuid();
    RETURN NULL;
END $$;
CREATE TRIGGER versions_of_truncated AFTER TRUNCATE ON figures
    FOR EACH STATEMENT EXECUTE FUNCTION draw_all_structure_versions();

-- One row: of the tree there is one version, for a page names structures above and below its own.
CREATE TABLE tree_versions (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    version uuid NOT NULL
) WITH (fillfactor = 10);
INSERT INTO tree_versions (version) VALUES (gen_random_uuid());

CREATE FUNCTION draw_tree_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tree_versions SET version = gen_random_uuid() WHERE EXISTS (SELECT FROM written);
    RETURN NULL;
END $$;
CREATE TRIGGER version_of_inserted AFTER INSERT ON structures
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_tree_version();
CREATE TRIGGER version_of_updated AFTER UPDATE ON structures
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_tree_version();
CREATE TRIGGER version_of_deleted AFTER DELETE ON structures
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_tree_version();
CREATE TRIGGER version_of_inserted AFTER INSERT ON structure_parents
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_tree_version();
CREATE TRIGGER version_of_updated AFTER UPDATE ON structure_parents
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_tree_version();
CREATE TRIGGER version_of_deleted AFTER DELETE ON structure_parents
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION draw_tree_version();

CREATE FUNCTION draw_tree_version_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tree_versions SET version = gen_random_uuid();
    RETURN NULL;
END $$;
CREATE TRIGGER version_of_truncated AFTER TRUNCATE ON structures
    FOR EACH STATEMENT EXECUTE FUNCTION draw_tree_version_anew();
CREATE TRIGGER version_of_truncated AFTER TRUNCATE ON structure_parents
    FOR EACH STATEMENT EXECUTE FUNCTION draw_tree_version_anew();
