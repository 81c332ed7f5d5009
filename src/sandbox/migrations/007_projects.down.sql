DROP VIEW IF EXISTS runs_failed {{ on_cluster }} SYNC;
DROP DICTIONARY IF EXISTS projects_dictionary {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS projects {{ on_cluster }} SYNC;
