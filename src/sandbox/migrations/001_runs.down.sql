DROP TABLE IF EXISTS runs_history {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS runs {{ on_cluster }} SYNC;
