DROP VIEW IF EXISTS runs_by_type {{ on_cluster }} SYNC;
DROP VIEW IF EXISTS runs_hourly_mv {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS runs_hourly {{ on_cluster }} SYNC;
