-- The way to a structure by region, which is a list of departments.
CREATE INDEX structures_by_department ON structures (department, name, code) WHERE active;
