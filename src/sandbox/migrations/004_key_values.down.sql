DROP VIEW IF EXISTS runs_inputs_kv_mv {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS runs_inputs_kv {{ on_cluster }} SYNC;
DROP VIEW IF EXISTS runs_metadata_kv_mv {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS runs_metadata_kv {{ on_cluster }} SYNC;
