DROP TABLE IF EXISTS runs_archive {{ on_cluster }} SYNC;
